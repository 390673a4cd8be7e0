// What the log of a keep told in pages that have ended, in localStorage: it is written when a call returns, so that
// the entry of what went wrong last is there as well.

import { localStore } from "./slot.js";
import type { LogEntry } from "./types/health.js";
import { newWriter } from "./writer.js";

/** Entries kept, of all pages together. */
const MOST = 300;
/** And characters of them. Origins have about five million for everything. */
const MOST_LENGTH = 64 * 1024;

type Noted = [page: string, entry: LogEntry];

/** The notes of a keep; without localStorage (in workers, in Node) nothing is noted. */
export class Chronicle {
  readonly #storage: Storage | undefined;
  readonly #key: string;
  readonly #page = newWriter();

  constructor(name: string, shared: boolean) {
    this.#key = `cardkeep:${name}:log`;
    this.#storage = shared ? localStore() : undefined;
  }

  /** Adds an entry, unless it is one for whoever looks at every write. */
  note(entry: LogEntry): void {
    if (entry.level === "debug") return;
    // Other pages write here too, so it is read each time; within one task nobody comes between.
    this.#write([...this.#read(), [this.#page, entry]]);
  }

  /** What other pages noted, oldest first. */
  others(): LogEntry[] {
    const others = this.#read().filter(([page]) => page !== this.#page);
    return others.map(([, entry]) => entry);
  }

  clear(): void {
    this.#write([]);
  }

  #read(): Noted[] {
    try {
      const noted = JSON.parse(this.#storage?.getItem(this.#key) ?? "[]") as Noted[];
      return Array.isArray(noted) ? noted : [];
    } catch {
      // Somebody else's, or forbidden: then nothing is known.
      return [];
    }
  }

  #write(noted: Noted[]): void {
    for (let kept = noted.slice(-MOST); ; kept = kept.slice(Math.ceil(kept.length / 4))) {
      const text = JSON.stringify(kept);
      if (text.length > MOST_LENGTH) continue;
      try {
        if (kept.length === 0) this.#storage?.removeItem(this.#key);
        else this.#storage?.setItem(this.#key, text);
        return;
      } catch {
        // Full or forbidden: less may fit, and in the end nothing has to.
        if (kept.length === 0) return;
      }
    }
  }
}
