// World states through the package.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { init, Keep, readWorld, runEvents } from "cardkeep";
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

const rooms = (count) => ({
  metadata: { version: "1.0", created_at: 1, last_modified: 2, name: "Rooms" },
  current_position: "0,0,0",
  visited_positions: ["0,0,0"],
  locations: Object.fromEntries(
    Array.from({ length: count }, (_, n) => [
      `${n % 50},${Math.floor(n / 50)},0`,
      { location_id: `room_${n}`, name: `Room ${n}`, description: "A room with a long description, as rooms have.", npcs: [], events: [] },
    ]),
  ),
  unconnected_locations: { glade: { location_id: "glade", name: "Glade", description: "" } },
  player: { gold: 3 },
});

const codeOf = (promise) => promise.then(() => undefined, ({ code }) => code);

test("a few locations of many are found by position, by id and by what is in view", async () => {
  const { worlds } = await Keep.open({ medium: "memory" });
  const { id } = await worlds.put(rooms(5000));
  assert.equal((await worlds.location(id, "7,2,0")).location.location_id, "room_107");
  assert.deepEqual(await worlds.location(id, "room_107"), await worlds.location(id, "7,2,0"));
  assert.deepEqual(Object.keys(await worlds.location(id, "glade")), ["location"]);
  assert.equal(await worlds.location(id, "nowhere"), undefined);
  const seen = await worlds.viewport(id, { z: 0, x: [-3, 2], y: [99, 200] });
  assert.deepEqual(seen.map(({ position }) => position), ["0,99,0", "1,99,0", "2,99,0"]);
  const moved = await worlds.patch(id, { position: "7,2,0" });
  assert.deepEqual([moved.position, moved.locations], ["7,2,0", 5000]);
  assert.deepEqual((await worlds.get(id)).state.visited_positions, ["0,0,0", "7,2,0"]);
  assert.equal(await codeOf(worlds.viewport(id, { z: 0, x: [0, 1.5], y: [0, 0] })), "bad-option");
  assert.equal(await codeOf(worlds.viewport(id, { z: 0, x: 3, y: [0, 0] })), "bad-option");
  assert.equal(await codeOf(worlds.location("x", "0,0,0")), "not-found");
});

test("runs go through one world, which stays as it is", async () => {
  const keep = await Keep.open({ medium: "memory" });
  const { worlds, playthroughs } = keep;
  const state = rooms(3);
  state.locations["1,0,0"].events = [
    { id: "hello", trigger: "enter", once: true, effects: [{ add: "gold", by: 2 }, { add_npc: "ann" }, { post: "Hello." }] },
  ];
  const world = await worlds.put(state);
  const before = await worlds.export(world.id);
  const one = await playthroughs.create({ world: world.id, persona: "zoe", name: "First" });
  const two = await playthroughs.create({ world: world.id });
  assert.deepEqual([one.position, one.visited, one.name, one.world], ["0,0,0", 1, "First", world.id]);
  const moved = await playthroughs.moveTo(one.id, "1,0,0", { ifRev: one.rev });
  assert.deepEqual(moved.fired, [{ event: "hello", name: "hello", location: "room_1", messages: [{ role: "system", text: "Hello." }] }]);
  assert.deepEqual(moved.warnings, []);
  await playthroughs.setStat(one.id, "level", 4);
  await playthroughs.patch(one.id, { persona: null, player: { mood: "glad" } });
  const kept = await playthroughs.get(one.id);
  assert.deepEqual(kept.run.player, { gold: 5, level: 4, mood: "glad" });
  assert.deepEqual([kept.worldStatus, kept.level, kept.persona], ["ok", 4, undefined]);
  const lived = await playthroughs.state(one.id);
  assert.deepEqual([lived.current_position, lived.locations["1,0,0"].npcs], ["1,0,0", ["ann"]]);
  assert.deepEqual((await playthroughs.export(two.id)).bytes, before.bytes);
  assert.deepEqual((await worlds.export(world.id)).bytes, before.bytes);
  assert.deepEqual((await playthroughs.list({ world: world.id })).items.map(({ id }) => id), [one.id, two.id]);
  assert.deepEqual((await playthroughs.list({ persona: "zoe" })).items, []);
  assert.equal(await codeOf(playthroughs.moveTo(one.id, "1,0,0", { ifRev: 1 })), "conflict");
  assert.equal(await codeOf(playthroughs.moveTo(one.id, "9,0,0")), "invalid");
  assert.equal(await codeOf(playthroughs.create({ world: "x" })), "not-found");
  assert.equal(await codeOf(playthroughs.patch(one.id, { position: "0,0,0" })), "bad-option");
  assert.equal((await playthroughs.validate({})).ok, false);
  const chat = await keep.chats.create({ title: "There", world: world.id, playthrough: one.id });
  assert.deepEqual((await keep.chats.list({ world: world.id, playthrough: one.id })).items.map(({ id }) => id), [chat.id]);
  await worlds.delete(world.id);
  assert.equal((await playthroughs.list()).items[0].worldStatus, "trashed");
  assert.equal(await codeOf(playthroughs.moveTo(one.id, "0,0,0")), "not-found");
  await keep.trash.empty();
  assert.equal((await playthroughs.get(one.id)).worldStatus, "missing");
  await playthroughs.delete(two.id);
  assert.deepEqual((await keep.trash.list()).items.map(({ domain }) => domain), ["playthroughs"]);
});

