// The app on a phone's screen, and by its controls' names.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { button, stage } from "./stage.mjs";

describe("on a phone", () => {
  let app;
  const screens = {};
  before(async () => {
    app = await stage();
    await app.visit();
    await button(app, "Try the samples");
    await app.until(() => document.querySelectorAll(".tile").length === 3 && document.querySelector(".importing") === null);
    const first = async (list, css) => {
      await app.visit(list);
      return app.until((selector) => document.querySelector(selector)?.hash, css);
    };
    Object.assign(screens, { gallery: "#/", chats: "#/chats", worlds: "#/worlds", personas: "#/personas", settings: "#/settings", storage: "#/storage", folder: "#/folder", lorebooks: "#/lorebooks", templates: "#/templates", campaigns: "#/campaigns" });
    screens.card = await first("#/", ".tile a");
    screens.chat = await first("#/chats", ".list .row");
    screens.world = await first("#/worlds", ".list .row");
    await app.visit(screens.world);
    await button(app, "Start a playthrough");
    screens.play = await app.until(() => document.querySelector("ck-play .events") && location.hash);
    await app.visit("#/campaigns");
    await app.run(() => {
      for (const [name, value] of [["guild", "1".repeat(20)], ["channel", "2".repeat(20)], ["name", "Deep Sea"]]) document.querySelector(`.beneath [name=${name}]`).value = value;
      document.querySelector(".beneath form, .beneath.pair, form.pair").requestSubmit();
    });
    screens.campaign = await app.until(() => document.querySelector("ck-campaign h1") && location.hash);
    await app.visit("#/personas");
    await button(app, "New persona");
    screens.persona = await app.until(() => document.querySelector("ck-persona .form") && location.hash);
    screens.template = await first("#/templates", ".list .row");
    await app.visit("#/lorebooks");
    await button(app, "New lorebook");
    screens.lorebook = await app.until(() => document.querySelector("ck-lorebook .entry") && location.hash);
    await app.devtools("Emulation.setDeviceMetricsOverride", { width: 360, height: 740, deviceScaleFactor: 1, mobile: true });
    await app.devtools("Emulation.setTouchEmulationEnabled", { enabled: true });
  });
  after(() => app?.close());

  for (const name of ["gallery", "card", "chats", "chat", "worlds", "world", "personas", "persona", "settings", "storage", "folder", "lorebooks", "lorebook", "templates", "template", "play", "campaigns", "campaign"]) {
    test(`${name}: nothing is wider than the screen, and the navigation is at hand`, async () => {
      await app.visit(screens[name]);
      await app.until(() => document.querySelector("main h1"));
      const [page, screen] = await app.run(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(page <= screen, `the page is ${page} wide, the screen ${screen}`);
      const rail = await app.run(() => document.querySelector(".rail").getBoundingClientRect().toJSON());
      assert.ok(rail.top > 600 && rail.bottom <= 740.5, JSON.stringify(rail));
    });

    test(`${name}: every control has a name, and one heading names the page`, async () => {
      await app.visit(screens[name]);
      const nameless = await app.run(() => [...document.querySelectorAll("button, a[href], input:not([type=file]), select, textarea, [role=button]")]
        .filter((one) => !(one.getAttribute("aria-label") || one.textContent.trim() || [...(one.labels ?? [])].some((label) => label.textContent.trim())))
        .map((one) => one.outerHTML.slice(0, 120)));
      assert.deepEqual(nameless, []);
      assert.equal(await app.run(() => document.querySelectorAll("h1").length), 1);
    });
  }

  test("a character with very long names, and chats from right to left, stay within the screen and begin where their rows do", async () => {
    const long = `Bartholomew of Hohenstaufen, ${"X".repeat(70)}`;
    const card = { spec: "chara_card_v2", spec_version: "2.0", data: { name: long, creator: long, tags: [long], description: long, first_mes: "Hi." } };
    const chat = ['{"user_name":"دينا","character_name":"ليلى","chat_metadata":{}}', '{"name":"ليلى","is_user":false,"mes":"أهلا بك في البيت القديم."}'];
    await app.visit();
    await app.import(await app.file("long.json", JSON.stringify(card)), await app.file("right.jsonl", chat.join("\n")));
    await app.visit();
    await app.visit(await app.run(() => [...document.querySelectorAll(".tile a")].find((one) => one.textContent.includes("Bartholomew")).hash));
    await app.until(() => document.querySelector("ck-card h1"));
    const [page, screen] = await app.run(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(page <= screen, `the page is ${page} wide, the screen ${screen}`);
    await app.visit("#/chats");
    const [what, name] = await app.until(() => {
      const row = [...document.querySelectorAll(".list .row")].find((one) => one.textContent.includes("ليلى"));
      return row && [row.querySelector(".what"), row.querySelector(".name")].map((one) => one.getBoundingClientRect().left);
    });
    assert.ok(Math.abs(what - name) < 2, `the name begins at ${name}, its row's words at ${what}`);
    await app.run(() => [...document.querySelectorAll(".list .row")].find((one) => one.textContent.includes("ليلى")).click());
    const [title, state] = await app.until(() => document.querySelector(".chat-head h1") && [".chat-head h1", ".chat-head p"].map((css) => document.querySelector(css).getBoundingClientRect().left));
    assert.ok(Math.abs(title - state) < 2, `the title begins at ${title}, what is beneath it at ${state}`);
  });

  test("Enter makes a new line, and the button sends", async () => {
    await app.visit(screens.chat);
    await app.type(".composer textarea", "one\uE007two");
    assert.equal(await app.run(() => document.querySelector(".composer textarea").value), "one\ntwo");
    const before = await app.run(() => Number([...document.querySelectorAll(".message")].at(-1).dataset.index));
    await app.click('.composer button[type="submit"]');
    await app.until((n) => document.querySelector(`#message-${n + 1} .prose`)?.textContent.includes("one"), before);
    // The answer has a badge, which does not part its number from its buttons.
    await app.until((n) => document.querySelector(`#message-${n + 2} .badge`) && document.querySelector(`#message-${n + 2} .actions`), before);
    const [number, actions] = await app.run((n) => [".number", ".actions"].map((one) => {
      const { top, bottom } = document.querySelector(`#message-${n + 2} ${one}`).getBoundingClientRect();
      return (top + bottom) / 2;
    }), before);
    assert.ok(Math.abs(number - actions) < 10, `the number is at ${number}, its buttons at ${actions}`);
  });
});
