// <ck-export-card>: a card as a file of another specification or container. Says before what that has no place for.

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { handOut } from "../download";
import { LightElement } from "../element";
import { attempt, sentence } from "../failure";
import { counted } from "../format";
import { cleanImage, convertCard, readCard, writeCard, type CardFile, type CardSpec, type CleanedImage, type Keep, type Loss } from "../library";
import { asPng } from "../png";

const SPECS: [CardSpec, string][] = [["v3", "V3: everything"], ["v2", "V2: most tools"], ["v1", "V1: the oldest"]];
const CONTAINERS = [["png", "PNG picture", "image/png"], ["json", "JSON text", "application/json"], ["charx", "CHARX archive", "application/zip"]] as const;

type Container = (typeof CONTAINERS)[number][0];

/** So many losses are named. */
const NAMED = 50;

@customElement("ck-export-card")
export class ExportCard extends LightElement {
  @property({ attribute: false }) keep!: Keep;
  @property({ attribute: false }) record = "";
  @state() private file: CardFile | undefined;
  @state() private spec: CardSpec = "v2";
  @state() private container: Container = "png";
  @state() private problem: unknown;
  /** What the picture tells beside its pixels and the card, and whether it is to go. */
  @state() private told: CleanedImage["removed"] = [];
  @state() private clean = false;
  #filename = "";
  #bytes: Uint8Array | undefined;

  async show(): Promise<void> {
    this.file = undefined;
    this.problem = undefined;
    this.told = [];
    this.clean = false;
    this.querySelector("dialog")?.showModal();
    try {
      const { filename, bytes } = await this.keep.characters.export(this.record);
      this.#filename = filename.replace(/\.[^.]*$/, "");
      this.#bytes = bytes;
      this.file = readCard(bytes);
      // Pictures of other kinds are drawn anew, and tell nothing.
      if (this.file.container === "png") this.told = cleanImage(bytes).removed;
      if (SPECS.some(([spec]) => spec === this.file?.spec)) this.spec = this.file.spec;
      await this.updateComplete;
      // Until now there was nothing but the button that leaves.
      this.querySelector("select")?.focus();
    } catch (error) {
      this.problem = error;
    }
  }

  override render() {
    return html`<dialog class="export" aria-labelledby="export-title">
      <form method="dialog" @submit=${this.#submitted}>
        <h2 id="export-title">Export as</h2>
        ${this.problem !== undefined
          ? html`<p role="alert">The card could not be read: ${sentence(this.problem)}</p>`
          : this.file === undefined ? html`<p class="quiet" role="status">Reading the card…</p>` : this.#choice(this.file)}
        <footer>
          <button type="button" class="button" @click=${this.#close}>Cancel</button>
          <button type="submit" class="button main" ?disabled=${this.file === undefined}>Save</button>
        </footer>
      </form></dialog>`;
  }

  #choice(file: CardFile) {
    const losses = this.#losses(file);
    return html`
      <div class="pair">
        <label class="field"><span>File</span><select @change=${(event: Event) => (this.container = (event.target as HTMLSelectElement).value as Container)}>
          ${CONTAINERS.map(([value, label]) => html`<option value=${value} ?selected=${value === this.container}>${label}</option>`)}</select></label>
        <label class="field"><span>Specification</span><select @change=${(event: Event) => (this.spec = (event.target as HTMLSelectElement).value as CardSpec)}>
          ${SPECS.map(([value, label]) => html`<option value=${value} ?selected=${value === this.spec}>${label}</option>`)}</select></label>
      </div>
      ${this.told.length === 0 || this.container === "json" ? nothing : html`
        <label class="check"><input type="checkbox" .checked=${this.clean} @change=${(event: Event) => (this.clean = (event.target as HTMLInputElement).checked)} />
          <span>Leave out what the picture tells beside the card <small class="quiet" dir="auto">(${[...new Set(this.told.map(({ kind, name }) => name || kind))].join(", ")})</small></span></label>`}
      <div class="losses" role="status">${losses.length === 0
        ? html`<p class="quiet">Nothing is lost.</p>`
        : html`<p><strong>${counted(losses.length, "part")} of the card ${losses.length === 1 ? "has" : "have"} no place there:</strong></p>
          <ul>${losses.slice(0, NAMED).map(({ path, message }) => html`<li>${message} ${path ? html`<code>${path}</code>` : nothing}</li>`)}</ul>
          ${losses.length > NAMED ? html`<p class="quiet">And ${counted(losses.length - NAMED, "more", "more")}.</p>` : nothing}`}</div>`;
  }

  #losses(file: CardFile): Loss[] {
    const { losses } = convertCard(file.document, this.spec);
    if (this.container !== "json" || file.assets.length === 0) return losses;
    return [...losses, { path: "", message: `${counted(file.assets.length, "picture or sound", "pictures and sounds")} of the file stay behind: a text has no place for them` }];
  }

  readonly #close = (): void => this.querySelector("dialog")?.close();

  readonly #submitted = (): void => void attempt(this, "The card could not be exported", async () => {
    const { file, container } = this;
    if (file === undefined) return;
    const { document } = convertCard(file.document, this.spec);
    const own = container === "json" ? undefined : await this.#image(file, container);
    const assets = container === "json" || (container === file.container && own === this.#bytes) ? [] : file.assets;
    const image = own && this.clean && file.container === "png" ? cleanImage(own).bytes : own;
    const bytes = writeCard(document, { container, ...(image && { image }), assets });
    const type = CONTAINERS.find(([value]) => value === container)?.[2] ?? "";
    await handOut({ filename: `${this.#filename}.${container}`, type, bytes });
  });

  /** The card's own file where it can be written into, so that all else in it stays; or its portrait. */
  async #image(file: CardFile, container: Container): Promise<Uint8Array | undefined> {
    if (file.container === container) return this.#bytes;
    const portrait = await this.keep.characters.image(this.record);
    return portrait && asPng(new Blob([portrait as BlobPart]));
  }
}
