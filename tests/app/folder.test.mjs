// A folder of another app, and what hangs on a character that is deleted.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { zip } from "../api/zip.mjs";
import { cardPng } from "./png.mjs";
import { button, stage } from "./stage.mjs";

const card = (name) => cardPng(JSON.stringify({ name, description: "", personality: "", scenario: "", first_mes: "Hi.", mes_example: "" }));
const chat = (name, text) => Buffer.from(`{"user_name":"You","character_name":"${name}","chat_metadata":{}}\n{"name":"${name}","is_user":false,"mes":"${text}"}`);
const FOLDER = {
  "data/you/characters/Ann.png": card("Ann"),
  "data/you/characters/Bob.png": card("Bob"),
  "data/you/characters/rotten.png": Buffer.from("no picture"),
  "data/you/chats/Ann/First.jsonl": chat("Ann", "One."),
  "data/you/chats/Ann/Second.jsonl": chat("Ann", "Two."),
  "data/you/chats/Bob/Third.jsonl": chat("Bob", "Three."),
  "data/you/worlds/Sea.json": Buffer.from('{"entries":{"0":{"uid":0,"key":["shark"],"content":"Sharks sing."},"1":{"uid":1,"key":["ray"],"content":"Rays fly."}}}'),
  "data/you/instruct/Mine.json": Buffer.from('{"name":"Mine","input_sequence":"<u>","output_sequence":"<a>","wrap":false}'),
  "data/you/secrets.json": Buffer.from('{"api_key":"sk-secret"}'),
};

const words = (selector) => document.querySelector(selector)?.textContent.replace(/\s+/g, " ").trim();

