// Older data in a real browser: what opening would do, how far it has come, and what is there afterwards.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { path } from "./fixtures.mjs";
import { CHROMIUM, onePage } from "./pages.mjs";

const OLD = JSON.parse(readFileSync(path("keeps/schema-1.json"), "utf8"));

/** Writes a keep into IndexedDB as an older version left it. */
const plant = ([name, values]) =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("rows").createIndex("by", "by", { multiEntry: true });
      for (const table of ["pages", "journal", "meta"]) request.result.createObjectStore(table);
    };
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const transaction = request.result.transaction(["rows", "pages", "journal", "meta"], "readwrite");
      for (const { table, key, rev, by, bytes } of values) {
        const content = Uint8Array.from(bytes.match(/../g) ?? [], (pair) => parseInt(pair, 16));
        transaction.objectStore(table).put(table === "rows" ? { rev, by, bytes: content } : content, key);
      }
      transaction.onabort = () => reject(transaction.error);
      transaction.oncomplete = () => {
        request.result.close();
        resolve(true);
      };
    };
  });

/** What another version of the app says first: which schema a keep has, and who may write it. */
const setSchema = ([name, schema]) =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open(name);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const transaction = request.result.transaction("meta", "readwrite");
      const meta = transaction.objectStore("meta");
      meta.get(["keep"]).onsuccess = ({ target }) => {
        const keep = JSON.parse(new TextDecoder().decode(target.result));
        meta.put(new TextEncoder().encode(JSON.stringify({ ...keep, schema, minWriter: schema })), ["keep"]);
      };
      transaction.onabort = () => reject(transaction.error);
      transaction.oncomplete = () => {
        request.result.close();
        resolve(true);
      };
    };
  });

describe("older data", () => {
  const at = onePage();

  test("a plan of a keep that is not there makes none", CHROMIUM, async () => {
    await at.browser.go(at.server.url);
    const found = await at.browser.run(async () => {
      const { Keep } = await import("/index.js");
      const refused = await Keep.plan("no/name").catch((error) => error.code);
      return { plan: (await Keep.plan("nowhere")) ?? "none", databases: (await indexedDB.databases()).map(({ name }) => name), refused };
    });
    assert.deepEqual(found, { plan: "none", databases: [], refused: "bad-option" });
  });

  test("a plan says what opening does; opening tells how far it has come", async () => {
    await at.browser.go(at.server.url);
    await at.browser.run(plant, ["old", OLD]);
    const { planned, heard, report, after, chats } = await at.browser.run(async () => {
      const { Keep } = await import("/index.js");
      const planned = await Keep.plan("old");
      const heard = [];
      const keep = await Keep.open({ name: "old", onUpgrade: (upgrade) => heard.push(upgrade) });
      const chats = (await keep.chats.list()).items.length;
      await keep.close();
      return { planned, heard, report: keep.report, after: await Keep.plan("old"), chats };
    });
    const rows = OLD.filter(({ table }) => table === "rows").length;
    assert.deepEqual([planned.from, planned.to, planned.rows, planned.odd], [1, 2, rows, []]);
    assert.deepEqual(planned.steps, [{ schema: 2, title: "a chat names all its characters" }]);
    assert.equal(report.migrated.lifted, planned.lifted);
    assert.equal(chats, 2);
    assert.deepEqual(heard.at(0), { from: 1, to: 2, done: 0, total: rows });
    assert.deepEqual(heard.at(-1), { from: 1, to: 2, done: rows, total: rows });
    assert.deepEqual([after.from, after.steps], [2, []]);
  });
});

describe("a tab that a newer version overtakes", () => {
  const at = onePage();

  test("becomes read-only with its first refused write, tells, and keeps what is typed for the next opening", CHROMIUM, async () => {
    await at.browser.go(at.server.url);
    const own = await at.browser.run(async () => {
      const { Keep } = await import("/index.js");
      globalThis.keep = await Keep.open({ name: "overtaken" });
      globalThis.heard = [];
      keep.addEventListener("access", ({ detail }) => heard.push(detail));
      keep.log.level = "error";
      globalThis.world = await keep.worlds.create("Here");
      return keep.access;
    });
    assert.deepEqual(own, { mode: "read-write" });
    await at.browser.run(setSchema, ["overtaken", 99]);
    const seen = await at.browser.run(async () => {
      const code = (work) => work.then(() => "stored", ({ code, message }) => ({ code, message }));
      const first = await code(keep.worlds.patch(world.id, { name: "Refused" }));
      const second = await code(keep.settings.patch({ pageSize: 21 }));
      const tx = await code(keep.transaction(["worlds"], (tx) => tx.worlds.create("Refused")));
      const secondCopy = keep.secondCopy.state;
      const saver = keep.saver({ delay: 0 });
      saver.schedule("worlds", world.id, { name: "Typed" });
      const flushed = await code(saver.flush());
      const health = await keep.health();
      const read = (await keep.worlds.get(world.id)).name;
      const file = (await keep.worlds.export(world.id)).bytes.length > 0;
      const { access } = keep;
      await keep.close();
      return { secondCopy, first, second, tx, flushed, heard, access, health, read, file };
    });
    const access = { mode: "read-only", reason: "too-new", stored: 99, supported: 2 };
    assert.equal(seen.first.code, "too-new");
    assert.match(seen.first.message, /a newer version of the app/);
    assert.deepEqual([seen.second.code, seen.tx.code, seen.flushed.code], ["read-only", "read-only", "read-only"]);
    assert.equal(seen.secondCopy, "on");
    assert.deepEqual(seen.heard, [access]);
    assert.deepEqual([seen.access, seen.health.access], [access, access]);
    assert.ok(seen.health.warnings.some(({ code }) => code === "read-only"));
    assert.deepEqual([seen.read, seen.file], ["Here", true]);
    await at.browser.run(setSchema, ["overtaken", 2]);
    await at.browser.go(at.server.url);
    const after = await at.browser.run(async () => {
      const { Keep } = await import("/index.js");
      const keep = await Keep.open({ name: "overtaken" });
      const names = (await keep.worlds.list()).items.map(({ name }) => name);
      await keep.close();
      return { names, access: keep.access, replayed: keep.report.replayed };
    });
    assert.deepEqual(after.names, ["Typed"]);
    assert.deepEqual(after.access, { mode: "read-write" });
    assert.deepEqual(after.replayed, { applied: 1, drafts: 0, left: 0 });
  });
});
