// What comes in from elsewhere: many files with bad ones among them, folders, what is pasted.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fixture } from "../api/fixtures.mjs";
import { zip } from "../api/zip.mjs";
import { cardPng } from "./png.mjs";
import { button, stage } from "./stage.mjs";
import { KEY } from "./webdriver.mjs";

const json = (name) => JSON.stringify({ spec: "chara_card_v2", spec_version: "2.0", data: { name, first_mes: "Hi." } });
const card = (name) => cardPng(json(name));
const chat = (name) => `{"user_name":"You","character_name":"${name}","chat_metadata":{}}\n{"name":"${name}","is_user":false,"mes":"One."}`;

describe("files that come in", () => {
  let app;
  let folder;
  before(async () => {
    app = await stage();
    folder = await mkdtemp(join(tmpdir(), "cardkeep-dropped-"));
    await app.visit();
  });
  after(async () => {
    await app?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const tiles = (n) => app.until((count) => Number(document.querySelector(".tile")?.getAttribute("aria-setsize") ?? 0) === count, n);

  async function put(files) {
    for (const [path, bytes] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), bytes);
    }
  }

  /** As a hand does it: what lies on the disk is dragged over the page and let go. */
  async function drop(...names) {
    const drag = held(...names);
    for (const type of ["dragEnter", "dragOver", "dragOver", "drop"]) await drag(type);
  }

  /** Files in the hand, over one place of the page. */
  function held(...names) {
    const data = { items: [], files: names.map((name) => join(folder, name)), dragOperationsMask: 1 };
    return (type) => app.devtools("Input.dispatchDragEvent", { type, x: 600, y: 400, data });
  }

  /** Pastes while the given element has the focus. */
  const paste = (selector, text) =>
    app.run((css, words) => {
      const data = new DataTransfer();
      data.setData("text/plain", words);
      return document.querySelector(css).dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    }, selector, text);

  test("what failed among many is the first thing one sees, with a way on at hand", async () => {
    const files = [];
    for (let n = 0; n < 40; n += 1) files.push(await app.file(`card${n}.json`, json(`Card ${n}`)));
    files.splice(20, 0, await app.file("broken.png", Buffer.from("nothing")));
    assert.match(await app.import(...files), /^40 added, 1 not imported/);
    const [height, heading, failed, done] = await app.run(() => [innerHeight, ...["#report-title", 'li[data-was="failed"]', "footer button"]
      .map((css) => document.querySelector(`dialog.report ${css}`).getBoundingClientRect().toJSON())]);
    for (const seen of [heading, failed, done]) assert.ok(seen.top >= 0 && seen.bottom <= height, JSON.stringify(seen));
    await app.closeReport();
    await tiles(40);
  });

  test("a folder that is dropped is looked at first, with what lies deeper in it", async () => {
    await put({ "mine/Ann.png": card("Ann"), "mine/deeper/still/Ben.png": card("Ben"), "mine/.DS_Store": "x" });
    await drop("mine");
    await app.until(() => document.querySelector("#found-title")?.textContent.includes("mine"));
    assert.equal(await app.text(".counts"), "2 characters");
    await button(app, "Import all");
    await app.until(() => document.querySelector("#done-title"));
    await app.visit();
    await tiles(42);
  });

  test("so is the folder of another app, with all that belongs together", async () => {
    await put({ "default-user/characters/Cleo.png": card("Cleo"), "default-user/chats/Cleo/First.jsonl": chat("Cleo"), "default-user/secrets.json": '{"api_key":"sk-secret"}' });
    await drop("default-user");
    await app.until(() => document.querySelector("#found-title")?.textContent.includes("default-user"));
    assert.match(await app.text(".counts"), /1 character.*1 chat.*1 other file/s);
    await button(app, "Import all");
    await app.until(() => document.querySelector("#done-title"));
    await app.visit();
    await tiles(43);
  });

  test("what is dropped while others come in waits its turn", async () => {
    const many = {};
    for (let n = 0; n < 30; n += 1) many[`first/Many ${n}.png`] = card(`Many ${n}`);
    await put({ ...many, "Late.png": card("Late") });
    await drop(...Object.keys(many));
    await drop("Late.png");
    await button(app, "Import 30", "dialog.sheet");
    await tiles(74);
  });

  test("files are taken although what lies under them changes just before they are let go", async () => {
    for (const [name, z] of [["Under", 19], ["Over", 21]]) {
      await put({ [`${name}.png`]: card(name) });
      const drag = held(`${name}.png`);
      for (const type of ["dragEnter", "dragOver", "dragOver"]) await drag(type);
      await app.run((index) => document.body.append(Object.assign(document.createElement("div"), { id: "new", style: `position: fixed; inset: 0; z-index: ${index}` })), z);
      await drag("drop");
      await app.run(() => document.querySelector("#new").remove());
      await app.until((title) => [...document.querySelectorAll(".tile")].some((tile) => tile.textContent.includes(title)), name);
    }
    await tiles(76);
  });

  test("files that are carried away again leave nothing over the page", async () => {
    const drag = held("Late.png");
    await drag("dragEnter");
    await app.until(() => document.querySelector(".drop"));
    await app.run(() => document.querySelector(".tile").remove());
    await drag("dragCancel");
    await app.until(() => document.querySelector(".drop") === null);
    await app.restart();
    await tiles(76);
  });

  test("what is kept is worth installing the app, and that is offered once where it can be", async () => {
    // The browser's own offer would open a window of its own.
    await app.devtools("Page.addScriptToEvaluateOnNewDocument", { source: 'addEventListener("beforeinstallprompt", (event) => event.isTrusted && event.stopImmediatePropagation())' });
    await app.restart();
    await app.run(() => {
      window.asked = 0;
      dispatchEvent(Object.assign(new Event("beforeinstallprompt", { cancelable: true }), { prompt: () => Promise.resolve((window.asked += 1)) }));
    });
    await app.type("ck-picker input[type=file]", await app.file("Kay.png", card("Kay")));
    await button(app, "Install", ".notice");
    assert.equal(await app.run(() => window.asked), 1);
    await tiles(77);
    await app.type("ck-picker input[type=file]", await app.file("Lee.png", card("Lee")));
    await tiles(78);
    await app.until(() => [...document.querySelectorAll(".notice")].some((one) => one.textContent.includes("“Lee” added")));
    assert.ok(!(await app.run(() => [...document.querySelectorAll(".notice")].some((one) => one.textContent.includes("Install the app")))));
  });

  test("the text of a card is taken when it is pasted, and stays text in a field", async () => {
    assert.equal(await paste("main", json("Pasted")), false);
    await tiles(79);
    assert.match(await app.text(".notice:last-child"), /“Pasted” added/);
    assert.equal(await paste(".search input", json("Typed")), true);
    assert.equal(await paste("main", "just words"), true);
    await app.restart();
    await tiles(79);
  });

  test("cards, archives, folders and backups that are dropped together each go where they belong", async () => {
    await app.visit("#/storage");
    await button(app, "Back up now");
    await app.until(() => document.querySelectorAll("[data-backup]").length === 1);
    const { bytes } = await app.download(() => button(app, "Save a file"));
    await button(app, "Delete", "[data-backup]");
    await button(app, "Delete for good", "dialog.confirm");
    await app.until(() => document.querySelectorAll("[data-backup]").length === 0);
    const archive = zip({ "default-user/characters/Vic.png": card("Vic"), "default-user/chats/Vic/First.jsonl": chat("Vic") });
    await put({ "Zed.png": card("Zed"), "everything.cardkeep": bytes, "tavern.zip": archive, "heap/Una.png": card("Una"), "other.zip": zip({ "a/b.txt": Buffer.from("Nothing.") }) });
    await app.visit();
    await drop("Zed.png", "tavern.zip", "everything.cardkeep", "heap", "other.zip");
    await button(app, "Import 3", "dialog.sheet");
    assert.equal(await app.text("dialog.report[open] #report-title"), "1 added, 1 backup kept, 2 to be looked into, 1 not imported");
    assert.match(await app.text('dialog.report li[data-was="backup"]'), /^everything\.cardkeep Backup added to the list; nothing is restored yet$/);
    assert.match(await app.text('dialog.report li[data-was="failed"]'), /^other\.zip Not imported/);
    await app.click('dialog.report li[data-was="folder"] a');
    for (const [name, counts] of [["tavern.zip", "1 character1 chat"], ["heap", "1 character"]]) {
      await app.click(`[aria-label="Look into ${name}"]`);
      await app.until((title) => document.querySelector("#found-title")?.textContent.includes(title), name);
      assert.equal(await app.text(".counts"), counts);
      await button(app, "Import all");
      await app.until(() => document.querySelector("#done-title"));
    }
    assert.equal(await app.run(() => document.querySelector("#waiting-title")), null);
    await app.visit("#/storage");
    // The folders were worth a backup of their own before them.
    await app.until(() => document.querySelectorAll("[data-backup]").length >= 1);
    await app.visit();
    await tiles(82);
  });

  test("an archive that is picked like a card is looked into, too", async () => {
    await app.type("ck-picker input[type=file]", await app.file("more.zip", zip({ "data/you/characters/Wes.png": card("Wes") })));
    await app.until(() => document.querySelector("#found-title")?.textContent.includes("more.zip"));
    await button(app, "Import all");
    await app.until(() => document.querySelector("#done-title"));
    await app.visit();
    await tiles(83);
  });

  test("the chats that come with a character are told and listed", async () => {
    assert.match(await app.import(await app.file("Zoe.byaf", fixture("cases/cards/archive/backyard_chats.byaf"))), /^2 added/);
    await app.visit("#/chats");
    await app.until(() => document.querySelector("main").textContent.includes("At sea"));
  });
});

