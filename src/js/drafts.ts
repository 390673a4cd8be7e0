// Recovered drafts: edits of a page that ended, which did not fit their record any more when they were found.

import type { KeepHandle } from "./cardkeep.js";
import { ask } from "./loading.js";
import { ifRev, text } from "./options.js";
import type { RevOptions } from "./types/record.js";
import type { RecoveredDraft, RecoveredEdit } from "./types/saver.js";

export class Drafts {
  readonly #handle: KeepHandle;

  /** @internal */
  constructor(handle: KeepHandle) {
    this.#handle = handle;
  }

  /** Every draft, newest first. */
  list(): Promise<RecoveredDraft[]> {
    return ask("drafts.list", async () => JSON.parse(await this.#handle.drafts()) as RecoveredDraft[]);
  }

  /** One draft with its patch, and what its record says at the same fields now; `undefined` when there is none. */
  get(id: string): Promise<RecoveredEdit | undefined> {
    return ask("drafts.get", async () => {
      const found = (await this.#handle.draft(text(id, "id"))) as string | undefined;
      return found === undefined ? undefined : (JSON.parse(found) as RecoveredEdit);
    });
  }

  /**
   * Lays a draft over the record as it is now, removes the draft, and gives the record's revision. The state before
   * becomes an older version. Give the `rev` in which you saw the record as `ifRev`.
   *
   * Throws `not-found`, `conflict`, `invalid`; the draft stays then.
   */
  apply(id: string, given?: RevOptions): Promise<number> {
    return ask("drafts.apply", () => this.#handle.applyDraft(text(id, "id"), ifRev(given)) as Promise<number>);
  }

  /** Removes a draft for good. Throws `not-found`. */
  discard(id: string): Promise<void> {
    return ask("drafts.discard", () => this.#handle.discardDraft(text(id, "id")) as Promise<void>);
  }
}
