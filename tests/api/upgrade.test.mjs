// Older data in a real browser: what opening would do, how far it has come, and what is there afterwards.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { path } from "./fixtures.mjs";
import { onePage } from "./pages.mjs";

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

describe("older data", () => {
  const at = onePage();

  test("a plan of a keep that is not there makes none", async () => {
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
