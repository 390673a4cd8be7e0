// Removing a keep with all that belongs to it; in a real browser.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CHROMIUM, twoTabs } from "./pages.mjs";

describe("erasing a keep", CHROMIUM, () => {
  const { one, two, tab } = twoTabs();

  /** Whatever there is of keeps in this origin. */
  const left = async () => {
    const names = async (folder) => {
      const found = [];
      for await (const name of folder.keys()) found.push(name);
      return found;
    };
    const root = await navigator.storage.getDirectory();
    const files = await root.getDirectoryHandle("cardkeep").then(names, () => []);
    return { databases: (await indexedDB.databases()).map(({ name }) => name).sort(), files: files.sort(), kept: Object.keys(localStorage).sort() };
  };
  const fill = async (name) => {
    const { Keep } = await import("/index.js");
    globalThis.keep = await Keep.open({ name });
    globalThis.ended = new Promise((resolve) => keep.addEventListener("closed", () => resolve("closed")));
    await keep.worlds.create("World");
    await keep.backups.create({ reason: "by hand" });
    return keep.secondCopy.state;
  };

  test("leaves nothing of it, and other keeps as they are", async () => {
    await tab(one, fill, "stays");
    await tab(one, () => keep.close());
    assert.equal(await tab(one, fill, "goes"), "on");
    await tab(one, () => localStorage.setItem("cardkeep:goes:redo:somebody", "{}"));
    const before = await tab(one, left);
    assert.ok(before.databases.includes("goes") && before.files.includes("goes"), JSON.stringify(before));
    // The page itself has it open: it is told, and lets go.
    assert.equal(
      await tab(one, async () => {
        const { Keep } = await import("/index.js");
        await Keep.erase("goes");
        return ended;
      }),
      "closed",
    );
    const after = await tab(one, left);
    assert.deepEqual(after.databases, ["stays"]);
    assert.deepEqual(after.files, ["stays"]);
    assert.ok(after.kept.every((key) => key.startsWith("cardkeep:stays:")), JSON.stringify(after.kept));
    const anew = await tab(one, async () => {
      const { Keep } = await import("/index.js");
      const [gone, stays] = [await Keep.open({ name: "goes" }), await Keep.open({ name: "stays" })];
      const found = { created: gone.report.created, worlds: (await gone.worlds.list()).items.length, others: (await stays.worlds.list()).items.length };
      await Promise.all([gone.close(), stays.close()]);
      await Keep.erase("goes");
      return found;
    });
    assert.deepEqual(anew, { created: true, worlds: 0, others: 1 });
  });

  test("ends it in other tabs too", async () => {
    await tab(two, fill, "shared");
    await tab(one, async () => {
      const { Keep } = await import("/index.js");
      await Keep.erase("shared");
    });
    assert.equal(await tab(two, () => ended), "closed");
    const { databases, files } = await tab(one, left);
    assert.ok(!databases.includes("shared") && !files.includes("shared"), JSON.stringify([databases, files]));
  });

  test("says when somebody does not let go, and one that is not there is no error", async () => {
    await tab(two, async () => {
      await new Promise((resolve) => {
        const request = indexedDB.open("held", 1);
        request.onsuccess = () => resolve((globalThis.held = request.result));
      });
      return true;
    });
    const codes = await tab(one, async () => {
      const { Keep } = await import("/index.js");
      const code = (work) => work.then(() => "done", (error) => `${error.op} ${error.code}`);
      return [await code(Keep.erase("held", { timeout: 300 })), await code(Keep.erase("nowhere")), await code(Keep.erase("no/name")), await code(Keep.erase("x", { fast: 1 }))];
    });
    assert.deepEqual(codes, ["Keep.erase blocked", "done", "Keep.erase bad-option", "Keep.erase bad-option"]);
    await tab(two, () => held.close());
  });

  test("whoever opens it meanwhile has it anew, or is told that it was closed", async () => {
    const until = 4_000;
    await tab(two, async (until) => {
      const { Keep } = await import("/index.js");
      globalThis.opened = (async () => {
        const codes = new Set();
        for (const end = performance.now() + until; performance.now() < end; ) {
          try {
            const keep = await Keep.open({ name: "raced" });
            codes.add("opened");
            await keep.close();
          } catch ({ code, retryable }) {
            codes.add(`${code} ${retryable}`);
          }
        }
        return [...codes];
      })();
      return true;
    }, until);
    const erased = await tab(one, async (until) => {
      const { default: init, Keep } = await import("/index.js");
      await init();
      const codes = new Set();
      for (const end = performance.now() + until; performance.now() < end; ) {
        codes.add(await Keep.erase("raced").then(() => "erased", ({ code }) => code));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return [...codes];
    }, until);
    const opened = await tab(two, () => globalThis.opened);
    const allowed = (codes, known) => assert.deepEqual(codes.filter((code) => !known.includes(code)), []);
    allowed(opened, ["opened", "closed true", "blocked true"]);
    allowed(erased, ["erased", "blocked"]);
    assert.ok(opened.includes("opened") && erased.includes("erased"), JSON.stringify([opened, erased]));
    await tab(one, async () => {
      const { Keep } = await import("/index.js");
      await Keep.erase("raced");
    });
    const { databases, files } = await tab(one, left);
    assert.ok(!databases.includes("raced") && !files.includes("raced"), JSON.stringify([databases, files]));
  });
});
