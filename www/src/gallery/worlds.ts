// <ck-worlds>: every world, the one changed last first.

import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { attempt, failure } from "../failure";
import { ago, counted } from "../format";
import { icon } from "../icon";
import type { WorldEntry } from "../library";
import { Live } from "../live";
import { href } from "../route";
import { Screen } from "../screen";
import { discard } from "../trash";
import { unreadable } from "./unreadable";
import "../intake/request";
import "../shelf";

@customElement("ck-worlds")
export class WorldsScreen extends Screen {
  @state() private making = false;
  readonly #list = new Live(this, () => this.keep, ["worlds", "settings"], async () => {
    const [listing, { lastWorld }] = await Promise.all([this.keep.worlds.list(), this.keep.settings.get()]);
    return { ...listing, last: listing.items.find(({ id }) => id === lastWorld) };
  });

  override render() {
    const { value, error, loading } = this.#list;
    if (loading) return html`<p class="wait" role="status">Loading worlds…</p>`;
    if (value === undefined) return failure("Your worlds could not be listed", error, () => void this.#list.reload());
    const items = value.items.toSorted((a, b) => b.changed - a.changed);
    return html`
      <header class="head">
        <div><h1>Worlds</h1><p class="quiet">${counted(items.length, "world")}</p></div>
        <div class="tools">
          <button type="button" class="button" ?disabled=${!this.writable || this.making} @click=${() => void this.#make()}>New world</button>
          <ck-picker .main=${true} .disabled=${!this.writable}></ck-picker>
        </div>
      </header>
      ${unreadable(value.unreadable)}
      ${value.last && items.length > 1
        ? html`<p class="go-on"><a class="button" href=${href("world", value.last.id)}>${icon("next")}<span>Go on in <span dir="auto">${value.last.name || "No name"}</span></span></a></p>`
        : nothing}
      ${items.length === 0
        ? html`<p class="none">No worlds yet. Make one, import a <code>world_state.json</code>, or try the samples in Settings.</p>`
        : html`<ck-shelf .items=${items} .item=${this.#row} .mark=${this.writable}></ck-shelf>`}
    `;
  }

  readonly #row = (entry: WorldEntry) => {
    const name = entry.name || "No name";
    return html`
      <a class="row" href=${href("world", entry.id)}>
        <span class="avatar">${icon("worlds")}</span>
        <span class="what">
          <span class="name" dir="auto">${name}</span>
          <span class="quiet line">${counted(entry.locations, "location")}, you are at ${entry.position}</span>
        </span>
        <span class="when quiet"><span>${ago(entry.changed)}</span></span>
      </a>
      <button type="button" class="bare" aria-label=${`Delete ${name}`} ?disabled=${!this.writable}
        @click=${() => void discard(this, this.keep, "worlds", entry.id, name)}>${icon("bin")}</button>`;
  };

  async #make(): Promise<void> {
    this.making = true;
    await attempt(this, "The world could not be made", async () => {
      const { id } = await this.keep.worlds.create("New world");
      location.hash = href("world", id);
    });
    this.making = false;
  }
}
