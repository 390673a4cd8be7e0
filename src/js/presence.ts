// Which pages have a keep open, and what may be done only where no other one has: removing contents that nothing refers
// to any more. Every open keep holds a Web Lock together with the others; whoever can have it alone is the only one, and
// others who open the keep meanwhile wait.

import type { KeepHandle } from "./cardkeep.js";
import { followPage, type Stop } from "./lifecycle.js";
import type { Health } from "./types/health.js";

/** The first look for what nothing refers to, after opening. */
const FIRST_MS = 60_000;
/** From the look to the removal; the store wants two minutes between them. */
const SETTLE_MS = 150_000;
/** From one look to the next. */
const EVERY_MS = 1_800_000;
/** So long a page that opens waits for one that removes something, which may be frozen in the middle of it. */
const PATIENCE_MS = 5_000;

type Sweep = Pick<KeepHandle, "leftovers" | "sweep" | "endSweep">;

/** @internal */
export class Presence {
  readonly #lock: string;
  readonly #locks: LockManager | undefined;
  readonly #shared: boolean;
  /** What lets go of the lock; it settles when others can have it. */
  #release: (() => Promise<void>) | undefined;
  #handle: Sweep | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop: Stop | undefined;
  #ended = false;

  /** `shared`: whether other pages can have the same keep. */
  constructor(keep: string, shared: boolean) {
    this.#lock = `cardkeep:${keep}:open`;
    this.#shared = shared;
    this.#locks = typeof navigator === "undefined" ? undefined : navigator.locks;
  }

  /** Says that this page has the keep open, after waiting for one that removes something. */
  async begin(): Promise<void> {
    if (!this.#shared || this.#locks === undefined) return;
    if (await this.#hold({ mode: "shared", signal: AbortSignal.timeout(PATIENCE_MS) })) return;
    if (this.#ended) return;
    if (await this.#hold({ steal: true })) await this.#leave();
    await this.#hold({ mode: "shared" });
  }

  /** Looks from time to time for what nothing refers to, and removes it. */
  look(handle: Sweep): void {
    this.#handle = handle;
    this.#stop = followPage({
      ending: () => handle.endSweep(),
      // A lock would keep the page out of the browser's cache.
      away: () => void this.#leave(),
      back: () => void this.begin(),
    });
    this.#plan(FIRST_MS, () => this.#look());
  }

  /** How many pages have the keep open, this one too, and who holds what; nothing where nobody can tell. */
  async pages(): Promise<Pick<Health, "tabs" | "locks">> {
    if (!this.#shared) return { tabs: 1, locks: [] };
    const held = (await this.#locks?.query().catch(() => undefined))?.held;
    if (held === undefined) return {};
    const own = this.#lock.slice(0, -"open".length);
    const locks = held.flatMap(({ name, mode, clientId }) =>
      name?.startsWith(own) && mode !== undefined && clientId !== undefined ? [{ name: name.slice(own.length), mode, page: clientId }] : [],
    );
    return { tabs: locks.filter(({ name }) => name === "open").length, locks };
  }

  /** Does something that no other page may be there for, or does not: `undefined`. */
  async alone<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (!this.#shared) return work();
    if (this.#locks === undefined || this.#release === undefined) return undefined;
    await this.#leave();
    try {
      return (await this.#hold({ ifAvailable: true })) ? await work() : undefined;
    } finally {
      await this.#leave();
      if (!this.#ended) await this.begin();
    }
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#stop?.();
    this.#handle?.endSweep();
    void this.#leave();
  }

  #plan(ms: number, work: () => Promise<void>): void {
    if (this.#ended) return;
    // What fails is tried again the next time, and nothing depends on it before.
    this.#timer = setTimeout(() => void work().catch(() => this.#plan(EVERY_MS, () => this.#look())), ms);
    (this.#timer as { unref?(): void }).unref?.();
  }

  async #look(): Promise<void> {
    const found = (await this.#handle?.leftovers()) as number;
    if (found > 0) this.#plan(SETTLE_MS, () => this.#sweep());
    else this.#plan(EVERY_MS, () => this.#look());
  }

  async #sweep(): Promise<void> {
    await this.alone(() => this.#handle?.sweep() as Promise<unknown>);
    this.#plan(EVERY_MS, () => this.#look());
  }

  async #leave(): Promise<void> {
    const release = this.#release;
    this.#release = undefined;
    await release?.();
  }

  /** Holds the lock until it is left; false when it is not to be had. */
  #hold(options: LockOptions): Promise<boolean> {
    return new Promise((resolve) => {
      const held = (lock: Lock | null) => {
        // Whoever has ended meanwhile must not keep others from it.
        if (lock === null || this.#ended) return undefined;
        return new Promise<void>((release) => {
          this.#release = () => {
            release();
            return gone;
          };
          resolve(true);
        });
      };
      // Stolen: somebody has waited long enough. Refused (an opaque origin): nobody is ever alone.
      const refused = () => this.#handle?.endSweep();
      const gone = Promise.resolve(this.#locks?.request(this.#lock, options, held)).then(() => undefined, refused);
      void gone.then(() => resolve(false));
    });
  }
}
