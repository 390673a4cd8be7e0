// Cards as their authors make them: from nothing, with every greeting, for tools that know less.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { cardPng, cardText } from "./png.mjs";
import { button, stage, type } from "./stage.mjs";

describe("a card that is written here", () => {
  let app;
  before(async () => {
    app = await stage();
    await app.visit();
  });
  after(() => app?.close());

  const saved = () => app.until(() => document.querySelector(".save-state")?.dataset.is === "saved");
  const choose = (nth, value) => app.run((n, to) => {
    const field = document.querySelectorAll("dialog.export select")[n];
    field.value = to;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }, nth, value);
  const exported = async () => {
    const file = await app.download(() => button(app, "Save", "dialog.export"));
    await app.until(() => !document.querySelector("dialog.export").open);
    return file;
  };

  test("begins with a form", async () => {
    await button(app, "New character");
    await app.until(() => document.querySelector(".form [name=name]")?.value === "New character");
    await type(app, "name", "Wren");
    await type(app, "first_mes", "The first.");
    await type(app, "system_prompt", "Be brief.");
    await saved();
  });

  test("has as many greetings as one likes, in the order one likes", async () => {
    for (const text of ["The second.", "The third.", "A mistake."]) {
      await button(app, "Add a greeting");
      await app.until(() => [...document.querySelectorAll(".greetings textarea")].at(-1)?.value === "");
      await app.type(".greetings .one:nth-last-child(2) textarea", text);
    }
    await app.click('[aria-label="Remove greeting 4"]');
    await app.click('[aria-label="Move greeting 3 up"]');
    await saved();
    await button(app, "Done");
    await app.until(() => document.querySelector(".form") === null);
    await app.restart();
    const shown = () => app.run(() => [...document.querySelectorAll(".greeting .prose")].map((one) => one.textContent.trim()));
    assert.deepEqual(await shown(), ["The first.", "The third.", "The second."]);
    assert.match(await app.text(".card-text"), /System prompt\s*Be brief\./);
  });

  test("gets a picture", async () => {
    await button(app, "Edit");
    const path = await app.file("portrait.png", cardPng('{"name":"nobody"}'));
    await app.type("aside input[type=file]", path);
    await app.until(() => document.querySelector(".portrait img")?.naturalWidth === 64);
    await button(app, "Done");
    await app.until(() => document.querySelector(".form") === null);
    assert.equal(await app.text("h1"), "Wren");
  });

  test("leaves as a picture or a text of the specification that is wanted, and what is lost is said before", async () => {
    await button(app, "Export as…");
    await app.until(() => document.activeElement?.matches("dialog.export select"));
    await app.until(() => document.querySelector("dialog.export .losses")?.textContent.includes("Nothing is lost"));
    await choose(0, "png");
    await choose(1, "v2");
    const png = await exported();
    assert.equal(png.name, "Wren.png");
    const data = JSON.parse(cardText(png.bytes, "chara")).data;
    assert.deepEqual([data.name, data.first_mes, data.alternate_greetings, data.system_prompt], ["Wren", "The first.", ["The third.", "The second."], "Be brief."]);
    await button(app, "Export as…");
    await app.until(() => document.querySelector("dialog.export .losses"));
    await choose(0, "json");
    await choose(1, "v1");
    await app.until(() => /alternate_greetings/.test(document.querySelector("dialog.export .losses").textContent));
    const json = JSON.parse((await exported()).bytes);
    assert.equal(json.name, "Wren");
    assert.equal(json.data, undefined);
    await button(app, "Export as…");
    await app.until(() => document.querySelector("dialog.export .losses"));
    await choose(0, "charx");
    await choose(1, "v3");
    const charx = await exported();
    assert.equal(charx.bytes.subarray(0, 2).toString(), "PK");
    await app.visit();
    assert.match(await app.import(await app.file("wren.charx", charx.bytes)), /Wren/);
  });
});
