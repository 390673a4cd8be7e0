// What callers do that is easily forgotten: the same saved again, several savers at one record, waits that end by a signal,
// options of a wrong type.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Keep } from "cardkeep";
import { faults, memoryMedium } from "cardkeep/testing";

const drained = async (events) => {
  const all = [];
  for await (const event of events) all.push(event);
  return all;
};

describe("a keep", () => {
  let keep, id;
  beforeEach(async () => {
    keep = await Keep.open({ medium: "memory" });
    id = (await keep.characters.put({ name: "Ann", description: "old" })).id;
  });
  afterEach(() => keep.close());
  const card = async () => (await keep.characters.get(id)).card;

  test("keeps the states that differ however often the same is saved again", async () => {
    await keep.characters.patch(id, { description: "new" });
    for (let n = 0; n < 12; n += 1) {
      await keep.characters.patch(id, { description: "new" });
      await keep.characters.put({ name: "Ann", description: "new" }, { id });
    }
    assert.deepEqual((await keep.characters.history(id)).map(({ rev }) => rev), [1]);
    await keep.characters.restoreVersion(id, 1);
    assert.equal((await card()).description, "old");
    const world = await keep.worlds.create("Here");
    for (let n = 0; n < 15; n += 1) await keep.worlds.setStat(world.id, "health", 1);
    assert.deepEqual((await keep.worlds.history(world.id)).map(({ rev }) => rev), [1]);
  });

  test("the trash lets go of nothing that is not in it", async () => {
    await assert.rejects(keep.trash.delete("characters", id), { code: "not-found", op: "trash.delete", domain: "characters", id });
    assert.equal((await card()).name, "Ann");
    await keep.characters.delete(id);
    await keep.trash.delete("characters", id);
    assert.deepEqual((await keep.trash.list()).items, []);
  });

  test("of two savers the change that was made last counts, whichever is saved last", async () => {
    const [one, other] = [keep.saver({ delay: 1_000_000 }), keep.saver({ delay: 1_000_000 })];
    one.schedule("characters", id, { description: "older", creator: "me", name: 5 });
    await assert.rejects(one.flush(), { code: "invalid" });
    other.schedule("characters", id, { description: "newer" });
    await other.flush();
    assert.deepEqual(one.pending[0].patch, { creator: "me", name: 5 });
    one.schedule("characters", id, { name: "Anna" });
    await one.flush();
    const { description, creator, name } = await card();
    assert.deepEqual({ description, creator, name }, { description: "newer", creator: "me", name: "Anna" });
    // Saved in the other order, with nothing left to save.
    one.schedule("characters", id, { description: "first" });
    other.schedule("characters", id, { description: "second" });
    await other.flush();
    assert.equal(one.state, "saved");
    await one.flush();
    assert.equal((await card()).description, "second");
    // Stats are fields of their own; both at once.
    const world = (await keep.worlds.create("Here")).id;
    one.schedule("worlds", world, { player: { health: 1, mana: 1 } });
    other.schedule("worlds", world, { player: { health: 2 } });
    await Promise.all([other.flush(), one.flush()]);
    const { player } = (await keep.worlds.get(world)).state;
    assert.deepEqual([player.health, player.mana], [2, 1]);
  });

  test("what is scheduled is what it was then, and what is absent in a later change takes nothing away", async () => {
    const saver = keep.saver({ delay: Infinity, maxWait: Infinity });
    const tags = ["a"];
    saver.schedule("characters", id, { description: "typed", tags });
    tags.push("b");
    saver.schedule("characters", id, { description: undefined, name: "Anna" });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(saver.state, "pending", "a wait without end does not end at once");
    await saver.flush();
    const { description, tags: kept, name } = await card();
    assert.deepEqual([description, kept, name], ["typed", ["a"], "Anna"]);
  });

  test("a search ends with its signal, gives others their turn before, and nothing is read behind it", async () => {
    const medium = faults(memoryMedium());
    const long = await Keep.open({ medium });
    const line = (n) => JSON.stringify({ name: "A", is_user: false, mes: `${n} ${"silver ".repeat(500)}` });
    const file = (title) => new File([JSON.stringify({ user_name: "U", character_name: title }), ...Array.from({ length: 2_000 }, (_, n) => `\n${line(n)}`)], `${title}.jsonl`);
    for (let n = 0; n < 6; n += 1) await drained(long.chats.import(file(`chat ${n}`)));
    const [{ id: first }] = (await long.chats.list()).items;
    const chat = await long.chats.open(first);
    const looks = {
      "chats.search": (signal) => long.chats.search("s.*gold", { regex: true, signal }),
      "ChatHandle.search": (signal) => chat.search("s.*gold", { regex: true, signal }),
      "ChatHandle.stats": (signal) => chat.stats({ signal }),
    };
    for (const [op, look] of Object.entries(looks)) {
      const reason = new Error("typed on");
      // Counting is quick: there the medium is slow.
      medium.reset(op === "ChatHandle.stats" ? { call: "read", waits: 20 } : []);
      await assert.rejects(look(AbortSignal.abort(reason)), { code: "cancelled", op, cause: reason });
      assert.equal(medium.calls.length, 0);
      const controller = new AbortController();
      const looking = look(controller.signal);
      setTimeout(() => controller.abort(reason), 5);
      await assert.rejects(looking, { code: "cancelled", op, cause: reason });
      const calls = medium.calls.length;
      assert.ok(medium.calls.every(({ ended }) => ended === "done"));
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(medium.calls.length, calls, "nothing is read any more");
      medium.reset([]);
      await look(new AbortController().signal);
      assert.ok(medium.calls.length > calls, `${op}: ${medium.calls.length} calls, ${calls} when cancelled`);
    }
    await long.close();
  });

  test("a signal ends the wait for a stream that gives nothing", async () => {
    for (const begin of [
      (source, signal) => drained(keep.characters.import(source, { signal })),
      (source, signal) => keep.backups.import(source, { signal }),
    ]) {
      const ending = new AbortController();
      const importing = begin(new ReadableStream({ cancel: () => new Promise(() => undefined) }), ending.signal);
      setTimeout(() => ending.abort("enough"), 10);
      await assert.rejects(importing, { code: "cancelled", cause: "enough" });
    }
    const held = new ReadableStream();
    held.getReader();
    await assert.rejects(keep.backups.import(held), { code: "bad-option" });
    assert.equal((await drained(keep.characters.import(held)))[0].code, "bad-option");
  });

  test("pages of a chat that end before they begin are empty", async () => {
    const chat = await keep.chats.open((await keep.chats.create({ title: "Long" })).id);
    await chat.appendMany(Array.from({ length: 200 }, (_, n) => ({ name: "u", role: "user", text: `m${n}` })));
    for (const [from, to] of [[5, 2], [2, 2], [199, 5], [5000, 6000], [150, 70]]) assert.deepEqual(await chat.page(from, to), [], `${from} to ${to}`);
  });

  test("options of a wrong type are told, with the call", async () => {
    const { id: backup } = await keep.backups.create();
    const wrong = {
      "backups.restore": [() => keep.backups.restore(backup, { mode: "copy", only: 5 }), () => keep.backups.restore(backup, { mode: "copy", only: [null] }), () => keep.backups.restore(backup, { mode: "copy", only: [{ domain: "characters", id, rev: 1 }] })],
      "characters.list": [() => keep.characters.list({ trashed: "yes" })],
      "campaigns.list": [async () => keep.campaigns.list({ trashed: "yes" }), async () => keep.campaigns.list({ nobody: 1 })],
      "playthroughs.list": [async () => keep.playthroughs.list({ trashed: 1 }), async () => keep.playthroughs.list(5)],
      "characters.import": [async () => drained(keep.characters.import(5)), async () => drained(keep.characters.import([], { signal: 5 }))],
      "chats.import": [async () => drained(keep.chats.import([], { names: "x" }))],
      "Keep.importFolder": [async () => drained(keep.importFolder([], { signal: "now" }))],
      "characters.put": [() => keep.characters.put({ name: "x" }, { id: "\ud800" })],
      "Keep.check": [() => keep.check({ onProgress: 1 })],
      "Keep.repair": [() => keep.repair([], { onProgress: 1 })],
      "Keep.transaction": [() => keep.transaction(["characters"], (tx) => tx.worlds.list())],
      "LiveQuery.subscribe": [async () => keep.live(() => 1).subscribe(), async () => keep.live(() => 1).subscribe(() => 1, 5)],
      "Keep.open": [() => Keep.open({ medium: "memory", onBlocked: 5 })],
    };
    for (const [op, calls] of Object.entries(wrong)) for (const work of calls) await assert.rejects(work(), { code: "bad-option", op }, `${op}: ${work}`);
  });

  test("an error of a list of one has the place in it", async () => {
    const lists = {
      "not-found": [() => keep.characters.deleteMany(["nobody"]), () => keep.characters.restoreMany([id]), () => keep.characters.patchMany([{ id: "nobody", patch: {} }])],
      conflict: [() => keep.characters.deleteMany([{ id, ifRev: 7 }]), () => keep.characters.putMany([{ card: { name: "x" }, id, ifRev: 7 }])],
      invalid: [() => keep.characters.putMany([{ card: { name: 5 } }])],
    };
    for (const [code, calls] of Object.entries(lists)) for (const work of calls) await assert.rejects(work(), { code, index: 0 }, `${work}`);
    await assert.rejects(keep.characters.delete("nobody"), ({ index }) => index === undefined);
  });

  test("a listener that throws does not end a check", async (t) => {
    const told = t.mock.method(console, "error", () => undefined);
    const { findings } = await keep.check({ full: true, onProgress: () => { throw new Error("mine"); } });
    assert.deepEqual(findings, []);
    assert.equal(told.mock.calls[0]?.arguments[0].message, "mine");
  });

  test("a closed keep does no transaction, not even an empty one", async () => {
    await keep.close();
    await assert.rejects(keep.transaction(["characters"], () => 1), { code: "closed", op: "Keep.transaction", retryable: true });
  });
});