describe("a folder of another app", () => {
  let app;
  let archive;
  before(async () => {
    app = await stage();
    archive = await app.file("tavern.zip", zip(FOLDER));
    await app.visit("#/folder");
  });
  after(() => app?.close());

  const bring = async () => {
    await app.type("#archive", archive);
    await app.until(() => document.querySelector("#found-title"));
  };

  test("is looked at before anything is imported", async () => {
    await bring();
    const counts = await app.run(() => [...document.querySelectorAll(".counts li")].map((one) => one.textContent.replace(/\s+/g, " ").trim()));
    assert.deepEqual(counts, ["3 characters", "3 chats", "1 lorebook", "1 template", "1 other file that will be left where it is"]);
    await app.visit("#/");
    assert.equal(await app.run(() => document.querySelectorAll(".tile").length), 0);
  });

  test("comes with its links, and each file is told", async () => {
    await app.visit("#/folder");
    await bring();
    await button(app, "Import all");
    await app.until(() => document.querySelector("#done-title"));
    assert.match(await app.run(words, "[aria-labelledby=done-title] [role=status]"), /^7 added, 1 not imported, 1 left where they are$/);
    assert.match(await app.run(words, ".outcomes[open]"), /^Not imported \(1\) data\/you\/characters\/rotten\.png/);
    assert.equal(await app.run(() => document.body.textContent.includes("sk-secret")), false);
    await button(app, "Import another");
    await bring();
    await button(app, "Import all");
    await app.until(() => document.querySelector("#done-title"));
    assert.match(await app.run(words, "[aria-labelledby=done-title] [role=status]"), /^7 already here, 1 not imported/);
  });

  test("asks what becomes of the chats of a character that is deleted", async () => {
    const remove = async (name) => {
      await app.visit("#/");
      await app.click(`.tile [aria-label="Delete ${name}"]`);
      await app.until(() => document.querySelector("dialog.leaving[open]"));
    };
    const removeWithChats = async (name) => {
      await remove(name);
      await app.click("dialog.leaving input[value=trash]");
      await button(app, "Delete", "dialog.leaving");
      await app.until(() => document.querySelectorAll(".tile").length === 0);
    };
    const chats = async () => {
      await app.visit("#/chats");
      return app.run(() => [...document.querySelectorAll("ck-chats .row .name")].map((one) => one.textContent).sort());
    };
    await remove("Ann");
    assert.match(await app.run(words, "dialog.leaving"), /2 chats belong to it.*First.*1 message/);
    assert.equal(await app.run(() => document.activeElement.textContent), "Cancel");
    await button(app, "Cancel", "dialog.leaving");
    await app.until(() => document.querySelector("dialog.leaving") === null);
    assert.equal(await app.run(() => document.querySelectorAll(".tile").length), 2);

    await remove("Bob");
    await button(app, "Delete", "dialog.leaving");
    await app.until(() => document.querySelectorAll(".tile").length === 1);
    assert.deepEqual(await chats(), ["First", "Second", "Third"]);

    await removeWithChats("Ann");
    await button(app, "Undo", "ck-notices");
    await app.until(() => document.querySelectorAll(".tile").length === 1);
    assert.deepEqual(await chats(), ["First", "Second", "Third"]);
    await removeWithChats("Ann");
    assert.deepEqual(await chats(), ["Third"]);
  });

  test("leaves again as a folder of SillyTavern", async () => {
    await app.visit("#/folder");
    const { name, bytes } = await app.download(() => button(app, "Save the folder"));
    assert.match(name, /^sillytavern-.*\.zip$/);
    for (const path of ["worlds/Sea.json", "instruct/Mine.json", "chats/No character/Third.jsonl"]) assert.equal(bytes.includes(path), true, path);
  });

  test("its lorebooks and templates can be changed", async () => {
    await app.visit("#/lorebooks");
    await app.click("ck-lorebooks .row");
    await app.until(() => document.querySelectorAll(".entry").length === 2);
    await app.run(() => {
      document.querySelector(".entry details").open = true;
      const text = document.querySelector(".entry textarea");
      text.value = "Sharks dance.";
      text.dispatchEvent(new InputEvent("input", { bubbles: true }));
    });
    await app.until(() => document.querySelector(".save-state").textContent === "Saved");
    await button(app, "New entry");
    await app.until(() => document.querySelectorAll(".entry").length === 3);
    await button(app, "Remove", ".entry:last-child");
    await app.until(() => document.querySelectorAll(".entry").length === 2);
    await button(app, "Undo", "ck-notices");
    await app.until(() => document.querySelectorAll(".entry").length === 3);
    await app.restart();
    assert.equal(await app.run(() => document.querySelector(".entry textarea").value), "Sharks dance.");

    await app.visit("#/templates");
    await app.click("ck-templates .row");
    await app.until(() => document.querySelector("ck-template textarea"));
    await app.run(() => {
      const text = [...document.querySelectorAll("ck-template .field")].find((one) => one.textContent.startsWith("Input sequence")).querySelector("textarea");
      text.value = "<user>";
      text.dispatchEvent(new InputEvent("input", { bubbles: true }));
    });
    await app.until(() => document.querySelector(".save-state").textContent === "Saved");
    const { bytes } = await app.download(() => button(app, "Export"));
    assert.equal(JSON.parse(bytes).input_sequence, "<user>");
  });

  test("a template that comes along is hidden, and shown again", async () => {
    await app.visit("#/templates");
    const shown = () => app.run(() => document.querySelectorAll('ck-templates [aria-label^="Copy "]').length);
    const all = await shown();
    const label = await app.run(() => document.querySelector('ck-templates [aria-label^="Hide "]').ariaLabel);
    await app.run((name) => document.querySelector(`ck-templates [aria-label="${name}"]`).click(), label);
    await app.until((count) => document.querySelectorAll('ck-templates [aria-label^="Copy "]').length === count, all - 1);
    await app.restart();
    assert.equal(await shown(), all - 1);
    await button(app, "Show 1 hidden one");
    await app.until((count) => document.querySelectorAll('ck-templates [aria-label^="Copy "]').length === count, all);
    await button(app, "Show again");
    await app.until(() => document.querySelector("ck-templates .link") === null);
    assert.equal(await shown(), all);
  });
});