describe("files that are looked at before they come in", () => {
  let app;
  let paths;
  const ada = (more) => JSON.stringify({ spec: "chara_card_v2", spec_version: "2.0", data: { name: "Ada", creator: "Somebody", description: "She counts.", first_mes: "Hi.", ...more } });
  before(async () => {
    app = await stage();
    await app.visit();
    const file = (name, bytes) => app.file(name, bytes);
    paths = {
      ada: await file("ada.json", ada({})),
      twin: await file("twin.json", ada({ creator_notes: "The same words." })),
      later: await file("later.json", ada({ description: "She counts higher.", scenario: "A tower." })),
      ben: await file("ben.json", json("Ben")),
      log: await file("evening.jsonl", chat("Ben")),
      words: await file("words.txt", "only words"),
    };
  });
  after(() => app?.close());

  const there = (domain) => app.run(async (name) => (await document.querySelector("ck-characters").keep[name].list()).items.map((one) => one.name ?? one.title).sort(), domain);
  const row = (name) => app.run((title) => [...document.querySelectorAll("dialog.sheet .rows > li")].find((one) => (one.querySelector(".file") ?? one.querySelector("strong"))?.textContent === title)?.textContent.replace(/\s+/g, " ").trim(), name);
  const over = () => app.until(() => document.querySelector("ck-sheet") === null && document.querySelector(".importing") === null);

  test("one good file comes in at once", async () => {
    assert.match(await app.import(paths.ada), /“Ada” added/);
    assert.deepEqual(await there("characters"), ["Ada"]);
  });

  test("several are told by what they are, and nothing is kept until one says so", async () => {
    await app.look(paths.ada, paths.twin, paths.later, paths.log, paths.ben, paths.words);
    assert.equal(await app.text("#sheet-title"), "Import 6 files?");
    assert.equal(await app.text("dialog.sheet [role=status]"), "1 already here, 3 characters, 1 chat, 1 cannot be imported");
    assert.equal(await row("ada.json"), "Ada ada.json Character: is already here");
    assert.equal(await row("twin.json"), "Ada twin.json Character. Says the same as “Ada”, which is here");
    assert.equal(await row("later.json"), "Ada later.json Character. Looks like another state of “Ada”, which is here and stays as it is: other in description, scenario");
    assert.match(await row("words.txt"), /^words\.txt Cannot be imported: it is none of the files/);
    assert.equal(await app.run(() => document.querySelectorAll("dialog.sheet input").length), 4);
    assert.deepEqual([await there("characters"), await there("chats")], [["Ada"], []]);
    await app.press(KEY.escape);
    await over();
    assert.equal(await app.text(".notice:last-child"), "Nothing was imported");
    assert.deepEqual([await there("characters"), await there("chats")], [["Ada"], []]);
  });

  test("what is unchecked stays out, and what looks like others goes by one button", async () => {
    await app.look(paths.log, paths.ben, paths.twin, paths.later);
    assert.equal(await row("evening.jsonl"), "Ben evening.jsonl Chat with Ben");
    await button(app, "Leave these 2 out", "dialog.sheet");
    assert.equal(await app.text("dialog.sheet [role=status]"), "1 chat, 1 character, 2 left out");
    await app.run(() => [...document.querySelectorAll("dialog.sheet .rows > li")].find((one) => one.textContent.includes("evening")).querySelector("input").click());
    assert.equal(await app.text("dialog.sheet button[type=submit]"), "Import 1");
    await app.run(() => document.querySelector("dialog.sheet button[type=submit]").focus());
    await app.press(KEY.enter);
    await over();
    await app.until(() => document.querySelector(".notice")?.textContent.includes("“Ben” added"));
    assert.deepEqual([await there("characters"), await there("chats")], [["Ada", "Ben"], []]);
  });

  test("a chat is linked to the character that comes behind it", async () => {
    const [log, zoe] = [await app.file("a log.jsonl", chat("Zoe")), await app.file("zoe.json", json("Zoe"))];
    assert.match(await app.import(log, zoe), /^2 added/);
    assert.equal(await app.run(async () => {
      const { keep } = document.querySelector("ck-characters");
      const { characters } = (await keep.chats.list()).items[0];
      return (await keep.characters.get(characters[0]))?.name;
    }), "Zoe");
  });

  test("two that say the same and come together are told", async () => {
    const [one, two] = [await app.file("dee.json", json("Dee")), await app.file("dee too.json", json("Dee").replace('"data":{', '"data":{"tags":["more"],'))];
    await app.look(one, two);
    assert.equal(await row("dee too.json"), "Dee dee too.json Character. Says the same as dee.json, which comes too");
    assert.equal(await row("dee.json"), "Dee dee.json Character");
    await button(app, "Cancel", "dialog.sheet");
    await over();
  });

  test("one that looks like a character that is here is asked about, and comes beside it", async () => {
    await app.look(paths.later);
    await button(app, "Import 1", "dialog.sheet");
    await app.until(() => document.querySelector(".notice")?.textContent.includes("“Ada” added"));
    assert.deepEqual(await there("characters"), ["Ada", "Ada", "Ben", "Zoe"]);
  });

  test("what is here already needs no question", async () => {
    assert.match(await app.import(paths.ada), /^1 already here/);
    await app.closeReport();
  });

  test("looking can be stopped, and then nothing is imported", async () => {
    const files = [];
    for (let n = 0; n < 60; n += 1) files.push(await app.file(`many${n}.json`, json(`Many ${n}`)));
    await app.type("ck-picker input[type=file]", files.join("\n"));
    await button(app, "Stop", ".importing");
    await app.until(() => [...document.querySelectorAll(".notice")].at(-1)?.textContent.includes("Nothing was imported"));
    assert.equal((await there("characters")).length, 4);
  });

  test("is told within the width of a phone", async () => {
    await app.devtools("Emulation.setDeviceMetricsOverride", { width: 390, height: 844, deviceScaleFactor: 1, mobile: true });
    await app.look(paths.twin, await app.file(`${"long".repeat(30)}.json`, json("W".repeat(120))));
    const [whole, shown] = await app.until(() => {
      const dialog = document.querySelector("dialog.sheet");
      return innerWidth === 390 && [dialog.scrollWidth, dialog.clientWidth];
    });
    assert.ok(whole <= shown, `${whole} in ${shown}`);
    await button(app, "Cancel", "dialog.sheet");
    await over();
  });
});

