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

test("a world is renamed, and places are changed, made and taken out, by patches", async () => {
  const { worlds } = await Keep.open({ medium: "memory" });
  for (const count of [3, 2000]) {
    const { id, rev } = await worlds.put(rooms(count));
    const before = (await worlds.get(id)).state;
    const entry = await worlds.patch(id, {
      name: "Halls",
      position: "0,99,0",
      locations: { "1,0,0": { name: "Hall", npcs: ["ann"], events: null, mood: "grim" }, "0,99,0": { name: "Attic" }, "2,0,0": null },
      unconnected_locations: { glade: { description: "Green." }, cave: { name: "Cave" }, gone: null },
    }, { ifRev: rev });
    assert.deepEqual([entry.name, entry.position, entry.locations], ["Halls", "0,99,0", count]);
    const { state, warnings } = await worlds.get(id);
    assert.deepEqual(warnings, []);
    const { events, ...kept } = before.locations["1,0,0"];
    assert.deepEqual(state.locations["1,0,0"], { ...kept, name: "Hall", npcs: ["ann"], mood: "grim" });
    assert.deepEqual(state.locations["0,99,0"], { coordinates: [0, 99, 0], name: "Attic", location_id: "0,99,0", description: "" });
    assert.equal(state.locations["2,0,0"], undefined);
    assert.deepEqual(Object.keys(state.unconnected_locations), ["glade", "cave"]);
    assert.deepEqual([state.unconnected_locations.glade.name, state.unconnected_locations.glade.description], ["Glade", "Green."]);
    const changed = await worlds.export(id);
    await worlds.patch(id, { name: "Halls", locations: { "1,0,0": { name: "Hall" }, "2,0,0": null } });
    assert.deepEqual((await worlds.export(id)).bytes, changed.bytes, "what says so already is left as it is");
    // The state with the place that was taken out is an older one.
    await worlds.restoreVersion(id, rev);
    assert.deepEqual((await worlds.get(id)).state, before);
    for (const wrong of [{ locations: { "1,0": {} } }, { locations: { "1,0,0": 7 } }, { locations: [] }, { name: 5 }, { locations: { "1,0,0": null }, position: "1,0,0" }]) {
      assert.ok(["invalid", "bad-option"].includes(await codeOf(worlds.patch(id, wrong))), JSON.stringify(wrong));
    }
    assert.deepEqual((await worlds.get(id)).state, before);
  }
  const { id } = await worlds.put(rooms(3));
  await worlds.patch(id, JSON.parse('{ "locations": { "0,0,0": { "__proto__": { "x": 1 } } } }'));
  assert.equal({}.x, undefined);
  assert.match(new TextDecoder().decode((await worlds.export(id)).bytes), /"__proto__":\s?\{\s?"x":\s?1\s?\}/);
});

test("pictures lie beside a world, by what they are for", async () => {
  const { worlds } = await Keep.open({ medium: "memory" });
  const { id, rev } = await worlds.put(rooms(3));
  const [harbor, lamp] = ["images/backgrounds/harbor.png", "images/objects/lamp.png"];
  const put = await worlds.putFile(id, harbor, bytes("harbor"), { ifRev: rev });
  await worlds.putFile(id, lamp, bytes("lamp"));
  await worlds.putFile(id, "notes.txt", bytes(""));
  assert.deepEqual(await worlds.files(id), [
    { path: harbor, bytes: 6, role: "background" },
    { path: lamp, bytes: 4, role: "object" },
    { path: "notes.txt", bytes: 0 },
  ]);
  assert.deepEqual(await worlds.file(id, harbor), bytes("harbor"));
  assert.equal(await worlds.file(id, "images/backgrounds/none.png"), undefined);
  // They go out with the tree, come in with it, and go with the world's older states.
  const copies = [];
  for await (const event of worlds.import((await worlds.export(id, { as: "tree" })).bytes)) if (event.type === "item") copies.push(event.entry.id);
  assert.deepEqual(await worlds.file(copies[0], lamp), bytes("lamp"));
  await worlds.removeFile(id, harbor);
  assert.equal(await worlds.file(id, harbor), undefined);
  await worlds.moveTo(id, "1,0,0");
  await worlds.restoreVersion(id, put.rev);
  assert.deepEqual(await worlds.files(id), [{ path: harbor, bytes: 6, role: "background" }]);
  for (const path of ["../x", "/x", "", "a//b", "a\\b", "world_state.json", "metadata.json", "chats/x.jsonl", "a\0"]) {
    assert.equal(await codeOf(worlds.putFile(id, path, bytes("x"))), "invalid", path);
  }
  assert.equal(await codeOf(worlds.putFile(id, "a", "text")), "bad-option");
  assert.equal(await codeOf(worlds.putFile(id, "a", bytes("x"), { ifRev: 1 })), "conflict");
  assert.equal(await codeOf(worlds.files("nobody")), "not-found");
});

