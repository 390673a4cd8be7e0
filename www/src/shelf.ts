// <ck-shelf>: a long list, of which only what is near the screen stands in the document, and what has the focus. The rest is
// room above and below, so all rows are of one height: styles see to it. Every item says which of how many it is.

import { html, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";
import { LightElement } from "./element";

/** In the document before anything is measured. */
const FIRST = 12;

interface Shelved {
  id: string;
}

@customElement("ck-shelf")
export class Shelf extends LightElement {
  @property({ attribute: false }) items: Shelved[] = [];
  /** What an item looks like. */
  @property({ attribute: false }) item!: (item: never) => TemplateResult;
  /** Another value has all of them drawn anew; otherwise only other items are. */
  @property({ attribute: false }) mark: unknown;
  /** The class of the list: `tiles` stand beside each other, a `list` is one row an item. */
  @property({ attribute: false }) look: "tiles" | "list" = "list";
  /** The part of the items that is near the screen. */
  @state() private first = 0;
  @state() private end = FIRST;
  /** The item that has the focus. It stays, and its neighbours do: that is where Tab leads. */
  @state() private focused: string | undefined;
  #columns = 1;
  #columnGap = 0;
  /** From the top of a row to the top of the next one; nothing until it was measured. */
  #pitch = 0;
  /** Where the focused item was, for when it is deleted. */
  #place = -1;
  #stop: AbortController | undefined;
  readonly #resized = new ResizeObserver(() => this.#measure());

  override connectedCallback(): void {
    super.connectedCallback();
    const { signal } = (this.#stop = new AbortController());
    addEventListener("scroll", () => this.#look(), { signal, passive: true });
    addEventListener("resize", () => this.#look(), { signal });
    this.addEventListener("focusin", (event) => (this.focused = placeOf(event.target)), { signal });
    // Removing what has the focus may say that it lost it: then its place is still wanted.
    this.addEventListener("focusout", ({ target }) => void setTimeout(() => {
      if ((target as Element).isConnected && !this.contains(document.activeElement)) this.focused = undefined;
    }), { signal });
    this.#resized.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.abort();
    this.#resized.disconnect();
  }

  /** Scrolls to an item and has it in the document when this returns. False when the list has no such item. */
  bring(id: string): boolean {
    const index = this.items.findIndex((item) => item.id === id);
    if (index === -1) return false;
    this.performUpdate();
    this.#measure();
    // Now the page is as long as it is going to be.
    this.performUpdate();
    scrollBy(0, this.#list().getBoundingClientRect().top + Math.floor(index / this.#columns) * this.#pitch);
    this.#look();
    this.performUpdate();
    return true;
  }

  override render() {
    const { items, first, end } = this;
    const near = Array.from({ length: Math.max(Math.min(end, items.length) - first, 0) }, (_, n) => first + n);
    const kept = this.#kept().filter((index) => index < first || index >= end);
    const shown = [...near, ...kept].sort((a, b) => a - b);
    return html`<ul class=${this.look} role="list">${repeat(
      shown,
      (index) => items[index]?.id,
      (index) => {
        const item = items[index];
        return html`<li class=${this.look === "tiles" ? "tile" : ""} data-place=${item?.id ?? ""} aria-setsize=${items.length} aria-posinset=${index + 1}>${
          guard([item, this.mark], () => this.item(item as never))}</li>`;
      },
    )}</ul>`;
  }

  override willUpdate(changed: PropertyValues): void {
    if (changed.has("items")) this.end = Math.max(Math.min(this.end, this.items.length), Math.min(this.first + FIRST, this.items.length));
    if (this.first >= this.items.length) this.first = 0;
  }

  override updated(changed: PropertyValues): void {
    if (changed.has("items") || this.#pitch === 0) this.#measure();
    this.#lay();
    if (changed.has("items")) this.#refocus();
  }

  #list(): HTMLElement {
    return this.firstElementChild as HTMLElement;
  }

  /** The item with the focus and those beside it. */
  #kept(): number[] {
    if (this.focused === undefined) return [];
    const at = this.items.findIndex(({ id }) => id === this.focused);
    if (at === -1) return [];
    this.#place = at;
    return [at - 1, at, at + 1].filter((index) => index >= 0 && index < this.items.length);
  }

  /** How many columns there are, and how high a row is. */
  #measure(): void {
    const list = this.firstElementChild;
    const item = list?.querySelector<HTMLElement>(":scope > li:not([data-away])");
    if (!list || !item) return;
    const { gridTemplateColumns, rowGap, columnGap } = getComputedStyle(list);
    this.#columns = gridTemplateColumns.split(" ").length;
    this.#columnGap = parseFloat(columnGap) || 0;
    this.#pitch = item.getBoundingClientRect().height + (parseFloat(rowGap) || 0);
    this.#look();
    this.#lay();
  }

  /** Which rows are on the screen, or one screen away from it. */
  #look(): void {
    if (this.#pitch === 0) return;
    const { top } = this.#list().getBoundingClientRect();
    const rows = Math.ceil(this.items.length / this.#columns);
    const from = Math.min(Math.max(Math.floor((-top - innerHeight) / this.#pitch), 0), Math.max(rows - 1, 0));
    const to = Math.max(Math.ceil((2 * innerHeight - top) / this.#pitch), from + 1);
    this.first = from * this.#columns;
    this.end = Math.min(to * this.#columns, this.items.length);
  }

  /** The room of what is not there, and the places of what stands apart. */
  #lay(): void {
    const list = this.#list();
    const rows = Math.ceil(this.items.length / this.#columns);
    const above = Math.floor(this.first / this.#columns);
    const below = Math.max(rows - Math.ceil(this.end / this.#columns), 0);
    list.style.paddingBlockStart = `${above * this.#pitch}px`;
    list.style.paddingBlockEnd = `${below * this.#pitch}px`;
    const share = `(100% - ${(this.#columns - 1) * this.#columnGap}px) / ${this.#columns}`;
    for (const item of list.querySelectorAll<HTMLElement>(":scope > li")) {
      const index = Number(item.getAttribute("aria-posinset")) - 1;
      const away = index < this.first || index >= this.end;
      if (!away && !item.hasAttribute("data-away")) continue;
      item.toggleAttribute("data-away", away);
      item.style.inlineSize = away ? `calc(${share})` : "";
      item.style.insetInlineStart = away ? `calc((${share} + ${this.#columnGap}px) * ${index % this.#columns})` : "";
      item.style.insetBlockStart = away ? `${Math.floor(index / this.#columns) * this.#pitch}px` : "";
    }
  }

  /** Where what had the focus is gone, what stands in its place has it. */
  #refocus(): void {
    if (this.focused === undefined || this.items.some(({ id }) => id === this.focused)) return;
    this.focused = undefined;
    const next = this.items[Math.min(this.#place, this.items.length - 1)];
    const lost = document.activeElement === null || document.activeElement === document.body;
    if (lost && next) this.querySelector<HTMLElement>(`:scope > ul > li[data-place="${CSS.escape(next.id)}"] a`)?.focus();
  }
}

function placeOf(target: EventTarget | null): string | undefined {
  return (target as Element).closest<HTMLElement>("[data-place]")?.dataset.place;
}
