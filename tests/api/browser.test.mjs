// The package in a real browser, without any app around it: the second copy beside IndexedDB.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CHROMIUM, onePage } from "./pages.mjs";

describe("the second copy", CHROMIUM, () => {
  const at = onePage();

  const wipe = (name) =>
    at.browser.run((database) => new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(database);
      request.onsuccess = () => resolve(true);
      request.onerror = () => reject(request.error);
      request.onblocked = () => reject(new Error("blocked"));
    }), name);

  test("an emptied database comes back whole at the next opening", async () => {
    await at.browser.go(at.server.url);
    const before = await at.browser.run(async () => {
      const { Keep } = await import("/index.js");
      const keep = await Keep.open({ name: "wiped" });
      const world = await keep.worlds.create("Here");
      await keep.worlds.setStat(world.id, "health", 7);
      const chat = await keep.chats.open((await keep.chats.create({ title: "Long" })).id);
      for (let n = 0; n < 150; n += 1) await chat.append({ name: "You", role: "user", text: `message ${n}` });
      await keep.settings.patch({ userName: "Ana" });
      const { state } = keep.secondCopy;
      await keep.close();
      return { state, world: world.id, chat: chat.id };
    });
    assert.equal(before.state, "on");
    await wipe("wiped");
    await at.browser.go(at.server.url);
    const after = await at.browser.run(async ({ world, chat }) => {
      const { Keep } = await import("/index.js");
      const keep = await Keep.open({ name: "wiped" });
      const handle = await keep.chats.open(chat);
      const texts = (await handle.page(0, 1000)).map((message) => message.text);
      const result = {
        report: keep.report,
        health: (await keep.worlds.get(world)).state.player.health,
        length: texts.length,
        inOrder: texts.every((text, n) => text === `message ${n}`),
        user: (await keep.settings.get()).userName,
      };
      await keep.close();
      return result;
    }, before);
    assert.equal(after.report.recovered.wiped, true);
    assert.equal(after.report.created, false);
    assert.deepEqual([after.health, after.length, after.inOrder, after.user], [7, 150, true, "Ana"]);
  });

  test("a database that came back without its tables gets them, and what was in them", async () => {
    await at.browser.go(at.server.url);
    const found = await at.browser.run(async () => {
      const { Keep } = await import("/index.js");
      const raw = (name, version) =>
        new Promise((resolve, reject) => {
          const request = version === undefined ? indexedDB.deleteDatabase(name) : indexedDB.open(name, version);
          if (version !== undefined) request.onupgradeneeded = () => request.result.createObjectStore("foreign");
          request.onsuccess = () => resolve(request.result?.close());
          request.onerror = () => reject(request.error);
        });
      const keep = await Keep.open({ name: "bare" });
      const { id } = await keep.worlds.create("Here");
      await keep.close();
      const found = [];
      for (const version of [1, 7]) {
        await raw("bare");
        await raw("bare", version);
        const plan = await Keep.plan("bare");
        const both = await Promise.all([Keep.open({ name: "bare" }), Keep.open({ name: "bare" })]);
        const names = await Promise.all(both.map(async (keep) => (await keep.worlds.get(id)).name));
        await both[0].worlds.create("There");
        const { length } = (await both[1].worlds.list()).items;
        found.push([plan, both.some(({ report }) => report.recovered?.wiped), names, length]);
        await Promise.all(both.map((keep) => keep.close()));
      }
      await raw("never-a-keep", 1);
      const fresh = await Keep.open({ name: "never-a-keep" });
      found.push([fresh.report.created, (await fresh.worlds.create("New")).rev]);
      await fresh.close();
      return found;
    });
    assert.deepEqual(found, [
      [null, true, ["Here", "Here"], 2],
      [null, true, ["Here", "Here"], 3],
      [true, 1],
    ]);
  });

  test("two tabs have a log each, and both come back", async () => {
    await at.browser.go(at.server.url);
    const first = await at.browser.window();
    await at.browser.run(async () => {
      const { Keep } = await import("/index.js");
      globalThis.keep = await Keep.open({ name: "two" });
      await globalThis.keep.worlds.create("From one");
    });
    await at.browser.newWindow();
    await at.browser.go(at.server.url);
    await at.browser.run(async () => {
      const { Keep } = await import("/index.js");
      const keep = await Keep.open({ name: "two" });
      await keep.worlds.create("From the other");
      await keep.close();
    });
    await at.browser.toWindow(first);
    await at.browser.run(() => globalThis.keep.worlds.create("From one again").then(() => globalThis.keep.close()));
    await wipe("two");
    const names = await at.browser.run(async () => {
      const { Keep } = await import("/index.js");
      const keep = await Keep.open({ name: "two" });
      const names = (await keep.worlds.list()).items.map((world) => world.name).sort();
      await keep.close();
      return names;
    });
    assert.deepEqual(names, ["From one", "From one again", "From the other"]);
  });

  test("an untouched keep reports nothing recovered", async () => {
    const reports = await at.browser.run(async () => {
      const { Keep } = await import("/index.js");
      const reports = [];
      for (let n = 0; n < 3; n += 1) {
        const keep = await Keep.open({ name: "calm" });
        await keep.worlds.create(`World ${n}`);
        reports.push(keep.report);
        await keep.close();
      }
      return reports;
    });
    assert.deepEqual(reports, [{ created: true }, { created: false }, { created: false }]);
  });
});
