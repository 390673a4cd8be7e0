// Personas: made, taken in, changed, handed out, and worn in a chat.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { button, stage, type } from "./stage.mjs";
import { KEY } from "./webdriver.mjs";
import { cardPng } from "./png.mjs";

const CHAT = '{"user_name":"You","character_name":"Ada"}\n{"name":"Ada","is_user":false,"mes":"Good evening."}';
const BACKUP = `{"personas": {"a.png": "Mira", "b.png": "Tom"}, "persona_descriptions": {"a.png": {"description": "Keeps \\u2014 the light.", "position": 0}, "b.png": {"description": "", "position": 0}}, "default_persona": "a.png"}`;

const names = () => [...document.querySelectorAll("ck-personas .row .name")].map((one) => one.textContent);

describe("a persona", () => {
  let app;
  before(async () => {
    app = await stage();
    await app.visit("#/personas");
  });
  after(() => app?.close());

  test("is made, and what is typed is there after a reload", async () => {
    await button(app, "New persona");
    await app.until(() => location.hash.startsWith("#/persona/") && document.querySelector(".form [name=name]"));
    await type(app, "name", "Robin");
    await type(app, "description", "A quiet reader.");
    await app.until(() => document.querySelector("h1")?.textContent === "Robin" && document.querySelector(".save-state").textContent === "Saved");
    await app.restart();
    assert.equal(await app.run(() => document.querySelector(".form [name=description]").value), "A quiet reader.");
  });

  test("takes a picture, also one that is no PNG", async () => {
    const jpeg = await app.run(async () => {
      const canvas = new OffscreenCanvas(40, 30);
      canvas.getContext("2d").fillRect(0, 0, 40, 30);
      const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: "image/jpeg" })).arrayBuffer());
      return [...bytes];
    });
    await app.type("ck-persona input[type=file]", await app.file("me.jpg", Buffer.from(jpeg)));
    await app.until(() => document.querySelector(".portrait img")?.naturalWidth === 40);
    assert.equal(await app.run(() => document.querySelector(".form [name=description]").value), "A quiet reader.");
  });

  test("comes in many from a backup of SillyTavern, once", async () => {
    await app.visit("#/personas");
    const path = await app.file("personas_20250101.json", BACKUP);
    assert.match(await app.import(path), /2 added/);
    await app.until(() => document.querySelectorAll("ck-personas .row").length === 3);
    assert.deepEqual(await app.run(names), ["Mira", "Robin", "Tom"]);
    assert.match(await app.import(path), /2 already here/);
    await app.closeReport();
  });

  test("is told from a card by its bytes", async () => {
    const card = cardPng('{"name":"Card","description":"","personality":"","scenario":"","first_mes":"Hi","mes_example":""}');
    assert.match(await app.import(await app.file("card.png", card)), /“Card” added/);
    assert.deepEqual(await app.run(names), ["Mira", "Robin", "Tom"]);
  });

  test("is handed out and taken in again with all it says", async () => {
    await app.run(() => [...document.querySelectorAll(".row")].find((row) => row.textContent.includes("Mira")).click());
    await app.until(() => document.querySelector("h1")?.textContent === "Mira");
    const { name, bytes } = await app.download(() => button(app, "Export"));
    assert.match(name, /Mira/);
    assert.equal(JSON.parse(bytes).persona_descriptions["a.png"].description, "Keeps — the light.");
    await app.visit("#/personas");
    assert.match(await app.import(await app.file("again.json", bytes)), /already here/);
    await app.closeReport();
  });

  test("is who the person is in a chat", async () => {
    await app.visit("#/chats");
    await app.import(await app.file("short.jsonl", CHAT));
    await app.click(".list .row");
    await app.until(() => document.querySelector("select[name=persona]"));
    await app.run(() => {
      const select = document.querySelector("select[name=persona]");
      select.value = [...select.options].find((one) => one.textContent === "Mira").value;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    });
    await app.until(() => document.querySelector(".composer textarea").placeholder === "Write as Mira…");
    await app.type(".composer textarea", `The lamp is lit${KEY.enter}`);
    await app.until(() => /Mira.*The lamp is lit/s.test(document.querySelector("#message-1")?.textContent ?? ""));
    await app.restart();
    assert.equal(await app.run(() => document.querySelector("select[name=persona]").selectedOptions[0].textContent), "Mira");
    await app.visit("#/personas");
    await app.run(() => [...document.querySelectorAll(".row")].find((row) => row.textContent.includes("Mira")).click());
    await app.until(() => /The lamp is lit/.test(document.querySelector(".card-text .list")?.textContent ?? ""));
  });

  test("comes back with Undo after it was deleted", async () => {
    await button(app, "Delete");
    await app.until(() => /1 chat belongs to it/.test(document.querySelector("dialog.leaving[open]")?.textContent.replace(/\s+/g, " ") ?? ""));
    await button(app, "Delete", "dialog.leaving");
    await app.until(() => location.hash === "#/personas" && document.querySelectorAll("ck-personas .row").length === 2);
    await button(app, "Undo", ".notices");
    await app.until(() => document.querySelectorAll("ck-personas .row").length === 3);
  });
});
