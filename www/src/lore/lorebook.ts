// <ck-lorebook>: one lorebook, entry by entry. What is typed is saved as it is typed, each entry by itself, so that two tabs that
// write into two entries both find their words.

import { html, nothing, type PropertyValues } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { handOut } from "../download";
import { attempt, failure } from "../failure";
import { ago, counted, folded, momentOf } from "../format";
import { gone } from "../gone";
import { icon } from "../icon";
import type { KeptLorebook, LoreEntry, LoreEntryPatch } from "../library";
import { Live } from "../live";
import { notify } from "../notice";
import { saveState } from "../save-state";
import { Saving } from "../saving";
import { Screen } from "../screen";
import { discard } from "../trash";
import "../history";
import "./trial";

interface Edits {
  name?: string;
  entries?: { [entry: string]: LoreEntryPatch };
}

/** Whose file a lorebook is, in words. */
const FORMATS: Record<KeptLorebook["dialect"], string> = {
  "silly-tavern": "SillyTavern",
  "character-book": "Character book (V2)",
  v3: "Lorebook V3",
  agnai: "Agnai",
  "novel-ai": "NovelAI",
  risu: "RisuAI",
  "ai-dungeon": "AI Dungeon",
  tsv: "Table (TSV)",
};

/** Entries in the document at first, and with every further step. */
const STEP = 100;

