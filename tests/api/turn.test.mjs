// One writer at a time where it was asked for, and a keep in memory where there is no storage; in a real browser.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CHROMIUM, twoTabs } from "./pages.mjs";

describe("a keep with one writer", () => {
  const { at, one, two, to, tab, until } = twoTabs();

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

  test("taken over by several at once it is one's, the others know, and who waits does so once", async () => {
    const tabs = [one, two];
    for (const which of tabs) {
      await opens(which, "at-once");
      await tab(which, () => {
        globalThis.go = new BroadcastChannel("go");
        globalThis.take = () => void (globalThis.taken = keep.takeOver());
        globalThis.go.onmessage = globalThis.take;
      });
    }
    for (let round = 0; round < 12; round += 1) {
      await tab(tabs[round % 2], () => (go.postMessage("now"), take()));
      const knows = () => tab(one, () => taken).then(() => tab(two, () => taken));
      await knows();
      const settled = async () => {
        const modes = [];
        for (const which of tabs) modes.push(await tab(which, () => keep.access.mode));
        return modes.sort().join();
      };
      for (let look = 0; look < 50 && (await settled()) !== "read-only,read-write"; look += 1) await new Promise((wait) => setTimeout(wait, 20));
      assert.equal(await settled(), "read-only,read-write", `round ${round}`);
      for (const which of tabs) {
        const { mode } = await tab(which, () => keep.access);
        assert.equal(await save(which, 40 + round), mode === "read-write" ? "stored" : "locked", `round ${round}`);
      }
      const waiting = await tab(one, async () => (await navigator.locks.query()).pending.filter(({ name }) => name === "cardkeep:at-once:turn").length);
      assert.equal(waiting, 1, `round ${round}`);
    }
    for (const which of tabs) await tab(which, () => (go.close(), keep.close()));
  });

  test("is not the one's any more who was frozen in the middle of saves, when it goes on", CHROMIUM, async () => {
    const lifecycle = async (state) => {
      await to(one);
      await at.browser.devtools("Page.setWebLifecycleState", { state });
    };
    await opens(one, "frozen");
    await opens(two, "frozen");
    for (let round = 0; round < 3; round += 1) {
      await tab(one, async () => {
        await keep.takeOver();
        globalThis.ended = (async () => {
          for (let n = 0; ; n += 1) {
            const failed = await keep.settings.patch({ pageSize: 10 + (n % 80) }).then(() => undefined, ({ code }) => code);
            if (failed !== undefined) return failed;
          }
        })();
      });
      await new Promise((wait) => setTimeout(wait, 40));
      await lifecycle("frozen");
      await tab(two, () => keep.takeOver());
      assert.equal(await save(two, 91 + round), "stored");
      await lifecycle("active");
      assert.equal(await tab(one, () => ended), "locked");
      await until(one, () => keep.access.reason === "locked");
      assert.deepEqual(await tab(two, () => keep.access), WRITES);
      assert.equal(await tab(two, async () => (await keep.settings.get()).pageSize), 91 + round);
      assert.equal(await save(two, 95), "stored");
    }
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
