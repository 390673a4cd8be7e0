// <ck-drafts>: edits of a page that ended, which do not fit their records any more. Says that there are some, shows both
// sides, and lets the person decide.

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { LightElement } from "../element";
import { sentence } from "../failure";
import { ago, counted } from "../format";
import type { Keep, RecoveredEdit } from "../library";
import { notify } from "../notice";

interface Found {
  edit: RecoveredEdit;
  name: string;
}

@customElement("ck-drafts")
export class RecoveredDrafts extends LightElement {
  @property({ attribute: false }) keep!: Keep;
  @state() private found: Found[] = [];
  #stop: AbortController | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    const { signal } = (this.#stop = new AbortController());
    queueMicrotask(() => {
      if (signal.aborted) return;
      this.keep.addEventListener("replayed", () => void this.#load(), { signal });
      void this.#load();
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.abort();
  }

  async #load(): Promise<void> {
    try {
      const edits = await Promise.all((await this.keep.drafts.list()).map(({ id }) => this.keep.drafts.get(id)));
      this.found = await Promise.all(edits.filter((edit) => edit !== undefined).map(async (edit) => ({ edit, name: await this.#nameOf(edit) })));
    } catch (error) {
      notify(this, { text: `Recovered edits could not be read: ${sentence(error)}`, tone: "bad" });
    }
  }

  async #nameOf({ domain, record }: RecoveredEdit): Promise<string> {
    if (domain === "settings") return `Setting ${record}`;
    const found = domain === "chats" ? (await this.keep.chats.get(record))?.title : (await this.keep[domain].get(record))?.name;
    return found === undefined ? "Something that is not here any more" : found || "No name";
  }

  override render() {
    const { found } = this;
    if (found.length === 0) return nothing;
    return html`
      <p class="banner" role="status"><strong>Recovered.</strong> ${counted(found.length, "edit")} of a page that ended before
        it was saved. What it belongs to has changed since, so you decide.
        <button type="button" class="link" @click=${() => this.querySelector("dialog")?.showModal()}>Look at ${found.length === 1 ? "it" : "them"}</button></p>
      <dialog class="recovered" aria-labelledby="recovered-title">
        <h2 id="recovered-title">Recovered edits</h2>
        ${found.map((one) => this.#draft(one))}
        <footer><button type="button" class="button main" autofocus @click=${() => this.querySelector("dialog")?.close()}>Decide later</button></footer>
      </dialog>`;
  }

  #draft({ edit, name }: Found) {
    return html`<section class="field" data-draft=${edit.id}>
      <h3 dir="auto">${name} <small class="quiet">${ago(edit.at)}</small></h3>
      ${Object.entries(edit.patch).map(([field, mine]) => html`<dl>
        <dt>${field.replaceAll("_", " ")}, as it was typed</dt><dd class="mine" dir="auto">${words(mine)}</dd>
        ${edit.present ? html`<dt>as it is now</dt><dd class="theirs quiet" dir="auto">${words(edit.present[field])}</dd>` : nothing}
      </dl>`)}
      <p class="tools">
        <button type="button" class="button small" ?disabled=${edit.present === undefined || this.keep.access.mode !== "read-write"}
          @click=${() => void this.#settle(() => this.keep.drafts.apply(edit.id, edit.rev === undefined ? {} : { ifRev: edit.rev }))}>Use what was typed</button>
        <button type="button" class="button small danger" ?disabled=${this.keep.access.mode !== "read-write"}
          @click=${() => void this.#settle(() => this.keep.drafts.discard(edit.id))}>Discard it</button>
      </p>
    </section>`;
  }

  async #settle(decide: () => Promise<unknown>): Promise<void> {
    try {
      await decide();
    } catch (error) {
      notify(this, { text: `Not done: ${sentence(error)}`, tone: "bad" });
    }
    await this.#load();
  }
}

const words = (value: unknown): string => (typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value));
