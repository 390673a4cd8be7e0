// Worlds in the shape of `world_state.json`, and the runs that lead through them.

import type { Json } from "./reading.js";

export interface WorldLocation {
  location_id: string;
  name: string;
  description: string;
  coordinates?: [number, number, number];
  npcs?: string[];
  events?: Json[];
  [key: string]: Json | undefined;
}

export interface WorldState {
  metadata: { version: string; created_at: number; last_modified: number; name: string; [key: string]: Json };
  /** `"x,y,z"`. */
  current_position: string;
  visited_positions: string[];
  /** By `"x,y,z"`. */
  locations: { [position: string]: WorldLocation };
  /** By location id. */
  unconnected_locations: { [id: string]: WorldLocation };
  player: { [stat: string]: Json };
  [key: string]: Json | { [key: string]: WorldLocation };
}

/** What one run through a world has changed; the rest is as in the world. */
export interface Playthrough {
  /** The world it goes through. */
  world: string;
  /** Who the player is. */
  persona?: string;
  name?: string;
  /** Where the player is, `"x,y,z"`. */
  position: string;
  visited?: string[];
  player?: { [stat: string]: Json };
  /** How many turns were taken. */
  turn?: number;
  /** What became of events, by their ids. */
  events?: { [event: string]: Json };
  /** What is otherwise than in the world, by ids of locations. */
  places?: { [location: string]: PlaythroughPlace };
  /** What came of events, the oldest first. */
  outcomes?: Json[];
  [key: string]: unknown;
}

/** How a location is in a run. */
export interface PlaythroughPlace {
  /** Who is there and is not in the world. */
  came?: string[];
  /** Who is there in the world and went away in this run. */
  went?: string[];
  /** `false`: what the world hides was revealed. */
  hidden?: boolean;
  [key: string]: Json | undefined;
}

/** Something that happens in a run, so that events of its world may follow. */
export interface EventTrigger {
  on: "enter" | "leave" | "talk" | "turns" | "manual";
  /** Who was talked to. */
  npc?: string;
  /** The only event that may follow. */
  event?: string;
}

/** An event that happened. */
export interface FiredEvent {
  event: string;
  /** Its name, or its id. */
  name: string;
  /** The id of the location where it happened. */
  location?: string;
  /** What it is about to have said. */
  messages: { role: string; text: string }[];
}
