// World states.

import { rawReadWorld } from "./cardkeep.js";
import { call } from "./loading.js";
import { bytes, limits, options } from "./options.js";
import type { Limits, Warning, WorldState } from "./types.js";

export interface ReadWorldOptions {
  limits?: Limits;
}

/** A world that was read. */
export interface WorldFile {
  state: WorldState;
  warnings: Warning[];
}

/**
 * Reads a `world_state.json`.
 *
 * Throws `not-a-world`, `bad-json`, `bad-encoding`, `too-large`, `bad-option`, `not-ready`.
 */
export function readWorld(file: Uint8Array, given?: ReadWorldOptions): WorldFile {
  return call("readWorld", () => {
    const chosen = options(given, ["limits"]);
    return JSON.parse(rawReadWorld(bytes(file), limits(chosen.limits))) as WorldFile;
  });
}
