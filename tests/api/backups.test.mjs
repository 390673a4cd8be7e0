// Backups through the package: on the medium that Node has, and in the private file system of a browser.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { Keep } from "cardkeep";
import { CHROMIUM, onePage } from "./pages.mjs";

const opened = () => Keep.open({ medium: "memory" });

test("a backup is made, listed, verified, pinned and deleted", async () => {
  const { worlds, backups } = await opened();
  await worlds.create("Here");
  const made = await backups.create({ reason: "by hand" });
  assert.deepEqual([made.reason, made.records, made.pinned, made.complete], ["by hand", 1, false, true]);
  assert.deepEqual(await backups.list(), [made]);
  assert.deepEqual(await backups.get(made.id), made);
  assert.equal(await backups.get("none"), undefined);
  const report = await backups.verify(made.id);
  assert.deepEqual([report.ok, report.records, report.lost, report.damage], [true, { worlds: 1 }, 0, []]);
  assert.equal((await backups.pin(made.id)).pinned, true);
  assert.equal((await backups.unpin(made.id)).pinned, false);
  await backups.delete(made.id);
  assert.deepEqual(await backups.list(), []);
  for (const verb of ["verify", "export", "pin", "unpin", "delete"]) {
    await assert.rejects(backups[verb](made.id), { code: "not-found", op: `backups.${verb}`, id: made.id });
    await assert.rejects(backups[verb](7), { code: "bad-option" });
  }
  await assert.rejects(backups.create({ reasons: "" }), { code: "bad-option", op: "backups.create" });
});

test("a backup goes out as a file and in again, in pieces", async () => {
  const { worlds, backups } = await opened();
  for (let n = 0; n < 30; n += 1) await worlds.create(`World ${n}`);
  const made = await backups.create({ pin: true });
  const file = await backups.export(made.id);
  assert.match(file.filename, /^cardkeep-\d{8}-\d{6}\.cardkeep$/);
  const blob = await file.blob();
  assert.deepEqual([blob.size, blob.type], [file.size, "application/zip"]);
  const other = await opened();
  for (const source of [blob, new Uint8Array(await blob.arrayBuffer()), (await backups.export(made.id)).stream()]) {
    const taken = await other.backups.import(source);
    assert.deepEqual([taken.created, taken.records, taken.bytes, taken.pinned], [made.created, made.records, made.bytes, true]);
    assert.equal((await other.backups.verify(taken.id)).ok, true);
  }
  assert.equal((await other.backups.list()).length, 3);
});

test("what is no backup, or was cancelled, leaves nothing", async () => {
  const { backups } = await opened();
  await assert.rejects(backups.import(new Blob(["hello"])), { code: "not-a-backup", op: "backups.import" });
  await assert.rejects(backups.import("hello"), { code: "bad-option", op: "backups.import" });
  const whole = await readFile(new URL("../fixtures/backups/form_1.cardkeep", import.meta.url));
  await assert.rejects(backups.import(whole, { signal: AbortSignal.abort() }), { code: "cancelled", op: "backups.import" });
  const failing = new ReadableStream({ pull: (controller) => controller.error(new Error("unplugged")) });
  await assert.rejects(backups.import(failing), { code: "medium", op: "backups.import" });
  assert.deepEqual(await backups.list(), []);
  const torn = await backups.import(whole.subarray(0, whole.length - 100));
  assert.equal(torn.complete, false);
  assert.equal((await backups.verify(torn.id)).ok, false);
});

