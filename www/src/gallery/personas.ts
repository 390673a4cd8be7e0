// <ck-personas>: who the person is in chats.

import { html } from "lit";
import { customElement, state } from "lit/decorators.js";
import { attempt, failure } from "../failure";
import { ago, counted } from "../format";
import { icon } from "../icon";
import type { PersonaEntry } from "../library";
import { Live } from "../live";
import { href } from "../route";
import { Screen } from "../screen";
import { discard } from "../trash";
import { unreadable } from "./unreadable";
import "../intake/request";
import "../picture";
import "../shelf";

@customElement("ck-personas")
export class PersonasScreen extends Screen {
  @state() private making = false;
  readonly #list = new Live(this, () => this.keep, ["personas"], () => this.keep.personas.list());

  override render() {
    const { value, error, loading } = this.#list;
    if (loading) return html`<p class="wait" role="status">Loading personas…</p>`;
    if (value === undefined) return failure("Your personas could not be listed", error, () => void this.#list.reload());
    const items = value.items.toSorted((a, b) => a.name.localeCompare(b.name));
    return html`
      <header class="head">
        <div><h1>Personas</h1><p class="quiet">Who you are in chats</p></div>
        <div class="tools">
          <ck-picker .disabled=${!this.writable}></ck-picker>
          <button type="button" class="button main" ?disabled=${!this.writable || this.making} @click=${() => void this.#make()}>New persona</button>
        </div>
      </header>
      ${unreadable(value.unreadable)}
      ${items.length === 0
        ? html`<p class="none">No personas yet. Make one, or import those of SillyTavern, RisuAI or CardShark.</p>`
        : html`<p class="quiet">${counted(items.length, "persona")}</p>
            <ck-shelf .items=${items} .item=${this.#row} .mark=${this.writable}></ck-shelf>`}
    `;
  }

  readonly #row = (entry: PersonaEntry) => {
    const name = entry.name || "No name";
    return html`
      <a class="row" href=${href("persona", entry.id)}>
        <ck-picture class="avatar" .keep=${this.keep} .domain=${"personas"} .record=${entry.id} .rev=${entry.rev} .name=${name}></ck-picture>
        <span class="what">
          <span class="name" dir="auto">${name}</span>
          <span class="quiet line" dir="auto">${entry.title}</span>
        </span>
        <span class="when quiet"><span>${ago(entry.changed)}</span></span>
      </a>
      <button type="button" class="bare" aria-label=${`Delete ${name}`} ?disabled=${!this.writable}
        @click=${() => void discard(this, this.keep, "personas", entry.id, name)}>${icon("bin")}</button>`;
  };

  async #make(): Promise<void> {
    this.making = true;
    await attempt(this, "The persona could not be made", async () => {
      const { userName } = await this.keep.settings.get();
      const { id } = await this.keep.personas.put({ name: userName });
      location.hash = href("persona", id);
    });
    this.making = false;
  }
}
