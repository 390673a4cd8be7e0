// What a browser fetches before the first screen, and what comes later.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { button, stage } from "./stage.mjs";

const DIST = new URL("../../www/dist/", import.meta.url);

test("the scripts of the first screen, the package's among them, are less than 70 kB over the wire", async () => {
  const page = await readFile(fileURLToPath(new URL("index.html", DIST)), "utf8");
  const scripts = [...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.js)"/g)].map(([, path]) => path);
  assert.ok(scripts.length > 0);
  let bytes = 0;
  for (const path of scripts) bytes += gzipSync(await readFile(fileURLToPath(new URL(path, DIST)))).length;
  assert.ok(bytes < 70_000, `they are ${bytes} bytes`);
});

describe("a screen that comes later", () => {
  let app;
  before(async () => {
    app = await stage();
    await app.devtools("Network.enable");
    await app.devtools("Network.setBypassServiceWorker", { bypass: true });
    await app.visit();
  });
  after(() => app?.close());

  test("says so when it does not come, and is there once it can be fetched", async () => {
    await app.devtools("Network.setBlockedURLs", { urls: ["*/assets/settings-*.js"] });
    await app.run(() => (location.hash = "#/settings"));
    await app.until(() => document.querySelector(".failure h1")?.textContent === "This screen could not be loaded");
    await app.run(() => (location.hash = "#/chats"));
    await app.until(() => document.querySelector("ck-chats h1"));
    await app.devtools("Network.setBlockedURLs", { urls: [] });
    await app.visit("#/settings");
    await app.until(() => document.querySelector("ck-settings h1")?.textContent === "Settings");
  });
});

describe("what comes after the first screen", () => {
  let app;
  before(async () => {
    app = await stage();
    await app.devtools("Network.enable");
    await app.devtools("Network.setBypassServiceWorker", { bypass: true });
    await app.visit();
    await button(app, "Try the samples");
    await app.until(() => document.querySelectorAll(".tile").length === 3 && document.querySelector(".importing") === null);
  });
  after(() => app?.close());

  test("is there before one goes to it: a card, the chats and a chat open when nothing can be fetched any more", async () => {
    await app.visit();
    await app.until(() => ["ck-card", "ck-chats", "ck-chat"].every((name) => customElements.get(name)));
    await app.devtools("Network.setBlockedURLs", { urls: ["*"] });
    await app.click(".tile a");
    await app.until(() => document.querySelector("ck-card h1"));
    await app.run(() => (location.hash = "#/chats"));
    await app.click("ck-chats .row");
    await app.until(() => document.querySelector("ck-chat .message"));
  });
});
