// Older states, read without bringing them back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Keep } from "cardkeep";
import { bytes } from "./fixtures.mjs";

const decode = (file) => new TextDecoder().decode(file);

/** What stands in a keep, to see that reading writes nothing. */
async function standing(keep) {
  const domains = ["characters", "chats", "worlds", "personas", "lorebooks", "templates", "campaigns", "assets", "playthroughs"];
  const all = await Promise.all(domains.map(async (domain) => {
    const { items } = await keep[domain].list();
    return Promise.all(items.map(async ({ id, rev }) => [domain, id, rev, await keep[domain].history(id)]));
  }));
  return JSON.stringify(all);
}

test("every domain gives an older state as `get` gives the present one, and as a file, and writes nothing", async () => {
  const keep = await Keep.open({ medium: "memory" });
  const world = await keep.worlds.create("Before");
  const makes = {
    characters: [() => keep.characters.put({ name: "Before" }), (id) => keep.characters.patch(id, { name: "After" }), ({ name }) => name],
    worlds: [() => world, (id) => keep.worlds.patch(id, { name: "After" }), ({ name }) => name],
    personas: [() => keep.personas.put({ name: "Before" }), (id) => keep.personas.patch(id, { name: "After" }), ({ name }) => name],
    lorebooks: [() => keep.lorebooks.put({ name: "Before", entries: [] }), (id) => keep.lorebooks.patch(id, { name: "After" }), ({ name }) => name],
    templates: [() => keep.templates.put({ kind: "system-prompt", name: "Before", fields: { content: "x" } }), (id) => keep.templates.patch(id, { name: "After" }), ({ name }) => name],
    campaigns: [() => keep.campaigns.change({ guild: "g", channel: "c" }, { campaign: { note: "Before" } }), () => keep.campaigns.change({ guild: "g", channel: "c" }, { campaign: { note: "After" } }), ({ document }) => /Before|After/.exec(decode(document.bytes))?.[0]],
    assets: [() => keep.assets.put(bytes("Before"), { name: "a.txt" }), (id) => keep.assets.put(bytes("After"), { id, name: "a.txt" }), (asset) => decode(asset.bytes)],
    playthroughs: [() => keep.playthroughs.create({ world: world.id, name: "Before" }), (id) => keep.playthroughs.patch(id, { name: "After" }), ({ name }) => name],
  };
  for (const [domain, [make, change, said]] of Object.entries(makes)) {
    const { id } = await make();
    const [was, file] = [await keep[domain].get(id), await keep[domain].export(id)];
    await change(id);
    const before = await standing(keep);
    const [{ rev }] = await keep[domain].history(id);
    assert.equal(said(await keep[domain].get(id)), "After", domain);
    const older = await keep[domain].version(id, rev);
    assert.equal(said(older), "Before", domain);
    assert.equal(older.rev, rev, domain);
    assert.deepEqual(Object.keys(older), Object.keys(was), domain);
    assert.equal(decode((await keep[domain].exportVersion(id, rev)).bytes), decode(file.bytes), domain);
    assert.equal(await standing(keep), before, domain);
    for (const verb of ["version", "exportVersion"]) {
      await assert.rejects(keep[domain][verb](id, rev + 7), { code: "not-found", op: `${domain}.${verb}` });
      await assert.rejects(keep[domain][verb](id, -1), { code: "bad-option", op: `${domain}.${verb}` });
    }
    // What is in the trash has its history too.
    await keep[domain].delete(id);
    assert.equal(said(await keep[domain].version(id, rev)), "Before", domain);
    await keep[domain].restore(id);
  }
  await keep.close();
});

test("an older state of a chat is read page by page and takes no changes", async () => {
  const keep = await Keep.open({ medium: "memory" });
  const { id } = await keep.chats.create({ title: "Long" });
  const chat = await keep.chats.open(id);
  await chat.appendMany(Array.from({ length: 150 }, (_, n) => ({ name: "Ann", role: "character", text: `m${n}` })));
  await chat.edit(149, { text: "edited at the end" });
  await chat.edit(3, { text: "edited" });
  await chat.remove(0);
  await chat.appendMany([{ name: "Ann", role: "character", text: "later" }]);
  const versions = await keep.chats.history(id);
  const before = await standing(keep);
  const seen = [];
  for (const { rev } of versions) {
    const older = await keep.chats.version(id, rev);
    const texts = [];
    for await (const { text } of older.messages()) texts.push(text);
    assert.equal(older.entry.rev, rev);
    assert.equal(older.length, texts.length);
    assert.deepEqual((await older.last(2)).map(({ text }) => text), texts.slice(-2));
    assert.equal(decode((await keep.chats.exportVersion(id, rev)).bytes).match(/"mes":/g).length, texts.length);
    seen.push([texts.length, texts[0], texts[3], texts.at(-1)]);
    for (const change of [() => older.append({ name: "Ann", role: "character", text: "x" }), () => older.edit(1, { text: "x" }), () => older.remove(1), () => older.branch(1), () => older.begin({ name: "Ann", role: "character" })]) {
      await assert.rejects(change(), { code: "read-only" });
    }
  }
  assert.deepEqual(seen, [
    [150, "m0", "edited", "edited at the end"],
    [150, "m0", "m3", "edited at the end"],
    [150, "m0", "m3", "m149"],
  ]);
  assert.equal(await standing(keep), before);
  assert.equal(chat.length, 150);
  assert.equal((await chat.page(0, 1))[0].text, "m1");
  await keep.close();
});

test("an older state is read within a transaction too", async () => {
  const keep = await Keep.open({ medium: "memory" });
  const { id } = await keep.worlds.create("Before");
  await keep.worlds.patch(id, { name: "After" });
  const name = await keep.transaction(["worlds"], async (tx) => {
    const [{ rev }] = await tx.worlds.history(id);
    const older = await tx.worlds.version(id, rev);
    await tx.worlds.patch(id, { name: `${older.name} again` });
    return (await tx.worlds.version(id, rev)).name;
  });
  assert.equal(name, "Before");
  assert.equal((await keep.worlds.get(id)).name, "Before again");
  await keep.close();
});
