// Worlds in a keep.

import type { Json, Warning } from "./reading.js";
import type { Entry, PutOptions, SafetyOptions } from "./record.js";
import type { WorldLocation, WorldState } from "./world.js";

/** One of the worlds of `putMany`. */
export interface PutWorld extends Omit<PutOptions, keyof SafetyOptions> {
  state: WorldState;
}

/** What a world can be patched with. Locations come before the position; `null` takes one, or a field of one, out. */
export interface WorldPatch {
  name?: string;
  /** By `"x,y,z"`; one that is not there is made. */
  locations?: { [position: string]: WorldLocationPatch | null };
  /** By their keys there. */
  unconnected_locations?: { [id: string]: WorldLocationPatch | null };
  /** Where the player is, `"x,y,z"`. */
  position?: string;
  /** Stats of the player. */
  player?: { [stat: string]: Json };
}

/** Fields of a location to change. */
export interface WorldLocationPatch {
  [field: string]: Json;
}

/** A file that lies beside a world, such as a picture. */
export interface WorldAsset {
  /** Where it lies in the world's tree, such as `images/backgrounds/harbor.png`. */
  path: string;
  bytes: number;
  /** What a picture is for, by its folder: `images/backgrounds`, `images/objects`. */
  role?: "background" | "object";
}

export interface WorldEntry extends Entry {
  name: string;
  locations: number;
  position: string;
}

export interface World extends WorldEntry {
  state: WorldState;
  warnings: Warning[];
}

/** An entry of lore that may be a location. */
export interface LocationSuggestion {
  /** What the entry is called in its lorebook, for `include`. */
  entry: string;
  name: string;
  description: string;
  /** The word that tells of a place, where there is one. */
  because?: string;
}

/** A location of a world, and where it is. */
export interface FoundLocation {
  /** `"x,y,z"`; not there for one that waits beside the map. */
  position?: string;
  location: WorldLocation;
}

/** A rectangle in a plane of a world: from, to, both included. */
export interface Viewport {
  z: number;
  x: readonly [number, number];
  y: readonly [number, number];
}

export interface WorldContextOptions {
  /** What was said last, the newest at the end; it calls for lore. */
  messages?: readonly string[];
  /** Tokens that all of it may have, by estimate. Default 2,000. */
  budget?: number;
}

/** Something for a model to know. */
export interface WorldFact {
  /** The location's id, the character's, or the entry's within its lorebook. */
  id: string;
  name: string;
  text: string;
  tokens: number;
  /** Whose lore it is. */
  character?: string;
}

/** What a model may know where the player of a run is. */
export interface WorldContext {
  position: string;
  location?: WorldFact;
  npcs: WorldFact[];
  lore: WorldFact[];
  tokens: number;
  /** What stays out, and why. */
  left: { id: string; why: "budget" | "missing" | "trashed" | "unreadable"; character?: string }[];
}

/** Somebody who is in a world. */
export interface Inhabitant {
  /** The character. */
  id: string;
  status: "ok" | "missing" | "trashed";
  /** Where the character is known. */
  name?: string;
  /** Where in the world, by the keys of its locations. */
  locations: string[];
}