test("events happen in what is given and nowhere else", () => {
  const state = rooms(2);
  state.events = [{ id: "rain", trigger: { on: "turns", every: 2 }, effects: [{ set: "wet", to: true }, { post: "It rains." }] }, { id: "odd", trigger: "?" }];
  const run = { world: "w", position: "0,0,0", player: {} };
  const first = runEvents(state, run, { on: "turns" }, { now: 5 });
  assert.deepEqual([first.run.turn, first.fired, first.warnings.map(({ code }) => code)], [1, [], ["bad-event"]]);
  const second = runEvents(state, first.run, { on: "turns" }, { now: 6 });
  assert.deepEqual([second.run.player, second.run.events], [{ wet: true }, { rain: { count: 1, at: 6 } }]);
  assert.deepEqual(second.fired[0].messages, [{ role: "system", text: "It rains." }]);
  assert.deepEqual(run, { world: "w", position: "0,0,0", player: {} });
  assert.throws(() => runEvents(state, {}, { on: "turns" }), { code: "invalid", op: "runEvents" });
  assert.throws(() => runEvents(state, run, { on: "dream" }), { code: "bad-option" });
});

test("a world goes out as a tree with its chats and comes in as another", async () => {
  const keep = await Keep.open({ medium: "memory" });
  const { worlds, chats } = keep;
  const { id } = await worlds.put(rooms(3));
  const { id: chat } = await chats.create({ title: "There", world: id, location: "room_1" });
  await (await chats.open(chat)).append({ name: "You", role: "user", text: "Anybody here?" });
  const tree = await worlds.export(id, { as: "tree" });
  assert.deepEqual([tree.filename, tree.type], ["Rooms.zip", "application/zip"]);
  const entries = [];
  for await (const event of worlds.import(tree.bytes)) if (event.type === "item") entries.push(event.entry);
  assert.equal(entries.length, 1);
  assert.notEqual(entries[0].id, id);
  const [linked] = (await chats.list({ world: entries[0].id })).items;
  assert.deepEqual([linked.location, linked.length, linked.last], ["room_1", 1, "Anybody here?"]);
  assert.deepEqual((await worlds.export(entries[0].id)).bytes, (await worlds.export(id)).bytes);
  assert.equal(await codeOf(worlds.export(id, { as: "map" })), "bad-option");
  const placed = await worlds.place(id, "glade", "0,5,0");
  assert.equal(placed.locations, 4);
  assert.equal((await worlds.location(id, "glade")).position, "0,5,0");
  assert.equal(await codeOf(worlds.place(id, "glade", "0,6,0")), "invalid");
});

test("what a model may know is gathered, bounded, and what stays out is told", async () => {
  const { worlds, playthroughs, characters } = await Keep.open({ medium: "memory" });
  const book = { extensions: {}, entries: [{ id: 1, comment: "Ships", keys: ["ships"], content: "They are grey.", enabled: true, insertion_order: 1, extensions: {} }] };
  const { id: ann } = await characters.put({ name: "Ann", description: "A sailor.", character_book: book });
  const state = rooms(1);
  state.locations["0,0,0"].npcs = [ann, "gone"];
  const { id: run } = await playthroughs.create({ world: (await worlds.put(state)).id });
  const told = await worlds.context(run, { messages: ["Look, ships!"] });
  assert.deepEqual([told.location.id, told.npcs.map(({ name }) => name), told.left], ["room_0", ["Ann"], [{ id: "gone", why: "missing" }]]);
  assert.equal((await worlds.context(run, { budget: 0 })).tokens, 0);
  assert.equal(await codeOf(worlds.context(run, { budget: -1 })), "bad-option");
  assert.equal(await codeOf(worlds.context("x")), "not-found");
});
