// A character card, from a file into the app and out of it again.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { cardPng, cardText, chunks } from "./png.mjs";
import { button, stage } from "./stage.mjs";

// Order, spelling of numbers and unknown fields are not what a program would write by itself.
const JSON_TEXT = `{"spec":"chara_card_v2", "spec_version":"2.0","data":{"zeta":1.50,"name":"Zoë Testcard","description":"A *quiet* girl.","personality":"calm","scenario":"","first_mes":"\\"Hello,\\" *she says.*","mes_example":"","creator_notes":"","system_prompt":"","post_history_instructions":"","alternate_greetings":["Hi."],"tags":["test","quiet"],"creator":"me","character_version":"1","extensions":{"unknown/thing":{"big":12345678901234567890}}}}`;

describe("a character card", () => {
  let app;
  const png = cardPng(JSON_TEXT);
  before(async () => {
    app = await stage();
    await app.visit();
  });
  after(() => app?.close());

  test("an empty library offers import and samples", async () => {
    assert.match(await app.text("main"), /Your characters live here.*Import.*Try the samples/);
  });

  test("is in the gallery after import, and still there after a reload", async () => {
    assert.match(await app.import(await app.file("zoe.png", png)), /Zoë Testcard/);
    assert.equal(await app.text(".tile .name"), "Zoë Testcard");
    await app.restart();
    assert.equal(await app.text(".tile .name"), "Zoë Testcard");
    assert.deepEqual(await app.run(() => [...document.querySelectorAll(".tile .tag")].map((tag) => tag.textContent)), ["test", "quiet"]);
    // The tile has a picture, made from the card's own.
    await app.until(() => document.querySelector(".tile img")?.naturalWidth > 0);
  });

  test("has a page with its text, greetings and spec", async () => {
    await app.click(".tile a");
    await app.until(() => location.hash.startsWith("#/card/") && document.querySelector("h1")?.textContent === "Zoë Testcard");
    const page = await app.text("main");
    assert.match(page, /V2/);
    assert.match(page, /A quiet girl\./);
    assert.match(page, /2 greetings/);
    assert.equal(await app.text(".prose em"), "quiet");
    assert.equal(await app.text(".greeting .speech"), '"Hello,"');
    assert.equal(await app.run(() => document.activeElement?.tagName), "H1");
    assert.equal(await app.run(() => document.title), "Zoë Testcard · cardkeep");
  });

  test("exports identical bytes while nothing was changed", async () => {
    const { name, bytes } = await app.download(() => button(app, "Export PNG"));
    assert.match(name, /\.png$/);
    assert.ok(bytes.equals(png), "the exported file differs from the imported one");
  });

  test("exports a change of the name, and nothing else that changed", async () => {
    await button(app, "Edit");
    await app.clear("input[name=name]");
    await app.type("input[name=name]", "Zoë Renamed");
    await button(app, "Done");
    await app.until(() => document.querySelector("h1").textContent === "Zoë Renamed" && document.querySelector(".form") === null);
    await app.restart();
    assert.equal(await app.text("h1"), "Zoë Renamed");
    const { bytes } = await app.download(() => button(app, "Export PNG"));
    // The text of the card is as it was but for the name.
    assert.equal(cardText(bytes, "chara"), JSON_TEXT.replace("Zoë Testcard", "Zoë Renamed"));
    const others = (file) => chunks(file).filter(({ type, data }) => !(type === "tEXt" && /^(chara|ccv3)\0/.test(data.toString("latin1"))));
    assert.deepEqual(others(bytes), others(png));
  });

  test("leaves without what its picture tells beside it, when that is wanted", async () => {
    for (const clean of [false, true]) {
      await button(app, "Export as…");
      await app.until(() => document.querySelector("dialog.export .check"));
      assert.match(await app.text("dialog.export .check"), /what the picture tells beside the card \(Comment, tIME\)/);
      if (clean) await app.click("dialog.export .check input");
      const { bytes } = await app.download(() => button(app, "Save", "dialog.export"));
      await app.until(() => !document.querySelector("dialog.export").open);
      const told = chunks(bytes).filter(({ type, data }) => type === "tIME" || data.toString("latin1").startsWith("Comment"));
      assert.equal(told.length, clean ? 0 : 2);
      assert.equal(JSON.parse(cardText(bytes, "chara")).data.name, "Zoë Renamed");
    }
  });

  test("is not added twice", async () => {
    await app.visit();
    const path = await app.file("second.png", cardPng(JSON_TEXT.replace("Zoë Testcard", "Second")));
    assert.match(await app.import(path), /added/);
    assert.match(await app.import(path), /already here/);
    await app.closeReport();
    assert.equal(await app.run(() => document.querySelectorAll(".tile").length), 2);
  });

  test("is taken in by dropping it anywhere on the page", async () => {
    await app.visit("#/settings");
    const base64 = cardPng(JSON_TEXT.replace("Zoë Testcard", "Dropped")).toString("base64");
    await app.run((text) => {
      const transfer = new DataTransfer();
      // The name says nothing, or a lie: the bytes decide.
      transfer.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], "dropped.txt"));
      for (const type of ["dragenter", "dragover", "drop"]) document.body.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }, base64);
    await app.until(() => document.querySelector(".notice")?.textContent.includes("“Dropped” added"));
    await button(app, "Open", ".notices");
    await app.until(() => document.querySelector("h1")?.textContent === "Dropped");
    await button(app, "Delete");
    await app.until(() => location.hash === "#/" && document.querySelectorAll(".tile").length === 2);
  });

  test("is found by name, creator and tag", async () => {
    await app.type(".search input", "zoe ren");
    await app.until(() => document.querySelectorAll(".tile").length === 1);
    assert.equal(await app.text(".tile .name"), "Zoë Renamed");
    await app.clear(".search input");
  });

  test("comes back with Undo after it was deleted", async () => {
    await app.visit();
    await app.run(() => document.querySelector('button[aria-label="Delete Second"]').click());
    await app.until(() => document.querySelectorAll(".tile").length === 1);
    await button(app, "Undo", ".notices");
    await app.until(() => document.querySelectorAll(".tile").length === 2);
  });

  test("an edit is saved while it is typed, and can be put back", async () => {
    await app.click(".tile a");
    await button(app, "Edit");
    await app.type("textarea[name=scenario]", "A long road.");
    await app.until(() => document.querySelector(".save-state").textContent === "Saved");
    await button(app, "Discard");
    await app.until(() => document.querySelector(".form") === null);
    assert.doesNotMatch(await app.text(".card-text"), /A long road\./);
    await button(app, "Edit");
    await app.type("textarea[name=scenario]", "A long road.");
    await app.visit(await app.run(() => location.hash));
    assert.match(await app.text(".card-text"), /A long road\./);
  });
});