test("restoring replaces everything, or copies beside what is there", async () => {
  const keep = await opened();
  const { worlds, backups } = keep;
  const [kept, gone] = [await worlds.create("Kept"), await worlds.create("Gone")];
  const made = await backups.create({ reason: "good" });
  await worlds.setStat(kept.id, "health", 3);
  await worlds.delete(gone.id, { permanent: true });
  const since = await worlds.create("Since");
  const names = async () => (await worlds.list()).items.map(({ name }) => name).sort();
  const changes = [];
  keep.addEventListener("change", ({ detail }) => changes.push(...detail.ids));
  const copied = await backups.restore(made.id, { mode: "copy" });
  assert.deepEqual([copied.added, copied.copies, copied.same], [1, 1, 0]);
  assert.deepEqual(await names(), ["Gone", "Kept", "Kept", "Since"]);
  const replaced = await backups.restore(made.id, { mode: "replace" });
  assert.deepEqual(await names(), ["Gone", "Kept"]);
  await new Promise((resolve) => setTimeout(resolve));
  for (const id of [kept.id, gone.id, since.id]) assert.ok(changes.includes(id));
  await backups.restore(replaced.before, { mode: "replace" });
  assert.deepEqual(await names(), ["Gone", "Kept", "Kept", "Since"]);
  assert.deepEqual((await keep.check({ full: true })).findings, []);
  for (const given of [undefined, {}, { mode: "both" }, { mode: "copy", all: true }]) {
    await assert.rejects(backups.restore(made.id, given), { code: "bad-option", op: "backups.restore" });
  }
  await assert.rejects(backups.restore("none", { mode: "replace" }), { code: "not-found", op: "backups.restore", id: "none" });
  await assert.rejects(keep.rollback(made.id), { code: "bad-option", op: "Keep.rollback" });
});

describe("beside the database", () => {
  const at = onePage();

  test("a file that cannot be made into a blob says why", async () => {
    await at.browser.go(at.server.url);
    const told = await at.browser.run(async () => {
      const { Keep } = await import("/index.js");
      const keep = await Keep.open({ name: "handed-out" });
      const why = ({ name, code, op }) => [name, code, op];
      const file = await keep.backups.export((await keep.backups.create()).id);
      const { size } = await file.blob();
      const folder = keep.exportFolder({ layout: "sillytavern" });
      const { type } = await folder.blob();
      await keep.backups.delete((await keep.backups.list())[0].id);
      const gone = await file.blob().catch(why);
      const ended = await keep.exportFolder({ layout: "sillytavern", signal: AbortSignal.abort() }).blob().catch(why);
      await keep.close();
      return [size === file.size, type, gone, ended, (await folder.blob().catch(why))[1]];
    });
    assert.deepEqual(told, [true, "application/zip", ["CardkeepError", "not-found", "backups.export"], ["CardkeepError", "cancelled", "Keep.exportFolder"], "closed"]);
  });

  test("backups outlive the database, and another tab may delete them", CHROMIUM, async () => {
    await at.browser.go(at.server.url);
    const made = await at.browser.run(async () => {
      const { Keep } = await import("/index.js");
      const keep = await Keep.open({ name: "backed" });
      await keep.worlds.create("Here");
      const made = await keep.backups.create({ reason: "by hand" });
      const root = await navigator.storage.getDirectory();
      const at = await (await root.getDirectoryHandle("cardkeep")).getDirectoryHandle("backed");
      const files = [];
      for await (const name of (await at.getDirectoryHandle("backups")).keys()) files.push(name);
      await keep.close();
      await new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase("backed");
        request.onsuccess = resolve;
        request.onerror = reject;
      });
      return { made, files };
    });
    assert.deepEqual(made.files, [`${made.made.id}.cardkeep`]);
    await at.browser.go(at.server.url);
    const { list, ok, left } = await at.browser.run(async () => {
      const { Keep } = await import("/index.js");
      const [keep, other] = [await Keep.open({ name: "backed" }), await Keep.open({ name: "backed" })];
      const list = await keep.backups.list();
      const { ok } = await other.backups.verify(list[0].id);
      const again = await keep.backups.create();
      await other.backups.delete(again.id);
      await other.backups.delete(list[0].id);
      const left = await keep.backups.list();
      await Promise.all([keep.close(), other.close()]);
      return { list, ok, left };
    });
    assert.deepEqual([list, ok, left], [[made.made], true, []]);
  });
});
