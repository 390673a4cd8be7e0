// Whether an opening waits for a page that does not let go of the storage. The browser says so only to the one that asked
// for it to be let go; openings that queue behind hear nothing. So that one holds a Web Lock, for which the others look.

import { type ErrorCode, failure } from "./errors.js";

/** From one look to the next. */
const LOOK_MS = 250;

/**
 * One opening or removal of a keep, until it ends.
 * @internal
 */
export class Blockade {
  readonly #lock: string;
  readonly #locks: LockManager | undefined;
  readonly #tell: (() => void) | undefined;
  readonly #ended = new AbortController();
  #told = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `tell` is called once, when it has to wait. */
  constructor(keep: string, tell?: () => void) {
    this.#lock = `cardkeep:${keep}:blocked`;
    this.#locks = typeof navigator === "undefined" ? undefined : navigator.locks;
    this.#tell = tell;
    this.#plan();
  }

  /** The browser says that another page does not let go. */
  readonly meet = (): void => {
    const { signal } = this.#ended;
    const held = () => new Promise<void>((release) => (signal.aborted ? release() : signal.addEventListener("abort", () => release())));
    this.#locks?.request(this.#lock, { mode: "shared", signal }, held).catch(() => undefined);
    this.#once();
  };

  /** What a failed opening failed of. */
  explain(failed: unknown): unknown {
    if (!this.#told || (failed as { code?: ErrorCode }).code !== "timeout") return failed;
    return failure("blocked", "another tab does not let go of the storage");
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#ended.abort();
  }

  #plan(): void {
    this.#timer = setTimeout(() => void this.#look(), LOOK_MS);
    (this.#timer as { unref?(): void }).unref?.();
  }

  async #look(): Promise<void> {
    const held = (await this.#locks?.query().catch(() => undefined))?.held ?? [];
    if (this.#ended.signal.aborted || this.#told) return;
    if (held.some(({ name }) => name === this.#lock)) this.#once();
    else this.#plan();
  }

  #once(): void {
    if (this.#told) return;
    this.#told = true;
    this.#tell?.();
  }
}
