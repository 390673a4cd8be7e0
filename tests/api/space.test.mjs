// Space in a real browser: what is taken, what cannot fit, and the browser's promise to keep it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CHROMIUM, onePage } from "./pages.mjs";

describe("space", () => {
  const at = onePage();

  test("what cannot fit is refused before anything is written, with what it takes and what is free", CHROMIUM, async () => {
    await at.browser.go(at.server.url);
    const found = await at.browser.run(async () => {
      const { Keep } = await import("/index.js");
      const keep = await Keep.open({ name: "narrow" });
      const card = new TextEncoder().encode(JSON.stringify({ spec: "chara_card_v2", spec_version: "2.0", data: { name: "Ann", description: "x".repeat(10_000) } }));
      const attempt = async () => {
        const events = [];
        for await (const event of keep.characters.import([card])) if (event.type !== "progress") events.push(event);
        return events;
      };
      navigator.storage.estimate = async () => ({ usage: 995_000, quota: 1_000_000 });
      const [refused, done] = await attempt();
      const listed = (await keep.characters.list()).items.length;
      delete navigator.storage.estimate;
      const [added] = await attempt();
      await keep.close();
      return { refused, done, listed, added: added.type, bytes: card.length };
    });
    assert.equal(found.refused.type, "failed");
    assert.equal(found.refused.code, "quota");
    assert.equal(found.refused.free, 5_000);
    // In the database and in the second copy.
    assert.equal(found.refused.needed, 2 * found.bytes);
    assert.deepEqual([found.done.failed, found.listed, found.added], [1, 0, "item"]);
  });

  test("usage tells what is stored by kind, the second copy, and what the browser says", CHROMIUM, async () => {
    await at.browser.go(at.server.url);
    const { empty, filled, persisted, heard } = await at.browser.run(async () => {
      const { Keep } = await import("/index.js");
      const keep = await Keep.open({ name: "counted" });
      const empty = await keep.usage();
      await keep.worlds.create("Here");
      const chat = await keep.chats.open((await keep.chats.create({ title: "Long" })).id);
      for (let n = 0; n < 70; n += 1) await chat.append({ name: "You", role: "user", text: `message ${n} ${"and on ".repeat(100)}` });
      const filled = await keep.usage();
      const heard = [];
      keep.addEventListener("persistence", ({ detail }) => heard.push(detail));
      const persisted = await keep.persist();
      await keep.close();
      return { empty, filled, persisted, heard };
    });
    assert.equal(empty.full, false);
    assert.ok(!empty.stored.chats && filled.stored.chats.count === 1 && filled.stored.worlds.count === 1, JSON.stringify(filled));
    assert.ok(filled.secondCopy > empty.secondCopy);
    assert.ok(filled.quota > 0 && filled.free > 0 && filled.usage + filled.free === filled.quota);
    assert.equal(typeof persisted, "boolean");
    assert.deepEqual(heard, [{ persisted }]);
  });
});
