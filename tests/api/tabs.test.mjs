// Several tabs on one keep, in a real browser: they hear of each other, and none writes over another unseen.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CHROMIUM, twoTabs } from "./pages.mjs";

describe("two tabs", () => {
  const { at, one, two, to, tab, until } = twoTabs();

  /** Both tabs open this keep, as `keep`, and note what they hear in `heard`. */
  const opened = async (name) => {
    for (const handle of [one, two]) {
      await tab(handle, async (name) => {
        const { Keep } = await import("/index.js");
        await globalThis.keep?.close();
        globalThis.keep = await Keep.open({ name });
        globalThis.heard = [];
        globalThis.keep.addEventListener("change", ({ detail }) => globalThis.heard.push(detail));
      }, name);
    }
  };

  test("hear of each other's changes, and tell them from their own", async () => {
    await opened("news");
    const world = await tab(one, async () => (await keep.worlds.create("Here")).id);
    assert.deepEqual(await tab(one, () => heard), [{ domain: "worlds", ids: [world], remote: false }]);
    await until(two, () => heard.length > 0);
    assert.deepEqual(await tab(two, () => heard), [{ domain: "worlds", ids: [world], remote: true }]);
    // Who has heard of it finds it.
    assert.equal(await tab(two, async (id) => (await keep.worlds.get(id)).name, world), "Here");
    await tab(two, () => keep.settings.patch({ userName: "Ana" }));
    await until(one, () => heard.some(({ domain, remote }) => domain === "settings" && remote));
    assert.equal((await tab(one, () => keep.settings.get())).userName, "Ana");
  });

  test("hear nothing of other keeps", async () => {
    await opened("quiet");
    await tab(one, async () => {
      const { Keep } = await import("/index.js");
      const other = await Keep.open({ name: "loud" });
      const memory = await Keep.open({ name: "quiet", medium: "memory" });
      await other.worlds.create("There");
      await memory.worlds.create("Nowhere");
      await other.close();
      await memory.close();
      await keep.worlds.create("Here");
    });
    await until(two, () => heard.length > 0);
    assert.deepEqual(await tab(two, async () => Promise.all(heard.flatMap(({ ids }) => ids).map(async (id) => (await keep.worlds.get(id))?.name))), ["Here"]);
  });

  test("believe no message that is none", async () => {
    await opened("checked");
    await tab(one, () => {
      const channel = new BroadcastChannel("cardkeep:checked");
      const change = { type: "change", domain: "chats", ids: ["a"] };
      const wrong = [
        null, 5, "change", [], {}, { ...change, type: "closed" }, { ...change, domain: "secrets" }, { ...change, domain: "__proto__" }, { ...change, domain: ["chats"] },
        { ...change, ids: "a" }, { ...change, ids: [5] }, { ...change, ids: { length: 1 } }, { ...change, ids: new Array(20_000).fill("a") }, new Map([["type", "change"]]), new Uint8Array(9),
      ];
      for (const message of wrong) channel.postMessage(message);
      channel.postMessage({ ...change, more: { from: "a newer version" }, remote: false });
      channel.close();
    });
    await until(two, () => heard.length > 0);
    assert.deepEqual(await tab(two, () => heard), [{ domain: "chats", ids: ["a"], remote: true }]);
  });

  test("a page that was put aside looks everywhere again", async () => {
    await opened("aside");
    await tab(two, () => {
      dispatchEvent(new PageTransitionEvent("pageshow", { persisted: false }));
      dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
    });
    const heard = await tab(two, () => globalThis.heard);
    assert.deepEqual(heard.map(({ domain }) => domain).sort(), ["assets", "campaigns", "characters", "chats", "lorebooks", "personas", "playthroughs", "settings", "templates", "worlds"]);
    assert.ok(heard.every(({ ids, remote }) => ids.length === 0 && remote));
  });

  test("a live query follows the other tab, and tells only results that differ", async () => {
    await opened("live");
    await tab(two, () => {
      globalThis.runs = 0;
      globalThis.told = [];
      globalThis.names = keep.live(async () => {
        globalThis.runs += 1;
        return (await keep.worlds.list()).items.map(({ name }) => name).sort();
      });
      globalThis.narrow = [];
      globalThis.stop = names.subscribe(() => { throw new Error("a listener that throws stops no other"); });
      names.subscribe((value) => told.push(value));
      keep.live(async () => (await keep.settings.get()).userName, { domains: ["settings"] }).subscribe((value) => narrow.push(value));
    });
    await until(two, () => told.length === 1 && narrow.length === 1);
    const id = await tab(one, async () => (await keep.worlds.create("A")).id);
    await until(two, () => told.length === 2);
    // The revision changes, the names do not.
    const before = await tab(two, () => runs);
    await tab(one, (id) => keep.worlds.setStat(id, "gold", 3), id);
    await until(two, (before) => runs > before, before);
    await tab(one, () => keep.worlds.create("B"));
    await until(two, () => told.length === 3);
    assert.deepEqual(await tab(two, () => told), [[], ["A"], ["A", "B"]]);
    await tab(one, () => keep.settings.patch({ userName: "Ana" }));
    await until(two, () => narrow.length === 2);
    assert.deepEqual(await tab(two, () => narrow), ["You", "Ana"]);
  });

  test("appends of both at the same time are all kept, in both tabs the same", async () => {
    await opened("appends");
    const chat = await tab(one, async () => (await keep.chats.create({ title: "Both" })).id);
    const begin = (id, who) => {
      globalThis.writing = (async () => {
        const handle = await keep.chats.open(id);
        for (let n = 0; n < 40; n += 1) {
          await handle.append({ name: who, role: "user", text: `${who} ${n}` });
          await new Promise((resolve) => setTimeout(resolve, n % 5));
        }
      })();
    };
    await tab(one, begin, chat, "one");
    await tab(two, begin, chat, "two");
    await tab(one, () => writing);
    await tab(two, () => writing);
    const read = async (id) => (await (await keep.chats.open(id)).page(0, 1000)).map(({ text }) => text);
    const [here, there] = [await tab(one, read, chat), await tab(two, read, chat)];
    assert.deepEqual(here, there);
    assert.equal(here.length, 80);
    for (const who of ["one", "two"]) {
      assert.deepEqual(here.filter((text) => text.startsWith(who)), Array.from({ length: 40 }, (_, n) => `${who} ${n}`));
    }
  });

  test("a position of an old state is a conflict that names what it found, and `last` is the last", async () => {
    await opened("positions");
    const { id, rev } = await tab(one, async () => {
      const { id } = await keep.chats.create({ title: "Moved" });
      globalThis.chat = await keep.chats.open(id);
      for (let n = 0; n < 5; n += 1) await chat.append({ name: "You", role: "user", text: `m${n}` });
      return { id, rev: chat.entry.rev };
    });
    const found = await tab(two, async (id) => {
      const chat = await keep.chats.open(id);
      await chat.remove(0);
      await chat.append({ name: "You", role: "user", text: "new" });
      return chat.entry.rev;
    }, id);
    const outcome = await tab(one, async (rev) => {
      const last = (await chat.last(2)).map(({ text }) => text);
      const failed = async (work) => work().then(() => "no error", ({ code, op, domain, id, rev }) => ({ code, op, domain, id, rev }));
      return {
        last,
        edit: await failed(() => chat.edit(1, { text: "wrong" }, { ifRev: rev })),
        remove: await failed(() => chat.remove(1, { ifRev: rev })),
        option: await failed(() => chat.remove(1, { ifrev: rev })),
        texts: (await chat.page(0, 100)).map(({ text }) => text),
        now: await chat.edit(1, { text: "right" }, { ifRev: chat.entry.rev }).then(({ text }) => text),
      };
    }, rev);
    assert.deepEqual(outcome.last, ["m4", "new"]);
    assert.deepEqual(outcome.edit, { code: "conflict", op: "ChatHandle.edit", domain: "chats", id, rev: found });
    assert.deepEqual(outcome.remove, { code: "conflict", op: "ChatHandle.remove", domain: "chats", id, rev: found });
    assert.equal(outcome.option.code, "bad-option");
    assert.deepEqual(outcome.texts, ["m1", "m2", "m3", "m4", "new"]);
    assert.equal(outcome.now, "right");
  });

  /** Everything that touches the storage, by what it says. */
  const answers = async ({ chat: id, world }) => {
    const late = new Promise((resolve) => setTimeout(resolve, 10_000, "hangs"));
    const calls = {
      list: () => keep.characters.list(),
      get: () => keep.worlds.get(world),
      setStat: () => keep.worlds.setStat(world, "gold", 1),
      open: () => keep.chats.open(id),
      page: () => chat.page(0, 10),
      append: () => chat.append({ name: "You", role: "user", text: "late" }),
      edit: () => chat.edit(0, { text: "late" }),
      settings: () => keep.settings.patch({ userName: "late" }),
      restore: () => keep.worlds.restore(world),
      export: () => keep.chats.export(id),
      backups: () => keep.backups.list(),
      live: () => keep.live(() => keep.worlds.list()).get(),
      subscribe: async () => keep.live(() => keep.worlds.list()).subscribe(() => undefined),
      iterate: () => ended,
    };
    const asked = Object.entries(calls).map(async ([name, call]) => {
      const said = call().then((value) => value ?? "no error", ({ code, message }) => code ?? message);
      return [name, await Promise.race([said, late])];
    });
    return Object.fromEntries(await Promise.all(asked));
  };
  const using = async () => {
    const world = await keep.worlds.create("Here");
    globalThis.chat = await keep.chats.open((await keep.chats.create({ title: "Here" })).id);
    await chat.append({ name: "You", role: "user", text: "first" });
    globalThis.closings = 0;
    keep.addEventListener("closed", () => (globalThis.closings += 1));
    globalThis.ended = (async () => {
      let results = 0;
      for await (const _ of keep.live(() => keep.worlds.list())) results += 1;
      return `ended after ${results}`;
    })();
    await new Promise((resolve) => setTimeout(resolve, 200));
    return { chat: chat.id, world: world.id };
  };
  const closedEverywhere = (said) => {
    const { iterate, ...calls } = said;
    assert.match(iterate, /^(ended after [1-9]|closed$)/);
    assert.deepEqual(calls, Object.fromEntries(Object.keys(calls).map((name) => [name, "closed"])));
  };

  test("a tab whose storage another tab upgrades tells it once, and answers every later call", async () => {
    await opened("upgraded");
    const ids = await tab(one, using);
    await tab(two, () => keep.close());
    await tab(two, () => new Promise((resolve, reject) => {
      const request = indexedDB.open("upgraded", 99);
      request.onupgradeneeded = () => request.transaction.abort();
      request.onblocked = () => reject(new Error("blocked"));
      request.onerror = () => resolve();
    }));
    await until(one, () => closings === 1);
    closedEverywhere(await tab(one, answers, ids));
    assert.equal(await tab(one, () => keep.close().then(() => closings)), 1);
    // Nothing of it was harmed.
    assert.equal(await tab(two, async (id) => {
      const { Keep } = await import("/index.js");
      const keep = await Keep.open({ name: "upgraded" });
      const { length } = await keep.chats.open(id);
      await keep.close();
      return length;
    }, ids.chat), 1);
  });

  test("a tab whose data the browser cleared tells it, and answers every later call", CHROMIUM, async () => {
    await opened("cleared");
    const ids = await tab(one, using);
    await to(one);
    await at.browser.devtools("Storage.clearDataForOrigin", { origin: new URL(at.server.url).origin, storageTypes: "all" });
    await until(one, () => closings === 1);
    closedEverywhere(await tab(one, answers, ids));
  });
});
