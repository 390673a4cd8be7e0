// Whose turn it is to write, for keeps that are opened for one writer at a time: a Web Lock says whether the other tab
// still lives, and the store refuses whoever lost its turn without noticing.

import type { KeepHandle } from "./cardkeep.js";

/** How often somebody else may be faster at saying whose turn it is. */
const ATTEMPTS = 8;

/**
 * The turn of one opened keep.
 * @internal
 */
export class Turn {
  readonly #handle: KeepHandle;
  readonly #lock: string;
  /** Told when the turn was taken or lost. */
  onchange = (): void => undefined;
  /** The lock that is held, a new one each time. */
  #held: symbol | undefined;
  #release: () => void = () => undefined;
  /** Ends the waiting behind the others. */
  #waiting: AbortController | undefined;
  #ended = false;

  constructor(handle: KeepHandle, keep: string) {
    this.#handle = handle;
    this.#lock = `cardkeep:${keep}:turn`;
  }

  get locked(): boolean {
    return this.#handle.isLocked();
  }

  /** Takes the turn when nobody has it, else waits for it behind the others. */
  async begin(): Promise<void> {
    if (await this.#request({ ifAvailable: true })) return this.#take();
    this.#handle.leaveTurn();
    this.#wait();
  }

  /** Takes the turn away from whoever has it. */
  async takeOver(): Promise<void> {
    if (!this.locked) return;
    this.#waiting?.abort();
    this.#waiting = undefined;
    await this.#request({ steal: true });
    await this.#take();
  }

  /** A write was refused, since the store says that it is somebody else's turn. Where that one was told too late that the turn had gone on, it is taken back. */
  async refused(): Promise<void> {
    const held = this.#held;
    if (held !== undefined && (await this.#holds(held))) await this.#take().catch(() => undefined);
    else if (!this.#ended) this.onchange();
  }

  end(): void {
    this.#ended = true;
    this.#waiting?.abort();
    this.#release();
  }

  #wait(): void {
    if (this.#waiting !== undefined) return;
    const waiting = new AbortController();
    this.#waiting = waiting;
    const taken = this.#request({ signal: waiting.signal }).then((held) => {
      if (this.#waiting === waiting) this.#waiting = undefined;
      return held && this.locked ? this.#take() : undefined;
    });
    // Who cannot take it now is told so by the next write.
    taken.catch(() => undefined);
  }

  /** Says in the store that it is this tab's turn, as long as it is. */
  async #take(): Promise<void> {
    const held = this.#held;
    let taken = false;
    for (let left = ATTEMPTS; !taken && (await this.#holds(held)); left -= 1) {
      taken = await (this.#handle.takeTurn() as Promise<void>).then(
        () => true,
        (thrown: unknown) => {
          if (left > 1 && (thrown as { code?: unknown }).code === "locked") return false;
          throw thrown;
        },
      );
    }
    if (this.#ended) return;
    // Somebody else took it meanwhile.
    if (held !== this.#held) this.#handle.leaveTurn();
    this.onchange();
  }

  /** Whether a lock is still this tab's: what the browser has to tell of stolen ones is told before it answers. */
  async #holds(held: symbol | undefined): Promise<boolean> {
    if (held !== undefined) await navigator.locks.query().catch(() => undefined);
    return !this.#ended && held === this.#held;
  }

  #lost(held: symbol): void {
    // Another lock of this tab's own may have taken its place.
    if (this.#ended || held !== this.#held) return;
    this.#held = undefined;
    this.#handle.leaveTurn();
    this.onchange();
    this.#wait();
  }

  /** Holds the lock until the end; without Web Locks it always is to be had. */
  #request(options: LockOptions): Promise<boolean> {
    const manager = typeof navigator === "undefined" ? undefined : navigator.locks;
    if (manager === undefined) return Promise.resolve(true);
    return new Promise((resolve) => {
      let held: symbol | undefined;
      const hold = (lock: Lock | null) => {
        const granted = lock !== null && !this.#ended;
        resolve(granted);
        if (!granted) return undefined;
        held = Symbol();
        this.#held = held;
        return new Promise<void>((release) => {
          this.#release = release;
        });
      };
      // A lock that is held and rejects was stolen; one that is refused (an opaque origin) is as good as none.
      const fails = () => (held !== undefined ? this.#lost(held) : resolve(!this.#ended && options.signal?.aborted !== true));
      manager.request(this.#lock, options, hold).catch(fails);
    });
  }
}
