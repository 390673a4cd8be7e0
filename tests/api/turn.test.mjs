// One writer at a time where it was asked for, and a keep in memory where there is no storage; in a real browser.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { twoTabs } from "./pages.mjs";

describe("a keep with one writer", () => {
  const { one, two, tab, until } = twoTabs();

  const opens = (handle, name) =>
    tab(handle, async (name) => {
      const { Keep } = await import("/index.js");
      await globalThis.keep?.close();
      globalThis.keep = await Keep.open({ name, mode: "single-writer" });
      globalThis.told = [];
      globalThis.keep.addEventListener("access", ({ detail }) => globalThis.told.push(detail));
      return globalThis.keep.access;
    }, name);
  const save = (handle, size) =>
    tab(handle, (pageSize) => keep.settings.patch({ pageSize }).then(() => "stored", ({ code }) => code), size);
  const LOCKED = { mode: "read-only", reason: "locked" };
  const WRITES = { mode: "read-write" };

  test("lets the first tab write and the second one read, until the first one ends", async () => {
    assert.deepEqual(await opens(one, "queue"), WRITES);
    assert.deepEqual(await opens(two, "queue"), LOCKED);
    assert.equal(await save(one, 21), "stored");
    assert.equal(await save(two, 22), "locked");
    assert.equal(await tab(two, async () => (await keep.settings.get()).pageSize), 21);
    await tab(one, () => keep.close());
    await until(two, () => keep.access.mode === "read-write");
    assert.deepEqual(await tab(two, () => told), [WRITES]);
    assert.equal(await save(two, 23), "stored");
    await tab(two, () => keep.close());
  });

  test("goes to whoever takes it over, and the other is told at once", async () => {
    await opens(one, "taken");
    await opens(two, "taken");
    await tab(two, () => keep.takeOver());
    assert.equal(await save(two, 31), "stored");
    await until(one, () => keep.access.reason === "locked");
    assert.deepEqual(await tab(one, () => told), [LOCKED]);
    assert.equal(await save(one, 32), "locked");
    await tab(one, () => keep.takeOver());
    assert.equal(await save(one, 33), "stored");
    await until(two, () => keep.access.reason === "locked");
    assert.equal(await tab(two, async () => (await keep.settings.get()).pageSize), 33);
  });

  test("is asked for by name", async () => {
    const codes = await tab(one, async () => {
      const { Keep } = await import("/index.js");
      const code = (work) => work().then(() => "none", ({ code }) => code);
      const shared = await Keep.open({ name: "shared" });
      const all = [await code(() => Keep.open({ mode: "alone" })), await code(() => Keep.open({ fallback: "disk" })), await code(() => shared.takeOver())];
      await shared.close();
      return all;
    });
    assert.deepEqual(codes, ["bad-option", "bad-option", "bad-option"]);
  });

  test("without storage a keep ends with its page, where that was asked for", async () => {
    const seen = await tab(two, async () => {
      const { Keep } = await import("/index.js");
      Object.defineProperty(globalThis, "indexedDB", { value: undefined, configurable: true });
      const refused = await Keep.open({ name: "nowhere" }).then(() => "opened", ({ code }) => code);
      const keep = await Keep.open({ name: "nowhere", fallback: "memory" });
      const world = await keep.worlds.create("Here");
      const name = (await keep.worlds.get(world.id)).name;
      const { fallback } = keep.report;
      await keep.close();
      delete globalThis.indexedDB;
      return { refused, fallback, name };
    });
    assert.deepEqual(seen, { refused: "no-support", fallback: "no-support", name: "Here" });
  });
});
