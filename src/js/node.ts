// The entry for Node: the same face, with the module read from disk.

import { readFile } from "node:fs/promises";
import { OpenKeep, open } from "./keep.js";
import { type InitInput, load } from "./loading.js";
import type { OpenOptions, PlanOptions, UpgradePlan } from "./types/keep.js";
import { plan } from "./upgrade.js";

export * from "./face.js";

/** Loads the WebAssembly module, from beside this file or from what is given; `file:` addresses are read from disk. */
export function init(input?: InitInput | Promise<InitInput>): Promise<void> {
  return load(async () => {
    const source = (await input) ?? new URL("./cardkeep_bg.wasm", import.meta.url);
    // Node's fetch does not read files.
    return /^file:/i.test(String(source)) ? readFile(new URL(String(source))) : source;
  });
}

export { init as default };

/** An open keep: characters, chats, worlds, personas, lorebooks, templates, campaigns, assets, playthroughs and settings. Node has no IndexedDB: open it with `medium: "memory"`. */
export class Keep extends OpenKeep {
  /** Opens a keep. Throws `no-support`, `bad-option`, `not-ready`. */
  static async open(given?: OpenOptions): Promise<Keep> {
    await init();
    return new Keep(await open(given));
  }

  /**
   * What `open` would do to older data in a keep of this origin; `undefined` when there is no such keep. Writes nothing.
   *
   * Throws `migration` when no way leads on from there, `corrupt`, `timeout`, `no-support`, `medium`, `bad-option`, `not-ready`.
   */
  static async plan(name?: string, given?: PlanOptions): Promise<UpgradePlan | undefined> {
    await init();
    return plan(name, given);
  }
}
