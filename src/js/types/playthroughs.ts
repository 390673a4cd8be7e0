// Playthroughs in a keep.

import type { Json, Warning } from "./reading.js";
import type { Entry, PutOptions, SafetyOptions } from "./record.js";
import type { FiredEvent, Playthrough } from "./world.js";

/** One of the playthroughs of `putMany`. */
export interface PutPlaythrough extends Omit<PutOptions, keyof SafetyOptions> {
  run: Playthrough;
}

/** A playthrough to begin. */
export interface NewPlaythrough {
  world: string;
  persona?: string;
  name?: string;
}

/** Whose playthroughs to list. */
export interface PlaythroughFilter {
  world?: string;
  persona?: string;
}

/** What can be changed of a playthrough; objects are gone into, `null` removes. */
export interface PlaythroughPatch {
  name?: string;
  persona?: string | null;
  player?: { [stat: string]: Json };
  events?: { [event: string]: Json };
  places?: { [location: string]: { [field: string]: Json } | null };
}

export interface PlaythroughEntry extends Entry {
  name: string;
  world: string;
  persona?: string;
  position: string;
  /** How many positions were visited. */
  visited: number;
  /** The player's `level`, where it is a number. */
  level?: number;
  /** Whether its world is there: told by `list` and `get`. */
  worldStatus?: "ok" | "missing" | "trashed";
}

export interface KeptPlaythrough extends PlaythroughEntry {
  worldStatus: "ok" | "missing" | "trashed";
  run: Playthrough & Required<Pick<Playthrough, "name" | "visited" | "player" | "turn" | "events" | "places" | "outcomes">>;
}

/** A run after something happened in it. */
export interface Played extends PlaythroughEntry {
  /** The events that followed, in order. */
  fired: FiredEvent[];
  /** Events that could not be understood and did not happen. */
  warnings: Warning[];
}
