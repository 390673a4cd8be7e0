// <ck-about-chat>: what there is to know of a chat beside its messages: its title, its numbers, and the chats it is related to.

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { LightElement } from "../element";
import { sentence } from "../failure";
import { count, counted, momentOf } from "../format";
import { icon } from "../icon";
import type { ChatNode, ChatStats, Keep } from "../library";
import { notify } from "../notice";
import { prose } from "../prose/prose";
import { href } from "../route";
import "../history";

/** Messages of an older state that are shown. */
const SHOWN = 20;

interface Known {
  stats: ChatStats;
  tree: ChatNode[];
}

@customElement("ck-about-chat")
export class AboutChat extends LightElement {
  @property({ attribute: false }) keep!: Keep;
  @property({ attribute: false }) record = "";
  @property({ attribute: false }) writable = false;
  /** Called when the chat was renamed, or went into the archive or out of it. */
  @property({ attribute: false }) written!: () => void;
  /** Called when the person wants the chat as a file. */
  @property({ attribute: false }) save!: () => void;
  /** Called when the person wants the chat gone. */
  @property({ attribute: false }) discard!: () => void;
  @state() private known: Known | undefined;

  async show(): Promise<void> {
    this.known = undefined;
    this.querySelector("dialog")?.showModal();
    await this.#count();
  }

  async #count(): Promise<void> {
    try {
      const [chat, tree] = await Promise.all([this.keep.chats.open(this.record), this.keep.chats.tree(this.record)]);
      this.known = { stats: await chat.stats(), tree };
    } catch (error) {
      this.#close();
      notify(this, { text: `The chat could not be counted: ${sentence(error)}`, tone: "bad" });
    }
  }

  override render() {
    return html`<dialog class="about" aria-labelledby="about-title">
      <h2 id="about-title">About this chat</h2>
      ${this.known === undefined ? html`<p class="quiet" role="status">Counting…</p>` : this.#about(this.known)}
      <footer><button type="button" class="button main" @click=${this.#close}>Done</button></footer>
    </dialog>`;
  }

  #about({ stats, tree }: Known) {
    const here = tree.find(({ id }) => id === this.record);
    return html`
      <form class="tools" @submit=${this.#renamed}>
        <label class="field"><span>Title</span><input name="title" dir="auto" autocomplete="off" required maxlength="100" ?disabled=${!this.writable} .value=${here?.title ?? ""} /></label>
        <button type="submit" class="button" ?disabled=${!this.writable}>Rename</button>
        <button type="button" class="button" ?disabled=${!this.writable} @click=${() => void this.#archive(here?.archived !== true)}>
          ${here?.archived ? "Take out of the archive" : "Archive"}</button>
        <button type="button" class="button" @click=${() => {
          this.#close();
          this.save();
        }}>${icon("export")}Export</button>
        <button type="button" class="button danger" ?disabled=${!this.writable} @click=${() => {
          this.#close();
          this.discard();
        }}>${icon("bin")}Delete</button>
      </form>
      <dl class="facts">
        <div><dt>Messages</dt><dd>${count(stats.messages)}</dd></div>
        <div><dt>Words</dt><dd>${count(stats.words)}</dd></div>
        ${stats.swipes > 0 ? html`<div><dt>Alternatives not shown</dt><dd>${count(stats.swipes)}</dd></div>` : nothing}
        ${stats.unreadable > 0 ? html`<div><dt>Messages that cannot be read</dt><dd>${count(stats.unreadable)}</dd></div>` : nothing}
        ${stats.first === undefined ? nothing : html`<div><dt>First</dt><dd>${momentOf(stats.first)}</dd></div>`}
        ${stats.last === undefined ? nothing : html`<div><dt>Last</dt><dd>${momentOf(stats.last)}</dd></div>`}
        ${stats.speakers.map((one) => html`<div><dt dir="auto">${one.name || "No name"}</dt><dd>${counted(one.messages, "message")}, ${counted(one.words, "word")}</dd></div>`)}
      </dl>
      <ck-history .keep=${this.keep} .domain=${"chats"} .record=${this.record} .writable=${this.writable} .brought=${this.#brought} .look=${this.#older}></ck-history>
      ${tree.length > 1
        ? html`<h3>Branches</h3><ul class="tree">${tree.map((one) => html`<li data-depth=${one.depth}>
            <a href=${href("chat", one.id)} dir="auto" aria-current=${one.id === this.record ? "page" : nothing} @click=${this.#close}>${one.title || "No title"}</a>
            ${one.checkpoint ? html`<span class="badge">checkpoint</span>` : nothing}
            ${one.archived ? html`<span class="badge">archived</span>` : nothing}
            <span class="quiet">${one.parent ? `from message ${one.parent.at + 1}` : counted(one.length, "message")}</span></li>`)}</ul>`
        : html`<p class="quiet">No branches. “More” beside a message begins one there.</p>`}
    `;
  }

  /** The end of the chat as it was. */
  readonly #older = async (rev: number): Promise<TemplateResult> => {
    const older = await this.keep.chats.version(this.record, rev);
    const messages = await older.last(SHOWN);
    return html`<p class="quiet">${messages.length < older.length ? `The last ${messages.length} of ${counted(older.length, "message")}` : counted(older.length, "message")}</p>
      ${messages.map(({ name, text }) => html`<p><strong dir="auto">${name || "No name"}</strong></p>${prose(text)}`)}`;
  };

  /** The page's policy refuses styles in markup; what is set here is no markup. */
  override updated(): void {
    for (const row of this.querySelectorAll<HTMLElement>(".tree li")) row.style.setProperty("--depth", row.dataset.depth ?? "0");
  }

  readonly #brought = (): void => {
    this.written();
    void this.#count();
  };

  readonly #close = (): void => this.querySelector("dialog")?.close();

  readonly #renamed = (event: SubmitEvent): void => {
    event.preventDefault();
    const title = new FormData(event.target as HTMLFormElement).get("title");
    void this.#change("renamed", () => this.keep.chats.rename(this.record, String(title).trim()));
  };

  #archive(archived: boolean): Promise<void> {
    const { chats } = this.keep;
    return this.#change(archived ? "archived" : "taken out of the archive", () => (archived ? chats.archive(this.record) : chats.unarchive(this.record)));
  }

  async #change(done: string, change: () => Promise<unknown>): Promise<void> {
    try {
      await change();
      this.#close();
      this.written();
      notify(this, { text: `The chat was ${done}` });
    } catch (error) {
      this.#close();
      notify(this, { text: `The chat was not ${done}: ${sentence(error)}`, tone: "bad" });
    }
  }
}
