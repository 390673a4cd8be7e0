// <ck-picture>: the picture of a character or a persona, small or whole, or its initial where there is none.

import { html, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { LightElement } from "./element";
import type { Keep } from "./library";

@customElement("ck-picture")
export class Picture extends LightElement {
  @property({ attribute: false }) keep!: Keep;
  @property({ attribute: false }) domain: "characters" | "personas" = "characters";
  @property({ attribute: false }) record = "";
  /** Changes with every write of the record, and makes the picture load again. */
  @property({ attribute: false }) rev = 0;
  @property({ attribute: false }) name = "";
  @property({ attribute: false }) whole = false;
  @state() private url: string | undefined;
  #turn = 0;

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("record") || changed.has("rev") || changed.has("whole")) void this.#load();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) void this.#load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#show(undefined);
  }

  override render() {
    if (this.url !== undefined) return html`<img src=${this.url} alt="" loading="lazy" decoding="async" @error=${() => this.#show(undefined)} />`;
    const [initial = "?"] = this.name.trim();
    return html`<span class="initial" aria-hidden="true">${initial}</span>`;
  }

  async #load(): Promise<void> {
    const turn = ++this.#turn;
    const records = this.keep[this.domain];
    let bytes: Uint8Array | undefined;
    try {
      // Where there is no small picture the portrait is shown as it is.
      bytes = this.whole ? undefined : await records.thumbnail(this.record);
      bytes ??= await records.image(this.record);
    } catch {
      // A picture is an ornament: the record's own screen tells what is wrong with it.
    }
    if (turn === this.#turn && this.isConnected) this.#show(bytes);
  }

  #show(bytes: Uint8Array | undefined): void {
    if (this.url !== undefined) URL.revokeObjectURL(this.url);
    this.url = bytes === undefined ? undefined : URL.createObjectURL(new Blob([bytes as BlobPart], { type: typeOf(bytes) }));
  }
}

/** Always a picture's type, so that nothing is taken for a document. */
function typeOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff) return "image/jpeg";
  return bytes[0] === 0x52 ? "image/webp" : "image/png";
}
