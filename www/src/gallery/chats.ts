// <ck-chats>: every chat, the one changed last first.

import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { failure } from "../failure";
import { ago, count, counted, folded } from "../format";
import { icon } from "../icon";
import type { ChatEntry } from "../library";
import { Live } from "../live";
import { Place } from "../place";
import { href } from "../route";
import { Screen } from "../screen";
import type { Shelf } from "../shelf";
import { discard } from "../trash";
import { unreadable } from "./unreadable";
import "../intake/request";
import "../picture";
import "../shelf";

@customElement("ck-chats")
export class ChatsScreen extends Screen {
  @state() private search = "";
  @state() private archived = false;
  readonly #place = new Place(
    this,
    "chats",
    () => ({ search: this.search, archived: this.archived }),
    ({ search, archived }) => Object.assign(this, { search, archived }),
    (item) => this.querySelector<Shelf>("ck-shelf")?.bring(item),
  );
  readonly #list = new Live(this, () => this.keep, ["chats"], () => this.keep.chats.list({ archived: this.archived }), () => (this.archived ? "archived chats" : "chats"));

  override render() {
    const { value, error, loading } = this.#list;
    if (loading) return html`<p class="wait" role="status">Loading chats…</p>`;
    if (value === undefined) return failure("Your chats could not be listed", error, () => void this.#list.reload());
    const search = folded(this.search.trim());
    const found = value.items
      .filter((entry) => folded(`${entry.title}\n${entry.last ?? ""}`).includes(search))
      .sort((a, b) => b.changed - a.changed);
    return html`
      <header class="head">
        <div><h1>${this.archived ? "Archived chats" : "Chats"}</h1><p class="quiet" role="status">${search ? `${count(found.length)} of ${counted(value.items.length, "chat")}` : counted(value.items.length, "chat")}</p></div>
        <div class="tools">
          ${value.items.length > 0
            ? html`<label class="search">${icon("search")}<span class="unseen">Search by title or last message</span>
                <input type="search" placeholder="Search" .value=${this.search}
                  @input=${(event: Event) => (this.search = (event.target as HTMLInputElement).value)} /></label>`
            : nothing}
          <button type="button" class="button" @click=${() => this.#turn()}>${this.archived ? "Back to chats" : "Archive"}</button>
          <ck-picker .main=${true} .disabled=${!this.writable}></ck-picker>
        </div>
      </header>
      ${unreadable(value.unreadable)}
      ${value.items.length === 0
        ? html`<p class="none">${this.archived
              ? "Nothing in the archive. A chat goes there from what is said about it."
              : "No chats yet. Start one on a character's page, or import a chat log."}</p>`
        : found.length === 0
          ? html`<p class="none">No chat matches “${this.search}”.</p>`
          : html`<ck-shelf .items=${found} .item=${this.#row} .mark=${this.writable}></ck-shelf>`}
    `;
  }

  override updated(): void {
    super.updated();
    if (this.#list.value !== undefined) this.#place.arrived();
  }

  #turn(): void {
    this.archived = !this.archived;
    void this.#list.reload();
  }

  readonly #row = (entry: ChatEntry) => {
    const title = entry.title || "No title";
    const [first] = entry.characters;
    return html`
      <a class="row" href=${href("chat", entry.id)}>
        ${first === undefined
          ? html`<span class="avatar">${icon("chats")}</span>`
          : html`<ck-picture class="avatar" .keep=${this.keep} .record=${first} .name=${title}></ck-picture>`}
        <span class="what">
          <span class="name" dir="auto">${title}</span>
          <span class="quiet line" dir="auto">${entry.last ?? ""}</span>
        </span>
        <span class="when quiet"><span>${ago(entry.changed)}</span><span>${counted(entry.length, "message")}</span></span>
      </a>
      <button type="button" class="bare" aria-label=${`Delete ${title}`} ?disabled=${!this.writable}
        @click=${() => void discard(this, this.keep, "chats", entry.id, title)}>${icon("bin")}</button>`;
  };
}
