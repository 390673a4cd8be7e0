// <ck-card>: the page of a character. Reads everything the card says, edits what people edit most.

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { expand } from "../companion/companion";
import { handOut } from "../download";
import { attempt, codeOf, failure, sentence } from "../failure";
import { ago, count, counted, momentOf } from "../format";
import { gone } from "../gone";
import { icon } from "../icon";
import { type Card, type CardPatch, type CardTokens, type Character, type ChatEntry, countTokens } from "../library";
import { Live } from "../live";
import { notify } from "../notice";
import { prose } from "../prose/prose";
import { asPng } from "../png";
import { href } from "../route";
import { saveState } from "../save-state";
import { Saving } from "../saving";
import { Screen } from "../screen";
import { discard } from "../trash";
import type { ExportCard } from "./export";
import { greetings } from "./greetings";
import "./book";
import "./export";
import "../history";
import "../intake/request";
import "../picture";

/** The fields that the form edits, with their labels. The names are the card format's own. */
const FIELDS = [
  { key: "name", label: "Name", lines: 1 },
  { key: "description", label: "Description", lines: 8 },
  { key: "personality", label: "Personality", lines: 3 },
  { key: "scenario", label: "Scenario", lines: 3 },
  { key: "first_mes", label: "First message", lines: 6 },
  { key: "mes_example", label: "Example messages", lines: 6 },
  { key: "system_prompt", label: "System prompt", lines: 3 },
  { key: "post_history_instructions", label: "After the history", lines: 3 },
  { key: "creator_notes", label: "Creator's notes", lines: 3 },
  { key: "creator", label: "Creator", lines: 1 },
  { key: "character_version", label: "Version", lines: 1 },
] as const;

type Key = (typeof FIELDS)[number]["key"];
/** What was typed into the form: texts of fields, tags as one line, and the greetings beside the first message. */
type Edits = Partial<Record<Key | "tags", string>> & { alternate_greetings?: string[] };

const tagsOf = (line: string): string[] => line.split(",").map((tag) => tag.trim()).filter((tag) => tag !== "");

interface Loaded {
  character: Character;
  chats: ChatEntry[];
  tokens: CardTokens;
}

