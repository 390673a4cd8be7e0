// Chats: long ones, and what becomes of every line.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { button, stage } from "./stage.mjs";
import { KEY } from "./webdriver.mjs";

const COUNT = 10_000;

/** A SillyTavern log whose lines are spelled as no program here would spell them. */
function sillytavern() {
  const lines = ['{"user_name":"You","character_name":"Ada","create_date":"2024-07-12@01h31m37s","chat_metadata":{"note":1.0}}'];
  for (let n = 0; n < COUNT; n += 1) {
    const user = n % 2 === 1;
    lines.push(`{"name": "${user ? "You" : "Ada"}","is_user":${user}, "send_date":"July 12, 2024 1:31am","mes":"Line ${n} says *something* \\u2014 \\"here\\".","extra":{"token_count":${n}.0,"odd":${n % 3 === 0 ? "1e2" : "null"}},"unknown":[${n}]}`);
  }
  return lines;
}

/** A world's chat in the shape of world logs. */
function world() {
  const lines = ['{"metadata": {"version": "1.0", "location_id": "forest_clearing", "world_name": "Fantasy World"}, "timestamp": 1234567890}'];
  for (let n = 0; n < COUNT; n += 1) {
    lines.push(`{"id": "msg_${n}", "role": "${n % 2 ? "assistant" : "user"}", "content": "Step ${n}, and look around", "timestamp": ${1234567891 + n}}`);
  }
  return lines;
}

const shown = () => [...document.querySelectorAll(".message")].map((one) => Number(one.dataset.index));

async function editMessage(app, index, text) {
  await app.run((n) => document.querySelector(`#message-${n} .actions button`).click(), index);
  await app.clear(".message .edit textarea");
  await app.type(".message .edit textarea", text);
  await app.click(".message .edit button[type=submit]");
  await app.until((n, words) => document.querySelector(`#message-${n} .prose`)?.textContent.includes(words), index, text);
}

async function deleteMessage(app, index) {
  await app.run((n) => document.querySelector(`#message-${n} .actions button:last-child`).click(), index);
}

