// A tab that is older than what happens around it: a newer version of the app takes the library over, or the page slept for long.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { cardPng } from "./png.mjs";
import { button, stage, type } from "./stage.mjs";
import { KEY } from "./webdriver.mjs";

const CARD = cardPng('{"name":"Ada","description":"As imported","personality":"Calm","scenario":"","first_mes":"Hi.","mes_example":""}');

/** What a newer version of the app does first: the keep's own record forbids older ones to write. */
const outgrow = (by = 1) =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open("cardkeep");
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const transaction = request.result.transaction("meta", "readwrite");
      const meta = transaction.objectStore("meta");
      meta.get(["keep"]).onsuccess = ({ target }) => {
        const keep = JSON.parse(new TextDecoder().decode(target.result));
        meta.put(new TextEncoder().encode(JSON.stringify({ ...keep, schema: keep.schema + by, minWriter: keep.schema + by })), ["keep"]);
      };
      transaction.onabort = () => reject(transaction.error);
      transaction.oncomplete = () => {
        request.result.close();
        resolve(true);
      };
    };
  });

describe("a library that a newer version has taken over", () => {
  let app, one, two;
  before(async () => {
    app = await stage();
    await app.visit();
    await app.import(await app.file("ada.png", CARD));
    await app.visit("#/storage");
    await button(app, "Back up now");
    await app.until(() => document.querySelector("[data-backup]"));
    await app.visit();
    await app.click(".tile a");
    one = await app.window();
    await app.until(() => document.querySelector(".card-page"));
    await button(app, "Edit");
    await app.until(() => document.querySelector(".form"));
    await app.tab();
    two = await app.window();
    await app.go(`${app.server.url}manifest.webmanifest`);
    await app.run(outgrow);
  });
  after(() => app?.close());

  test("the old tab says that it cannot save, and keeps what was typed", async () => {
    await app.toWindow(one);
    await type(app, "description", "Typed in the old tab");
    await app.until(() => /^Not saved/.test(document.querySelector(".save-state")?.textContent));
    assert.match(await app.text(".banner"), /^Read-only\. A newer version of the app has taken this library over/);
    assert.equal(await app.run(() => document.querySelector("textarea[name=description]").value), "Typed in the old tab");
    await type(app, "personality", "And typed on");
    await app.until(() => document.querySelector("textarea[name=personality]").value === "And typed on");
  });

  test("a page of the older version only reads: it says why, and changes nothing", async () => {
    await app.visit("#/");
    await app.until(() => document.querySelector(".banner"));
    assert.match(await app.text("main"), /Read-only\. This library was written by a newer version/);
    assert.equal(await app.run(() => document.querySelectorAll(".tile").length), 1);
    await app.click(".tile a");
    await app.until(() => document.querySelector(".card-page"));
    assert.equal(await app.run(() => [...document.querySelectorAll("main button")].filter((one) => /^(Edit|Start a chat|Delete)$/.test(one.textContent.trim()) && !one.disabled).length), 0);
    const { bytes } = await app.download(() => button(app, "Export PNG"));
    assert.ok(CARD.equals(bytes));
  });

  test("a backup that lies there leaves as a file", async () => {
    await app.visit("#/storage");
    const { bytes } = await app.download(() => button(app, "Save a file", "[data-backup]"));
    assert.equal(bytes.subarray(0, 2).toString(), "PK");
    assert.match(await app.text(".facts"), /read-only: a newer version of the app wrote it/);
  });

  test("what was typed in the old tab is there once the app is as new as the library", async () => {
    await app.go(`${app.server.url}manifest.webmanifest`);
    await app.run(outgrow, -1);
    await app.visit("#/");
    await app.click(".tile a");
    await app.until(() => document.querySelector(".card-text")?.textContent.includes("Typed in the old tab"));
    assert.match(await app.text("main"), /And typed on/);
  });
});

