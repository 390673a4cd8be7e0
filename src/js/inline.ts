// The entry that carries the module inside: nothing is fetched, at the price of a third more bytes.

import embedded from "./embedded.js";
import { OpenKeep, open } from "./keep.js";
import { type InitInput, load } from "./loading.js";
import type { OpenOptions, PlanOptions, UpgradePlan } from "./types/keep.js";
import { plan } from "./upgrade.js";

export * from "./face.js";

/** Makes the embedded module ready, or loads what is given instead. */
export function init(input?: InitInput | Promise<InitInput>): Promise<void> {
  return load(() => input ?? Uint8Array.from(atob(embedded), (character) => character.charCodeAt(0)));
}

export { init as default };

/** An open keep: characters, chats, worlds, personas, lorebooks, templates, campaigns, assets, playthroughs and settings. */
export class Keep extends OpenKeep {
  /**
   * Opens a keep, and makes it first where there is none. Makes the module ready when that was not done yet.
   *
   * Throws `blocked`, `timeout`, `no-support`, `migration`, `quota`, `medium`, `bad-option`, `not-ready`.
   */
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
