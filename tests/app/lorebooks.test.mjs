// Lorebooks: which entries a text calls for.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { cardPng } from "./png.mjs";
import { button, stage } from "./stage.mjs";
import { KEY } from "./webdriver.mjs";

const entry = (uid, comment, key, content, more) => ({ uid, comment, key, content, keysecondary: [], constant: false, selective: false, order: 100, position: 0, disable: false, ...more });
const BOOK = {
  entries: {
    0: entry(0, "The harbour", ["harbour", "quay"], "A harbour with a lighthouse.", {}),
    1: entry(1, "The lighthouse", ["lighthouse"], "It has been dark for years.", {}),
    2: entry(2, "The tone", [], "Keep it quiet.", { constant: true, order: 200 }),
    3: entry(3, "The cellar", ["cellar"], "Full of salt.", {}),
    4: entry(4, "The attic", ["harbour"], "Nobody goes there.", { disable: true }),
  },
};

describe("the keys of a lorebook", () => {
  let app;
  before(async () => {
    app = await stage();
    await app.visit("#/lorebooks");
    await app.import(await app.file("coast.json", JSON.stringify(BOOK)));
    await app.visit("#/lorebooks");
    await app.click("ck-lorebooks .row");
    await app.until(() => document.querySelector("ck-lorebook .entry"));
    await app.click("ck-trial summary");
  });
  after(() => app?.close());

  const lines = (list) => app.run((selector) => [...document.querySelectorAll(selector)].map((line) => line.textContent.replace(/\s+/g, " ").trim()), list);

  test("are tried on a text, which tells what goes in and why", async () => {
    await app.type("ck-trial textarea", "We sat on the quay.\n\nThen nothing happened.");
    await app.until(() => document.querySelectorAll("ck-trial .called li").length === 3);
    const fired = await lines("ck-trial .called li");
    assert.match(fired[0], /^The harbour “quay” 1 message before the newest · \d+ tokens$/);
    assert.match(fired[1], /^The lighthouse “lighthouse” in “The harbour” · \d+ tokens$/);
    assert.match(fired[2], /^The tone always · \d+ tokens$/);
  });

  test("that do not fire say why", async () => {
    assert.deepEqual(await lines("ck-trial .skipped li"), ["The cellar none of its keys is there", "The attic it is off"]);
  });

  test("are tried as they were changed", async () => {
    await app.click("ck-lorebook .entry:nth-child(4) summary");
    const keys = "ck-lorebook .entry:nth-child(4) .field:nth-child(2) input";
    await app.clear(keys);
    await app.type(keys, `nothing happened${KEY.tab}`);
    await app.until(() => document.querySelectorAll("ck-trial .called li").length === 4);
    assert.match((await lines("ck-trial .called li")).find((line) => line.startsWith("The cellar")), /“nothing happened” in the newest message/);
  });
});

describe("the lorebook in a card", () => {
  let app;
  const book = { name: "Coast", extensions: {}, entries: [{ keys: ["quay"], content: "A *harbour*.", extensions: {}, enabled: true, insertion_order: 1.50 }, { keys: ["salt"], content: "White.", extensions: {}, enabled: false, insertion_order: 2 }] };
  before(async () => {
    app = await stage();
    await app.visit();
    const card = { spec: "chara_card_v2", spec_version: "2.0", data: { name: "Ada", description: "Keeps the light.", first_mes: "Good evening.", character_book: book } };
    await app.import(await app.file("ada.png", cardPng(JSON.stringify(card))));
    await app.click(".tile a");
    await app.until(() => document.querySelector("ck-card-book details"));
  });
  after(() => app?.close());

  test("is read on the card's page, which also says how many tokens the card has", async () => {
    const said = await app.text("ck-card-book");
    assert.match(said, /2 entries in the card itself.*quay.*Keys: quay.*A harbour\..*salt off/);
    assert.match(await app.text(".facts"), /Tokens, by estimate\d+; \d+ in every prompt/);
  });

  test("is copied out of it, once", async () => {
    for (const words of [/among the lorebooks now/, /among the lorebooks already/]) {
      await button(app, "Copy into the lorebooks");
      await app.until((source) => new RegExp(source).test([...document.querySelectorAll(".notice")].at(-1)?.textContent ?? ""), words.source);
    }
    await app.run(() => [...document.querySelectorAll(".notice button")].findLast((one) => one.textContent.trim() === "Open it").click());
    await app.until(() => location.hash.startsWith("#/lorebook/") && document.querySelectorAll("ck-lorebook .entry").length === 2);
    await app.visit("#/lorebooks");
    assert.equal(await app.run(() => document.querySelectorAll("ck-lorebooks .row").length), 1);
  });
});
