// Data that stays current: loads when the element appears, and again whenever the keep says that something
// of its domains changed, in this tab or in another.

import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { ChangeDetail, Keep } from "./library";

/** Every domain with records, for what shows things of all kinds. */
export const RECORDS: ChangeDetail["domain"][] = ["characters", "chats", "worlds", "playthroughs", "personas", "lorebooks", "templates", "campaigns", "assets"];

/** Between loads that follow from a stream of changes, such as an import: so many times what one took, and at least this long. */
const REST = 4;
const REST_MS = 200;

export class Live<T> implements ReactiveController {
  /** The last good value; a failed reload keeps it. */
  value: T | undefined;
  /** Why the last load failed. */
  error: unknown;
  /** True until the first load came to an end. */
  loading = true;
  #stop: AbortController | undefined;
  #turn = 0;
  /** A load that follows from a change is under way, and whether another change came since it began. */
  #following = false;
  #stale = false;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly keep: () => Keep,
    private readonly domains: ChangeDetail["domain"][],
    private readonly load: () => Promise<T>,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.#stop = new AbortController();
    // A property binding of the parent has set the keep by now, or will before the microtask runs.
    queueMicrotask(() => {
      if (this.#stop === undefined) return;
      this.keep().addEventListener("change", this.#changed, { signal: this.#stop.signal });
      void this.reload();
    });
  }

  hostDisconnected(): void {
    this.#stop?.abort();
    this.#stop = undefined;
  }

  /** Loads again. Of several loads under way, only the last one counts. */
  async reload(): Promise<void> {
    const turn = ++this.#turn;
    try {
      const value = await this.load();
      if (turn !== this.#turn) return;
      this.value = value;
      this.error = undefined;
    } catch (error) {
      if (turn !== this.#turn) return;
      this.error = error;
    }
    this.loading = false;
    this.host.requestUpdate();
  }

  readonly #changed = (event: Event): void => {
    const { domain } = (event as CustomEvent<ChangeDetail>).detail;
    if (this.domains.includes(domain)) void this.#follow();
  };

  /** One load after the other, however many changes come, with time between them for what makes the changes. */
  async #follow(): Promise<void> {
    this.#stale = true;
    if (this.#following) return;
    this.#following = true;
    while (this.#stale && this.#stop !== undefined) {
      this.#stale = false;
      const begun = performance.now();
      await this.reload();
      const took = performance.now() - begun;
      if (this.#stale) await new Promise((done) => setTimeout(done, Math.max(REST * took, REST_MS)));
    }
    this.#following = false;
  }
}
