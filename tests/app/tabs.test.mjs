// Two tabs of the app: each shows what the other does, and neither loses what a person is doing there.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { cardPng } from "./png.mjs";
import { button, stage, type } from "./stage.mjs";
import { KEY } from "./webdriver.mjs";

const COUNT = 40;
const log = ['{"user_name":"You","character_name":"Ada","chat_metadata":{}}', ...Array.from({ length: COUNT }, (_, n) =>
  JSON.stringify({ name: n % 2 ? "You" : "Ada", is_user: n % 2 === 1, send_date: 1700000000000 + n * 1000, mes: `Line ${n}. ${"It goes on for a while. ".repeat(12)}` }))].join("\n");

describe("two tabs of one chat", () => {
  let app, one, two;
  before(async () => {
    app = await stage();
    await app.visit("#/chats");
    await app.import(await app.file("chat.jsonl", log));
    await app.click(".list .row");
    await app.until((count) => document.querySelectorAll(".message").length === count, COUNT);
    one = await app.window();
    const { hash } = await app.tab();
    two = await app.window();
    await app.visit(hash);
    await app.until((count) => document.querySelectorAll(".message").length === count, COUNT);
  });
  after(() => app?.close());

  const say = async (text) => {
    await app.type(".composer textarea", `${text}${KEY.enter}`);
    await app.until((words) => [...document.querySelectorAll(".message")].at(-1).textContent.includes(words), text);
  };
  const remove = async (index) => {
    const text = await app.run((n) => document.querySelector(`#message-${n} .prose`).textContent, index);
    await app.run((n) => document.querySelector(`#message-${n} .actions button:last-child`).click(), index);
    await button(app, "Delete", "dialog.confirm");
    await app.until((n, words) => document.querySelector(`#message-${n} .prose`)?.textContent !== words, index, text);
  };
  const edit = async (index, text) => {
    await app.run((n) => document.querySelector(`#message-${n} .actions button`).click(), index);
    await app.clear(".message .edit textarea");
    await app.type(".message .edit textarea", text);
  };

  test("what is said in one is shown in the other, at its end", async () => {
    await app.toWindow(two);
    await say("From the second tab");
    await app.toWindow(one);
    await app.until((n) => document.querySelector(`#message-${n}`)?.textContent.includes("From the second tab"), COUNT);
    await app.until(() => {
      const log = document.querySelector(".log");
      return log.scrollHeight - log.scrollTop - log.clientHeight < 4;
    });
    await say("From the first tab");
    await app.toWindow(two);
    await app.until((n) => document.querySelector(`#message-${n}`)?.textContent.includes("From the first tab"), COUNT + 1);
  });

  test("who reads further up stays there", async () => {
    await app.toWindow(one);
    const place = await app.run((n) => {
      document.querySelector(`#message-${n}`).scrollIntoView();
      return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(document.querySelector(`#message-${n}`).getBoundingClientRect().top))));
    }, 15);
    await app.toWindow(two);
    await say("While somebody reads");
    await app.toWindow(one);
    await app.until((n) => document.querySelector(`#message-${n}`)?.textContent.includes("While somebody reads"), COUNT + 2);
    const now = await app.run((n) => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(document.querySelector(`#message-${n}`).getBoundingClientRect().top)))), 15);
    assert.ok(Math.abs(now - place) < 8, `the message stood at ${place}, and then at ${now}`);
  });

  test("an editor goes along with its message, and so does what was typed", async () => {
    await app.toWindow(one);
    await edit(30, "Typed before");
    await app.toWindow(two);
    await remove(20);
    await app.toWindow(one);
    await app.until(() => document.querySelector("#message-29 .edit textarea")?.value === "Typed before");
    assert.equal(await app.run(() => document.activeElement?.matches("#message-29 .edit textarea")), true);
    await app.click(".message .edit button[type=submit]");
    await app.until(() => document.querySelector("#message-29 .prose")?.textContent === "Typed before");
    await app.toWindow(two);
    await app.until(() => document.querySelector("#message-29 .prose")?.textContent === "Typed before");
    assert.match(await app.text("#message-30 .prose"), /^Line 31\./);
  });

  test("what was typed into a message that another tab deletes is not lost", async () => {
    await app.toWindow(one);
    await edit(10, "Worth keeping");
    await app.toWindow(two);
    await remove(10);
    await app.toWindow(one);
    await app.until(() => document.querySelector(".notices")?.textContent.includes("another tab deleted it"));
    assert.equal(await app.run(() => document.querySelector(".message .edit")), null);
    await button(app, "Add as new", ".notices");
    await app.until(() => [...document.querySelectorAll(".message .prose")].at(-1).textContent === "Worth keeping");
  });

  test("a question about a message that another tab deletes is withdrawn", async () => {
    await app.toWindow(one);
    await app.run(() => document.querySelector("#message-5 .actions button:last-child").click());
    await app.until(() => document.querySelector("dialog.confirm[open]"));
    await app.toWindow(two);
    await remove(5);
    await app.toWindow(one);
    await app.until(() => document.querySelector("dialog.confirm") === null);
    assert.match(await app.text("#message-5 .prose"), /^Line 6\./);
  });

  test("lists and settings follow, too", async () => {
    await app.toWindow(one);
    await app.run(() => (location.hash = "#/chats"));
    await app.until(() => document.querySelectorAll(".list .row").length === 1);
    await app.toWindow(two);
    const hash = await app.run(() => location.hash);
    await app.run(() => (location.hash = "#/settings"));
    await app.click("#set-theme option[value=dark]");
    await app.toWindow(one);
    await app.until(() => document.documentElement.dataset.theme === "dark");
    await app.toWindow(two);
    await app.run((to) => (location.hash = to), hash);
    await app.click('button[aria-label="About this chat"]');
    await button(app, "Delete", "dialog.about");
    await app.until(() => location.hash === "#/chats");
    await app.toWindow(one);
    await app.until(() => document.querySelectorAll(".list .row").length === 0);
  });
});

