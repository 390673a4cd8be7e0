// Transactions through the package, on the medium that Node has.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Keep } from "cardkeep";
import { bytes, fixture } from "./fixtures.mjs";

const opened = () => Keep.open({ medium: "memory" });
const ALL = ["characters", "chats", "personas", "lorebooks", "templates", "campaigns", "assets", "playthroughs", "worlds", "settings"];
const later = (milliseconds = 0) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const imported = async (service, ...sources) => {
  for await (const event of service.import(...sources)) if (event.type === "item") return event.entry;
  return assert.fail("nothing was imported");
};
const codeOf = (promise) => promise.then(() => undefined, ({ code }) => code);
const heard = (keep) => {
  const changes = [];
  keep.addEventListener("change", ({ detail }) => changes.push(detail));
  return changes;
};

test("what several domains write comes at once, and is told of once", async () => {
  const keep = await opened();
  const { id } = await imported(keep.characters, fixture("cards/80_v2.json"));
  await later();
  const changes = heard(keep);
  const { world, chat } = await keep.transaction(ALL, async (tx) => {
    await tx.characters.patch(id, { name: "Bea" });
    await tx.characters.patch(id, { creator: "me" });
    const world = await tx.worlds.create("Here");
    const chat = await tx.chats.open((await tx.chats.create({ title: "First", characters: [id] })).id);
    await chat.append({ name: "You", role: "user", text: "Hi" });
    await tx.settings.patch({ userName: "Ana" });
    assert.equal((await tx.characters.get(id)).name, "Bea");
    assert.equal((await tx.chats.ofCharacter(id)).length, 1);
    assert.deepEqual((await chat.last(1)).map(({ text }) => text), ["Hi"]);
    return { world, chat: chat.id };
  });
  await later();
  assert.deepEqual(changes, [
    { domain: "characters", ids: [id], remote: false },
    { domain: "chats", ids: [chat], remote: false },
    { domain: "settings", ids: ["userName"], remote: false },
    { domain: "worlds", ids: [world.id], remote: false },
  ]);
  const character = await keep.characters.get(id);
  assert.deepEqual([character.name, character.creator, character.rev], ["Bea", "me", 3]);
  assert.deepEqual(await keep.characters.history(id).then((kept) => kept.map(({ rev }) => rev)), [1]);
  assert.equal((await keep.chats.get(chat)).length, 1);
  assert.equal((await keep.settings.get()).userName, "Ana");
  await keep.close();
});

test("a throw inside abandons everything and comes out as it was thrown", async () => {
  const keep = await opened();
  const changes = heard(keep);
  class Mine extends Error {}
  const thrown = new Mine("no");
  for (const work of [
    async (tx) => {
      await tx.worlds.create("Here");
      throw thrown;
    },
    (tx) => {
      void tx.worlds.create("Here");
      throw thrown;
    },
  ]) {
    await assert.rejects(keep.transaction(["worlds"], work), (error) => error === thrown);
  }
  assert.deepEqual((await keep.worlds.list()).items, []);
  const missing = await keep.transaction(["worlds"], (tx) => tx.worlds.delete("nobody")).catch((error) => error);
  assert.deepEqual([missing.code, missing.op, missing.id], ["not-found", "worlds.delete", "nobody"]);
  await later();
  assert.deepEqual(changes, []);
  assert.equal(await keep.transaction([], () => 5), 5);
  await keep.close();
});

test("anything else that is awaited inside ends the transaction", async () => {
  const keep = await opened();
  for (const foreign of [() => later(), () => later(20), () => fetch("data:text/plain,x"), () => crypto.subtle.digest("SHA-256", bytes("x")), () => keep.worlds.list().then(() => later())]) {
    let after;
    const ended = new Promise((resolve) => (after = resolve));
    const work = async (tx) => {
      await tx.worlds.create("lost");
      await foreign();
      // A short one may be back within the same task.
      await later(5);
      after(await codeOf(Promise.resolve().then(() => tx.worlds.create("late"))));
    };
    await assert.rejects(keep.transaction(["worlds"], work), { name: "CardkeepError", code: "foreign-await", op: "Keep.transaction", retryable: false });
    assert.equal(await ended, "transaction-over");
  }
  // Before the first call too.
  await assert.rejects(keep.transaction(["worlds"], () => later(30)), { code: "foreign-await" });
  assert.deepEqual((await keep.worlds.list()).items, []);
  await keep.close();
});

