// A browser that lost the database: the library is there all the same, and says what happened.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { cardPng } from "./png.mjs";
import { stage } from "./stage.mjs";

describe("a database that was lost", () => {
  let app;
  before(async () => {
    app = await stage();
    await app.visit();
  });
  after(() => app?.close());

  test("comes back from the second copy, and the page says so", async () => {
    await app.import(await app.file("kept.png", cardPng('{"spec":"chara_card_v2","spec_version":"2.0","data":{"name":"Kept"}}')));
    await app.go(`${app.server.url}manifest.webmanifest`);
    const lost = await app.run(async () => {
      const names = (await indexedDB.databases()).map(({ name }) => name);
      const gone = (name) => new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase(name);
        request.onsuccess = resolve;
        request.onerror = request.onblocked = () => reject(request.error ?? new Error("blocked"));
      });
      for (const name of names) await gone(name);
      return names.length;
    });
    assert.ok(lost > 0);
    await app.visit();
    assert.match(await app.text(".banner"), /^Recovered\. .*the whole library/s);
    await app.until(() => document.querySelector("main")?.textContent.includes("Kept"));
    await app.visit("#/storage");
    assert.match(await app.text(".facts"), /Second copy\s*Every save is also written/);
  });

  test("is no news at the next start", async () => {
    await app.visit();
    assert.equal(await app.run(() => document.querySelector(".banner")), null);
  });
});
