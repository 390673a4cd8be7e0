// Saving later, on the medium that Node has. The clock is the test's own: nothing here waits for real.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { Keep } from "cardkeep";
import { bytes } from "./fixtures.mjs";

const turn = async () => {
  for (let n = 0; n < 20; n += 1) await new Promise(setImmediate);
};
const pass = async (milliseconds) => {
  mock.timers.tick(milliseconds);
  await turn();
};
const card = (name, description) => bytes(JSON.stringify({ spec: "chara_card_v2", spec_version: "2.0", data: { name, description } }));

describe("a saver", () => {
  let keep, id, chat, world, saved;
  beforeEach(async () => {
    mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_700_000_000_000 });
    keep = await Keep.open({ medium: "memory" });
    for await (const event of keep.characters.import(card("Ann", "old"))) if (event.type === "item") id = event.entry.id;
    chat = (await keep.chats.create({ title: "Talk" })).id;
    world = (await keep.worlds.create("Here")).id;
    saved = [];
    keep.addEventListener("change", ({ detail }) => saved.push(detail.domain));
  });
  afterEach(async () => {
    await keep.close();
    mock.timers.reset();
  });
  const description = async () => (await keep.characters.get(id)).card.description;

  test("saves once after the last change, with the last value of each field", async () => {
    const saver = keep.saver();
    saver.schedule("characters", id, { description: "n", tags: ["a"] });
    await pass(400);
    saver.schedule("characters", id, { description: "new" });
    assert.equal(saver.state, "pending");
    await pass(499);
    assert.deepEqual([await description(), saved.length], ["old", 0]);
    await pass(1);
    const { card, rev } = await keep.characters.get(id);
    assert.deepEqual([card.description, card.tags, rev, saver.state, saver.pending.length], ["new", ["a"], 2, "saved", 0]);
  });

  test("does not wait longer than maxWait while changes go on", async () => {
    const saver = keep.saver({ delay: 500, maxWait: 1_200 });
    for (let n = 0; n < 10; n += 1) {
      saver.schedule("characters", id, { description: `typed ${n}` });
      await pass(300);
    }
    // After 1,200 and 2,400 of 3,000 ms.
    assert.deepEqual([(await keep.characters.get(id)).rev, await description()], [3, "typed 7"]);
    await saver.flush();
    assert.equal(await description(), "typed 9");
    assert.equal((await keep.characters.history(id)).length, 1, "one sitting is one version");
  });

  test("journals soon, at most once in 100 ms, and takes the entry away with the save", async () => {
    const saver = keep.saver();
    saver.schedule("characters", id, { description: "a" });
    assert.equal(saver.pending[0].journalled, false);
    await pass(0);
    assert.deepEqual((await keep.journal.list()).items.map(({ domain, id, own }) => [domain, id, own]), [["characters", id, true]]);
    assert.equal(saver.pending[0].journalled, true);
    saver.schedule("characters", id, { description: "ab" });
    await pass(99);
    assert.equal(saver.pending[0].journalled, false);
    await pass(1);
    assert.equal(saver.pending[0].journalled, true);
    const [entry] = (await keep.journal.list()).items;
    assert.deepEqual([entry.bytes, entry.age], ['{"description":"ab"}'.length, 0]);
    await saver.flush();
    assert.deepEqual(await keep.journal.list(), { items: [], unreadable: 0 });
  });

  test("journals within a second when the clock was set back by a day, and begins a new version", async () => {
    const saver = keep.saver({ delay: 60_000, maxWait: 60_000 });
    saver.schedule("characters", id, { description: "a" });
    await pass(0);
    assert.equal(saver.pending[0].journalled, true);
    await saver.flush();
    mock.timers.setTime(Date.now() - 86_400_000);
    saver.schedule("characters", id, { description: "ab" });
    await pass(1_000);
    assert.equal(saver.pending[0].journalled, true);
    await saver.flush();
    assert.equal(await description(), "ab");
    assert.equal((await keep.characters.history(id)).length, 2);
  });

  test("saves everything that can be saved later, each as its domain does", async () => {
    const saver = keep.saver();
    saver.schedule("worlds", world, { player: { health: 7 } });
    saver.schedule("worlds", world, { player: { name: "Ana" }, position: "0,0,0" });
    saver.schedule("settings", "userName", { value: "Ana" });
    saver.schedule("chats", chat, { draft: "not sent \ud83d half" });
    await saver.flush();
    const { state, rev } = await keep.worlds.get(world);
    assert.deepEqual([state.player.health, state.player.name, rev], [7, "Ana", 2]);
    assert.equal((await keep.settings.get()).userName, "Ana");
    assert.equal(await keep.chats.draft(chat), "not sent \ud83d half");
    // Typing is no news of the chat.
    assert.equal((await keep.chats.get(chat)).rev, 1);
    assert.deepEqual(saved.sort(), ["settings", "worlds"]);
    await keep.chats.setDraft(chat, "");
    assert.equal(await keep.chats.draft(chat), "");
  });

  test("tells of a save that fails, keeps it, and saves it when it is made good", async () => {
    const told = [];
    const saver = keep.saver({ onError: (error, { patch }) => told.push([error.code, error.op, patch]) });
    const states = [];
    saver.addEventListener("state", () => states.push(saver.state));
    saver.schedule("characters", id, { name: 5 });
    await pass(500);
    assert.deepEqual(told, [["invalid", "Saver.save", { name: 5 }]]);
    assert.deepEqual([saver.state, saver.pending[0].error.code], ["failed", "invalid"]);
    await pass(60_000);
    assert.equal(told.length, 1, "what cannot succeed is not tried again");
    await assert.rejects(saver.flush(), { code: "invalid" });
    saver.schedule("characters", id, { name: "Anna" });
    await saver.flush();
    assert.equal((await keep.characters.get(id)).name, "Anna");
    assert.deepEqual(states, ["pending", "saving", "failed", "saving", "failed", "pending", "saving", "saved"]);
    await assert.rejects((async () => {
      saver.schedule("characters", "nobody", { name: "x" });
      await saver.flush();
    })(), { code: "not-found", domain: "characters", id: "nobody" });
    await saver.cancel();
    assert.equal(saver.state, "saved");
  });

  test("an ifRev guards against others, and follows the saver's own saves", async () => {
    const saver = keep.saver();
    const errors = [];
    for (const text of ["a", "b", "c"]) {
      saver.schedule("characters", id, { description: text }, { ifRev: 1 });
      await saver.flush();
    }
    assert.equal((await keep.characters.get(id)).rev, 4);
    await keep.characters.patch(id, { description: "theirs" });
    saver.schedule("characters", id, { description: "mine" }, { ifRev: 4 });
    await assert.rejects(saver.flush(), { code: "conflict", rev: 5 });
    assert.equal(await description(), "theirs");
    // Seen, and meant all the same.
    saver.schedule("characters", id, {}, { ifRev: 5 });
    await saver.flush();
    assert.equal(await description(), "mine");
    assert.deepEqual(errors, []);
  });

  test("what is typed while a save is under way is saved after it", async () => {
    const saver = keep.saver();
    saver.schedule("characters", id, { description: "first" }, { ifRev: 1 });
    const flushed = saver.flush();
    assert.equal(saver.state, "saving");
    saver.schedule("characters", id, { description: "second" }, { ifRev: 1 });
    await flushed;
    await saver.flush();
    assert.deepEqual([await description(), (await keep.characters.get(id)).rev], ["second", 3]);
    assert.deepEqual(await keep.journal.list(), { items: [], unreadable: 0 });
  });

  test("cancels what is not saved yet: all, a domain, a record", async () => {
    const saver = keep.saver();
    const schedule = () => {
      saver.schedule("characters", id, { description: "x" });
      saver.schedule("chats", chat, { draft: "x" });
      saver.schedule("settings", "userName", { value: "X" });
    };
    schedule();
    await pass(50);
    assert.equal((await keep.journal.list()).items.length, 3);
    await saver.cancel("chats", "another");
    assert.equal(saver.pending.length, 3);
    await saver.cancel("chats", chat);
    await saver.cancel("settings");
    assert.deepEqual(saver.pending.map(({ domain }) => domain), ["characters"]);
    assert.equal((await keep.journal.list()).items.length, 1);
    await saver.cancel();
    await pass(10_000);
    assert.deepEqual([await description(), (await keep.journal.list()).items.length, saved.length], ["old", 0, 0]);
  });

  test("high priority is at once, low waits for an idle page", async () => {
    const high = keep.saver({ priority: "high" });
    high.schedule("characters", id, { description: "now" });
    await turn();
    assert.equal(await description(), "now");
    let idle;
    globalThis.requestIdleCallback = (work) => (idle = work);
    try {
      const low = keep.saver({ priority: "low" });
      low.schedule("characters", id, { description: "later" });
      await pass(5_000);
      assert.equal(await description(), "now");
      idle();
      await turn();
      assert.equal(await description(), "later");
    } finally {
      delete globalThis.requestIdleCallback;
    }
  });

  test("the settings decide, from the moment they are changed", async () => {
    const saver = keep.saver();
    await keep.settings.patch({ autosaveDelay: 2_000, autosaveInterval: 1_000 });
    await turn();
    saver.schedule("characters", id, { description: "by the interval" });
    await pass(999);
    assert.equal(await description(), "old");
    await pass(1);
    await pass(0);
    assert.equal(await description(), "by the interval");
    await keep.settings.patch({ autosaveInterval: 0 });
    await turn();
    saver.schedule("characters", id, { description: "by the delay" });
    await pass(1_999);
    assert.equal(await description(), "by the interval");
    await pass(1);
    assert.equal(await description(), "by the delay");
    for (const patch of [{ autosaveDelay: -1 }, { autosaveMaxWait: 99 }, { autosaveInterval: 600_001 }]) {
      await assert.rejects(keep.settings.patch(patch), { code: "invalid" });
    }
  });

  test("closing saves: the saver, and the keep with all of its savers", async () => {
    const [one, two] = [keep.saver(), keep.saver({ delay: 60_000, maxWait: 60_000 })];
    one.schedule("characters", id, { description: "one" });
    await one.close();
    assert.equal(await description(), "one");
    assert.throws(() => one.schedule("characters", id, { description: "x" }), { code: "closed", op: "Saver.schedule" });
    two.schedule("chats", chat, { draft: "two" });
    const heard = [];
    two.addEventListener("saved", ({ detail }) => heard.push(detail));
    await keep.close();
    assert.deepEqual(heard, [{ domain: "chats", id: chat, rev: 1 }]);
    assert.throws(() => keep.saver(), { code: "closed" });
  });

  test("a thousand changes make one save, and too many unsaved records are saved early", async () => {
    const saver = keep.saver({ delay: 60_000, maxWait: 60_000 });
    for (let n = 0; n < 1_000; n += 1) saver.schedule("characters", id, { description: `typed ${n}` });
    await pass(0);
    assert.equal((await keep.journal.list()).items.length, 1);
    const long = "x".repeat(11_000_000);
    saver.schedule("characters", id, { description: long });
    await turn();
    assert.equal((await keep.characters.get(id)).rev, 1);
    saver.schedule("chats", chat, { draft: long });
    await turn();
    assert.deepEqual([saver.pending.length, (await keep.characters.get(id)).rev], [0, 2]);
  });

  test("takes what it knows and refuses the rest", () => {
    const saver = keep.saver();
    for (const options of [{ delay: -1 }, { delay: "1" }, { maxWait: NaN }, { priority: "urgent" }, { onError: 1 }, { wait: 1 }, null]) {
      assert.throws(() => keep.saver(options), { code: "bad-option" }, JSON.stringify(options));
    }
    for (const given of [["secrets", "a", {}], ["characters", 5, {}], ["characters", id, "x"], ["characters", id, null], ["characters", id, {}, { rev: 1 }], ["characters", id, {}, { ifRev: -1 }]]) {
      assert.throws(() => saver.schedule(...given), { code: "bad-option", op: "Saver.schedule" }, JSON.stringify(given));
    }
    assert.equal(saver.state, "saved");
  });
});
