// <ck-characters>: the gallery. Every character as a tile, search, import.

import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { attempt, failure } from "../failure";
import { count, counted, folded } from "../format";
import { icon } from "../icon";
import { requestIntake } from "../intake/request";
import type { CharacterEntry } from "../library";
import { Live } from "../live";
import { Place } from "../place";
import { href } from "../route";
import { Screen } from "../screen";
import type { Shelf } from "../shelf";
import { discard } from "../trash";
import { unreadable } from "./unreadable";
import "../picture";
import "../shelf";

/** So many tags have room on a tile. */
const TAGS = 2;

const ORDERS = {
  changed: { label: "Last changed", by: (a: CharacterEntry, b: CharacterEntry) => b.changed - a.changed },
  created: { label: "Last added", by: (a: CharacterEntry, b: CharacterEntry) => b.created - a.created },
  name: { label: "By name", by: (a: CharacterEntry, b: CharacterEntry) => names.compare(a.name, b.name) },
};

type Order = keyof typeof ORDERS;

const names = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

@customElement("ck-characters")
export class CharactersScreen extends Screen {
  @state() private making = false;
  @state() private search = "";
  @state() private order: Order = "changed";
  readonly #place = new Place(
    this,
    "characters",
    () => ({ search: this.search, order: this.order }),
    ({ search, order }) => Object.assign(this, { search, order }),
    (item) => this.querySelector<Shelf>("ck-shelf")?.bring(item),
  );
  #last: { items: CharacterEntry[]; search: string; order: Order; found: CharacterEntry[]; tagged: boolean; signed: boolean } | undefined;
  readonly #list = new Live(this, () => this.keep, ["characters"], () => this.keep.characters.list(), () => "characters");

  override render() {
    const { value, error, loading } = this.#list;
    if (loading) return html`<p class="wait" role="status">Loading characters…</p>`;
    if (value === undefined) return failure("Your characters could not be listed", error, () => void this.#list.reload());
    const { items } = value;
    if (items.length === 0 && value.unreadable.length === 0) return this.#empty();
    const found = this.#found(items);
    return html`
      <header class="head">
        <div>
          <h1>Characters</h1>
          <p class="quiet" role="status">${this.search ? `${count(found.length)} of ${counted(items.length, "character")}` : counted(items.length, "character")}</p>
        </div>
        <div class="tools">
          <label class="search">${icon("search")}<span class="unseen">Search by name, creator or tag</span>
            <input type="search" placeholder="Search" .value=${this.search} @input=${this.#searched} />
          </label>
          <label><span class="unseen">Order</span><select @change=${(event: Event) => (this.order = (event.target as HTMLSelectElement).value as Order)}>
            ${(Object.keys(ORDERS) as Order[]).map((order) => html`<option value=${order} ?selected=${order === this.order}>${ORDERS[order].label}</option>`)}</select></label>
          ${this.#new()}
          <ck-picker .main=${true} .disabled=${!this.writable}></ck-picker>
        </div>
      </header>
      ${unreadable(value.unreadable)}
      ${found.length === 0
        ? html`<p class="none">No character matches “${this.search}”.</p>`
        : html`<ck-shelf ?data-tagged=${this.#last?.tagged} ?data-signed=${this.#last?.signed} .look=${"tiles"} .items=${found} .item=${this.#tile} .mark=${this.writable}></ck-shelf>`}
    `;
  }

  /** What is looked for, in its order; the same list as long as nothing of that changes. */
  #found(items: CharacterEntry[]): CharacterEntry[] {
    const { search, order } = this;
    if (this.#last?.items !== items || this.#last.search !== search || this.#last.order !== order) {
      this.#last = {
        items,
        search,
        order,
        found: matching(items, search).toSorted(ORDERS[order].by),
        tagged: items.some(({ tags }) => tags.length > 0),
        signed: items.some(({ creator }) => creator !== ""),
      };
    }
    return this.#last.found;
  }

  override updated(): void {
    super.updated();
    if (this.#list.value !== undefined) this.#place.arrived();
  }

  readonly #tile = (entry: CharacterEntry) => {
    const name = entry.name || "No name";
    return html`
      <a href=${href("card", entry.id)}>
        <ck-picture .keep=${this.keep} .record=${entry.id} .rev=${entry.rev} .name=${name}></ck-picture>
        <span class="words">
          <span class="name" dir="auto">${name}</span>
          ${entry.creator ? html`<span class="by" dir="auto">by ${entry.creator}</span>` : nothing}
        </span>
      </a>
      ${entry.tags.length > 0
        ? html`<ul class="tags" aria-label=${`Tags of ${name}`}>${entry.tags.slice(0, TAGS).map((tag) => html`<li>
            <button type="button" class="tag" dir="auto" @click=${(event: MouseEvent) => this.#narrow(tag, event)}>${tag}</button></li>`)}</ul>`
        : nothing}
      <button type="button" class="bare corner" aria-label=${`Delete ${name}`} ?disabled=${!this.writable}
        @click=${() => void discard(this, this.keep, "characters", entry.id, name)}>${icon("bin")}</button>`;
  };

  /** What is found stands at the top, and by keyboard one is where the search can be changed. */
  #narrow(tag: string, { detail }: MouseEvent): void {
    this.search = tag;
    scrollTo(0, 0);
    if (detail === 0) this.querySelector<HTMLInputElement>(".search input")?.focus();
  }

  #empty() {
    return html`<section class="empty">
      <span class="mark large" aria-hidden="true"></span>
      <h1>Your characters live here</h1>
      <p>Import character cards, chats and worlds, or drop them anywhere on this page.
        Everything stays in this browser, and nothing is ever sent anywhere.</p>
      <div class="tools">
        <ck-picker .main=${true} .disabled=${!this.writable}></ck-picker>
        ${this.#new()}
        <button type="button" class="button" ?disabled=${!this.writable} @click=${() => requestIntake(this, { files: [], samples: true })}>Try the samples</button>
      </div>
    </section>`;
  }

  #new() {
    return html`<button type="button" class="button" ?disabled=${!this.writable || this.making} @click=${() => void this.#make()}>New character</button>`;
  }

  async #make(): Promise<void> {
    this.making = true;
    await attempt(this, "The character could not be made", async () => {
      const { id } = await this.keep.characters.put({ name: "New character" });
      location.hash = href("card", id);
    });
    this.making = false;
  }

  readonly #searched = (event: Event): void => {
    this.search = (event.target as HTMLInputElement).value;
  };
}

/** Every word of the search, somewhere in the name, the creator or a tag. */
function matching(items: CharacterEntry[], search: string): CharacterEntry[] {
  const words = folded(search).split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return items;
  return items.filter((entry) => {
    const text = wordsOf(entry);
    return words.every((word) => text.includes(word));
  });
}

const folding = new WeakMap<CharacterEntry, string>();

function wordsOf(entry: CharacterEntry): string {
  let text = folding.get(entry);
  if (text === undefined) folding.set(entry, (text = folded([entry.name, entry.creator, ...entry.tags].join("\n"))));
  return text;
}
