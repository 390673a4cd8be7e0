// What would be said of a value that is to be stored.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Keep, readCard } from "cardkeep";
import { fixture } from "./fixtures.mjs";

const opened = () => Keep.open({ medium: "memory" });
const codes = (issues) => issues.map(({ path, code }) => `${path} ${code}`);

test("a card is held against its specification, and nothing is stored", async () => {
  const { characters } = await opened();
  const { document } = readCard(fixture("cards/80_v2.json"));
  assert.deepEqual((await characters.validate(document)).ok, true);
  const odd = readCard(new TextEncoder().encode(JSON.stringify({ spec: "chara_card_v2", spec_version: "2.0", data: { name: "Ana", tags: "one" } })));
  const found = await characters.validate(odd.document);
  assert.equal(found.ok, false);
  assert.ok(found.errors.some(({ path, code, message }) => path === "data.tags" && code === "wrong-type" && message.length > 0), JSON.stringify(found.errors));
  assert.deepEqual((await characters.list()).items, []);
  await assert.rejects(characters.validate(document, { ifRev: 1 }), { code: "bad-option", op: "characters.validate" });
});

test("a world, a persona and settings", async () => {
  const { worlds, personas, settings } = await opened();
  assert.deepEqual(codes((await worlds.validate({})).errors), [" not-a-world"]);
  const world = { current_position: "0,0,0", locations: { here: { name: "Gate" } } };
  const found = await worlds.validate(world);
  assert.equal(found.ok, false);
  assert.deepEqual(codes(found.errors), ["locations.here bad-position", "current_position unknown-position"]);
  const peopled = { current_position: "0,0,0", locations: { "0,0,0": { npcs: ["ghost"] } } };
  assert.deepEqual(codes((await worlds.validate(peopled)).warnings), ["locations.0,0,0.npcs broken-link"]);
  assert.deepEqual((await worlds.list()).items, []);
  assert.equal((await personas.validate({ name: "Ana" })).ok, true);
  const wrong = await settings.validate({ pageSize: -1, colour: 1, theme: "dark" });
  assert.deepEqual(codes(wrong.errors).sort(), ["colour bad-option", "pageSize invalid"]);
  assert.equal((await settings.get()).theme, "system");
});

test("a chat that is to be created, and its links", async () => {
  const keep = await opened();
  const { chats, worlds } = keep;
  assert.deepEqual(await chats.validate({ title: "Here" }), { ok: true, errors: [], warnings: [] });
  assert.deepEqual(codes((await chats.validate({ title: "Here", location: "gate" })).errors), [" invalid"]);
  const world = await worlds.create("World");
  const linked = { title: "Here", world: world.id, characters: ["nobody"] };
  const found = await chats.validate(linked);
  assert.equal(found.ok, true);
  assert.deepEqual(codes(found.warnings), ["characters broken-link"]);
  await worlds.delete(world.id);
  assert.deepEqual(codes((await chats.validate(linked)).warnings), ["characters broken-link", "worlds broken-link"]);
  assert.deepEqual((await chats.list()).items, []);
  await assert.rejects(chats.validate({ name: "Here" }), { code: "bad-option", op: "chats.validate" });
});

test("what is made anew is written durably and read back when that is asked for", async () => {
  const { chats, worlds, settings } = await opened();
  const write = { durable: true, verify: true };
  await chats.create({ title: "Here" }, write);
  await worlds.create("Here", write);
  assert.equal((await settings.patch({ pageSize: 20 }, write)).pageSize, 20);
  assert.equal((await settings.reset("pageSize", write)).pageSize, 50);
  for (const call of [() => chats.create({ title: "x" }, { ifRev: 1 }), () => worlds.create("x", { fast: true }), () => settings.patch({}, { verify: 1 })]) {
    await assert.rejects(call(), { code: "bad-option" });
  }
});