test("two tabs that edit one card write nothing over unseen", async () => {
  const app = await stage();
  try {
    await app.visit("#/");
    await app.import(await app.file("ada.png", cardPng('{"name":"Ada","description":"As imported","personality":"Calm","scenario":"","first_mes":"","mes_example":""}')));
    await app.click(".tile a");
    const one = await app.window();
    await app.until(() => document.querySelector(".card-page"));
    const { hash } = await app.tab();
    const two = await app.window();
    await app.visit(hash);
    await app.toWindow(one);
    await button(app, "Edit");
    await type(app, "description", "From the first tab");
    await app.until(() => document.querySelector(".save-state").textContent === "Saved");
    await app.toWindow(two);
    await app.until(() => document.querySelector(".card-text").textContent.includes("From the first tab"));
    await button(app, "Edit");
    await type(app, "personality", "Lively");
    await button(app, "Done");
    await app.until(() => document.querySelector(".form") === null);
    // The open form shows what it has not touched as it is now.
    await app.toWindow(one);
    await app.until(() => document.querySelector("textarea[name=personality]").value === "Lively");
    // Another writer between the first key and the save.
    await type(app, "description", "Mine");
    await app.run(async () => {
      const { keep, record } = document.querySelector("ck-card");
      await keep.characters.patch(record, { description: "Theirs" });
    });
    await app.until(() => document.querySelector(".banner")?.textContent.includes("changed elsewhere"));
    assert.match(await app.text(".save-state"), /^Not saved: /);
    assert.equal(await app.run(() => document.querySelector("textarea[name=description]").value), "Mine");
    await app.toWindow(two);
    await app.until(() => document.querySelector(".card-text").textContent.includes("Theirs"));
    await app.toWindow(one);
    await button(app, "Save over it");
    await app.until(() => document.querySelector(".form") === null);
    await app.toWindow(two);
    await app.until(() => document.querySelector(".card-text").textContent.includes("Mine"));
    assert.match(await app.text(".card-text"), /Lively/);
  } finally {
    await app.close();
  }
});
