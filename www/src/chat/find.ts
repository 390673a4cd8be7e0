// <ck-find>: looks for words in a chat, and leads to the message that says them.

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { LightElement } from "../element";
import { sentence } from "../failure";
import { counted, momentOf } from "../format";
import { icon } from "../icon";
import type { ChatHandle, SearchHit } from "../library";

/** So many finds are listed. */
const LISTED = 100;

@customElement("ck-find")
export class Find extends LightElement {
  @property({ attribute: false }) chat!: ChatHandle;
  /** Shows a message in the chat. */
  @property({ attribute: false }) go!: (index: number) => void;
  @state() private query = "";
  @state() private hits: SearchHit[] | undefined;
  @state() private problem: unknown;
  #turn = 0;

  show(): void {
    const dialog = this.querySelector("dialog");
    if (dialog && !dialog.open) dialog.showModal();
    this.querySelector("input")?.select();
    // The chat may say something else by now.
    void this.#look(this.query);
  }

  override render() {
    return html`<dialog class="find" aria-labelledby="find-title">
      <h2 id="find-title">Find in this chat</h2>
      <form class="tools" role="search" @submit=${this.#submitted}>
        <label class="search">${icon("search")}<span class="unseen">Words to find</span>
          <input type="search" dir="auto" autocomplete="off" placeholder="Words to find" .value=${this.query} @input=${(event: Event) => void this.#look((event.target as HTMLInputElement).value)} /></label>
        <button type="button" class="button" @click=${this.#close}>Close</button>
      </form>
      ${this.#found()}
    </dialog>`;
  }

  #found() {
    if (this.problem !== undefined) return html`<p role="alert">${sentence(this.problem)}</p>`;
    const { hits } = this;
    if (hits === undefined) return nothing;
    const words = hits.length === 0 ? "No message says that" : hits.length < LISTED ? counted(hits.length, "message") : `The first ${counted(LISTED, "message")}`;
    return html`<p class="quiet" role="status">${words}</p>
      <ul class="hits">${hits.map((hit) => html`<li><button type="button" @click=${() => {
        this.#close();
        this.go(hit.index);
      }}><span class="who"><strong dir="auto">${hit.name || "No name"}</strong> <span class="quiet">${hit.index + 1}${hit.at === undefined ? "" : `, ${momentOf(hit.at)}`}${hit.swipe === undefined ? "" : ", in an alternative"}</span></span>
        <span dir="auto">${hit.excerpt}</span></button></li>`)}</ul>`;
  }

  readonly #close = (): void => this.querySelector("dialog")?.close();

  readonly #submitted = (event: Event): void => {
    event.preventDefault();
    this.querySelector<HTMLElement>(".hits button")?.focus();
  };

  async #look(query: string): Promise<void> {
    const turn = ++this.#turn;
    this.query = query;
    try {
      const hits = query.trim() === "" ? undefined : await this.chat.search(query.trim(), { swipes: true, limit: LISTED });
      if (turn !== this.#turn) return;
      this.hits = hits;
      this.problem = undefined;
    } catch (error) {
      if (turn === this.#turn) this.problem = error;
    }
  }
}