describe("characters that come twice", () => {
  let app;
  before(async () => {
    app = await stage();
    await app.visit();
    const twin = (extra) => JSON.stringify({ spec: "chara_card_v2", spec_version: "2.0", data: { name: "Twin", description: "One of two.", first_mes: "Hi.", ...extra } });
    const files = [["first.json", twin({})], ["second.json", twin({ creator_notes: "Another copy." })], ["third.json", twin({ tags: ["copy"] })], ["nameless.json", json("")], ["words.txt", "only words"]];
    const paths = [];
    for (const [name, text] of files) paths.push(await app.file(name, text));
    await app.import(...paths);
  });
  after(() => app?.close());

  const there = () => app.run(async () => (await document.querySelector("ck-characters").keep.characters.list()).items.map(({ name }) => name).sort());

  test("are told apart by their files, with a way to the one they are like", async () => {
    assert.equal(await app.text("#report-title"), "4 added, 1 not imported");
    const rows = await app.run(() => [...document.querySelectorAll('dialog.report li[data-was="added"]')].map((one) => one.textContent.replace(/\s+/g, " ").trim()));
    assert.equal(rows.filter((row) => /^Twin (second|third)\.json Character added.* It says the same as “Twin”, which is here too Remove this one/.test(row)).length, 2, rows.join("\n"));
    assert.equal(rows.filter((row) => /^Twin first\.json Character added$/.test(row)).length, 1, rows.join("\n"));
    assert.equal(rows.filter((row) => /^No name nameless\.json Character added/.test(row)).length, 1, rows.join("\n"));
    assert.match(await app.text('dialog.report li[data-was="failed"]'), /^words\.txt Not imported: it is none of the files that come in here.* not-a-card$/);
  });

  test("go into the trash by one button, the first one of them stays, and they come back by another", async () => {
    await button(app, "Move these 2 to the trash", "dialog.report");
    await app.until(() => document.querySelector(".doubles [role=status]").textContent === "2 characters are in the trash.");
    assert.deepEqual(await there(), ["", "Twin"]);
    await button(app, "Bring them back", "dialog.report");
    await app.until(() => document.querySelector(".doubles [role=status]").textContent === "2 characters are back.");
    assert.deepEqual(await there(), ["", "Twin", "Twin", "Twin"]);
  });

  test("stay when they have chats by now", async () => {
    await app.run(async () => {
      const { keep } = document.querySelector("ck-characters");
      const link = [...document.querySelectorAll("dialog.report .rows > li")].find((one) => one.textContent.includes("second.json")).querySelector("a");
      await keep.chats.create({ title: "Ours", characters: [link.hash.split("/").at(-1)] });
    });
    await button(app, "Move these 2 to the trash", "dialog.report");
    await app.until(() => document.querySelector(".doubles [role=status]").textContent === "1 character is in the trash. 1 character has chats by now and stayed.");
    assert.deepEqual(await there(), ["", "Twin", "Twin"]);
  });

  test("are told within the width of a phone", async () => {
    await app.devtools("Emulation.setDeviceMetricsOverride", { width: 390, height: 844, deviceScaleFactor: 1, mobile: true });
    const [whole, shown] = await app.until(() => {
      const dialog = document.querySelector("dialog.report");
      return innerWidth === 390 && [dialog.scrollWidth, dialog.clientWidth];
    });
    assert.ok(whole <= shown, `${whole} in ${shown}`);
  });
});
