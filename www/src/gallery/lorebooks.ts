// <ck-lorebooks>: what characters and worlds know, book by book.

import { html } from "lit";
import { customElement, state } from "lit/decorators.js";
import { attempt, failure } from "../failure";
import { counted } from "../format";
import { icon } from "../icon";
import type { LorebookEntry } from "../library";
import { Live } from "../live";
import { href } from "../route";
import { Screen } from "../screen";
import { textRow } from "./text_row";
import { unreadable } from "./unreadable";
import "../intake/request";
import "../shelf";

@customElement("ck-lorebooks")
export class LorebooksScreen extends Screen {
  @state() private making = false;
  readonly #list = new Live(this, () => this.keep, ["lorebooks"], () => this.keep.lorebooks.list());

  override render() {
    const { value, error, loading } = this.#list;
    if (loading) return html`<p class="wait" role="status">Loading lorebooks…</p>`;
    if (value === undefined) return failure("Your lorebooks could not be listed", error, () => void this.#list.reload());
    const items = value.items.toSorted((a, b) => a.name.localeCompare(b.name));
    return html`
      <p class="crumb"><a href="#/settings">${icon("back")}Settings</a></p>
      <header class="head">
        <div><h1>Lorebooks</h1><p class="quiet">What a model is told when its keys are mentioned</p></div>
        <div class="tools">
          <ck-picker .disabled=${!this.writable}></ck-picker>
          <button type="button" class="button main" ?disabled=${!this.writable || this.making} @click=${() => void this.#make()}>New lorebook</button>
        </div>
      </header>
      ${unreadable(value.unreadable)}
      ${items.length === 0
        ? html`<p class="none">No lorebooks yet. Make one, or import those of SillyTavern, Chub, Agnai, NovelAI or RisuAI.</p>`
        : html`<ck-shelf .items=${items} .item=${this.#row} .mark=${this.writable}></ck-shelf>`}
    `;
  }

  readonly #row = (entry: LorebookEntry) => textRow(this, this.keep, "lorebooks", entry, counted(entry.entries, "entry", "entries"));

  async #make(): Promise<void> {
    this.making = true;
    await attempt(this, "The lorebook could not be made", async () => {
      const { id } = await this.keep.lorebooks.put({ name: "New lorebook", entries: [{ keys: [], content: "" }] });
      location.hash = href("lorebook", id);
    });
    this.making = false;
  }
}
