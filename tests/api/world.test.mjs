// World states through the package.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { init, readWorld } from "cardkeep";
import { bytes } from "./fixtures.mjs";

before(() => init());

test("a world is read, defaults filled and unknown fields kept", () => {
  const file = {
    metadata: { version: "1.0", created_at: 1, last_modified: 2, name: "Östland", mood: "dark" },
    current_position: "0,0,0",
    visited_positions: ["0,0,0"],
    locations: { "0,0,0": { location_id: "loc_1", name: "Dock", description: "Wet.", smell: "fish" } },
    weather: ["rain"],
  };
  const { state, warnings } = readWorld(bytes(JSON.stringify(file)));
  assert.equal(state.metadata.name, "Östland");
  assert.equal(state.metadata.mood, "dark");
  assert.equal(state.locations["0,0,0"].smell, "fish");
  assert.deepEqual(state.weather, ["rain"]);
  assert.deepEqual(state.unconnected_locations, {});
  assert.ok(Array.isArray(warnings));
});

test("what is no world is refused by name", () => {
  assert.throws(() => readWorld(bytes('{"a": 1}')), { name: "CardkeepError", code: "not-a-world", op: "readWorld" });
  assert.throws(() => readWorld(bytes("{")), { code: "bad-json" });
  assert.throws(() => readWorld(bytes("{}"), { limits: 1 }), { code: "bad-option" });
});
