// <ck-trash>: what was deleted, until it is brought back or goes for good.

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { LightElement } from "../element";
import { attempt, failure } from "../failure";
import { ago, counted } from "../format";
import type { Keep, Listing, Trashed } from "../library";
import { Live, RECORDS } from "../live";
import { notify } from "../notice";
import { titleOf } from "../trash";

const KINDS: Record<Trashed["domain"], string> = {
  characters: "Character",
  chats: "Chat",
  worlds: "World",
  playthroughs: "Playthrough",
  personas: "Persona",
  lorebooks: "Lorebook",
  templates: "Template",
  campaigns: "Campaign",
  assets: "Picture or sound",
};

/** Rows in the document at first, and with every further step. */
const STEP = 100;

@customElement("ck-trash")
export class TrashPanel extends LightElement {
  @property({ attribute: false }) keep!: Keep;
  @property({ type: Boolean }) writable = false;
  /** What is asked about before it goes for good. */
  @state() private asked: Trashed | "everything" | undefined;
  @state() private busy = false;
  @state() private shown = STEP;
  readonly #trash = new Live<Listing<Trashed> & { days: number }>(
    this,
    () => this.keep,
    [...RECORDS, "settings"],
    async () => {
      const [listing, { trashDays }] = await Promise.all([this.keep.trash.list(), this.keep.settings.get()]);
      return { ...listing, days: trashDays };
    },
  );

  override render() {
    const { value, error } = this.#trash;
    return html`<section class="panel" aria-label="Trash">
      <h2>Trash</h2>
      ${value === undefined
        ? error === undefined ? html`<p class="quiet" role="status">Looking…</p>` : failure("The trash could not be listed", error, () => void this.#trash.reload())
        : this.#list(value)}
      ${this.#question()}
    </section>`;
  }

  #list({ items, unreadable, days }: Listing<Trashed> & { days: number }) {
    const disabled = !this.writable || this.busy;
    return html`
      ${unreadable.length > 0 ? html`<p class="quiet">${counted(unreadable.length, "item")} in it cannot be read; a check tells more.</p>` : nothing}
      ${items.length === 0
        ? html`<p class="quiet">Nothing in the trash.</p>`
        : html`<p class="quiet">${days > 0 ? `What is deleted stays here for ${counted(days, "day")}.` : "What is deleted stays here until you remove it."}</p>
          <ul class="rows">${items.slice(0, this.shown).map((item) => html`<li>
            <span><strong dir="auto">${titleOf(item) || "No name"}</strong> <span class="quiet">${KINDS[item.domain]}${item.trashed ? `, deleted ${ago(item.trashed)}` : ""}</span></span>
            <span class="tools">
              <button type="button" class="button small" ?disabled=${disabled} aria-label=${`Restore ${titleOf(item) || "No name"}`} @click=${() => void this.#restore(item)}>Restore</button>
              <button type="button" class="button small danger" ?disabled=${disabled} aria-label=${`Delete ${titleOf(item) || "No name"} for good`} @click=${() => (this.asked = item)}>Delete for good</button>
            </span></li>`)}</ul>
          ${items.length > this.shown ? html`<p class="more"><button type="button" class="button" @click=${() => (this.shown += STEP)}>Show more</button></p>` : nothing}
          <button type="button" class="button danger" ?disabled=${disabled} @click=${() => (this.asked = "everything")}>Empty the trash</button>`}`;
  }

  #question() {
    const { asked } = this;
    const items = this.#trash.value?.items ?? [];
    if (asked === undefined) return nothing;
    const close = () => this.querySelector("dialog")?.close();
    return html`<dialog class="confirm" aria-labelledby="forever-title" @close=${() => (this.asked = undefined)}>
      <h2 id="forever-title">${asked === "everything" ? "Empty the trash?" : html`Delete <span dir="auto">“${titleOf(asked) || "No name"}”</span> for good?`}</h2>
      <p>${asked === "everything"
        ? `${counted(items.length, "item")} ${items.length === 1 ? "goes" : "go"} for good, with all older versions.`
        : `${KINDS[asked.domain]}, deleted ${ago(asked.trashed ?? asked.changed)}. It goes with all its older versions.`}
        It cannot be undone; backups made before still have it.</p>
      <footer>
        <button type="button" class="button" autofocus @click=${close}>Cancel</button>
        <button type="button" class="button danger" @click=${() => {
          close();
          void this.#erase(asked);
        }}>Delete for good</button>
      </footer>
    </dialog>`;
  }

  override updated(): void {
    const dialog = this.querySelector("dialog");
    if (dialog && !dialog.open) dialog.showModal();
  }

  async #restore(item: Trashed): Promise<void> {
    const name = titleOf(item) || "No name";
    await this.#do(`“${name}” could not be restored`, async () => {
      await this.keep[item.domain].restore(item.id);
      notify(this, { text: `“${name}” is back` });
    });
  }

  async #erase(what: Trashed | "everything"): Promise<void> {
    await this.#do("It could not be deleted", async () => {
      if (what === "everything") notify(this, { text: `${counted(await this.keep.trash.empty(), "item")} deleted for good` });
      else await this.keep.trash.delete(what.domain, what.id, { ifRev: what.rev });
    });
  }

  async #do(failed: string, act: () => Promise<void>): Promise<void> {
    this.busy = true;
    await attempt(this, failed, act);
    this.busy = false;
    await this.#trash.reload();
    this.dispatchEvent(new CustomEvent("changed"));
  }
}
