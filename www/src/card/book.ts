// <ck-card-book>: the lorebook that a card carries, to be read, and to be copied out of the card as one of its own.

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { LightElement } from "../element";
import { attempt } from "../failure";
import { counted } from "../format";
import { type Character, type Keep, type LoreEntry, readLorebook } from "../library";
import { notify } from "../notice";
import { prose } from "../prose/prose";
import { href } from "../route";

/** Entries in the document at first, and with every further step. */
const STEP = 50;

@customElement("ck-card-book")
export class CardBook extends LightElement {
  @property({ attribute: false }) keep!: Keep;
  @property({ attribute: false }) character!: Character;
  @property({ attribute: false }) writable = false;
  @state() private shown = STEP;
  @state() private copying = false;

  override render() {
    const { character_book: book } = this.character.card;
    if (book === undefined || book === null) return nothing;
    const entries = this.#entries(book);
    return html`<section class="field"><h2>Lorebook</h2>
      ${entries === undefined
        ? html`<p class="quiet">This card carries a lorebook that cannot be read. It stays in the card, untouched.</p>`
        : html`<p class="quiet">${counted(entries.length, "entry", "entries")} in the card itself</p>
          ${entries.slice(0, this.shown).map((entry) => this.#entry(entry))}
          <div class="tools">
            ${entries.length > this.shown ? html`<button type="button" class="button" @click=${() => (this.shown += STEP)}>Show more</button>` : nothing}
            <button type="button" class="button" ?disabled=${!this.writable || this.copying} @click=${() => void this.#copy()}>Copy into the lorebooks</button>
          </div>`}
    </section>`;
  }

  #entries(book: unknown): LoreEntry[] | undefined {
    try {
      return readLorebook(new TextEncoder().encode(JSON.stringify(book))).book.entries;
    } catch {
      return undefined;
    }
  }

  #entry(entry: LoreEntry) {
    const keys = entry.keys.join(", ");
    return html`<details class="greeting"><summary><span dir="auto">${entry.comment || keys || "No name"}</span>${entry.enabled ? nothing : html` <span class="badge">off</span>`}${entry.constant ? html` <span class="badge">always</span>` : nothing}</summary>
      ${keys !== "" ? html`<p class="quiet">Keys: <span dir="auto">${keys}</span></p>` : nothing}${prose(entry.content)}</details>`;
  }

  /** From the card's own file, so that the copy is what stands there. */
  async #copy(): Promise<void> {
    this.copying = true;
    await attempt(this, "The lorebook could not be copied", async () => {
      const { filename, bytes } = await this.keep.characters.export(this.character.id);
      for await (const event of this.keep.lorebooks.import(new File([bytes as BlobPart], filename))) {
        if (event.type === "failed") throw new Error(event.message);
        if (event.type !== "item") continue;
        const { id } = event.entry;
        notify(document.querySelector("ck-app") ?? this, {
          text: event.status === "duplicate" ? "It is among the lorebooks already" : "It is among the lorebooks now",
          action: { label: "Open it", run: () => void (location.hash = href("lorebook", id)) },
        });
      }
    });
    this.copying = false;
  }
}
