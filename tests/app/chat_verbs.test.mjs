// What can be done with a chat beside writing in it: undone, moved, hidden, branched, named, put away; and answers that come in pieces.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { button, stage } from "./stage.mjs";
import { KEY } from "./webdriver.mjs";

const LINES = ['{"user_name":"You","character_name":"Ada","chat_metadata":{}}', ...["one", "two", "three", "four"].map((mes, n) => JSON.stringify({ name: n % 2 ? "You" : "Ada", is_user: n % 2 === 1, mes }))];

describe("a chat", () => {
  let app;
  before(async () => {
    app = await stage();
    await app.visit("#/chats");
    await app.import(await app.file("Evening.jsonl", LINES.join("\n")));
    await app.click(".list .row");
    await app.until(() => document.querySelectorAll(".message").length === 4);
  });
  after(() => app?.close());

  const shows = (...wanted) => app.until((all) => {
    const found = [...document.querySelectorAll(".log .message .prose")].map((one) => one.textContent.trim());
    return JSON.stringify(found) === JSON.stringify(all);
  }, wanted);
  const more = async (index) => {
    await app.run((n) => document.querySelector(`#message-${n} [aria-label^="More"]`).click(), index);
    await app.until(() => document.querySelector("dialog.menu[open]"));
  };
  const press = (label) => app.run((name) => document.querySelector(`[aria-label="${name}"]`).click(), label);
  const about = async () => {
    await press("About this chat");
    await app.until(() => document.querySelector("dialog.about[open] .facts"));
  };

  test("takes back one change after the other, and makes them again", async () => {
    await app.run(() => document.querySelector('#message-1 [aria-label^="Delete"]').click());
    await button(app, "Delete", "dialog.confirm");
    await shows("one", "three", "four");
    await more(0);
    await button(app, "Move down", "dialog.menu");
    await shows("three", "one", "four");
    await press("Undo");
    await shows("one", "three", "four");
    await press("Undo");
    await shows("one", "two", "three", "four");
    await press("Redo");
    await shows("one", "three", "four");
    await press("Undo");
    await shows("one", "two", "three", "four");
    await press("Undo");
    await app.until(() => [...document.querySelectorAll(".notice")].some((one) => one.textContent.includes("left to undo")));
  });

  test("hides a message from the model, and shows it again", async () => {
    await more(2);
    await button(app, "Hide from the model", "dialog.menu");
    await app.until(() => document.querySelector("#message-2 .badge")?.textContent === "hidden");
    await more(2);
    await button(app, "Show to the model again", "dialog.menu");
    await app.until(() => document.querySelector("#message-2 .badge") === null);
  });

  test("is renamed, and counted", async () => {
    await about();
    assert.match(await app.text("dialog.about .facts"), /Messages\s*4.*Words\s*4.*Ada\s*2 messages/s);
    await app.run(() => (document.querySelector("dialog.about [name=title]").value = "A long evening"));
    await button(app, "Rename", "dialog.about");
    await app.until(() => document.querySelector("h1").textContent === "A long evening");
  });

  test("branches at a message, and the tree leads from one to the other", async () => {
    await more(1);
    await button(app, "Begin a branch here", "dialog.menu");
    const [notice, field] = await app.until(() => {
      const found = [".notices", ".composer textarea"].map((css) => document.querySelector(css)?.getBoundingClientRect().toJSON());
      return document.querySelector(".notice") && found;
    });
    assert.ok(notice.bottom <= field.top, "a notice hides nothing that one writes in");
    await button(app, "Open", ".notices");
    await shows("one", "two");
    await about();
    assert.match(await app.text("dialog.about .tree"), /A long evening.*from message 2/s);
    await button(app, "A long evening", "dialog.about .tree");
    await shows("one", "two", "three", "four");
    await more(2);
    await app.type("dialog.menu [name=title]", "The turn");
    await button(app, "Set a checkpoint", "dialog.menu");
    await app.until(() => [...document.querySelectorAll(".notice")].some((one) => one.textContent.includes("The turn")));
    await about();
    assert.match(await app.text("dialog.about .tree"), /The turn.*checkpoint.*from message 3/s);
    const [root, branch] = await app.run(() => [...document.querySelectorAll("dialog.about .tree a")].map((one) => one.getBoundingClientRect().left));
    assert.ok(branch > root, "what branched off stands further in");
    assert.deepEqual((await app.console()).filter(({ message }) => /Content Security Policy/.test(message)), []);
  });

  test("goes into the archive and out of it", async () => {
    await button(app, "Archive", "dialog.about");
    await app.until(() => !document.querySelector("dialog.about").open);
    await app.visit("#/chats");
    const names = () => [...document.querySelectorAll("ck-chats .name")].map((one) => one.textContent);
    assert.ok(!(await app.run(names)).includes("A long evening"));
    await button(app, "Archive");
    await app.until(() => document.querySelector("h1").textContent === "Archived chats" && document.querySelectorAll("ck-chats .row").length === 1);
    await app.click(".list .row");
    await app.until(() => document.querySelectorAll(".message").length === 4);
    await about();
    await button(app, "Take out of the archive", "dialog.about");
    await app.until(() => !document.querySelector("dialog.about").open);
    await app.visit("#/chats");
    await app.until(() => [...document.querySelectorAll("ck-chats .name")].some((one) => one.textContent === "A long evening"));
  });
});

