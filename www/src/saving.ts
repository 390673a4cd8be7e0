// What is typed and not saved yet. One saver for each keep: it outlives the screens, so that leaving one loses nothing.

import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { Keep, Saver, SaverDomain, SaverPatches } from "./library";
import type { SaveState } from "./save-state";

const savers = new WeakMap<Keep, Saver>();

export function saverOf(keep: Keep): Saver {
  let saver = savers.get(keep);
  if (saver === undefined) savers.set(keep, (saver = keep.saver()));
  return saver;
}

/** How the changes of one record are doing, for the element that makes them. */
export class Saving<D extends SaverDomain> implements ReactiveController {
  #stop: AbortController | undefined;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly keep: () => Keep,
    private readonly domain: D,
    private readonly id: () => string,
    /** Called after each save of the record. */
    private readonly saved: () => void = () => undefined,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    const { signal } = (this.#stop = new AbortController());
    // A property binding of the parent has set the keep by now, or will before the microtask runs.
    queueMicrotask(() => {
      if (signal.aborted) return;
      const saver = saverOf(this.keep());
      saver.addEventListener("state", () => this.host.requestUpdate(), { signal });
      saver.addEventListener("saved", ({ detail }) => {
        if (detail.domain === this.domain && detail.id === this.id()) this.saved();
        this.host.requestUpdate();
      }, { signal });
    });
  }

  hostDisconnected(): void {
    this.#stop?.abort();
    this.#stop = undefined;
    // Nobody sees the state any more: no reason to wait. What fails is told by the frame.
    void this.flush();
  }

  get #unsaved() {
    return saverOf(this.keep()).pending.find(({ domain, id }) => domain === this.domain && id === this.id());
  }

  get state(): SaveState {
    const unsaved = this.#unsaved;
    return unsaved === undefined ? { is: "saved" } : unsaved.error ? { is: "failed", error: unsaved.error } : { is: "saving" };
  }

  /** What the record does not have yet. */
  get patch(): SaverPatches[D] | undefined {
    return this.#unsaved?.patch as SaverPatches[D] | undefined;
  }

  /** A little later; with `ifRev`, over that revision only. */
  schedule(patch: SaverPatches[D], ifRev?: number): void {
    saverOf(this.keep()).schedule(this.domain, this.id(), patch, ifRev === undefined ? {} : { ifRev });
  }

  /** Now; whether everything of the record is saved. */
  async flush(): Promise<boolean> {
    await saverOf(this.keep()).flush().catch(() => undefined);
    return this.#unsaved === undefined;
  }

  cancel(): Promise<void> {
    return saverOf(this.keep()).cancel(this.domain, this.id());
  }
}
