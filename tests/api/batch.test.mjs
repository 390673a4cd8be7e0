// Several records at once, conflicts, and merging, through the package, on the medium that Node has.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Keep, merge } from "cardkeep";
import { memoryMedium } from "cardkeep/testing";
import { fixture } from "./fixtures.mjs";

const opened = () => Keep.open({ medium: "memory" });
const later = () => new Promise((resolve) => setTimeout(resolve));
const failed = (promise) => promise.then(() => assert.fail("it went well"), (error) => error);
const names = async (service) => (await service.list()).items.map(({ name }) => name).sort();

test("many cards are put, changed, deleted and restored in one call each", async () => {
  const keep = await opened();
  const changes = [];
  keep.addEventListener("change", ({ detail }) => changes.push(detail));
  const entries = await keep.characters.putMany(Array.from({ length: 1000 }, (_, n) => ({ card: { name: `C${n}` } })));
  assert.deepEqual(entries.map(({ name }) => name).slice(0, 3), ["C0", "C1", "C2"]);
  await later();
  assert.equal(changes.length, 1);
  assert.equal(new Set(changes[0].ids).size, 1000);
  const patched = await keep.characters.patchMany(entries.map(({ id, rev, name }) => ({ id, ifRev: rev, patch: { creator: name } })));
  assert.deepEqual([patched[7].id, patched[7].creator, patched[7].rev], [entries[7].id, "C7", 2]);
  assert.deepEqual((await keep.characters.history(entries[999].id)).map(({ rev }) => rev), [1]);
  const [first, second] = patched;
  await keep.characters.deleteMany([first.id, { id: second.id, ifRev: 2 }]);
  assert.equal((await keep.characters.list()).items.length, 998);
  const restored = await keep.characters.restoreMany([second.id, first.id], { durable: true });
  assert.deepEqual(restored.map(({ id }) => id), [second.id, first.id]);
  await keep.close();
});

test("an error of a batch names the item, and nothing was stored", async () => {
  const keep = await opened();
  const [one] = await keep.characters.putMany([{ card: { name: "One" } }]);
  const missing = await failed(keep.characters.patchMany([{ id: one.id, patch: { name: "Two" } }, { id: "nobody", patch: { name: "Two" } }]));
  assert.deepEqual([missing.code, missing.index, missing.id, missing.op], ["not-found", 1, "nobody", "characters.patchMany"]);
  const wrong = await failed(keep.characters.putMany([{ card: { name: "New" } }, { card: { name: 5 } }]));
  assert.deepEqual([wrong.code, wrong.index], ["invalid", 1]);
  const unknown = await failed(keep.characters.putMany([{ card: { name: "New" } }, { card: { name: "New" }, rev: 1 }]));
  assert.deepEqual([unknown.code, unknown.index], ["bad-option", 1]);
  assert.equal((await failed(keep.characters.deleteMany("abc"))).code, "bad-option");
  assert.equal((await failed(keep.worlds.deleteMany([1]))).index, 0);
  assert.equal((await failed(keep.characters.patchMany([], { fast: true }))).code, "bad-option");
  assert.deepEqual(await names(keep.characters), ["One"]);
  const single = await failed(keep.characters.patch("nobody", { name: "Two" }));
  assert.deepEqual([single.code, single.op, "index" in single], ["not-found", "characters.patch", false]);
  await keep.close();
});

test("a conflict carries its sides, and merged they can be put", async () => {
  const keep = await opened();
  const { id, rev } = await keep.characters.put({ name: "Ann", tags: ["a"], creator: "x" });
  await keep.characters.patch(id, { creator: "y" });
  const error = await failed(keep.characters.patch(id, { name: "Bea" }, { ifRev: rev }));
  assert.deepEqual([error.code, error.rev, error.id], ["conflict", 2, id]);
  const { base, mine, theirs } = error.conflict;
  assert.deepEqual([base, mine, theirs].map(({ name, creator }) => [name, creator]), [["Ann", "x"], ["Bea", "x"], ["Ann", "y"]]);
  const { merged, conflicts } = merge(base, mine, theirs);
  assert.deepEqual(conflicts, []);
  const put = await keep.characters.put(merged, { id, ifRev: error.rev });
  assert.deepEqual([put.name, put.creator, put.rev, put.tags], ["Bea", "y", 3, ["a"]]);
  await keep.close();
});

test("worlds and messages tell the sides of a conflict too", async () => {
  const keep = await opened();
  const world = await keep.worlds.create("Here");
  await keep.worlds.patch(world.id, { player: { gold: 1 } });
  const stale = await failed(keep.worlds.put((await keep.worlds.get(world.id)).state, { id: world.id, ifRev: 1 }));
  assert.equal(stale.code, "conflict");
  assert.equal(stale.conflict.base.player.gold, undefined);
  assert.equal(stale.conflict.theirs.player.gold, 1);
  const chat = await keep.chats.open((await keep.chats.create({ title: "A" })).id);
  const other = await keep.chats.open(chat.id);
  await chat.append({ name: "You", role: "user", text: "Hi" }, { durable: true });
  await other.last(1);
  await chat.edit(0, { text: "Hello" });
  const moved = await failed(other.edit(0, { text: "Hey" }));
  assert.equal(moved.code, "conflict");
  assert.deepEqual(["base", "mine", "theirs"].map((side) => moved.conflict[side].text), ["Hi", "Hey", "Hello"]);
  await keep.close();
});