describe("an answer that comes in pieces", () => {
  let app;
  const LONG = Array.from({ length: 400 }, (_, n) => `word${n}`).join(" ");
  before(async () => {
    app = await stage();
    await app.visit();
    const card = { spec: "chara_card_v2", spec_version: "2.0", data: { name: "Ada", description: "", personality: "", scenario: "", first_mes: "Good evening.", mes_example: "", creator_notes: "", system_prompt: "", post_history_instructions: "", alternate_greetings: [], tags: [], creator: "", character_version: "", extensions: { "cardkeep/companion": { rules: [{ hears: ["short"], says: ["A word or two."] }, { hears: ["spoken"], says: [`She looks up. "${LONG}"`] }], otherwise: [LONG] } } } };
    await app.import(await app.file("ada.json", JSON.stringify(card)));
    await app.click(".tile a");
    await button(app, "Start a chat");
    await app.until(() => document.querySelectorAll(".message").length === 1);
  });
  after(() => app?.close());

  test("is in the chat when it has come", async () => {
    await app.type(".composer textarea", `short${KEY.enter}`);
    await app.until(() => document.querySelector("#message-2 .prose")?.textContent.includes("A word or two."));
    assert.equal(await app.run(() => document.querySelectorAll(".message").length), 3);
  });

  test("is stopped, and the message says so", async () => {
    await app.type(".composer textarea", `long${KEY.enter}`);
    await app.until(() => document.querySelector("[aria-busy=true] .prose")?.textContent.includes("word5"));
    await button(app, "Stop", ".log");
    await app.until(() => document.querySelector("#message-4 .badge[title*='before its time']"));
    assert.doesNotMatch(await app.text("#message-4"), /word399/);
  });

  test("is stopped by Escape, too", async () => {
    await app.type(".composer textarea", `long${KEY.enter}`);
    await app.until(() => document.querySelector("[aria-busy=true] .prose")?.textContent.includes("word5"));
    await app.type(".composer textarea", KEY.escape);
    await app.until(() => document.querySelector("#message-6 .badge[title*='before its time']"));
    assert.doesNotMatch(await app.text("#message-6"), /word399/);
  });

  test("is offered again after its page ended in the middle", async () => {
    await app.type(".composer textarea", `again${KEY.enter}`);
    await app.until(() => document.querySelector("[aria-busy=true] .prose")?.textContent.includes("word90"));
    await app.restart();
    await app.until(() => document.querySelector(".cut blockquote")?.textContent.includes("word0"));
    assert.equal(await app.run(() => document.querySelectorAll(".message").length), 8);
    await button(app, "Keep what came", ".cut");
    await app.until(() => document.querySelector("#message-8 .prose")?.textContent.includes("word0 word1"));
    assert.equal(await app.run(() => document.querySelector(".cut")), null);
    await app.restart();
    await app.until(() => document.querySelectorAll(".message").length === 9);
  });

  test("shows speech as speech before it has closed", async () => {
    await app.type(".composer textarea", `spoken${KEY.enter}`);
    const [before, speech] = await app.until(() => {
      const coming = document.querySelector("[aria-busy=true] .prose");
      return coming?.textContent.includes("word5") && [coming.textContent.trim(), coming.querySelector(".speech")?.textContent ?? ""];
    });
    assert.match(before, /^She looks up\. "word0/);
    assert.match(speech, /^"word0 word1/);
    await app.type(".composer textarea", KEY.escape);
    // What never closed is no speech when nothing more comes.
    await app.until(() => document.querySelector("#message-10 .badge[title*='before its time']"));
    assert.equal(await app.run(() => document.querySelector("#message-10 .speech")), null);
  });
});
