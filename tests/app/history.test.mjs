// Going back: older versions, what a link leads to that is deleted, and what goes for good.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { cardPng } from "./png.mjs";
import { button, stage, type } from "./stage.mjs";

const card = (name) => cardPng(JSON.stringify({ spec: "chara_card_v2", spec_version: "2.0", data: { name, first_mes: "Hi." } }));

describe("older versions", () => {
  let app;
  let chat;
  let character;
  before(async () => {
    app = await stage();
    await app.visit();
    await app.import(await app.file("ana.png", card("Ana")));
    character = await app.run(() => document.querySelector(".tile a").hash);
  });
  after(() => app?.close());

  const heading = (words) => app.until((text) => document.querySelector("main h1")?.textContent.trim() === text, words);
  const open = () => app.until(() => {
    const older = document.querySelector("details.history");
    if (older) older.open = true;
    return older !== null;
  });

  test("of a character are listed, and one is brought back and left again", async () => {
    await app.visit(character);
    await app.until(() => document.querySelector(".history")?.textContent.includes("No older versions"));
    await button(app, "Edit");
    await type(app, "name", "Beatrix");
    await app.until(() => document.querySelector(".save-state")?.dataset.is === "saved");
    await button(app, "Done");
    await heading("Beatrix");
    await open();
    await button(app, "Look");
    await app.until(() => /Ana/.test(document.querySelector(".history .older strong")?.textContent) && /Hi\./.test(document.querySelector(".history .older").textContent));
    await heading("Beatrix");
    await button(app, "Look");
    await app.until(() => document.querySelector(".history .older") === null);
    await button(app, "Bring back");
    await heading("Ana");
    await button(app, "Undo", ".notice");
    await heading("Beatrix");
    await app.restart();
    await heading("Beatrix");
  });

  test("of a chat bring its messages back, on the screen too", async () => {
    await app.visit(character);
    await button(app, "Start a chat");
    await app.until(() => document.querySelectorAll(".message").length === 1);
    chat = await app.run(() => location.hash);
    await app.run(() => document.querySelector("#message-0 .actions button").click());
    await app.clear(".message .edit textarea");
    await app.type(".message .edit textarea", "Changed.");
    await app.click(".message .edit button[type=submit]");
    await app.until(() => document.querySelector("#message-0 .prose")?.textContent.includes("Changed."));
    await app.click('[aria-label="About this chat"]');
    await open();
    await app.click("dialog.about .history li:first-child button");
    await app.until(() => document.querySelector("#message-0 .prose")?.textContent.includes("Hi."));
    await app.restart();
    await app.until(() => document.querySelector("#message-0 .prose")?.textContent.includes("Hi."));
  });

  test("a link to what is in the trash says so, and brings it back", async () => {
    for (const [hash, there] of [[character, "ck-card .portrait"], [chat, ".message"]]) {
      await app.visit(hash);
      await app.until((selector) => document.querySelector(selector), there);
      if (hash === chat) await app.click('[aria-label="About this chat"]');
      await button(app, "Delete", hash === chat ? "dialog.about" : "main");
      await app.run(() => document.querySelector("dialog.leaving[open] button[type=submit]")?.click());
      await app.until((was) => location.hash !== was || document.querySelector("dialog.leaving[open]"), hash);
      await app.run(() => document.querySelector("dialog.leaving[open] button[type=submit]")?.click());
      await app.until((was) => location.hash !== was, hash);
      await app.visit(hash);
      await heading("Not here");
      await app.until(() => document.querySelector("ck-gone")?.textContent.includes("is in the trash"));
      // As wide as its words, and as high.
      assert.ok(await app.run(() => document.querySelector(".empty > a.button").getBoundingClientRect().height) < 60);
      await button(app, "Bring it back");
      await app.until((selector) => document.querySelector(selector), there);
    }
  });

  test("a link to what never was says that", async () => {
    await app.visit("#/lorebook/0198");
    await app.until(() => document.querySelector("ck-gone")?.textContent.includes("not in this library"));
  });
});

describe("the trash", () => {
  let app;
  before(async () => {
    app = await stage();
    await app.visit("#/lorebooks");
    await button(app, "New lorebook");
    await app.until(() => document.querySelector("ck-lorebook .entry"));
    await button(app, "Delete");
    await app.until(() => location.hash === "#/lorebooks");
    await app.visit();
    await app.import(await app.file("ana.png", card("Ana")), await app.file("bea.png", card("Bea")));
    for (const left of [1, 0]) {
      await app.visit();
      await app.click(".tile a");
      await button(app, "Delete");
      await app.until((n) => location.hash === "#/" && document.querySelectorAll(".tile").length === n, left);
    }
    await app.visit("#/storage");
  });
  after(() => app?.close());

  const names = () => app.run(() => [...document.querySelectorAll('[aria-label="Trash"] li strong')].map((one) => one.textContent));
  const lines = (n) => app.until((count) => document.querySelectorAll('[aria-label="Trash"] li').length === count, n);

  test("has what was deleted of every kind", async () => {
    await lines(3);
    assert.deepEqual((await names()).sort(), ["Ana", "Bea", "New lorebook"]);
  });

  test("lets one thing go for good, when that is confirmed", async () => {
    await app.click('[aria-label="Delete Ana for good"]');
    assert.match(await app.text("dialog.confirm"), /Delete “Ana” for good\?.*Character, deleted just now/);
    assert.equal(await app.run(() => document.activeElement.textContent), "Cancel");
    await button(app, "Cancel", "dialog.confirm");
    await lines(3);
    await app.click('[aria-label="Delete Ana for good"]');
    await button(app, "Delete for good", "dialog.confirm");
    await lines(2);
    await app.restart();
    await lines(2);
    assert.deepEqual((await names()).sort(), ["Bea", "New lorebook"]);
  });

  test("is emptied, when that is confirmed", async () => {
    await button(app, "Empty the trash");
    await button(app, "Delete for good", "dialog.confirm");
    await app.until(() => document.querySelector('[aria-label="Trash"]').textContent.includes("Nothing in the trash"));
    await app.restart();
    await app.until(() => document.querySelector('[aria-label="Trash"]')?.textContent.includes("Nothing in the trash"));
  });
});
