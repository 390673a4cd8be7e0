// A page that ends right after a key was pressed: what was typed is there again. Nothing here is saved by the clock,
// the delay is a minute.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { cardPng } from "./png.mjs";
import { button, stage, type } from "./stage.mjs";

describe("what was typed just before the page ended is there again", () => {
  let app, card, chat, first;
  before(async () => {
    app = await stage();
    await app.visit("#/settings");
    await app.clear("#set-autosaveDelay");
    await app.type("#set-autosaveDelay", "60000\t");
    await app.until(() => document.querySelector(".save-state")?.textContent === "Saved" && document.querySelector('button[aria-label="Reset Save after the last key"]'));
    await app.visit();
    await app.import(await app.file("ada.png", cardPng('{"name":"Ada","description":"As imported","personality":"","scenario":"","first_mes":"Hello","mes_example":""}')));
    await app.click(".tile a");
    await app.until(() => document.querySelector(".card-page"));
    card = await app.run(() => location.hash);
    await button(app, "Start a chat");
    await app.until(() => document.querySelector(".composer"));
    chat = await app.run(() => location.hash);
    await app.go("about:blank");
    first = await app.window();
  });
  after(() => app?.close());

  const edit = async (text) => {
    await app.visit(card);
    await button(app, "Edit");
    await type(app, "description", text);
  };
  const draft = async (text) => {
    await app.visit(chat);
    await app.run((words) => {
      const field = document.querySelector(".composer textarea");
      field.value = words;
      field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }, text);
  };
  const there = async (text) => {
    await app.visit(card);
    assert.match(await app.text(".card-text"), new RegExp(text));
    assert.equal(await app.run(() => document.querySelector("ck-drafts .banner")), null);
  };
  const another = async () => {
    await app.newWindow();
    return app.window();
  };

  for (const way of ["reload", "navigation"]) {
    for (const delay of [0, 20, 50]) {
      test(`${way}, ${delay} ms after the key`, async () => {
        const text = `${way} after ${delay}`;
        await edit("before");
        await app.run((words, wait, how) => {
          const input = document.querySelector(".form [name=description]");
          const leave = () => (how === "reload" ? location.reload() : (location.href = "/manifest.webmanifest"));
          setTimeout(() => {
            input.value = words;
            input.dispatchEvent(new InputEvent("input", { bubbles: true }));
            if (wait === 0) leave();
            else setTimeout(leave, wait);
          }, 5);
        }, text, delay, way);
        await sleep(300 + delay);
        await there(text);
      });
    }
  }

  test("a closed tab", async () => {
    await another();
    await edit("Closed");
    await app.closeWindow();
    await app.toWindow(first);
    await there("Closed");
  });

  test("a message that was not sent, in a closed tab", async () => {
    await another();
    await draft("Not sent yet");
    await app.closeWindow();
    await app.toWindow(first);
    await app.visit(chat);
    await app.until(() => document.querySelector(".composer textarea")?.value === "Not sent yet");
  });

  test("a frozen tab that is discarded", async () => {
    await another();
    await edit("Frozen");
    await app.devtools("Page.setWebLifecycleState", { state: "frozen" });
    await app.closeWindow();
    await app.toWindow(first);
    await there("Frozen");
  });

  test("a hidden tab saves at once", async () => {
    await another();
    await edit("Hidden");
    const hidden = await app.window();
    await app.toWindow(first);
    await app.visit(card);
    // A window without a screen does not always notice that another one lies above it.
    await app.toWindow(hidden);
    await app.run(() => {
      if (document.visibilityState === "hidden") return;
      Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await app.until(() => document.querySelector(".save-state").textContent === "Saved");
    await app.toWindow(first);
    await app.until(() => document.querySelector(".card-text").textContent.includes("Hidden"));
    await app.toWindow(hidden);
    await app.closeWindow();
    await app.toWindow(first);
  });

  const crash = async () => {
    // The journal is written at most once in 100 ms; a crash tells nobody before.
    await sleep(250);
    await app.go("chrome://crash").catch(() => undefined);
    await app.toWindow(first);
  };

  test("a crash, a moment after the key", async () => {
    await another();
    await edit("Crashed");
    await crash();
    await there("Crashed");
  });

  test("what does not fit any more is offered, and nothing is overwritten", async () => {
    for (const [choice, text] of [["Use what was typed", "Typed before the crash"], ["Discard it", "Theirs"]]) {
      await another();
      await edit("Typed before the crash");
      await sleep(250);
      await app.run(async () => {
        const { keep, record } = document.querySelector("ck-card");
        await keep.characters.patch(record, { description: "Theirs" });
      });
      await crash();
      await app.visit(card);
      assert.match(await app.text(".card-text"), /Theirs/);
      assert.match(await app.text("ck-drafts .banner"), /1 edit of a page that ended/);
      await button(app, "Look at it", "ck-drafts");
      assert.equal(await app.text("dialog.recovered .mine"), "Typed before the crash");
      assert.equal(await app.text("dialog.recovered .theirs"), "Theirs");
      if (process.env.SCREENSHOT) await app.screenshot(process.env.SCREENSHOT);
      await button(app, choice, "dialog.recovered");
      await app.until(() => document.querySelector("ck-drafts .banner") === null);
      await there(text);
    }
  });
});