test("whoever awaits only calls of the transaction never meets its end", async () => {
  const keep = await opened();
  const log = bytes(Array.from({ length: 300 }, (_, n) => JSON.stringify({ name: "Ann", is_user: false, mes: `m${n}`, send_date: n + 1e12 })).join("\n"));
  const busy = (milliseconds) => {
    for (const end = performance.now() + milliseconds; performance.now() < end; );
  };
  const counts = await keep.transaction(["worlds", "chats"], async (tx) => {
    for (let n = 0; n < 200; n += 1) await tx.worlds.create(`one ${n}`);
    await Promise.all(Array.from({ length: 200 }, (_, n) => tx.worlds.create(`many ${n}`)));
    busy(60);
    await tx.worlds.list();
    busy(60);
    // The library itself waits for files here.
    const sources = [new File([log], "a.jsonl"), new Blob([log, "\n"]), new Blob([log, "\n\n"]).stream()];
    let length = 0;
    for await (const event of tx.chats.import(sources)) if (event.type === "item") length += event.entry.length;
    const chat = await tx.chats.open((await tx.chats.create({ title: "x" })).id);
    await Promise.all(Array.from({ length: 100 }, (_, n) => chat.append({ name: "You", role: "user", text: `${n}` })));
    for await (const message of chat.messages({ batch: 7 })) length += message.text === "99" ? 1 : 0;
    await null;
    await (async () => void (await Promise.resolve()))();
    return [(await tx.worlds.list()).items.length, length, chat.length];
  });
  assert.deepEqual(counts, [400, 901, 100]);
  assert.equal((await keep.worlds.list()).items.length, 400);
  assert.equal((await keep.chats.list()).items.length, 4);
  await keep.close();
});

test("calls that were not awaited belong to it, and so do their failures", async () => {
  const keep = await opened();
  await keep.transaction(["worlds"], (tx) => {
    void tx.worlds.create("a").then(() => tx.worlds.create("b"));
  });
  assert.equal((await keep.worlds.list()).items.length, 2);
  const failing = keep.transaction(["worlds"], (tx) => {
    void tx.worlds.create("c");
    tx.worlds.delete("nobody").catch(() => undefined);
  });
  await assert.rejects(failing, { code: "not-found" });
  assert.equal((await keep.worlds.list()).items.length, 2);
  await keep.close();
});

test("a transaction is used within its scope and its time", async () => {
  const keep = await opened();
  let [kept, chat] = [];
  await keep.transaction(["chats"], async (tx) => {
    kept = tx;
    assert.throws(() => tx.worlds, { code: "bad-option" });
    assert.deepEqual(Object.keys(tx).sort(), [...ALL].sort());
    chat = await tx.chats.open((await tx.chats.create({ title: "x" })).id);
  });
  assert.throws(() => kept.chats, { name: "CardkeepError", code: "transaction-over" });
  await assert.rejects(chat.append({ name: "You", role: "user", text: "late" }), { code: "transaction-over", op: "ChatHandle.append" });
  await assert.rejects(chat.page(0, 1), { code: "transaction-over" });
  for (const wrong of [
    [["planets"], () => 1],
    ["worlds", () => 1],
    [undefined, () => 1],
    [["worlds", undefined], () => 1],
    [[5n], () => 1],
    [["worlds"], 5],
    [["worlds"], () => 1, { durabel: true }],
    [["worlds"], () => 1, { durable: 1 }],
  ]) {
    await assert.rejects(keep.transaction(...wrong), { code: "bad-option", op: "Keep.transaction" }, String(wrong));
  }
  await keep.transaction(["worlds"], (tx) => tx.worlds.create("safe"), { durable: true, verify: true });
  assert.equal((await keep.worlds.list()).items.length, 1);
  await keep.close();
  await assert.rejects(keep.transaction(["worlds"], (tx) => tx.worlds.create("x")), { code: "closed" });
});

test("of two transactions that change one record, the second is a conflict and stores nothing", async () => {
  const keep = await opened();
  const { id } = await imported(keep.characters, fixture("cards/80_v2.json"));
  const both = await Promise.allSettled(
    ["Bea", "Cat"].map((name) =>
      keep.transaction(["characters", "worlds"], async (tx) => {
        await tx.worlds.create(name);
        await tx.characters.patch(id, { name });
      }),
    ),
  );
  assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  const { reason } = both.find(({ status }) => status === "rejected");
  assert.deepEqual([reason.code, reason.op, reason.domain, reason.id, reason.rev], ["conflict", "Keep.transaction", "characters", id, 2]);
  const [world, ...others] = (await keep.worlds.list()).items;
  assert.equal(others.length, 0);
  assert.equal((await keep.characters.get(id)).name, world.name);
  await keep.close();
});