@customElement("ck-card")
export class CardScreen extends Screen {
  @state() private edits: Edits = {};
  @state() private editing = false;
  /** Somebody else wrote the card between the first key and the save. */
  @state() private conflict = false;
  readonly #data = new Live<Loaded | undefined>(this, () => this.keep, ["characters", "chats"], () => this.#load());
  readonly #saving = new Saving(this, () => this.keep, "characters", () => this.record, () => {
    this.conflict = false;
    void this.#data.reload().then(() => this.#settle());
  });
  /** The revision that the edits began on: what another tab saves meanwhile is shown, but not written over unseen. */
  #base: number | undefined;
  /** What the fields said that were edited, before; to put them back. */
  #before: CardPatch = {};
  #stop: AbortController | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stop = new AbortController();
    addEventListener("beforeunload", (event) => {
      if (this.#saving.state.is === "failed") event.preventDefault();
    }, { signal: this.#stop.signal });
    addEventListener("keydown", this.#keys, { signal: this.#stop.signal });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.abort();
  }

  override willUpdate(): void {
    const { state } = this.#saving;
    if (state.is === "failed" && codeOf(state.error) === "conflict") this.conflict = true;
  }

  override firstUpdated(changed: PropertyValues<this>): void {
    super.firstUpdated(changed);
    const { patch } = this.#saving;
    if (patch === undefined) return;
    const { tags, ...texts } = patch as CardPatch;
    this.edits = { ...(texts as Edits), ...(tags && { tags: tags.join(", ") }) };
    this.editing = true;
  }

  async #load(): Promise<Loaded | undefined> {
    const character = await this.keep.characters.get(this.record);
    if (character === undefined) return undefined;
    // A card that says nothing yet is there to be written.
    if (this.#data.loading && this.writable && FIELDS.every(({ key }) => key === "name" || character.card[key].trim() === "")) this.editing = true;
    const chats = await this.keep.chats.list();
    return { character, tokens: countTokens(character.document), chats: chats.items.filter((chat) => chat.characters.includes(this.record)).sort((a, b) => b.changed - a.changed) };
  }

  get #touched(): boolean {
    return Object.keys(this.#before).length > 0;
  }

  override render() {
    const { value, error, loading } = this.#data;
    if (loading) return html`<p class="wait" role="status">Loading the character…</p>`;
    if (error !== undefined && value === undefined) return failure("This character could not be read", error, () => void this.#data.reload());
    if (value === undefined) return gone(this.keep, "characters", this.record);
    const { character, chats, tokens } = value;
    const { card } = character;
    const name = card.name || "No name";
    const { state } = this.#saving;
    return html`
      <p class="crumb"><a href="#/">${icon("back")}Characters</a></p>
      <div class="card-page">
        <header class="head">
          <div>
            <h1 dir="auto">${name}</h1>
            ${card.nickname ? html`<p class="quiet" dir="auto">“${card.nickname}”</p>` : nothing}
          </div>
          <div class="tools">
            ${this.editing
              ? html`${saveState(state)}
                  <button type="button" class="button" ?disabled=${!this.#touched} @click=${() => void this.#discard()}>Discard</button>
                  <button type="button" class="button main" @click=${() => void this.#done()}>${this.conflict ? "Save over it" : "Done"}</button>`
              : html`<button type="button" class="button" ?disabled=${!this.writable} @click=${() => void this.#begin()}>${icon("edit")}Edit</button>`}
          </div>
        </header>
        <aside>
          <ck-picture class="portrait" .keep=${this.keep} .record=${character.id} .rev=${character.rev} .name=${name} .whole=${true}></ck-picture>
          <button type="button" class="button main wide-button" ?disabled=${!this.writable} @click=${() => void this.#startChat(card)}>${icon("chats")}Start a chat</button>
          <button type="button" class="button wide-button" @click=${() => void this.#export()}>${icon("export")}Export ${character.container.toUpperCase()}</button>
          <button type="button" class="button wide-button" aria-haspopup="dialog" @click=${() => void this.querySelector<ExportCard>("ck-export-card")?.show()}>Export as…</button>
          ${this.editing
            ? html`<input class="unseen" type="file" accept="image/*" tabindex="-1" aria-label="Choose a picture" @change=${this.#pictured} />
                <button type="button" class="button wide-button" @click=${() => this.querySelector<HTMLInputElement>("aside input[type=file]")?.click()}>${icon("import")}Choose a picture</button>`
            : nothing}
          <button type="button" class="button wide-button danger" ?disabled=${!this.writable} @click=${() => void this.#delete(name)}>${icon("bin")}Delete</button>
        </aside>
        <div class="card-text">
          ${this.editing && this.conflict
            ? html`<p class="banner">The card was changed elsewhere while you typed. Your text is still in the form; save it over the newer one, or discard it.</p>`
            : nothing}
          ${this.editing ? this.#form(card) : html`${this.#reading(card)}<ck-card-book .keep=${this.keep} .character=${character} .writable=${this.writable}></ck-card-book>`}
          ${this.#warnings(character)}
          ${this.#chats(chats)}
          ${this.editing ? nothing : html`<section class="field"><h2>Older versions</h2><ck-history .keep=${this.keep} .domain=${"characters"} .record=${this.record} .writable=${this.writable} .look=${this.#older}></ck-history></section>`}
        </div>
        <dl class="facts">
          <div><dt>Card</dt><dd><span class="badge">${character.spec.toUpperCase()}</span> ${character.container.toUpperCase()}</dd></div>
          ${card.creator ? html`<div><dt>Creator</dt><dd dir="auto">${card.creator}</dd></div>` : nothing}
          ${card.character_version ? html`<div><dt>Version</dt><dd dir="auto">${card.character_version}</dd></div>` : nothing}
          <div><dt>Tokens, by estimate</dt><dd>${count(tokens.total)}; ${count(tokens.permanent)} in every prompt</dd></div>
          <div><dt>Added</dt><dd title=${momentOf(character.created)}>${ago(character.created)}</dd></div>
          <div><dt>Changed</dt><dd title=${momentOf(character.changed)}>${ago(character.changed)}</dd></div>
        </dl>
      </div>
      <ck-export-card .keep=${this.keep} .record=${this.record}></ck-export-card>
    `;
  }

  readonly #older = async (rev: number): Promise<TemplateResult> => {
    const { card } = await this.keep.characters.version(this.record, rev);
    return html`<p><strong dir="auto">${card.name}</strong></p>${this.#reading(card)}`;
  };

  #reading(card: Card) {
    const part = (title: string, text: string) =>
      text.trim() === "" ? nothing : html`<section class="field"><h2>${title}</h2>${prose(text)}</section>`;
    const greetings = [card.first_mes, ...card.alternate_greetings].filter((text) => text.trim() !== "");
    return html`
      ${card.tags.length > 0 ? html`<ul class="tags" aria-label="Tags">${card.tags.map((tag) => html`<li><span class="tag" dir="auto">${tag}</span></li>`)}</ul>` : nothing}
      ${part("Creator's notes", card.creator_notes)}
      ${part("Description", card.description)}
      ${part("Personality", card.personality)}
      ${part("Scenario", card.scenario)}
      ${greetings.length > 0
        ? html`<section class="field"><h2>${counted(greetings.length, "greeting")}</h2>
            ${greetings.map((text, n) => html`<details class="greeting" ?open=${n === 0}><summary>${n === 0 ? "First message" : `Alternate ${n}`}</summary>${prose(text)}</details>`)}
          </section>`
        : nothing}
      ${card.group_only_greetings.length > 0
        ? html`<section class="field"><h2>Greetings for groups</h2>${card.group_only_greetings.map((text) => html`<div class="greeting">${prose(text)}</div>`)}</section>`
        : nothing}
      ${part("Example messages", card.mes_example)}
      ${part("System prompt", card.system_prompt)}
      ${part("After the history", card.post_history_instructions)}
      ${Object.keys(card.extensions).length > 0
        ? html`<section class="field"><h2>Extensions</h2><p class="quiet">Kept as they are: ${Object.keys(card.extensions).map((key, n) => html`${n > 0 ? ", " : ""}<code>${key}</code>`)}</p></section>`
        : nothing}
    `;
  }

  #form(card: Card) {
    return html`<form class="form" @submit=${(event: Event) => event.preventDefault()} @input=${this.#typed}>
      ${FIELDS.map(({ key, label, lines }) => {
        const value = this.edits[key] ?? card[key];
        return html`<label class="field"><span>${label}</span>
          ${lines === 1
            ? html`<input name=${key} dir="auto" autocomplete="off" .value=${value} />`
            : html`<textarea name=${key} dir="auto" rows=${lines} .value=${value}></textarea>`}
        </label>
        ${key === "first_mes" ? greetings(this.edits.alternate_greetings ?? card.alternate_greetings, (texts) => this.#edit("alternate_greetings", texts, texts)) : nothing}`;
      })}
      <label class="field"><span>Tags <small class="quiet">separated by commas</small></span>
        <input name="tags" dir="auto" autocomplete="off" .value=${this.edits.tags ?? card.tags.join(", ")} /></label>
    </form>`;
  }

  #warnings({ warnings }: Character) {
    if (warnings.length === 0) return nothing;
    return html`<section class="field remarks"><h2>${counted(warnings.length, "remark")} from reading this card</h2>
      <ul>${warnings.map((warning) => html`<li>${warning.message} <code>${warning.path}</code>${warning.repaired ? nothing : html` <span class="quiet">left as it is</span>`}</li>`)}</ul>
    </section>`;
  }

  #chats(chats: ChatEntry[]) {
    return html`<section class="field">
      <h2>Chats</h2>
      ${chats.length === 0 ? html`<p class="quiet">No chats with this character yet.</p>` : nothing}
      <ul class="list">${chats.map((chat) => html`<li><a class="row" href=${href("chat", chat.id)}>
        <span class="what"><span class="name" dir="auto">${chat.title || "No title"}</span><span class="quiet line" dir="auto">${chat.last ?? ""}</span></span>
        <span class="when quiet"><span>${ago(chat.changed)}</span><span>${counted(chat.length, "message")}</span></span></a></li>`)}</ul>
      <ck-picker .label=${"Import a chat"} .characters=${[this.record]} .disabled=${!this.writable}></ck-picker>
    </section>`;
  }

  readonly #typed = (event: Event): void => {
    const { name, value } = event.target as HTMLInputElement;
    this.#edit(name as Key | "tags", value, name === "tags" ? tagsOf(value) : value);
  };

  /** `edit` is what the form shows, `value` what the card gets. */
  #edit<K extends keyof Edits>(key: K, edit: Edits[K], value: CardPatch[K]): void {
    const character = this.#data.value?.character;
    if (character === undefined) return;
    if (this.#saving.patch === undefined) this.#base = character.rev;
    this.#before = { [key]: character.card[key], ...this.#before };
    this.edits = { ...this.edits, [key]: edit };
    this.#saving.schedule({ [key]: value }, this.#base);
  }

  /** Nothing is unsaved: the form follows the card again, but for the way in which tags are typed. */
  #settle(): void {
    const card = this.#data.value?.character.card;
    if (card === undefined || this.#saving.patch !== undefined) return;
    const { tags } = this.edits;
    this.edits = tags !== undefined && tagsOf(tags).join() === card.tags.join() ? { tags } : {};
  }

  readonly #keys = (event: KeyboardEvent): void => {
    if (!this.editing || event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void this.#saving.flush();
  };

  readonly #pictured = async (event: Event): Promise<void> => {
    const input = event.target as HTMLInputElement;
    const [file] = input.files ?? [];
    // Emptied, so that choosing the same file again is a change again.
    input.value = "";
    if (file === undefined || !(await this.#saving.flush())) return;
    await attempt(this, "The picture could not be taken", async () => {
      const image = await asPng(file);
      // What was typed meanwhile is saved by now.
      const now = await this.keep.characters.get(this.record);
      if (now) await this.keep.characters.put(now.document, { id: this.record, ifRev: now.rev, image });
    });
  };

  async #done(): Promise<void> {
    if (this.conflict) {
      // The banner said so, and saving all the same means it.
      await this.#data.reload();
      this.#saving.schedule({}, this.#data.value?.character.rev);
    }
    // The state beside the button says what is wrong, if something is.
    if (!(await this.#saving.flush())) return;
    await this.#data.reload();
    this.#close();
  }

  /** Puts back what the fields said before, also what was saved meanwhile. */
  async #discard(): Promise<void> {
    const { conflict } = this;
    try {
      await this.#saving.cancel();
      await this.#saving.flush();
      await this.#data.reload();
      const card = this.#data.value?.character.card;
      const before = Object.entries(this.#before).filter(([key, value]) => String(card?.[key as keyof Edits]) !== String(value));
      // After a conflict the card of the other writer stands.
      if (before.length > 0 && !conflict) await this.keep.characters.patch(this.record, Object.fromEntries(before));
      await this.#data.reload();
      this.#close();
    } catch (error) {
      notify(this, { text: `The card could not be put back: ${sentence(error)}`, tone: "bad" });
    }
  }

  async #begin(): Promise<void> {
    this.editing = true;
    await this.updateComplete;
    this.querySelector<HTMLElement>(".form [name]")?.focus();
  }

  #close(): void {
    this.edits = {};
    this.#before = {};
    this.conflict = false;
    this.editing = false;
    // The button that was pressed is gone, and the focus with it.
    void this.updateComplete.then(() => {
      if (document.activeElement === document.body) this.querySelector<HTMLElement>(".head .tools button")?.focus();
    });
  }

  async #startChat(card: Card): Promise<void> {
    await attempt(this, "The chat could not be started", async () => {
      const { userName } = await this.keep.settings.get();
      const entry = await this.keep.chats.create({ title: [...card.name].slice(0, 100).join(""), characters: [this.record], userName, characterName: card.name });
      const greetings = [card.first_mes, ...card.alternate_greetings].map((text) => expand(text, card.name, userName)).filter((text) => text.trim() !== "");
      const [greeting] = greetings;
      if (greeting !== undefined) {
        const chat = await this.keep.chats.open(entry.id);
        // All greetings travel as swipes of the first message, as other tools do it.
        const fields = greetings.length > 1 ? { swipes: greetings, swipe_id: 0 } : {};
        await chat.append({ name: card.name, role: "character", text: greeting, fields });
      }
      location.hash = href("chat", entry.id);
    });
  }

  async #export(): Promise<void> {
    await attempt(this, "The card could not be exported", async () => handOut(await this.keep.characters.export(this.record)));
  }

  async #delete(name: string): Promise<void> {
    if (await discard(this, this.keep, "characters", this.record, name)) location.hash = "#/";
  }
}