@customElement("ck-lorebook")
export class LorebookScreen extends Screen {
  @state() private edits: Edits = {};
  @state() private search = "";
  @state() private shown = STEP;
  /** The entry that was added last, to be opened. */
  @state() private fresh: string | undefined;
  readonly #data = new Live<KeptLorebook | undefined>(this, () => this.keep, ["lorebooks"], () => this.keep.lorebooks.get(this.record));
  readonly #saving = new Saving(this, () => this.keep, "lorebooks", () => this.record, () => {
    void this.#data.reload().then(() => {
      if (this.#saving.patch === undefined) this.edits = {};
    });
  });

  override firstUpdated(changed: PropertyValues<this>): void {
    super.firstUpdated(changed);
    this.edits = { ...(this.#saving.patch as Edits | undefined) };
  }

  override render() {
    const { value, error, loading } = this.#data;
    if (loading) return html`<p class="wait" role="status">Loading the lorebook…</p>`;
    if (error !== undefined && value === undefined) return failure("This lorebook could not be read", error, () => void this.#data.reload());
    if (value === undefined) return gone(this.keep, "lorebooks", this.record);
    const { book } = value;
    const name = book.name || value.name;
    const all = book.entries.map((entry, place) => ({ entry, call: String(entry.id ?? `#${place}`) }));
    const wanted = folded(this.search.trim());
    const found = wanted === "" ? all : all.filter(({ entry }) => folded([entry.comment, ...entry.keys, entry.content].join("\n")).includes(wanted));
    return html`
      <p class="crumb"><a href="#/lorebooks">${icon("back")}Lorebooks</a></p>
      <header class="head"><div><h1 dir="auto">${name || "No name"}</h1><p>${saveState(this.#saving.state)}</p></div>
        <div class="tools">
          <button type="button" class="button" @click=${() => void this.#export()}>${icon("export")}Export</button>
          <button type="button" class="button danger" ?disabled=${!this.writable} @click=${() => void this.#delete(name)}>${icon("bin")}Delete</button>
        </div></header>
      <div class="lore-page">
        <div class="form"><label class="field"><span>Name</span><input name="name" dir="auto" autocomplete="off" ?disabled=${!this.writable} .value=${this.edits.name ?? name} @input=${this.#named} /></label></div>
        <div class="tools">
          <label class="search">${icon("search")}<span class="unseen">Search the entries</span>
            <input type="search" placeholder="Search" .value=${this.search} @input=${(event: Event) => (this.search = (event.target as HTMLInputElement).value)} /></label>
          <button type="button" class="button main" ?disabled=${!this.writable} @click=${() => void this.#add()}>New entry</button>
        </div>
        <ck-trial .lorebook=${value}></ck-trial>
        <p class="quiet" role="status">${wanted ? `${found.length} of ${counted(all.length, "entry", "entries")}` : counted(all.length, "entry", "entries")}</p>
        <ul class="entries">${repeat(found.slice(0, this.shown), ({ call }) => call, ({ entry, call }) => this.#entry(entry, call))}</ul>
        ${found.length > this.shown ? html`<p class="more"><button type="button" class="button" @click=${() => (this.shown += STEP)}>Show more</button></p>` : nothing}
        <dl class="facts">
          <div><dt>Format</dt><dd>${FORMATS[value.dialect]}</dd></div>
          <div><dt>Changed</dt><dd title=${momentOf(value.changed)}>${ago(value.changed)}</dd></div>
        </dl>
        <ck-history .keep=${this.keep} .domain=${"lorebooks"} .record=${this.record} .writable=${this.writable}></ck-history>
      </div>
    `;
  }

  #entry(stored: LoreEntry, call: string) {
    const entry = { ...stored, ...this.edits.entries?.[call] } as LoreEntry;
    const title = entry.comment || entry.keys.join(", ") || "No name";
    const set = (patch: LoreEntryPatch) => this.#set(call, patch);
    const texts = (event: Event) => (event.target as HTMLInputElement).value;
    const keys = (event: Event) => texts(event).split(",").map((key) => key.trim()).filter((key) => key !== "");
    return html`<li class="entry" data-off=${entry.enabled ? nothing : "true"}>
      <details ?open=${this.fresh === call}>
        <summary><span dir="auto">${title}</span>${entry.enabled ? nothing : html` <span class="badge">off</span>`}${entry.constant ? html` <span class="badge">always</span>` : nothing}</summary>
        <div class="form">
          <label class="field"><span>Title <small class="quiet">For you alone.</small></span><input dir="auto" autocomplete="off" ?disabled=${!this.writable} .value=${entry.comment} @input=${(event: Event) => set({ comment: texts(event) })} /></label>
          <label class="field"><span>Keys <small class="quiet">Words between commas; any of them calls for the entry.</small></span><input dir="auto" autocomplete="off" ?disabled=${!this.writable} .value=${entry.keys.join(", ")} @change=${(event: Event) => set({ keys: keys(event) })} /></label>
          <label class="field"><span>Text</span><textarea dir="auto" rows="6" ?disabled=${!this.writable} .value=${entry.content} @input=${(event: Event) => set({ content: texts(event) })}></textarea></label>
          <div class="tools">
            <label class="check"><input type="checkbox" ?disabled=${!this.writable} .checked=${entry.enabled} @change=${(event: Event) => set({ enabled: (event.target as HTMLInputElement).checked })} /><span>On</span></label>
            <label class="check"><input type="checkbox" ?disabled=${!this.writable} .checked=${entry.constant} @change=${(event: Event) => set({ constant: (event.target as HTMLInputElement).checked })} /><span>Always, without a key</span></label>
            <label class="check"><span>Order</span><input type="number" ?disabled=${!this.writable} .value=${String(entry.insertionOrder)} @change=${(event: Event) => {
              const { valueAsNumber } = event.target as HTMLInputElement;
              if (Number.isFinite(valueAsNumber)) set({ insertionOrder: valueAsNumber });
            }} /></label>
            <button type="button" class="button danger" aria-label=${`Remove ${title}`} ?disabled=${!this.writable} @click=${() => void this.#remove(call, title)}>Remove</button>
          </div>
        </div>
      </details>
    </li>`;
  }

  readonly #named = (event: Event): void => {
    const name = (event.target as HTMLInputElement).value;
    this.edits = { ...this.edits, name };
    this.#saving.schedule({ name });
  };

  #set(call: string, patch: LoreEntryPatch): void {
    this.edits = { ...this.edits, entries: { ...this.edits.entries, [call]: { ...this.edits.entries?.[call], ...patch } } };
    this.#saving.schedule({ entries: { [call]: patch } });
  }

  async #add(): Promise<void> {
    await attempt(this, "The entry could not be added", async () => {
      if (!(await this.#saving.flush())) return;
      this.search = "";
      const { id, entry } = await this.keep.lorebooks.addEntry(this.record, { keys: [], content: "" });
      this.shown = Math.max(this.shown, entry.entries);
      this.fresh = id;
      await this.#data.reload();
      await this.updateComplete;
      this.querySelector<HTMLElement>(".entry:last-child input")?.focus();
    });
  }

  /** The state before is an older one: Undo goes back to it, as long as nothing else was written. */
  async #remove(call: string, title: string): Promise<void> {
    await attempt(this, "The entry could not be removed", async () => {
      if (!(await this.#saving.flush())) return;
      const before = this.#data.value?.rev;
      const { rev } = await this.keep.lorebooks.removeEntry(this.record, call);
      await this.#data.reload();
      const undo = async () => {
        const now = await this.keep.lorebooks.get(this.record);
        if (before === undefined || now?.rev !== rev) return notify(this, { text: "The lorebook was changed since; an older state of it has the entry", tone: "bad" });
        await this.keep.lorebooks.restoreVersion(this.record, before);
      };
      notify(document.querySelector("ck-app") ?? this, { text: `“${title}” removed`, action: { label: "Undo", run: undo } });
    });
  }

  async #export(): Promise<void> {
    await attempt(this, "The lorebook could not be exported", async () => {
      if (await this.#saving.flush()) await handOut(await this.keep.lorebooks.export(this.record));
    });
  }

  async #delete(name: string): Promise<void> {
    if (await discard(this, this.keep, "lorebooks", this.record, name)) location.hash = "#/lorebooks";
  }
}
