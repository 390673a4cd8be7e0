// The trash through the package, on the medium that Node has.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Keep } from "cardkeep";

const opened = () => Keep.open({ medium: "memory" });

test("the trash lists all domains, and gives back or lets go", async () => {
  const keep = await opened();
  const world = await keep.worlds.create("Here");
  const chat = await keep.chats.create({ title: "Talk" });
  await keep.worlds.delete(world.id);
  await keep.chats.delete(chat.id);
  const { items, unreadable } = await keep.trash.list();
  assert.deepEqual(unreadable, []);
  assert.deepEqual(items.map(({ domain, name, title }) => [domain, name ?? title]), [["chats", "Talk"], ["worlds", "Here"]]);
  assert.equal((await keep.worlds.restore(world.id)).name, "Here");
  const changes = [];
  keep.addEventListener("change", ({ detail }) => changes.push(detail));
  await keep.trash.delete("chats", chat.id);
  await assert.rejects(keep.chats.restore(chat.id), { code: "not-found", op: "chats.restore" });
  assert.deepEqual((await keep.trash.list()).items, []);
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(changes, [{ domain: "chats", ids: [chat.id], remote: false }]);
});

test("what is deleted for good is gone with its versions", async () => {
  const keep = await opened();
  const { id, rev } = await keep.worlds.create("Here");
  await keep.worlds.setStat(id, "health", 1);
  await assert.rejects(keep.worlds.delete(id, { permanent: true, ifRev: rev }), { code: "conflict", op: "worlds.delete" });
  await keep.worlds.delete(id, { permanent: true });
  assert.equal(await keep.worlds.get(id), undefined);
  assert.deepEqual(await keep.worlds.history(id), []);
  assert.deepEqual((await keep.trash.list()).items, []);
  await assert.rejects(keep.worlds.delete(id, { permanent: "yes" }), { code: "bad-option", op: "worlds.delete" });
  await assert.rejects(keep.trash.delete("settings", "theme"), { code: "bad-option", op: "trash.delete" });
  await assert.rejects(keep.trash.delete("worlds", id), { code: "not-found", op: "trash.delete", id });
});

test("emptying removes what is in the trash and nothing else; expiring keeps what is young", async () => {
  const keep = await opened();
  const worlds = await Promise.all(["a", "b", "c"].map((name) => keep.worlds.create(name)));
  await keep.worlds.delete(worlds[0].id);
  await keep.worlds.delete(worlds[1].id);
  assert.equal(await keep.trash.expire(), 0);
  assert.equal(await keep.trash.empty(), 2);
  assert.equal(await keep.trash.empty(), 0);
  assert.deepEqual((await keep.worlds.list()).items.map(({ name }) => name), ["c"]);
});

test("a pinned version stays when others give way", async () => {
  const keep = await opened();
  await keep.settings.patch({ versionsKept: 1 });
  const { id, rev } = await keep.worlds.create("Here");
  await keep.worlds.setStat(id, "health", 1);
  await keep.worlds.pinVersion(id, rev);
  for (let n = 0; n < 3; n += 1) await keep.worlds.setStat(id, "health", n);
  const kept = (await keep.worlds.history(id)).map(({ rev, pinned }) => [rev, pinned]);
  assert.deepEqual([kept.length, kept.at(-1)], [2, [rev, true]]);
  await keep.worlds.unpinVersion(id, rev);
  await keep.worlds.setStat(id, "health", 9);
  assert.equal((await keep.worlds.history(id)).length, 1);
  await assert.rejects(keep.worlds.pinVersion(id, rev), { code: "not-found", op: "worlds.pinVersion" });
});
