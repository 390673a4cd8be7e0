// <ck-characters>: the gallery. Every character as a tile, search, import.

import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { failure } from "../failure";
import { counted, folded } from "../format";
import { icon } from "../icon";
import { requestIntake } from "../intake/request";
import type { CharacterEntry } from "../library";
import { Live } from "../live";
import { href } from "../route";
import { Screen } from "../screen";
import { discard } from "../trash";
import { unreadable } from "./unreadable";
import "../picture";

/** Tiles in the document at first, and with every further step. */
const STEP = 120;

@customElement("ck-characters")
export class CharactersScreen extends Screen {
  @state() private search = "";
  @state() private shown = STEP;
  readonly #list = new Live(this, () => this.keep, ["characters"], () => this.keep.characters.list());

  override render() {
    const { value, error, loading } = this.#list;
    if (loading) return html`<p class="wait" role="status">Loading characters…</p>`;
    if (value === undefined) return failure("Your characters could not be listed", error, () => void this.#list.reload());
    const { items } = value;
    if (items.length === 0 && value.unreadable.length === 0) return this.#empty();
    const found = matching(items, this.search);
    return html`
      <header class="head">
        <div>
          <h1>Characters</h1>
          <p class="quiet">${this.search ? `${found.length} of ${counted(items.length, "character")}` : counted(items.length, "character")}</p>
        </div>
        <div class="tools">
          <label class="search">${icon("search")}<span class="unseen">Search by name, creator or tag</span>
            <input type="search" placeholder="Search" .value=${this.search} @input=${this.#searched} />
          </label>
          <ck-picker .main=${true} .disabled=${!this.writable}></ck-picker>
        </div>
      </header>
      ${unreadable(value.unreadable)}
      ${found.length === 0
        ? html`<p class="none">No character matches “${this.search}”.</p>`
        : html`<ul class="tiles">${repeat(found.slice(0, this.shown), ({ id }) => id, (entry) => this.#tile(entry))}</ul>`}
      ${found.length > this.shown
        ? html`<p class="more"><button type="button" class="button" @click=${() => (this.shown += STEP)}>Show more</button></p>`
        : nothing}
    `;
  }

  #tile(entry: CharacterEntry) {
    const name = entry.name || "No name";
    return html`<li class="tile">
      <a href=${href("card", entry.id)}>
        <ck-picture .keep=${this.keep} .record=${entry.id} .rev=${entry.rev} .name=${name}></ck-picture>
        <span class="name" dir="auto">${name}</span>
        ${entry.creator ? html`<span class="by" dir="auto">by ${entry.creator}</span>` : nothing}
      </a>
      ${entry.tags.length > 0
        ? html`<ul class="tags" aria-label=${`Tags of ${name}`}>${entry.tags.slice(0, 3).map((tag) => html`<li>
            <button type="button" class="tag" dir="auto" @click=${() => (this.search = tag)}>${tag}</button></li>`)}</ul>`
        : nothing}
      <button type="button" class="bare corner" aria-label=${`Delete ${name}`} ?disabled=${!this.writable}
        @click=${() => void discard(this, this.keep, "characters", entry.id, name)}>${icon("bin")}</button>
    </li>`;
  }

  #empty() {
    return html`<section class="empty">
      <span class="mark large" aria-hidden="true"></span>
      <h1>Your characters live here</h1>
      <p>Import character cards, chats and worlds, or drop them anywhere on this page.
        Everything stays in this browser, and nothing is ever sent anywhere.</p>
      <div class="tools">
        <ck-picker .main=${true} .disabled=${!this.writable}></ck-picker>
        <button type="button" class="button" ?disabled=${!this.writable} @click=${() => requestIntake(this, { files: [], samples: true })}>Try the samples</button>
      </div>
    </section>`;
  }

  readonly #searched = (event: Event): void => {
    this.search = (event.target as HTMLInputElement).value;
    this.shown = STEP;
  };
}

/** Every word of the search, somewhere in the name, the creator or a tag. */
function matching(items: CharacterEntry[], search: string): CharacterEntry[] {
  const words = folded(search).split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return items;
  return items.filter((entry) => {
    const text = folded([entry.name, entry.creator, ...entry.tags].join("\n"));
    return words.every((word) => text.includes(word));
  });
}
