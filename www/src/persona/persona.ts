// <ck-persona>: one persona. What is typed is saved as it is typed; older states are kept.

import { html, nothing, type PropertyValues } from "lit";
import { customElement, state } from "lit/decorators.js";
import { handOut } from "../download";
import { attempt, failure, sentence } from "../failure";
import { ago, counted, momentOf } from "../format";
import { gone } from "../gone";
import { icon } from "../icon";
import type { ChatEntry, KeptPersona, PersonaPatch } from "../library";
import { Live } from "../live";
import { notify } from "../notice";
import { asPng } from "../png";
import { href } from "../route";
import { saveState } from "../save-state";
import { Saving } from "../saving";
import { Screen } from "../screen";
import { discard } from "../trash";
import "../history";
import "../picture";

const FIELDS = [
  { key: "name", label: "Name", hint: "", lines: 1 },
  { key: "title", label: "Title", hint: "Tells it from others of the same name.", lines: 1 },
  { key: "description", label: "Description", hint: "What characters get to know of you.", lines: 8 },
  { key: "note", label: "Note", hint: "For you alone.", lines: 3 },
] as const;

type Key = (typeof FIELDS)[number]["key"];
type Edits = Partial<Record<Key, string>>;

const DIALECTS = { "silly-tavern": "SillyTavern", risu: "RisuAI", cardshark: "CardShark" } as const;

interface Loaded {
  kept: KeptPersona;
  chats: ChatEntry[];
}

@customElement("ck-persona")
export class PersonaScreen extends Screen {
  @state() private edits: Edits = {};
  readonly #data = new Live<Loaded | undefined>(this, () => this.keep, ["personas", "chats"], () => this.#load());
  readonly #saving = new Saving(this, () => this.keep, "personas", () => this.record, () => {
    void this.#data.reload().then(() => {
      if (this.#saving.patch === undefined) this.edits = {};
    });
  });

  override firstUpdated(changed: PropertyValues<this>): void {
    super.firstUpdated(changed);
    this.edits = { ...(this.#saving.patch as Edits | undefined) };
  }

  async #load(): Promise<Loaded | undefined> {
    const kept = await this.keep.personas.get(this.record);
    if (kept === undefined) return undefined;
    const { items } = await this.keep.chats.list({ persona: this.record });
    return { kept, chats: items };
  }

  override render() {
    const { value, error, loading } = this.#data;
    if (loading) return html`<p class="wait" role="status">Loading the persona…</p>`;
    if (error !== undefined && value === undefined) return failure("This persona could not be read", error, () => void this.#data.reload());
    if (value === undefined) return gone(this.keep, "personas", this.record);
    const { kept, chats } = value;
    const name = kept.persona.name || "No name";
    return html`
      <p class="crumb"><a href="#/personas">${icon("back")}Personas</a></p>
      <div class="card-page">
        <header class="head"><div><h1 dir="auto">${name}</h1><p>${saveState(this.#saving.state)}</p></div></header>
        <aside>
          <ck-picture class="portrait" .keep=${this.keep} .domain=${"personas"} .record=${kept.id} .rev=${kept.rev} .name=${name} .whole=${true}></ck-picture>
          <input class="unseen" type="file" accept="image/*" tabindex="-1" aria-label="Choose a picture" ?disabled=${!this.writable} @change=${this.#pictured} />
          <button type="button" class="button wide-button" ?disabled=${!this.writable} @click=${() => this.querySelector<HTMLInputElement>("input[type=file]")?.click()}>${icon("import")}Choose a picture</button>
          <button type="button" class="button wide-button" @click=${() => void this.#export()}>${icon("export")}Export</button>
          <button type="button" class="button wide-button danger" ?disabled=${!this.writable} @click=${() => void this.#delete(name)}>${icon("bin")}Delete</button>
        </aside>
        <div class="card-text">
          ${this.#form(kept)}
          <section class="field">
            <h2>Chats</h2>
            ${chats.length === 0 ? html`<p class="quiet">You are not this persona in any chat yet. Choose it below a chat’s messages.</p>` : nothing}
            <ul class="list">${chats.map((chat) => html`<li><a class="row" href=${href("chat", chat.id)}>
              <span class="what"><span class="name" dir="auto">${chat.title || "No title"}</span><span class="quiet line" dir="auto">${chat.last ?? ""}</span></span>
              <span class="when quiet"><span>${ago(chat.changed)}</span><span>${counted(chat.length, "message")}</span></span></a></li>`)}</ul>
          </section>
          <section class="field"><h2>Older versions</h2><ck-history .keep=${this.keep} .domain=${"personas"} .record=${this.record} .writable=${this.writable}></ck-history></section>
        </div>
        <dl class="facts">
          <div><dt>Format</dt><dd>${DIALECTS[kept.dialect]}</dd></div>
          <div><dt>Added</dt><dd title=${momentOf(kept.created)}>${ago(kept.created)}</dd></div>
          <div><dt>Changed</dt><dd title=${momentOf(kept.changed)}>${ago(kept.changed)}</dd></div>
        </dl>
      </div>
    `;
  }

  #form({ persona }: KeptPersona) {
    return html`<form class="form" @submit=${(event: Event) => event.preventDefault()} @input=${this.#typed}>
      ${FIELDS.map(({ key, label, hint, lines }) => {
        const value = this.edits[key] ?? persona[key] ?? "";
        return html`<label class="field"><span>${label} ${hint ? html`<small class="quiet">${hint}</small>` : nothing}</span>
          ${lines === 1
            ? html`<input name=${key} dir="auto" autocomplete="off" ?disabled=${!this.writable} .value=${value} />`
            : html`<textarea name=${key} dir="auto" rows=${lines} ?disabled=${!this.writable} .value=${value}></textarea>`}
        </label>`;
      })}
    </form>`;
  }

  readonly #typed = (event: Event): void => {
    const { name, value } = event.target as HTMLInputElement;
    this.edits = { ...this.edits, [name]: value };
    this.#saving.schedule({ [name]: value } as PersonaPatch);
  };

  readonly #pictured = async (event: Event): Promise<void> => {
    const input = event.target as HTMLInputElement;
    const [file] = input.files ?? [];
    // Emptied, so that choosing the same file again is a change again.
    input.value = "";
    const kept = this.#data.value?.kept;
    if (file === undefined || kept === undefined || !(await this.#saving.flush())) return;
    try {
      const image = await asPng(file);
      // What was typed meanwhile is saved by now.
      const now = await this.keep.personas.get(this.record);
      if (now) await this.keep.personas.put(now.document, { id: this.record, ifRev: now.rev, image });
    } catch (error) {
      notify(this, { text: `The picture could not be taken: ${sentence(error)}`, tone: "bad" });
    }
  };

  async #export(): Promise<void> {
    await attempt(this, "The persona could not be exported", async () => {
      if (await this.#saving.flush()) await handOut(await this.keep.personas.export(this.record));
    });
  }

  async #delete(name: string): Promise<void> {
    if (await discard(this, this.keep, "personas", this.record, name)) location.hash = "#/personas";
  }
}
