// Without a network: the first minute, and every other one.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { button, stage } from "./stage.mjs";
import { KEY } from "./webdriver.mjs";

describe("the app without its server", () => {
  let app;
  before(async () => {
    app = await stage();
    await app.visit();
  });
  after(() => app?.close());

  test("says when everything is here", async () => {
    await app.until(() => document.querySelector(".chip")?.textContent.trim() === "Ready to work offline");
  });

  test("the service worker keeps the files of the app, and nothing else", async () => {
    const kept = await app.run(async () => {
      const list = [];
      for (const name of await caches.keys()) for (const request of await (await caches.open(name)).keys()) list.push(new URL(request.url).pathname);
      return list.sort();
    });
    assert.ok(kept.includes("/index.html"));
    assert.ok(kept.some((path) => path.endsWith(".wasm")));
    assert.equal(new Set(kept).size, kept.length);
    for (const path of kept) assert.equal((await fetch(new URL(path, app.server.url))).status, 200, path);
  });

  test("a new version waits until it is wanted", async () => {
    const worker = await (await fetch(new URL("/sw.js", app.server.url))).text();
    app.server.replace("/sw.js", `${worker}\n// A newer one.`);
    await app.visit();
    assert.match(await app.text(".update"), /^New version ready Reload$/);
    const before = await app.run(() => performance.timeOrigin);
    await button(app, "Reload", ".update");
    await app.until((origin) => performance.timeOrigin !== origin && document.querySelector("main h1") !== null, before);
    assert.equal(await app.run(() => document.querySelector(".update")), null);
    assert.equal(await app.run(async () => (await navigator.serviceWorker.getRegistration()).waiting), null);
  });

  test("starts, says that it is offline, and takes the samples in", async () => {
    await app.server.close();
    await app.visit();
    await app.until(() => document.querySelector(".chip")?.textContent.trim() === "Offline: everything works");
    await button(app, "Try the samples");
    await app.until(() => document.querySelectorAll(".tile").length === 3);
    await app.until(() => document.querySelectorAll(".importing").length === 0);
  });

  test("the sample chat is there, linked to its character", async () => {
    await app.visit("#/chats");
    assert.match(await app.text(".list .row"), /195 messages/);
    await app.visit();
    await app.run(() => [...document.querySelectorAll(".tile a")].find((one) => one.textContent.includes("Maren")).click());
    await app.until(() => document.querySelectorAll(".card-text .list .row").length === 1);
  });

  test("the companion answers, and says what it is", async () => {
    await button(app, "Start a chat");
    await app.until(() => document.querySelectorAll(".message").length === 1);
    assert.match(await app.text(".chat-foot .note"), /scripted sample.*No model/);
    assert.match(await app.text(".swipes"), /1 \/ 3/);
    await app.type(".composer textarea", `What is the weather like?${KEY.enter}`);
    await app.until(() => document.querySelectorAll(".message").length === 3);
    assert.match(await app.text("#message-2"), /scripted/);
    assert.match(await app.text("#message-2"), /gutters/);
    await app.until(() => document.querySelector(".save-state")?.textContent === "Saved");
  });

  test("another greeting can be chosen, and stays chosen", async () => {
    await app.run(() => document.querySelector('button[aria-label="Next alternative"]').click());
    await app.until(() => document.querySelector(".swipes")?.textContent.includes("2 / 3"));
    assert.match(await app.text("#message-0"), /top of the stairs/);
    await app.restart();
    assert.match(await app.text("#message-0 .swipes"), /2 \/ 3/);
    assert.match(await app.text("#message-0"), /top of the stairs/);
    assert.equal(await app.run(() => document.querySelectorAll(".message").length), 3);
  });

  test("the arrows to the sides choose among a greeting's alternatives, from the empty field", async () => {
    await app.visit(await app.run(() => document.querySelector(".chat-head a").hash));
    await button(app, "Start a chat");
    await app.until(() => document.querySelector(".swipes")?.textContent.includes("1 / 3"));
    await app.type(".composer textarea", KEY.left);
    await app.until(() => document.querySelector(".swipes").textContent.includes("3 / 3"));
    await app.type(".composer textarea", KEY.right);
    await app.until(() => document.querySelector(".swipes").textContent.includes("1 / 3"));
    // In a text they move the cursor.
    await app.type(".composer textarea", `ac${KEY.left}b`);
    assert.equal(await app.run(() => document.querySelector(".composer textarea").value), "abc");
    assert.match(await app.text(".swipes"), /1 \/ 3/);
  });

  test("the page is as usable as online: no error in its console", async () => {
    const errors = (await app.console()).filter(({ level, message }) => level === "SEVERE" && !/net::ERR_|Failed to load resource|fetching the script/.test(message));
    assert.deepEqual(errors, []);
  });
});
