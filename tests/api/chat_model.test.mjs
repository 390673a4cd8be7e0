// Chats held against plain lists: in Node over the memory medium, and in Chromium over IndexedDB with pages that end at random
// moments. What was told of is there, what was under way is there whole or not at all, and messages keep their numbers.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { init, Keep, readChat } from "cardkeep";
import { apply, fresh, operation, reopened, Tab } from "./chat_model.mjs";
import { CHROMIUM, onePage } from "./pages.mjs";

const SEED = Number(process.env.CHAT_SEED ?? 20261122);
const OPERATIONS = Number(process.env.CHAT_OPERATIONS ?? 800);
const PAGES = Number(process.env.CHAT_PAGES ?? 10);

test(`a keep in memory does what plain lists do (seed ${SEED})`, async () => {
  await init();
  const keep = await Keep.open({ medium: "memory" });
  const tab = new Tab(keep);
  const model = fresh();
  for (let n = 0; n < OPERATIONS; n += 1) {
    const op = operation(SEED, n, model);
    const about = `seed ${SEED}, operation ${n}: ${JSON.stringify(op)}`;
    await assert.doesNotReject(tab.act(model, op), about);
    apply(model, op);
    if (n % 20 === 0 || n === OPERATIONS - 1) assert.equal(await tab.differs(model, readChat), undefined, about);
  }
  assert.equal((await keep.check()).findings.length, 0);
  await keep.close();
});

describe("in Chromium", CHROMIUM, () => {
  const at = onePage();

  test(`what pages leave that end at random moments is what they were told was saved (seed ${SEED})`, { timeout: 600_000 }, async () => {
    at.server.replace("/model.js", await readFile(new URL("./chat_model.mjs", import.meta.url)));
    let [model, n] = [fresh(), 0];
    const moments = { state: SEED };
    const moment = (most) => {
      moments.state = (Math.imul(moments.state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((moments.state / 2 ** 32) * most);
    };
    let swallowed = 0;
    for (let page = 0; page <= PAGES; page += 1) {
      const about = `seed ${SEED}, page ${page}, operation ${n}`;
      await (page % 2 === 0 ? at.browser.go(at.server.url) : at.browser.reload());
      // The operation that was under way may have been the last.
      const later = structuredClone(model);
      apply(later, operation(SEED, n, later));
      const found = await at.browser.run(async (candidates, seed, n, last) => {
        const { Keep, readChat } = await import("/index.js");
        const { Tab, operation, apply } = await import("/model.js");
        const keep = await Keep.open({ name: "model" });
        const said = [];
        let which;
        let tab;
        for (const [at, model] of candidates.entries()) {
          tab = new Tab(keep);
          const differs = await tab.differs(model, readChat);
          if (differs === undefined) {
            which = at;
            break;
          }
          said.push(differs);
        }
        if (which === undefined) return { said, report: keep.report };
        const model = candidates[which];
        const begun = structuredClone(model);
        if (last) {
          // A page that ended in the middle of a save has the second copy completed, in idle time and once.
          const catching = (await keep.health()).secondCopy.state === "catching-up";
          let { findings } = await keep.check({ full: true });
          const first = findings.filter(({ code }) => !(catching && code === "uncopied-records"));
          for (let left = 200; left > 0 && findings.length > 0; left -= 1) {
            await new Promise((wait) => setTimeout(wait, 100));
            ({ findings } = await keep.check({ full: true }));
          }
          await keep.close();
          return { which, model: begun, findings: [...first, ...findings] };
        }
        localStorage.setItem("done", "0");
        localStorage.removeItem("failed");
        let ends = false;
        addEventListener("pagehide", () => (ends = true));
        const work = async () => {
          for (let at = 0; ; at += 1) {
            const op = operation(seed, n + which + at, model);
            try {
              await tab.act(model, op);
            } catch (error) {
              if (!ends) localStorage.setItem("failed", `${JSON.stringify(op)}: ${error}`);
              return;
            }
            apply(model, op);
            localStorage.setItem("done", String(at + 1));
          }
        };
        void work();
        return { which, model: begun };
      }, [model, later].map(reopened), SEED, n, page === PAGES);
      assert.notEqual(found.which, undefined, `${about}: ${JSON.stringify(found)}`);
      swallowed += found.which;
      [model, n] = [found.model, n + found.which];
      if (page === PAGES) {
        assert.deepEqual(found.findings, []);
        break;
      }
      await sleep(20 + moment(600));
      // Asked of the page that comes: what the one that ends says last is not waited for.
      await at.browser.go(at.server.url);
      const { done, failed } = await at.browser.run(() => ({ done: Number(localStorage.getItem("done")), failed: localStorage.getItem("failed") }));
      assert.equal(failed, null, `${about}: ${failed}`);
      for (let k = 0; k < done; k += 1) apply(model, operation(SEED, n + k, model));
      n += done;
    }
    assert.ok(n > 3 * PAGES, `${n} operations, ${swallowed} of them untold`);
    if (process.env.CHAT_PAGES !== undefined) console.log(`${n} operations over ${PAGES} pages, ${swallowed} of them untold`);
  });
});