test("the position follows the chat: its alternatives, branches and removals", async () => {
  const keep = await Keep.open({ medium: "memory" });
  const { worlds, playthroughs, chats } = keep;
  const { id: world } = await worlds.put(rooms(3));
  await worlds.place(world, "glade", "0,1,0");
  const [mine, hers] = await Promise.all(["me", "her"].map((persona) => playthroughs.create({ world, persona })));
  const { id } = await chats.create({ title: "Halls", world, playthrough: mine.id });
  const chat = await chats.open(id);
  const go = (position) =>
    keep.transaction(["playthroughs", "chats"], async (tx) => {
      await tx.playthroughs.moveTo(mine.id, position);
      const open = await tx.chats.open(id);
      return open.append({ name: "Guide", role: "character", text: `To ${position}.`, fields: { extra: { world_position: position } } });
    });
  const at = async (of) => (await playthroughs.follow(mine.id, of)).position;
  await chat.append({ name: "You", role: "user", text: "Where now?" });
  const first = await go("1,0,0");
  await go("0,1,0");
  await chat.append({ name: "You", role: "user", text: "Nice." });
  assert.equal(await at(id), "0,1,0");
  const branch = await chat.branch({ id: first.id });
  assert.equal(await at(branch.id), "1,0,0", "a branch is where it left");
  assert.equal(await at(id), "0,1,0");
  const open = await chats.open(branch.id);
  await open.addSwipe({ id: first.id }, "You stay.");
  assert.equal(await at(branch.id), "0,0,0", "the move was swiped away");
  await open.chooseSwipe({ id: first.id }, 0);
  assert.equal(await at(branch.id), "1,0,0");
  await open.remove({ id: first.id });
  assert.equal(await at(branch.id), "0,0,0");
  assert.equal(await at(id), "0,1,0", "the other chat is as it was");
  const before = await playthroughs.get(mine.id);
  assert.equal((await playthroughs.follow(mine.id, id)).rev, before.rev, "nothing to write");
  assert.equal(await codeOf(playthroughs.follow(mine.id, branch.id, { ifRev: 1 })), "conflict");
  assert.equal(await codeOf(playthroughs.follow("nobody", id)), "not-found");
  assert.equal(await codeOf(playthroughs.follow(mine.id, "nothing")), "not-found");
  assert.equal((await playthroughs.get(hers.id)).position, "0,0,0");
  // The world goes out without anybody's progress.
  const state = JSON.parse(new TextDecoder().decode((await worlds.export(world)).bytes));
  assert.deepEqual([state.current_position, state.visited_positions, state.player], ["0,0,0", ["0,0,0"], { gold: 3 }]);
});

test("who stays where they are leaves nothing and comes nowhere", async () => {
  const { worlds, playthroughs } = await Keep.open({ medium: "memory" });
  const state = rooms(1);
  state.locations["0,0,0"].events = [{ id: "in", trigger: "enter" }, { id: "out", trigger: "leave" }];
  const { id } = await playthroughs.create({ world: (await worlds.put(state)).id });
  const { fired, visited } = await playthroughs.moveTo(id, "0,0,0");
  assert.deepEqual([fired, visited], [[], 1]);
});

test("before whatever is done to a world or a run, its state is an older one that can come back", async () => {
  const { worlds, playthroughs } = await Keep.open({ medium: "memory" });
  const { id } = await worlds.put(rooms(3));
  const { id: other } = await worlds.put(rooms(2));
  const without = rooms(3);
  delete without.locations["2,0,0"];
  for (const act of [
    () => worlds.patch(id, { locations: { "1,0,0": null } }),
    () => worlds.place(id, "glade", "5,5,5"),
    () => worlds.put(without, { id }),
    () => worlds.patchMany([{ id, patch: { locations: { "0,0,0": { npcs: ["ann"] }, "1,0,0": { npcs: ["bea"] } } } }, { id: other, patch: { name: "Other" } }]),
    () => worlds.moveTo(id, "1,0,0"),
    () => worlds.setStat(id, "gold", 99),
    () => worlds.putFile(id, "images/objects/a.png", bytes("a")),
    async () => worlds.restoreVersion(id, (await worlds.history(id))[0].rev),
  ]) {
    const [{ rev, state }] = [await worlds.get(id)];
    await act();
    assert.ok((await worlds.history(id)).some((version) => version.rev === rev), String(act));
    await worlds.restoreVersion(id, rev);
    assert.deepEqual((await worlds.get(id)).state, state, String(act));
  }
  const { id: run } = await playthroughs.create({ world: id });
  await playthroughs.setStat(run, "gold", 7);
  const lived = await playthroughs.get(run);
  // A reset is a run put anew.
  await playthroughs.put({ world: id, position: "0,0,0" }, { id: run });
  assert.deepEqual((await playthroughs.get(run)).run.player, {});
  await playthroughs.restoreVersion(run, lived.rev);
  assert.deepEqual((await playthroughs.get(run)).run, lived.run);
});

test("what is odd is refused as an option, always by a promise", async () => {
  const { worlds, playthroughs, lorebooks, settings } = await Keep.open({ medium: "memory" });
  const { id } = await worlds.create("W");
  assert.equal(await codeOf(worlds.viewport(id, { z: 0, x: [0, 1, 2], y: [0, 0] })), "bad-option");
  assert.equal(await codeOf(worlds.setStat(id, "gold", Number.NaN)), "bad-option");
  const { id: run } = await playthroughs.create({ world: id });
  assert.equal(await codeOf(playthroughs.setStat(run, "gold", Infinity)), "bad-option");
  const { id: book } = await lorebooks.put({ name: "B", entries: [{ id: 1, keys: ["a"] }] });
  assert.equal(await codeOf(lorebooks.patchEntry(book, 1, null)), "bad-option");
  assert.equal(await codeOf(lorebooks.removeEntry(book, {})), "bad-option");
  assert.deepEqual(await settings.diff(), {});
  await settings.patch({ theme: "dark", hiddenTemplates: ["builtin:chatml"], pageSize: 50 });
  assert.deepEqual(await settings.diff(), { theme: "dark", hiddenTemplates: ["builtin:chatml"] });
  await settings.reset();
  assert.deepEqual(await settings.diff(), {});
});
