// Whose turn it is to write, for keeps that are opened for one writer at a time: a Web Lock says whether the other tab
// still lives, and the store refuses whoever lost its turn without noticing.

import type { KeepHandle } from "./cardkeep.js";

/**
 * The turn of one opened keep.
 * @internal
 */
export class Turn {
  readonly #handle: KeepHandle;
  readonly #lock: string;
  readonly #ended = new AbortController();
  /** Told when the turn was taken or lost. */
  onchange = (): void => undefined;
  #release: () => void = () => undefined;

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
    await this.#request({ steal: true });
    await this.#take();
  }

  end(): void {
    this.#ended.abort();
    this.#release();
  }

  #wait(): void {
    const taken = this.#request({ signal: this.#ended.signal }).then((held) => (held && this.locked ? this.#take() : undefined));
    // Who cannot take it now is told so by the next write.
    taken.catch(() => undefined);
  }

  async #take(): Promise<void> {
    await (this.#handle.takeTurn() as Promise<void>);
    this.onchange();
  }

  #lost(): void {
    if (this.#ended.signal.aborted) return;
    this.#handle.leaveTurn();
    this.onchange();
    this.#wait();
  }

  /** Holds the lock until the end; without Web Locks it always is to be had. */
  #request(options: LockOptions): Promise<boolean> {
    const manager = typeof navigator === "undefined" ? undefined : navigator.locks;
    if (manager === undefined) return Promise.resolve(true);
    return new Promise((resolve) => {
      let held = false;
      const hold = (lock: Lock | null) => {
        held = lock !== null;
        resolve(held);
        if (!held) return undefined;
        return new Promise<void>((release) => {
          this.#release = release;
        });
      };
      // A lock that is held and rejects was stolen; one that is refused (an opaque origin) is as good as none.
      manager.request(this.#lock, options, hold).catch(() => (held ? this.#lost() : resolve(!this.#ended.signal.aborted)));
    });
  }
}
