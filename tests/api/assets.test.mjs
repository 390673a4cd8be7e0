// Assets through the package: any bytes go in and come out as they were, and are told for what they are.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Keep } from "cardkeep";

const PNG = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]);
async function all(events) {
  const heard = [];
  for await (const event of events) heard.push(event);
  return heard;
}

test("bytes, a text, a file and a stream are kept as they came, and say what they are", async () => {
  const keep = await Keep.open({ name: "assets", medium: "memory" });
  const entries = [
    await keep.assets.put(PNG, { name: "Sea" }),
    await keep.assets.put("Skill: swim\n", { name: "plan.md", type: "text/markdown; charset=utf-8" }),
    await keep.assets.put(new File(["<svg/>"], "map.svg", { type: "image/svg+xml" })),
    await keep.assets.put(new Blob([Uint8Array.of(0, 1, 2)]).stream()),
  ];
  assert.deepEqual(
    entries.map(({ name, type, size, active }) => [name, type, size, active]),
    [["Sea", "image/png", 11, undefined], ["plan.md", "text/markdown", 12, undefined], ["map.svg", "image/svg+xml", 6, true], ["", "application/octet-stream", 3, undefined]],
  );
  const { bytes } = await keep.assets.get(entries[0].id);
  assert.deepEqual(bytes, PNG);
  const files = await Promise.all(entries.map(({ id }) => keep.assets.export(id)));
  assert.deepEqual(files.map(({ filename, type }) => [filename, type]), [["Sea.png", "image/png"], ["plan.md", "application/octet-stream"], ["map.svg", "application/octet-stream"], ["bin.bin", "application/octet-stream"]]);
  assert.equal(new TextDecoder().decode(files[1].bytes), "Skill: swim\n");
  await keep.close();
});

test("another content is another revision, the one before can come back, and who saw an older one is told", async () => {
  const keep = await Keep.open({ name: "assets-again", medium: "memory" });
  const first = await keep.assets.put("one", { name: "note" });
  const second = await keep.assets.put("two", { id: first.id, ifRev: first.rev });
  assert.deepEqual([second.id, second.name, second.rev > first.rev], [first.id, "note", true]);
  await assert.rejects(keep.assets.put("three", { id: first.id, ifRev: first.rev }), { code: "conflict", op: "assets.put", id: first.id });
  await assert.rejects(keep.assets.put("three", { id: "none", ifRev: 1 }), { code: "not-found" });
  await keep.assets.restoreVersion(first.id, first.rev);
  assert.equal(new TextDecoder().decode((await keep.assets.get(first.id)).bytes), "one");
  assert.equal((await keep.assets.patch(first.id, { name: "renamed" })).name, "renamed");
  await keep.assets.delete(first.id);
  assert.equal(await keep.assets.get(first.id), undefined);
  assert.deepEqual((await keep.trash.list()).items.map(({ domain, name }) => [domain, name]), [["assets", "renamed"]]);
  assert.equal((await keep.assets.restore(first.id)).size, 3);
  await keep.close();
});

test("the same file twice is one asset, and what is no asset is refused", async () => {
  const keep = await Keep.open({ name: "assets-twice", medium: "memory" });
  const events = await all(keep.assets.import([new File([PNG], "a.png"), new File([PNG], "b.png"), new File(["x"], "../x.txt")], { limits: { file: 100 } }));
  assert.deepEqual(events.filter(({ type }) => type === "item").map(({ status, entry }) => [status, entry.name]), [["added", "a.png"], ["duplicate", "a.png"], ["added", "x.txt"]]);
  const [failed] = await all(keep.assets.import(PNG, { limits: { file: 10 } }));
  assert.equal(failed.code, "too-large");
  await assert.rejects(keep.assets.put(PNG, { type: "png" }), { code: "invalid" });
  await assert.rejects(keep.assets.put(PNG, { id: "" }), { code: "invalid" });
  await assert.rejects(keep.assets.put(PNG, { title: "x" }), { code: "bad-option" });
  await assert.rejects(keep.assets.put(42), { code: "bad-option" });
  await assert.rejects(keep.assets.get(42), { code: "bad-option", op: "assets.get" });
  await keep.close();
});

test("in a transaction an asset and what names it come at once", async () => {
  const keep = await Keep.open({ name: "assets-tx", medium: "memory" });
  await assert.rejects(
    keep.transaction(["assets", "worlds"], async (tx) => {
      await tx.assets.put(PNG, { name: "map" });
      await tx.worlds.create("World");
      throw new Error("no");
    }),
    /no/,
  );
  assert.equal((await keep.assets.list()).items.length, 0);
  const { id } = await keep.transaction(["assets"], (tx) => tx.assets.put(new Blob([PNG]), { name: "map" }));
  assert.deepEqual((await keep.assets.get(id)).bytes, PNG);
  assert.equal((await keep.health()).stored.assets.count, 1);
  await keep.close();
});