for (const [dialect, lines, textOf] of [["SillyTavern", sillytavern(), "mes"], ["world", world(), "content"]]) {
  describe(`a ${dialect} chat of ${COUNT} messages`, () => {
    let app;
    before(async () => {
      app = await stage();
      await app.visit("#/chats");
    });
    after(() => app?.close());

    test("opens with its last 50 messages", async () => {
      await app.import(await app.file("long.jsonl", lines.join("\n")));
      assert.match(await app.text(".list .row"), /10,000 messages/);
      await app.click(".list .row");
      await app.until(() => document.querySelectorAll(".message").length > 0);
      assert.deepEqual(await app.run(shown), Array.from({ length: 50 }, (_, n) => COUNT - 50 + n));
      // At its end.
      assert.ok(await app.until(() => {
        const log = document.querySelector(".log");
        return log.scrollHeight - log.scrollTop - log.clientHeight < 4;
      }));
    });

    test("loads older messages on scrolling up, and keeps the place", async () => {
      await app.run(() => (document.querySelector(".log").scrollTop = 300));
      await app.run(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      const place = await app.run((n) => {
        const log = document.querySelector(".log");
        // Close enough to the top to load, and the first message of before is watched.
        const top = document.querySelector(`#message-${n}`).getBoundingClientRect().top;
        log.scrollTop = 120;
        return document.querySelector(`#message-${n}`).getBoundingClientRect().top - top;
      }, COUNT - 50);
      assert.ok(Number.isFinite(place));
      const seen = await app.run((n) => document.querySelector(`#message-${n}`).getBoundingClientRect().top, COUNT - 50);
      await app.until(() => document.querySelectorAll(".message").length === 100);
      await app.run(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      const now = await app.run((n) => document.querySelector(`#message-${n}`).getBoundingClientRect().top, COUNT - 50);
      assert.ok(Math.abs(now - seen) < 8, `the message stood at ${seen}, and then at ${now}`);
    });

    test("loads older messages by the button", async () => {
      const before = await app.run(() => document.querySelectorAll(".message").length);
      await app.run(() => [...document.querySelectorAll(".log button")].find((one) => one.textContent.includes("Load older")).click());
      await app.until((n) => document.querySelectorAll(".message").length >= n + 50, before);
    });

    test("finds the words of a message further up, and goes there", async () => {
      const words = (n) => (textOf === "mes" ? `Line ${n} says` : `Step ${n}, and`);
      const find = async (n) => {
        await app.click('[aria-label="Find in this chat"]');
        await app.clear("dialog.find input");
        await app.type("dialog.find input", words(n));
        await app.until((text) => document.querySelectorAll(".hits button").length === 1 && document.querySelector(".hits").textContent.includes(text), words(n));
        await app.press(KEY.enter, KEY.enter);
        await app.until(() => !document.querySelector("dialog.find").open);
      };
      await find(COUNT - 1200);
      await app.until((n) => {
        const [log, there] = [document.querySelector(".log"), document.querySelector(`#message-${n}`)].map((one) => one?.getBoundingClientRect());
        return there && document.activeElement?.id === `message-${n}` && there.top >= log.top && there.bottom <= log.bottom;
      }, COUNT - 1200);
      await find(7);
      await app.until(() => [...document.querySelectorAll(".notice")].some((one) => /more than 5,000 messages further up/.test(one.textContent)));
      assert.equal(await app.run(() => document.querySelector("#message-7")), null);
    });

    test("takes a message by the keyboard alone, an edit and a deletion", async () => {
      await app.restart();
      await app.until(() => document.querySelectorAll(".message").length === 50);
      for (let tabs = 0; tabs < 400; tabs += 1) {
        if (await app.run(() => document.activeElement?.matches(".composer textarea"))) break;
        await app.press(KEY.tab);
      }
      assert.ok(await app.run(() => document.activeElement?.matches(".composer textarea")), "the Tab key never came to the message field");
      await app.press(..."Over and out", KEY.enter);
      await app.until((n) => document.querySelector(`#message-${n}`)?.textContent.includes("Over and out"), COUNT);
      await app.until(() => document.querySelector(".save-state")?.textContent === "Saved");
      assert.equal(await app.run(() => document.querySelector(".composer textarea").value), "");
      await editMessage(app, COUNT - 3, "This was edited");
      await deleteMessage(app, COUNT - 20);
      assert.match(await app.text("dialog.confirm"), /Delete message 9,?981/);
      await button(app, "Delete", "dialog.confirm");
      await app.until((n) => document.querySelector(`#message-${n}`) === null, COUNT);
    });

    test("is the same after a reload, and exports every untouched line as it was", async () => {
      await app.restart();
      await app.until(() => document.querySelectorAll(".message").length === 50);
      assert.match(await app.text(`#message-${COUNT - 1}`), /Over and out/);
      assert.match(await app.text(`#message-${COUNT - 4}`), /This was edited/);
      const { name, bytes } = await app.download(() => button(app, "Export"));
      assert.match(name, /\.jsonl$/);
      const out = bytes.toString("utf8").split("\n");
      const expected = lines.toSpliced(1 + COUNT - 20, 1);
      const edited = COUNT - 3; // the header is line 0, and one line before it is gone
      assert.equal(out.filter((line) => line !== "").length, expected.length + 1);
      for (const [n, line] of expected.entries()) if (n !== edited) assert.equal(out[n], line, `line ${n + 1}`);
      assert.deepEqual(JSON.parse(out[edited]), { ...JSON.parse(expected[edited]), [textOf]: "This was edited" });
      assert.equal(JSON.parse(out[expected.length])[textOf], "Over and out");
    });

    test("brings the last message back with Undo", async () => {
      await deleteMessage(app, COUNT - 1);
      await app.until((n) => document.querySelector(`#message-${n}`) === null, COUNT - 1);
      await button(app, "Undo", ".notices");
      await app.until((n) => document.querySelector(`#message-${n}`)?.textContent.includes("Over and out"), COUNT - 1);
    });
  });
}

describe("the message field", () => {
  let app;
  before(async () => {
    app = await stage();
    await app.visit("#/chats");
    await app.import(await app.file("short.jsonl", sillytavern().slice(0, 4).join("\n")));
    await app.click(".list .row");
    await app.until(() => document.querySelectorAll(".message").length === 3);
  });
  after(() => app?.close());

  test("does not send while an input method composes", async () => {
    await app.type(".composer textarea", "にほん");
    await app.run(() => {
      const field = document.querySelector(".composer textarea");
      field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true }));
      field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", keyCode: 229, bubbles: true, cancelable: true }));
    });
    assert.equal(await app.run(() => document.querySelector(".composer textarea").value), "にほん");
    assert.equal(await app.run(() => document.querySelectorAll(".message").length), 3);
  });

  test("keeps what was typed over a reload", async () => {
    await app.restart();
    await app.until(() => document.querySelector(".composer textarea")?.value === "にほん");
  });

  test("writes after what another tab wrote", async () => {
    const other = await app.tab();
    await app.visit(other.hash);
    await app.until(() => document.querySelectorAll(".message").length === 3);
    await app.clear(".composer textarea");
    await app.type(".composer textarea", `From the second tab${KEY.enter}`);
    await app.until(() => document.querySelectorAll(".message").length === 4);
    await other.back();
    await app.type(".composer textarea", `From the first tab${KEY.enter}`);
    await app.until(() => document.querySelector("#message-4")?.textContent.includes("From the first tab"));
    assert.match(await app.text("#message-3"), /From the second tab/);
  });
});
