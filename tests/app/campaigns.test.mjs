// Campaigns: begun, filled in, and exchanged with the files of a bot.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { button, stage } from "./stage.mjs";

const FILES = {
  "campaigns.json": { g1: { c1: { name: "Deep Sea", gm_id: "7", players: ["5"], mood: "dark" } } },
  "characters.json": { g1: { 5: { c1: { name: "Nerys", avatar_url: null } } } },
  "npcs.json": { g1: { c1: { octopus: { name: "Octopus", creator_id: "7" } } } },
};

describe("campaigns", () => {
  let app;
  before(async () => {
    app = await stage();
    await app.visit("#/settings");
    await button(app, "Campaigns");
    await app.until(() => document.querySelector("h1")?.textContent === "Campaigns");
  });
  after(() => app?.close());

  const fill = (label, words, inside = "main") => app.until((wanted, text, root) => {
    const field = [...document.querySelectorAll(`${root} label`)].find((one) => one.textContent.trim().startsWith(wanted))?.querySelector("input");
    if (!field) return false;
    field.value = text;
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  }, label, words, inside);
  const saved = () => app.until(() => document.querySelector(".save-state")?.textContent === "Saved");
  const add = async (placeholder, id) => {
    await app.until((call, words) => {
      const field = document.querySelector(`input[placeholder="${call}"]`);
      if (!field) return false;
      field.value = words;
      field.form.requestSubmit();
      return true;
    }, placeholder, id);
    await app.until((words) => [...document.querySelectorAll(".entry details[open] summary")].some((one) => one.textContent.includes(words)), id);
  };

  test("one is begun in a channel, and who is in it is told", async () => {
    await fill("Guild", "g9", ".beneath");
    await fill("Channel", "c9", ".beneath");
    await fill("Name", "Quiet Isle", ".beneath");
    await button(app, "Begin");
    await app.until(() => document.querySelector("h1")?.textContent === "Quiet Isle");
    await fill("Who leads", "42");
    await fill("Players", "5, 6, 5");
    await add("Player’s id", "5");
    await fill("Name", "Ada", ".entry details[open]");
    await fill("Description", "Swims.", ".entry details[open]");
    await add("Its id", "gull");
    await fill("Made by", "42", ".entry details[open] .form:has([name=creator_id])");
    await saved();
    await app.restart();
    assert.equal(await app.run(() => document.querySelector("[name=gm_id]").value), "42");
    assert.equal(await app.run(() => document.querySelector("[name=players]").value), "5, 6");
    assert.deepEqual(await app.run(() => [...document.querySelectorAll(".entry summary")].map((one) => one.textContent.trim())), ["Ada played by 5", "gull gull"]);
  });

  test("somebody who is removed can be put back", async () => {
    await app.run(() => document.querySelector('button[aria-label="Remove Ada"]').click());
    await app.until(() => document.querySelectorAll(".entry").length === 1);
    await button(app, "Undo", ".notice");
    await app.until(() => document.querySelectorAll(".entry").length === 2);
  });

  test("the files of a bot come in beside it and go out again", async () => {
    await app.visit("#/campaigns");
    const paths = [];
    for (const [name, content] of Object.entries(FILES)) paths.push(await app.file(name, JSON.stringify(content)));
    await app.type("main input[type=file]", paths.join("\n"));
    await app.until(() => document.querySelector(".notice")?.textContent.includes("1 added, 0 changed, 0 already here"));
    await app.until(() => document.querySelectorAll(".list .row").length === 2);
    await app.run(() => [...document.querySelectorAll(".row")].find((row) => row.textContent.includes("Deep Sea")).click());
    await app.until(() => document.querySelector("h1")?.textContent === "Deep Sea");
    assert.equal(await app.run(() => document.querySelector("[name=gm_id]").value), "7");
    await fill("Name", "Deeper Sea", ".pair");
    await saved();
    const { bytes } = await app.download(() => button(app, "Export JSON"));
    const { campaign } = JSON.parse(bytes.toString("utf8"));
    assert.deepEqual(campaign, { ...FILES["campaigns.json"].g1.c1, name: "Deeper Sea" });
  });

  test("one that is begun again is opened and not written over", async () => {
    await app.visit("#/campaigns");
    await fill("Guild", "g9", ".beneath");
    await fill("Channel", "c9", ".beneath");
    await fill("Name", "Another", ".beneath");
    await button(app, "Begin");
    await app.until(() => document.querySelector("h1")?.textContent === "Quiet Isle");
    await button(app, "Delete");
    await app.until(() => document.querySelector("h1")?.textContent === "Campaigns");
    await button(app, "Undo", ".notice");
    await app.until(() => document.querySelectorAll(".list .row").length === 2);
  });
});