test("a put keeps a document byte for byte and a picture that is none out", async () => {
  const keep = await opened();
  const document = { bytes: fixture("cards/80_v2.json") };
  const { id } = await keep.characters.put(document, { id: "mine", verify: true });
  assert.equal(id, "mine");
  assert.deepEqual((await keep.characters.get(id)).document.bytes, document.bytes);
  assert.deepEqual((await keep.characters.export(id)).bytes, document.bytes);
  const refused = await failed(keep.characters.put(document, { id, image: new Uint8Array(20) }));
  assert.ok(["unsupported", "bad-png", "not-a-card"].includes(refused.code), refused.code);
  assert.equal((await keep.characters.get(id)).rev, 1);
  await keep.close();
});

test("several messages are appended in one call, all or none", async () => {
  const keep = await opened();
  const chat = await keep.chats.open((await keep.chats.create({ title: "A" })).id);
  const message = (n) => ({ name: "You", role: "user", text: `m${n}` });
  const kept = await chat.appendMany(Array.from({ length: 100 }, (_, n) => message(n)));
  assert.deepEqual([kept.length, kept[99].text, kept[99].index, chat.length], [100, "m99", 99, 100]);
  const wrong = await failed(chat.appendMany([message(100), { role: "user" }], { verify: true }));
  assert.deepEqual([wrong.code, wrong.index, wrong.op], ["invalid", 1, "ChatHandle.appendMany"]);
  assert.equal((await failed(chat.appendMany("no"))).code, "bad-option");
  assert.equal((await chat.append(message(100))).index, 100);
  assert.deepEqual((await chat.last(2)).map(({ text }) => text), ["m99", "m100"]);
  await keep.close();
});

test("batches work inside a transaction", async () => {
  const keep = await opened();
  const { id } = await keep.worlds.create("Here");
  await keep.transaction(["characters", "worlds"], async (tx) => {
    const made = await tx.characters.putMany([{ card: { name: "A" } }, { card: { name: "B" } }]);
    await tx.characters.patchMany([{ id: made[0].id, patch: { name: "C" } }]);
    await tx.worlds.patchMany([{ id, patch: { player: { gold: 3 } } }]);
    await tx.characters.deleteMany([made[1].id]);
  });
  assert.deepEqual(await names(keep.characters), ["C"]);
  assert.equal((await keep.worlds.get(id)).state.player.gold, 3);
  await keep.close();
});

test("merge takes what one side changed and lists what both did", () => {
  const base = { name: "A", entries: [{ uid: 1, text: "a" }], tags: ["x"] };
  const mine = { ...base, name: "B", entries: [{ uid: 1, text: "b" }] };
  const theirs = { ...base, name: "C", entries: [{ uid: 1, text: "a" }, { uid: 2, text: "c" }], tags: ["x", "y"] };
  assert.deepEqual(merge(base, mine, theirs), {
    merged: { name: "B", entries: [{ uid: 1, text: "b" }, { uid: 2, text: "c" }], tags: ["x", "y"] },
    conflicts: [{ path: "name", base: "A", mine: "B", theirs: "C" }],
  });
  assert.deepEqual(merge(undefined, { a: 1 }, { b: "\ud800" }), { merged: { b: "\ud800", a: 1 }, conflicts: [] });
  assert.throws(() => merge(base, undefined, theirs), { code: "bad-option" });
});

test("changes of one record that are made at once all stay, where no revision is named", async () => {
  const keep = await Keep.open({ medium: memoryMedium() });
  const { worlds, playthroughs, characters, lorebooks, settings } = keep;
  const world = await worlds.put({ current_position: "0,0,0", locations: { "0,0,0": {}, "1,0,0": {} }, player: {} });
  const run = await playthroughs.create({ world: world.id });
  const card = await characters.put({ name: "Ann", tags: [] });
  const many = Array.from({ length: 25 }, (_, n) => n);
  const book = await lorebooks.put({ name: "Book", entries: many.map((id) => ({ id, keys: ["a"] })) });
  const stats = Object.fromEntries(many.map((n) => [`s${n}`, n]));
  await Promise.all(many.map((n) => worlds.setStat(world.id, `s${n}`, n)));
  assert.deepEqual((await worlds.get(world.id)).state.player, stats);
  await Promise.all(many.flatMap((n) => [playthroughs.setStat(run.id, `s${n}`, n), playthroughs.moveTo(run.id, `${n % 2},0,0`)]));
  assert.deepEqual((await playthroughs.get(run.id)).run.player, stats);
  await Promise.all(many.map((n) => lorebooks.patchEntry(book.id, n, { content: `c${n}` })));
  assert.deepEqual((await lorebooks.get(book.id)).book.entries.map(({ content }) => content), many.map((n) => `c${n}`));
  await Promise.all(many.map((n) => characters.patch(card.id, { description: `d${n}` })));
  await Promise.all(many.map((n) => settings.patch({ pageSize: 10 + n })));
  const { rev } = await worlds.get(world.id);
  const told = await Promise.allSettled(many.map((n) => worlds.setStat(world.id, "one", n, { ifRev: rev })));
  assert.deepEqual(told.filter(({ status }) => status === "fulfilled").length, 1);
  assert.ok(told.every(({ status, reason }) => status === "fulfilled" || reason.code === "conflict"));
});
