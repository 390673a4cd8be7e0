// The trash of a keep: what was deleted in any domain, until it is brought back, expires, or is removed for good.

import type { KeepHandle } from "./cardkeep.js";
import { ask } from "./loading.js";
import { ifRev, text } from "./options.js";
import type { ChangeDetail, Listing, RevOptions } from "./types/record.js";
import type { Trashed } from "./types/trash.js";

type Domain = Exclude<ChangeDetail["domain"], "settings">;

export class Trash {
  readonly #handle: KeepHandle;

  /** @internal */
  constructor(handle: KeepHandle) {
    this.#handle = handle;
  }

  /** What is in it, last changed first. A domain's `restore` brings it back. */
  list(): Promise<Listing<Trashed>> {
    return ask("trash.list", async () => JSON.parse(await this.#handle.trashed()) as Listing<Trashed>);
  }

  /** Removes one record that is in it for good. Throws `bad-option`, `not-found` for one that is not in the trash, `conflict`. */
  delete(domain: Domain, id: string, given?: RevOptions): Promise<void> {
    return ask("trash.delete", () => this.#handle.eraseTrashed(text(domain, "domain"), text(id, "id"), ifRev(given)));
  }

  /** Removes everything in it for good. Gives the number of records. */
  empty(): Promise<number> {
    return ask("trash.empty", () => this.#handle.emptyTrash());
  }

  /** Removes for good what is longer in it than the setting `trashDays`, as the keep does by itself in idle time. */
  expire(): Promise<number> {
    return ask("trash.expire", () => this.#handle.expireTrash());
  }
}
