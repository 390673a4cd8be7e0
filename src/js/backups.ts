// The copies that were made before something dangerous.

import type { KeepHandle } from "./cardkeep.js";
import { ask } from "./loading.js";
import type { Snapshot } from "./types.js";

export class Backups {
  readonly #handle: KeepHandle;

  /** @internal */
  constructor(handle: KeepHandle) {
    this.#handle = handle;
  }

  /** Every snapshot, oldest first. */
  list(): Promise<Snapshot[]> {
    return ask("backups.list", async () => JSON.parse(await this.#handle.snapshots()) as Snapshot[]);
  }
}
