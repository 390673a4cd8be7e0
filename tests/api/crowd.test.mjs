// Three tabs of one keep, one of which ends in the middle of saves or comes to rest; in a real browser.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CHROMIUM, onePage } from "./pages.mjs";

describe("three tabs of one keep", () => {
  const at = onePage();

  const to = (tab) => at.browser.toWindow(tab);
  const run = async (tab, work, ...given) => (await to(tab), at.browser.run(work, ...given));
  const until = async (tab, work, ...given) => (await to(tab), at.browser.until(work, ...given));
  const lifecycle = async (tab, state) => (await to(tab), at.browser.devtools("Page.setWebLifecycleState", { state }));

  /** Three tabs with the keep open, in a window that stays. */
  const opened = async (given) => {
    const tabs = [];
    for (let n = 0; n < 3; n += 1) {
      await at.browser.newWindow();
      await at.browser.go(at.server.url);
      tabs.push(await at.browser.window());
      await at.browser.run(async (given) => {
        const { Keep } = await import("/index.js");
        globalThis.keep = await Keep.open(given);
        globalThis.unhandled = [];
        addEventListener("unhandledrejection", ({ reason }) => unhandled.push(String(reason)));
      }, given);
    }
    return tabs;
  };
  const kill = async (tab) => {
    await to(tab);
    await at.browser.go("chrome://crash").catch(() => undefined);
    await at.browser.closeWindow();
  };

  /** Appends to one chat and puts a record of its own, and tells the other tabs what was saved, until it is told to end. */
  const work = (tab, mark, chat) =>
    run(tab, (mark, chat) => {
      globalThis.said = { own: [], others: [] };
      const channel = new BroadcastChannel("said");
      channel.onmessage = ({ data }) => said.others.push(data);
      globalThis.over = false;
      globalThis.ended = (async () => {
        const open = await keep.chats.open(chat);
        for (let n = 0; !over; n += 1) {
          const text = `${mark}${n}`;
          await open.append({ name: "You", role: "user", text });
          await keep.lorebooks.put({ name: text, entries: [] }, { id: mark });
          said.own.push(text);
          channel.postMessage(text);
        }
      })().then(() => "ended", ({ code, message }) => code ?? message);
    }, mark, chat);
  const end = (tab) => run(tab, async () => (globalThis.over = true, ended));

  test("one is killed in the middle of saves: the others go on, and all that was told of is there", CHROMIUM, async () => {
    for (let round = 0; round < 2; round += 1) {
      const [one, two, three] = await opened({ name: "crowd" });
      const chat = await run(one, () => keep.chats.create({ title: "t" }).then(({ id }) => id));
      for (const [tab, mark] of [[one, "a"], [two, "b"], [three, "c"]]) await work(tab, mark, chat);
      await until(two, () => said.others.filter((text) => text[0] === "a").length > 3);
      await kill(one);
      for (const tab of [two, three]) {
        const before = await run(tab, () => said.own.length);
        await until(tab, (before) => said.own.length > before + 3, before);
      }
      for (const tab of [two, three]) assert.equal(await end(tab), "ended", `round ${round}`);
      for (const tab of [two, three]) {
        const seen = await run(tab, async (chat) => {
          const texts = [];
          for await (const { text } of (await keep.chats.open(chat)).messages()) texts.push(text);
          const last = {};
          for (const text of [...said.own, ...said.others]) last[text[0]] = Math.max(last[text[0]] ?? 0, Number(text.slice(1)));
          const behind = [];
          for (const [mark, n] of Object.entries(last)) {
            const { book } = await keep.lorebooks.get(mark);
            if (!(Number(book.name.slice(1)) >= n)) behind.push([mark, n, book.name]);
          }
          const lost = [...said.own, ...said.others].filter((text) => !texts.includes(text));
          return { lost, behind, twice: texts.length - new Set(texts).size, unhandled };
        }, chat);
        assert.deepEqual(seen, { lost: [], behind: [], twice: 0, unhandled: [] }, `round ${round}`);
      }
      // Whoever opens it after a kill completes the second copy first.
      await until(two, async () => (await keep.health()).secondCopy.state === "on");
      assert.deepEqual(await run(two, async () => (await keep.check({ full: true })).findings), []);
      for (const tab of [two, three]) await run(tab, () => keep.close());
    }
  });

  test("the only writer is killed: one of the others writes, the third one reads", CHROMIUM, async () => {
    const [one, two, three] = await opened({ name: "writer", mode: "single-writer" });
    await run(one, () => {
      globalThis.told = new BroadcastChannel("told");
      void (async () => {
        for (let n = 10; ; n = 10 + ((n + 1) % 80)) {
          await keep.settings.patch({ pageSize: n });
          localStorage.setItem("saves", String(Number(localStorage.getItem("saves") ?? 0) + 1));
        }
      })();
    });
    await until(two, () => Number(localStorage.getItem("saves")) > 3);
    assert.equal(await run(two, () => keep.access.reason), "locked");
    await kill(one);
    await until(two, () => keep.access.mode === "read-write");
    assert.equal(await run(three, () => keep.access.reason), "locked");
    const save = (tab) => run(tab, () => keep.settings.patch({ pageSize: 95 }).then(() => "stored", ({ code }) => code));
    assert.equal(await save(two), "stored");
    assert.equal(await save(three), "locked");
    assert.equal(await run(three, async () => (await keep.settings.get()).pageSize), 95);
    await kill(two);
    await until(three, () => keep.access.mode === "read-write");
    assert.equal(await save(three), "stored");
    await run(three, () => keep.close());
  });

  test("one comes to rest in the middle of a check and a repair: the others save, and it ends both when it goes on", CHROMIUM, async () => {
    const [one, two, three] = await opened({ name: "resting" });
    await run(two, async () => {
      for (let n = 0; n < 40; n += 1) await keep.lorebooks.putMany(Array.from({ length: 10 }, (_, k) => ({ book: { name: `${n}-${k}`, entries: [] } })));
    });
    for (const verb of ["check", "repair"]) {
      await run(one, (verb) => {
        globalThis.outcome = (verb === "check" ? keep.check({ full: true }) : keep.repair("all")).then(
          ({ findings, results }) => ({ found: (findings ?? results ?? []).length }),
          ({ code, message }) => ({ failed: code ?? message }),
        );
      }, verb);
      await lifecycle(one, "frozen");
      for (const tab of [two, three]) {
        const took = await run(tab, async () => {
          const begun = performance.now();
          await keep.lorebooks.put({ name: "meanwhile", entries: [] });
          await keep.check();
          return performance.now() - begun;
        });
        assert.ok(took < 10_000, `${took} ms beside a page at rest`);
      }
      await lifecycle(one, "active");
      assert.deepEqual(await run(one, () => outcome), { found: 0 }, verb);
      assert.deepEqual(await run(one, () => unhandled), []);
    }
    for (const tab of [one, two, three]) await run(tab, () => keep.close());
  });
});
