// <ck-notices>: shows what elements ask to be said, and lets it go after a while.

import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { LightElement } from "../element";
import { icon } from "../icon";
import type { Notice } from "../notice";

const SHORT_MS = 5_000;
const WITH_ACTION_MS = 12_000;

@customElement("ck-notices")
export class Notices extends LightElement {
  @state() private shown: { id: number; notice: Notice }[] = [];
  #last = 0;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();

  show(notice: Notice): void {
    // What goes wrong again and again is told once.
    for (const one of this.shown.filter((one) => one.notice.text === notice.text)) this.#drop(one.id);
    const id = ++this.#last;
    this.shown = [...this.shown.slice(-2), { id, notice }];
    if (notice.tone !== "bad") this.#timers.set(id, setTimeout(() => this.#drop(id), notice.action ? WITH_ACTION_MS : SHORT_MS));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  override render() {
    return html`<div class="notices" role="status" aria-live="polite">
      ${repeat(this.shown, ({ id }) => id, ({ id, notice }) => html`<div class="notice" data-tone=${notice.tone ?? "good"}>
        <span dir="auto">${notice.text}</span>
        ${notice.action ? html`<button type="button" class="link" @click=${() => this.#act(id, notice)}>${notice.action.label}</button>` : nothing}
        <button type="button" class="bare" aria-label="Close" @click=${() => this.#drop(id)}>${icon("close")}</button>
      </div>`)}
    </div>`;
  }

  #act(id: number, notice: Notice): void {
    this.#drop(id);
    void notice.action?.run();
  }

  #drop(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.shown = this.shown.filter((one) => one.id !== id);
  }
}
