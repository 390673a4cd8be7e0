// Data that stays current: loads when the element appears, and again whenever the keep says that something
// of its domains changed, in this tab or in another.

import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { ChangeDetail, Keep } from "./library";

/** Every domain with records, for what shows things of all kinds. */
export const RECORDS: ChangeDetail["domain"][] = ["characters", "chats", "worlds", "playthroughs", "personas", "lorebooks", "templates", "campaigns", "assets"];

/** Between loads that follow from a stream of changes, such as an import: so many times what one took, and at least this long. */
const REST = 4;
const REST_MS = 200;

/** What a list was when its screen was left. */
interface Note {
  /** Counts the changes. */
  changes: number;
  value: unknown;
}

/** By keep and name; a note is empty as soon as something of its domains changes. */
const notes = new WeakMap<Keep, Map<string, Note>>();

function noteOf(keep: Keep, name: string, domains: ChangeDetail["domain"][]): Note {
  let named = notes.get(keep);
  if (named === undefined) notes.set(keep, (named = new Map()));
  const known = named.get(name);
  if (known !== undefined) return known;
  const note: Note = { changes: 0, value: undefined };
  named.set(name, note);
  keep.addEventListener("change", (event) => {
    if (!domains.includes((event as CustomEvent<ChangeDetail>).detail.domain)) return;
    note.changes += 1;
    note.value = undefined;
  });
  return note;
}

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
    /** With a name it is there at once when the screen is come back to and nothing has changed. One name, one kind of load. */
    private readonly name: () => string | undefined = () => undefined,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.#stop = new AbortController();
    // A property binding of the parent has set the keep by now, or will before the microtask runs.
    queueMicrotask(() => {
      if (this.#stop === undefined) return;
      this.keep().addEventListener("change", this.#changed, { signal: this.#stop.signal });
      const { value } = this.#note() ?? {};
      if (value === undefined) return void this.reload();
      this.value = value as T;
      this.loading = false;
      this.host.requestUpdate();
    });
  }

  #note(): Note | undefined {
    const name = this.name();
    return name === undefined ? undefined : noteOf(this.keep(), name, this.domains);
  }

  hostDisconnected(): void {
    this.#stop?.abort();
    this.#stop = undefined;
  }

  /** Loads again. Of several loads under way, only the last one counts. */
  async reload(): Promise<void> {
    const turn = ++this.#turn;
    const note = this.#note();
    const changes = note?.changes;
    try {
      const value = await this.load();
      if (note?.changes === changes && note !== undefined) note.value = value;
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
