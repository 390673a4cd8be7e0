// <ck-picture>: the picture of a character or a persona, small or whole, or its initial where there is none.

import { html, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { LightElement } from "./element";
import type { Keep } from "./library";

@customElement("ck-picture")
export class Picture extends LightElement {
  @property({ attribute: false }) keep!: Keep;
  @property({ attribute: false }) domain: "characters" | "personas" = "characters";
  @property({ attribute: false }) record = "";
  /** Changes with every write of the record, and makes the picture load again. */
  @property({ attribute: false }) rev = 0;
  @property({ attribute: false }) name = "";
  @property({ attribute: false }) whole = false;
  @state() private url: string | undefined;
  #turn = 0;

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("record") || changed.has("rev") || changed.has("whole")) this.#load();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#show(undefined);
  }

  override render() {
    if (this.url !== undefined) return html`<img src=${this.url} alt="" loading="lazy" decoding="async" @error=${() => this.#show(undefined)} />`;
    const [initial = "?"] = this.name.trim();
    return html`<span class="initial" aria-hidden="true">${initial}</span>`;
  }

  #load(): void {
    const turn = ++this.#turn;
    inTurn(() => turn === this.#turn && this.isConnected, () => this.#read(turn));
  }

  async #read(turn: number): Promise<void> {
    const records = this.keep[this.domain];
    let bytes: Uint8Array | undefined;
    try {
      // Where there is no small picture the portrait is shown as it is.
      bytes = this.whole ? undefined : await records.thumbnail(this.record);
      bytes ??= await records.image(this.record);
    } catch {
      // A picture is an ornament: the record's own screen tells what is wrong with it.
    }
    if (turn === this.#turn && this.isConnected) this.#show(bytes);
  }

  #show(bytes: Uint8Array | undefined): void {
    if (this.url !== undefined) URL.revokeObjectURL(this.url);
    this.url = bytes === undefined ? undefined : URL.createObjectURL(new Blob([bytes as BlobPart], { type: typeOf(bytes) }));
  }
}

/** So many pictures are read at a time. */
const AT_ONCE = 6;
/** While the page moves, a picture is read only if it stays for this long: what runs by in a long list is not read at all. */
const STAYS_MS = 100;

let reading = 0;
let moved = -Infinity;
let later: ReturnType<typeof setTimeout> | undefined;
const waiting: { since: number; wanted: () => boolean; read: () => Promise<void> }[] = [];

addEventListener("scroll", () => (moved = performance.now()), { capture: true, passive: true });

function inTurn(wanted: () => boolean, read: () => Promise<void>): void {
  waiting.push({ since: performance.now(), wanted, read });
  next();
}

function next(): void {
  for (let one = waiting[0]; one !== undefined && reading < AT_ONCE; one = waiting[0]) {
    const now = performance.now();
    const early = one.since + STAYS_MS - now;
    if (one.wanted() && early > 0 && now - moved < STAYS_MS) {
      later ??= setTimeout(() => {
        later = undefined;
        next();
      }, early);
      return;
    }
    waiting.shift();
    if (!one.wanted()) continue;
    reading += 1;
    void one.read().finally(() => {
      reading -= 1;
      next();
    });
  }
}

/** Always a picture's type, so that nothing is taken for a document. */
function typeOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff) return "image/jpeg";
  return bytes[0] === 0x52 ? "image/webp" : "image/png";
}