test("a library that another tab took back to an older format is only read, and what to do is said", async () => {
  const app = await stage();
  try {
    await app.visit();
    await app.import(await app.file("ada.png", CARD));
    await app.click(".tile a");
    await app.until(() => document.querySelector(".card-page"));
    await button(app, "Edit");
    await app.until(() => document.querySelector(".form"));
    await app.run(outgrow, -1);
    await type(app, "description", "Typed afterwards");
    await app.until(() => /^Not saved/.test(document.querySelector(".save-state")?.textContent));
    assert.match(await app.text(".banner"), /^Read-only\. Another tab took this library back to an older format \(1\)/);
    assert.equal(await app.run(() => document.querySelector("textarea[name=description]").value), "Typed afterwards");
  } finally {
    await app.close();
  }
});

test("a tab that slept goes on where it was: what is sent is kept without loading anew", async () => {
  const app = await stage();
  try {
    await app.visit();
    await app.import(await app.file("ada.png", CARD));
    await app.click(".tile a");
    await button(app, "Start a chat");
    await app.until(() => document.querySelectorAll(".message").length === 1);
    await app.type(".composer textarea", "Half a thou");
    const origin = await app.run(() => performance.timeOrigin);
    const first = await app.window();
    // Somebody writes meanwhile in another tab.
    const { hash } = await app.tab();
    await app.toWindow(first);
    await app.devtools("Page.setWebLifecycleState", { state: "frozen" });
    await app.toWindow((await app.windows()).find((one) => one !== first));
    await app.visit(hash);
    await app.clear(".composer textarea");
    await app.type(".composer textarea", `From elsewhere${KEY.enter}`);
    await app.until(() => document.querySelectorAll(".message").length === 2);
    await app.toWindow(first);
    await app.devtools("Page.setWebLifecycleState", { state: "active" });
    await app.until(() => document.querySelectorAll(".message").length === 2);
    assert.equal(await app.run(() => document.querySelector(".composer textarea").value), "Half a thou");
    await app.type(".composer textarea", `ght${KEY.enter}`);
    await app.until(() => document.querySelectorAll(".message").length === 3);
    assert.equal(await app.text("#message-2 .prose"), "Half a thought");
    assert.equal(await app.run(() => performance.timeOrigin), origin);
    await app.restart();
    assert.equal(await app.text("#message-2 .prose"), "Half a thought");
  } finally {
    await app.close();
  }
});

test("a library that another tab keeps from opening is read from its second copy, and goes on by itself", async () => {
  const app = await stage();
  try {
    await app.visit();
    await app.import(await app.file("ada.png", CARD));
    await app.until(() => document.querySelectorAll(".tile").length === 1);
    const own = await app.window();
    const { hash } = await app.tab();
    const other = await app.window();
    await app.go(`${app.server.url}manifest.webmanifest`);
    await app.toWindow(own);
    await app.go(`${app.server.url}manifest.webmanifest`);
    await app.toWindow(other);
    // One that does not let go, and an upgrade that waits for it.
    await app.run(async () => {
      const opened = (version) => new Promise((resolve) => {
        const request = indexedDB.open("cardkeep", version);
        request.onsuccess = () => resolve(request.result);
        request.onblocked = () => resolve(undefined);
        if (version !== undefined) request.onsuccess = () => request.result.close();
      });
      globalThis.held = await opened();
      await opened(9);
    });
    await app.toWindow(own);
    await app.visit(hash);
    await app.until(() => /Read-only for now/.test(document.querySelector(".banner")?.textContent));
    assert.equal(await app.run(() => document.querySelectorAll(".tile").length), 1);
    await app.click(".tile a");
    await app.until(() => document.querySelector(".card-page"));
    assert.equal(await app.run(() => [...document.querySelectorAll("main button")].filter((one) => /^(Edit|Start a chat|Delete)$/.test(one.textContent.trim()) && !one.disabled).length), 0);
    const { bytes } = await app.download(() => button(app, "Export PNG"));
    assert.ok(CARD.equals(bytes));
    await app.toWindow(other);
    await app.run(() => globalThis.held.close());
    await app.toWindow(own);
    await app.until(() => document.querySelector(".card-page") && document.querySelector(".banner") === null);
    await button(app, "Edit");
    await app.until(() => document.querySelector(".form"));
  } finally {
    await app.close();
  }
});
