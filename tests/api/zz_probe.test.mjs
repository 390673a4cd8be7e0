import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CHROMIUM, twoTabs } from "./pages.mjs";
describe("race", CHROMIUM, () => {
  const { one, two, tab } = twoTabs();
  test("open against erase", async () => {
    await tab(two, async () => {
      const { Keep } = await import("/index.js");
      globalThis.codes = {};
      globalThis.stop = false;
      globalThis.running = (async () => {
        while (!globalThis.stop) {
          const note = (error, where) => { const k = `${where} ${error.code} ${error.message} retryable=${error.retryable}`; codes[k] = (codes[k] ?? 0) + 1; };
          let keep;
          try { keep = await Keep.open({ name: "race" }); } catch (e) { note(e, "open"); await new Promise((r) => setTimeout(r, 5)); continue; }
          try { await keep.worlds.create("w"); codes.ok = (codes.ok ?? 0) + 1; } catch (e) { note(e, "create"); }
          try { await keep.close(); } catch (e) { note(e, "close"); }
        }
      })();
      return true;
    });
    const mine = await tab(one, async () => {
      const { Keep } = await import("/index.js");
      const m = await import("/index.js"); await (m.init ?? m.default)(); const codes = {};
      const end = performance.now() + 25000;
      while (performance.now() < end) {
        try { await Keep.erase("race", { timeout: 3000 }); codes.ok = (codes.ok ?? 0) + 1; } catch (e) { const k = `erase ${e.code} ${e.message}`; codes[k] = (codes[k] ?? 0) + 1; }
        await new Promise((r) => setTimeout(r, Math.random() * 60));
      }
      return codes;
    });
    const theirs = await tab(two, async () => { globalThis.stop = true; await globalThis.running; return globalThis.codes; });
    console.log(JSON.stringify({ mine, theirs }, null, 1));
  });
});
