// Opening while another page does not let go of the storage, in a real browser: whoever has to wait is told, also behind
// somebody else who waits.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CHROMIUM, twoTabs } from "./pages.mjs";

describe("a page that does not let go of the storage", () => {
  const { one, two, tab, until } = twoTabs();

  /** A connection that hears nothing, as that of a frozen page. */
  const hold = (name) =>
    new Promise((resolve, reject) => {
      const request = indexedDB.open(name);
      request.onerror = () => reject(request.error);
      request.onsuccess = () => resolve(((globalThis.held = request.result), true));
    });
  const begin = async (name) => {
    const { Keep } = await import("/index.js");
    globalThis.Keep = Keep;
    const keep = await Keep.open({ name });
    await keep.worlds.create("Here");
    await keep.close();
  };

  test("an opening that is queued behind a removal that waits for it is told at once, and goes on", CHROMIUM, async () => {
    await tab(one, begin, "queued");
    await tab(two, begin, "queued");
    await tab(two, hold, "queued");
    await tab(one, () => void (globalThis.erasing = Keep.erase("queued", { timeout: 600_000 }).then(() => "erased", ({ code }) => code)));
    await until(one, async () => (await navigator.locks.query()).held.some(({ name }) => name === "cardkeep:queued:blocked"));
    await tab(two, () => {
      globalThis.blocked = 0;
      globalThis.opening = Keep.open({ name: "queued", timeout: 600_000, onBlocked: () => (globalThis.blocked += 1) });
    });
    await until(two, () => blocked > 0);
    // What it has can be read meanwhile.
    const read = await tab(two, async () => {
      const copy = await Keep.open({ name: "queued", medium: "second-copy" });
      const names = (await copy.worlds.list()).items.map(({ name }) => name);
      const { access, report } = copy;
      const warnings = (await copy.health()).warnings.map(({ code }) => code);
      await copy.close();
      return { names, reason: access.reason, incomplete: report.incomplete ?? false, warnings };
    });
    assert.deepEqual([read.names, read.reason, read.incomplete], [["Here", "Here"], "second-copy", false]);
    assert.ok(read.warnings.includes("read-only") && !read.warnings.includes("second-copy-off") && !read.warnings.includes("copy-incomplete"));
    await tab(two, () => held.close());
    // Which of the two comes first is the browser's choice: the files may go while they are read.
    await tab(one, () => erasing);
    const opened = await tab(two, async () => {
      const keep = await opening.catch(() => Keep.open({ name: "queued" }));
      const { mode } = keep.access;
      await keep.close();
      return { mode, blocked };
    });
    assert.deepEqual(opened, { mode: "read-write", blocked: 1 });
    assert.deepEqual(await tab(one, async () => (await navigator.locks.query()).held.filter(({ name }) => name.endsWith(":blocked"))), []);
  });

  test("an opening that gives up behind it says `blocked`, and one that nobody blocks is told nothing", async () => {
    await tab(one, begin, "given-up");
    await tab(two, begin, "given-up");
    await tab(two, hold, "given-up");
    await tab(one, () => void (globalThis.erasing = Keep.erase("given-up", { timeout: 600_000 }).then(() => "erased", ({ code }) => code)));
    await until(one, async () => (await navigator.locks.query()).held.some(({ name }) => name === "cardkeep:given-up:blocked"));
    const told = await tab(two, async () => {
      const code = (error) => ({ code: error.code, op: error.op, retryable: error.retryable });
      const silent = await Keep.open({ name: "given-up", timeout: 3_000 }).then(() => "opened", code);
      let others = 0;
      const other = await Keep.open({ name: "elsewhere", onBlocked: () => (others += 1) });
      await other.close();
      return { silent, others };
    });
    assert.deepEqual(told, { silent: { code: "blocked", op: "Keep.open", retryable: true }, others: 0 });
    await tab(two, () => held.close());
    await tab(one, () => erasing);
  });
});
