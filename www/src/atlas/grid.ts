// Places on a grid: `"x,y,z"` keys, neighbours, and what stands where. Knows nothing of drawing.

import type { WorldLocation, WorldState } from "../library";

export interface Place {
  key: string;
  x: number;
  y: number;
  z: number;
  location: WorldLocation;
}

export interface Direction {
  name: string;
  by: readonly [number, number, number];
  keys: readonly string[];
}

/** North is where y grows, as on a map. */
export const DIRECTIONS: readonly Direction[] = [
  { name: "North", by: [0, 1, 0], keys: ["ArrowUp"] },
  { name: "East", by: [1, 0, 0], keys: ["ArrowRight"] },
  { name: "South", by: [0, -1, 0], keys: ["ArrowDown"] },
  { name: "West", by: [-1, 0, 0], keys: ["ArrowLeft"] },
  { name: "Up", by: [0, 0, 1], keys: ["PageUp"] },
  { name: "Down", by: [0, 0, -1], keys: ["PageDown"] },
];

/** The numbers of a key, if it is one. */
export function coordinates(key: string): [number, number, number] | undefined {
  const parts = key.split(",").map((part) => Number(part.trim() || Number.NaN));
  const [x, y, z] = parts;
  if (parts.length !== 3 || x === undefined || y === undefined || z === undefined) return undefined;
  return parts.every(Number.isSafeInteger) ? [x, y, z] : undefined;
}

/** Every location with a place on the grid. The key decides; the `coordinates` field is a copy of it. */
export function placesOf(state: WorldState): Place[] {
  const places: Place[] = [];
  for (const [key, location] of Object.entries(state.locations)) {
    const at = coordinates(key);
    if (at) places.push({ key, x: at[0], y: at[1], z: at[2], location });
  }
  return places;
}

/** The neighbour in a direction, if there is a location. */
export function neighbor(places: Place[], from: readonly [number, number, number], { by }: Direction): Place | undefined {
  return places.find(({ x, y, z }) => x === from[0] + by[0] && y === from[1] + by[1] && z === from[2] + by[2]);
}
