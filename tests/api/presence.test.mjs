// What may be done only where no other page has the keep open; in a real browser.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { twoTabs } from "./pages.mjs";

describe("removing what nothing refers to", () => {
  const { at, one, two, tab } = twoTabs();

  const come = (handle) =>
    tab(handle, async () => {
      const { Presence } = await import("/presence.js");
      globalThis.presence = new Presence("shared", true);
      globalThis.ended = [];
      presence.look({ leftovers: async () => 0, sweep: async () => 0, endSweep: () => ended.push(Date.now()) });
      await presence.begin();
    });
  const alone = () => presence.alone(async () => "alone").then((done) => done ?? "not alone");

  test("waits until no other page has the keep open", async () => {
    await come(one);
    assert.equal(await tab(one, alone), "alone");
    await come(two);
    assert.equal(await tab(one, alone), "not alone");
    assert.equal(await tab(two, alone), "not alone");
    await tab(two, () => presence.end());
    assert.equal(await tab(one, alone), "alone");
    assert.equal(await tab(one, alone), "alone", "also again");
  });

  test("makes a page that opens the keep wait, but not for ever", async () => {
    await tab(one, () => {
      globalThis.begun = Date.now();
      globalThis.done = presence.alone(() => new Promise((resolve) => (globalThis.finish = resolve)));
    });
    const took = await tab(two, async () => {
      const { Presence } = await import("/presence.js");
      const begun = performance.now();
      globalThis.presence = new Presence("shared", true);
      await presence.begin();
      return performance.now() - begun;
    });
    assert.ok(took > 4000, `${took} ms`);
    assert.ok(await tab(one, () => ended.some((at) => at - begun > 4000)), "whoever has it is told");
    await tab(one, () => (finish("late"), done));
    assert.equal(await tab(one, alone), "not alone");
    await tab(two, () => presence.end());
    assert.equal(await tab(one, alone), "alone");
  });

  test("keeps no page out of the browser's cache", async () => {
    await tab(one, () => dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
    assert.equal(await tab(one, async () => (await navigator.locks.query()).held.length), 0);
    await tab(one, () => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
    await at.browser.until(async () => (await navigator.locks.query()).held.length === 1);
    assert.equal(await tab(one, alone), "alone");
  });

  test("a page that ends while it waits for another one holds nothing afterwards", async () => {
    const left = await tab(one, async () => {
      const { Presence } = await import("/presence.js");
      let finish;
      const other = navigator.locks.request("cardkeep:ended:open", () => new Promise((resolve) => (finish = resolve)));
      const waiting = new Presence("ended", true);
      const begun = waiting.begin();
      await new Promise((wait) => setTimeout(wait, 50));
      waiting.end();
      finish();
      await Promise.all([other, begun]);
      const { held, pending } = await navigator.locks.query();
      return [...held, ...pending].filter(({ name }) => name === "cardkeep:ended:open").length;
    });
    assert.equal(left, 0);
  });

  test("an open keep says that it is open, and a closed one does not", async () => {
    const held = (handle) => tab(handle, async () => (await navigator.locks.query()).held.map(({ name, mode }) => `${name} ${mode}`));
    await tab(one, () => presence.end());
    await tab(two, async () => {
      const { Keep } = await import("/index.js");
      globalThis.keep = await Keep.open({ name: "held" });
    });
    assert.deepEqual(await held(one), ["cardkeep:held:open shared"]);
    const { tabs, locks } = await tab(two, () => keep.health());
    assert.equal(tabs, 1);
    assert.deepEqual(locks.map(({ name, mode }) => `${name} ${mode}`), ["open shared"]);
    assert.equal(typeof locks[0].page, "string");
    await tab(two, () => keep.close());
    assert.deepEqual(await held(one), []);
  });
});
