// World states.

import { rawReadWorld, rawRunEvents } from "./cardkeep.js";
import { call } from "./loading.js";
import { bytes, fields, limits, options, whole } from "./options.js";
import type { Limits, Warning } from "./types/reading.js";
import type { EventTrigger, FiredEvent, Playthrough, WorldState } from "./types/world.js";

export interface ReadWorldOptions {
  limits?: Limits;
}

/** A world that was read. */
export interface WorldFile {
  state: WorldState;
  warnings: Warning[];
}

/**
 * Reads a `world_state.json`, also compressed with gzip.
 *
 * Throws `not-a-world`, `bad-json`, `bad-encoding`, `too-large`, `bad-option`, `not-ready`.
 */
export function readWorld(file: Uint8Array, given?: ReadWorldOptions): WorldFile {
  return call("readWorld", () => {
    const chosen = options(given, ["limits"]);
    return JSON.parse(rawReadWorld(bytes(file), limits(chosen.limits))) as WorldFile;
  });
}

/** A run after events happened in it, and what there is to say. */
export interface EventsRun {
  run: Playthrough;
  /** The events that followed, in order. */
  fired: FiredEvent[];
  /** Events that could not be understood and did not happen. */
  warnings: Warning[];
}

/**
 * Has the events of a world happen that follow from a trigger where the player of a run is. Nothing is stored, nothing is changed
 * in what is given; the same input gives the same result. `now`: the time that outcomes bear, in milliseconds.
 *
 * Throws `invalid` for what is no run, `bad-option`, `not-ready`.
 */
export function runEvents(state: WorldState, run: Playthrough, trigger: EventTrigger, given?: { now?: number }): EventsRun {
  return call("runEvents", () => {
    const { now = Date.now() } = options(given, ["now"]);
    return JSON.parse(rawRunEvents(fields(state, "state"), fields(run, "run"), fields(trigger, "trigger"), whole(now, "now"))) as EventsRun;
  });
}
