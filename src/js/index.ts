// The entry for the web: windows, workers and bundlers. Importing it does nothing.

import { OpenKeep, open } from "./keep.js";
import { type InitInput, load } from "./loading.js";
import { openRedo } from "./redo.js";
import type { StartWorker } from "./script.js";
import type { OpenOptions, PlanOptions, UpgradePlan } from "./types/keep.js";
import { plan } from "./upgrade.js";

export * from "./face.js";

/**
 * Loads the WebAssembly module, from beside this file or from what is given. May be called again; only the first
 * successful call loads.
 *
 * Throws `not-ready` when the module cannot be loaded.
 */
export function init(input?: InitInput | Promise<InitInput>): Promise<void> {
  return load(() => input ?? new URL("./cardkeep_bg.wasm", import.meta.url));
}

export { init as default };

/** An open keep: characters, chats, worlds, personas, lorebooks, templates, campaigns, assets, playthroughs and settings. */
export class Keep extends OpenKeep {
  /**
   * Opens a keep, and makes it first where there is none. Loads the module when that was not done yet.
   *
   * Throws `blocked`, `timeout`, `no-support`, `migration`, `quota`, `medium`, `bad-option`, `not-ready`.
   */
  static async open(given?: OpenOptions): Promise<Keep> {
    await init();
    // Bundlers look for exactly this expression; the constructor is the browser's behind a policy for trusted addresses.
    const worker = (Worker: StartWorker) => new Worker(new URL("./redo-worker.js", import.meta.url), { type: "module" });
    return new Keep(await open(given, (name) => openRedo(name, worker)));
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
