// Playthroughs: a run through a world that stays as it is, and the events in it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { button, stage } from "./stage.mjs";

const WORLD = {
  metadata: { version: "1.0", created_at: 1234567890, last_modified: 1234567890, name: "Isle of Bells" },
  current_position: "0,0,0",
  visited_positions: ["0,0,0"],
  locations: {
    "0,0,0": { location_id: "shore", name: "Shore", description: "Waves and gulls.", npcs: [], events: [] },
    "1,0,0": {
      location_id: "tower", name: "Bell Tower", description: "Steps go up.", npcs: ["keeper"],
      events: [
        { id: "toll", name: "The bell tolls", trigger: "enter", once: true, effects: [{ post: "A bell tolls above." }, { add: "luck", by: 1 }] },
        { id: "story", name: "The keeper's story", trigger: { on: "talk", npc: "keeper" }, conditions: [{ stat: "luck", is: ">=", value: 1 }], effects: [{ post: "Long ago, says the keeper." }] },
        { id: "pull", name: "Pull the rope", trigger: "manual", once: true, effects: [{ post: "The rope comes loose." }] },
      ],
    },
  },
  events: [{ id: "tide", name: "The tide turns", trigger: { on: "turns", every: 2 }, effects: [{ post: "The water falls." }] }],
  unconnected_locations: {},
  player: { luck: 0 },
};

describe("a playthrough", () => {
  let app;
  before(async () => {
    app = await stage();
    await app.visit("#/worlds");
    await app.import(await app.file("isle.json", JSON.stringify(WORLD)));
    await app.click(".list .row");
    await app.until(() => document.querySelector("h1")?.textContent === "Isle of Bells");
  });
  after(() => app?.close());

  const happened = (words) => app.until((text) => document.querySelector(".happened")?.textContent.includes(text), words);

  test("begins where the world stands, and is named", async () => {
    await button(app, "Start a playthrough");
    await app.until(() => document.querySelector("h1")?.textContent === "Playthrough 1");
    assert.equal(await app.text(".here h2"), "Shore");
    assert.match(await app.run(() => location.hash), /^#\/world\/[^/]+\/play\/[^/]+$/);
    await app.clear(".pair [name=name]");
    await app.type(".pair [name=name]", "First try");
    await app.until(() => document.querySelector("h1").textContent === "First try" && document.querySelector(".save-state").textContent === "Saved");
  });

  test("goes through the world, and what waits there happens", async () => {
    await app.click('.compass [data-to="East"]');
    await app.until(() => document.querySelector(".here h2").textContent === "Bell Tower");
    await happened("A bell tolls above.");
    await app.until(() => document.querySelector('input[aria-label="luck"]').value === "1");
    const events = () => app.run(() => [...document.querySelectorAll(".events li")].map((one) => `${one.dataset.is}: ${one.textContent.replace(/\s+/g, " ").trim()}`));
    const told = await events();
    assert.match(told[0], /^over: The bell tolls It has happened$/);
    assert.match(told[1], /^open: The keeper's story When you talk to keeper, if luck is at least 1$/);
    assert.match(told[2], /^open: Pull the rope When you want it to/);
    assert.match(told[3], /^open: The tide turns Every 2 turns$/);
    await button(app, "Talk to keeper");
    await happened("Long ago, says the keeper.");
    await button(app, "Let it happen");
    await happened("The rope comes loose.");
    await button(app, "Take a turn");
    await app.until(() => document.querySelector(".head .quiet").textContent.includes("turn 1"));
    await button(app, "Take a turn");
    await happened("The water falls.");
    await app.until(() => document.querySelectorAll(".past li").length === 4);
    assert.match(await app.text(".past li"), /^The tide turns/);
  });

  test("what is asked for in haste happens, one after the other, also behind a name that is still typed", async () => {
    await app.run(() => {
      const name = document.querySelector(".pair [name=name]");
      name.value = "First try, again";
      name.dispatchEvent(new InputEvent("input", { bubbles: true }));
      const [turn] = [...document.querySelectorAll(".acts button")].filter(({ textContent }) => textContent === "Take a turn");
      for (let n = 0; n < 3; n += 1) turn.click();
    });
    await app.until(() => document.querySelector(".head .quiet").textContent.includes("turn 5 · Saved"));
    assert.equal(await app.text("h1"), "First try, again");
    await app.run(() => {
      const name = document.querySelector(".pair [name=name]");
      name.value = "First try";
      name.dispatchEvent(new InputEvent("input", { bubbles: true }));
    });
    await app.until(() => document.querySelector("h1").textContent === "First try" && document.querySelector(".save-state").textContent === "Saved");
    assert.match(await app.text(".head .quiet"), /turn 5/);
  });

  test("goes on after a reload, and the world is where it was", async () => {
    await app.restart();
    assert.equal(await app.text("h1"), "First try");
    assert.equal(await app.text(".here h2"), "Bell Tower");
    await app.click(".crumb a");
    await app.until(() => document.querySelector("h1")?.textContent === "Isle of Bells");
    assert.equal(await app.text(".here h2"), "Shore");
    assert.match(await app.text(".beneath .row"), /First try.*At Bell Tower, 2 places seen/);
    const { bytes } = await app.download(() => button(app, "Export JSON"));
    assert.deepEqual(JSON.parse(bytes.toString("utf8")), WORLD);
  });

  test("has chats at the places one comes to", async () => {
    await app.click(".beneath .row");
    await app.until(() => document.querySelector("h1")?.textContent === "First try");
    const place = await app.text(".here h2");
    const hash = await app.run(() => location.hash);
    await button(app, "Start a chat here");
    await app.until(() => location.hash.startsWith("#/chat/") && document.querySelectorAll(".message").length === 1);
    assert.equal(await app.text(".chat-head h1"), place);
    await app.type(".composer textarea", "I look around.\uE007");
    await app.until(() => document.querySelectorAll(".message").length === 2);
    await app.visit(hash);
    await app.until(() => document.querySelector('[aria-label="Chats"] .row')?.textContent.includes("2 messages"));
    await app.click(".crumb a");
    await app.until(() => document.querySelector("h1")?.textContent === "Isle of Bells");
  });

  test("goes into the trash with its world when that is wanted, and comes back with it", async () => {
    await button(app, "Delete");
    await app.until(() => document.querySelector("dialog.leaving[open]"));
    assert.match(await app.text("#leaving-chats"), /1 playthrough and 1 chat belong to it.*First try/);
    await app.click('dialog.leaving [value="trash"]');
    await button(app, "Delete", "dialog.leaving");
    await app.until(() => document.querySelector(".notice")?.textContent.includes("is in the trash"));
    await button(app, "Undo", ".notice");
    await app.until(() => document.querySelector(".list .row"));
    await app.click(".list .row");
    await app.until(() => document.querySelector(".beneath .row")?.textContent.includes("First try"));
  });

  test("says when its world is not there", async () => {
    await app.click(".beneath .row");
    await app.until(() => document.querySelector("h1")?.textContent === "First try");
    const address = await app.run(() => location.hash);
    await app.click(".crumb a");
    await app.until(() => document.querySelector("h1")?.textContent === "Isle of Bells");
    await button(app, "Delete");
    await app.until(() => document.querySelector("dialog.leaving[open]"));
    await button(app, "Delete", "dialog.leaving");
    await app.until(() => document.querySelector("h1")?.textContent === "Worlds");
    await app.visit(address);
    await app.until(() => document.querySelector("main .banner")?.textContent.includes("Its world is in the trash"));
  });
});
