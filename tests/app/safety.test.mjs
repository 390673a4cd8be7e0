// Bad files, and hostile ones.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { deflateSync } from "node:zlib";
import { zip } from "../api/zip.mjs";
import { cardPng, chunk } from "./png.mjs";
import { button, stage } from "./stage.mjs";

const ATTACKS = [
  '<img src=x onerror="window.hacked=1">',
  "<script>window.hacked=2</script>",
  "<svg onload=window.hacked=3>",
  "[click](javascript:window.hacked=4)",
  "[click](  JaVaScRiPt:window.hacked=5)",
  "![x](x\" onerror=\"window.hacked=6)",
  "<iframe srcdoc='<script>parent.hacked=7</script>'></iframe>",
  "<a href='data:text/html,<script>opener.hacked=8</script>'>x</a>",
  "${alert(1)} {{constructor.constructor('window.hacked=9')()}}",
  "<style>body{display:none}</style>",
  "\"><body onload=window.hacked=10>",
  "<math><mi//xlink:href=\"data:x,<script>window.hacked=11</script>\">",
  "![beacon](http://127.0.0.1:9/beacon.png)",
].join("\n\n");

function hostileCard() {
  const text = (name) => `${name} ${ATTACKS}`;
  const data = Object.fromEntries(["name", "description", "personality", "scenario", "first_mes", "mes_example", "creator_notes", "system_prompt", "post_history_instructions", "creator", "character_version"].map((key) => [key, text(key)]));
  return JSON.stringify({ spec: "chara_card_v2", spec_version: "2.0", data: { ...data, alternate_greetings: [ATTACKS], tags: [ATTACKS, "<b>x</b>"], extensions: { [ATTACKS]: 1 } } });
}

describe("files that are no good", () => {
  let app;
  before(async () => {
    app = await stage();
    await app.visit();
  });
  after(() => app?.close());

  const png = cardPng('{"name":"x","description":"","personality":"","scenario":"","first_mes":"","mes_example":""}');
  const noCard = Buffer.concat([png.subarray(0, 33), chunk("IDAT", []), chunk("IEND", [])]);
  for (const [what, name, bytes, code] of [
    ["an empty file", "empty.png", Buffer.alloc(0), /[a-z]+-[a-z-]+/],
    ["a picture without a card", "plain.png", noCard, /no-card/],
    ["a picture that ends in the middle", "cut.png", png.subarray(0, 60), /cut-short|bad-png|no-card/],
    ["a text that is none of these", "note.json", Buffer.from("Dear diary, nothing happened."), /[a-z]+-[a-z-]+/],
    ["noise with a card's name", "noise.png", Buffer.from(Array.from({ length: 5000 }, (_, n) => (n * 73 + 41) % 256)), /not-a-card/],
  ]) {
    test(`${what} is refused with a reason, and changes nothing`, async () => {
      const said = await app.import(await app.file(name, bytes));
      assert.match(said, /1 not imported/);
      assert.match(said, new RegExp(name.replace(".", "\\.")));
      assert.match(await app.text('dialog.report li[data-was="failed"] code'), code);
      await app.closeReport();
      assert.equal(await app.run(() => document.querySelectorAll(".tile").length), 0);
    });
  }

  test("a bad file stops no good one", async () => {
    const good = await app.file("good.png", cardPng('{"name":"Good","description":"","personality":"","scenario":"","first_mes":"","mes_example":""}'));
    const bad = await app.file("bad.json", "{{{{");
    const said = await app.import(bad, good);
    assert.match(said, /1 added, 1 not imported/);
    await app.closeReport();
    assert.equal(await app.text(".tile .name"), "Good");
  });
});

describe("a hostile heap of files", () => {
  let app;
  let folder;
  before(async () => {
    app = await stage();
    folder = await mkdtemp(join(tmpdir(), "cardkeep-hostile-"));
    await app.visit();
  });
  after(async () => {
    await app?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const polluting = '{"spec":"chara_card_v2","spec_version":"2.0","__proto__":{"polluted":1},"data":{"name":"Proto","__proto__":{"polluted":2},"constructor":{"prototype":{"polluted":3}},"first_mes":"Hi.","extensions":{"__proto__":{"polluted":4}}}}';
  const script = "<script>window.hacked=1</script>";
  const nothing = Buffer.alloc(300 << 20);
  const FILES = {
    "bomb.zip": () => zip({ "a.txt": Buffer.from("x"), "card.json": nothing }),
    "bomb of worlds.zip": () => zip({ "a.txt": Buffer.from("x"), "world_state.json": nothing }),
    "bomb of a folder.zip": () => zip({ "default-user/secrets.json": Buffer.from("{}"), "default-user/characters/Big.json": nothing }),
    "bomb.png": () => {
      const png = cardPng("{}");
      return Buffer.concat([png.subarray(0, 33), chunk("zTXt", Buffer.concat([Buffer.from("chara\0\0"), deflateSync(nothing)])), png.subarray(33)]);
    },
    "picture.svg": () => Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" onload="window.hacked=2">${script}<foreignObject><body xmlns="http://www.w3.org/1999/xhtml">${script}</body></foreignObject></svg>`),
    "card.png": () => Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" onload="window.hacked=3"/>`),
    "page.html": () => Buffer.from(`<!doctype html>${script}`),
    "deep.json": () => Buffer.from("[".repeat(1_000_000)),
    "../../up.zip": () => zip({ "../../characters/up.txt": Buffer.from("x"), "/etc/passwd": Buffer.from("x") }),
    "proto.json": () => Buffer.from(polluting),
    "proto.jsonl": () => Buffer.from(`{"user_name":"You","character_name":"Proto","__proto__":{"polluted":5},"chat_metadata":{"__proto__":{"polluted":6}}}\n{"name":"Proto","is_user":false,"mes":"Hi.","__proto__":{"polluted":7}}`),
  };

  test("that is dropped is taken or refused by name: no script runs, nothing is polluted, the page goes on", async () => {
    const paths = [];
    for (const [name, make] of Object.entries(FILES)) {
      paths.push(join(folder, name.replaceAll("../", "")));
      await writeFile(paths.at(-1), make());
    }
    const data = { items: [], files: paths, dragOperationsMask: 1 };
    const drag = (type) => app.devtools("Input.dispatchDragEvent", { type, x: 600, y: 400, data });
    await drag("dragEnter");
    await app.until(() => document.querySelector(".drop"));
    for (const type of ["dragOver", "dragOver", "drop"]) await drag(type);
    await app.until(() => document.querySelector("dialog.sheet[open]"));
    assert.equal(await app.run(() => window.hacked ?? {}.polluted), null);
    await app.click("dialog.sheet button[type=submit]");
    await app.until(() => document.querySelector("dialog.report[open]") !== null && document.querySelector(".importing") === null);
    const told = await app.run(() => Object.fromEntries([...document.querySelectorAll("dialog.report .rows > li")].map((one) => [one.querySelector("strong, a").textContent, `${one.dataset.was} ${one.querySelector("code")?.textContent ?? ""}`.trim()])));
    for (const name of ["bomb.zip", "bomb.png", "picture.svg", "card.png", "page.html", "deep.json", "up.zip"]) assert.match(told[name] ?? "", /^failed [a-z]+(-[a-z]+)+$/, name);
    for (const name of ["bomb of worlds.zip", "bomb of a folder.zip"]) assert.equal(told[name], "folder", name);
    assert.equal(await app.run(() => document.querySelectorAll('dialog.report li[data-was="added"]').length), 2);
    assert.deepEqual(await app.run(() => [window.hacked ?? "no", ({}).polluted ?? "no"]), ["no", "no"]);
  });

  test("an archive with a bomb in it is looked into, and the bomb refused by name", async () => {
    await app.run(() => document.querySelector('dialog.report li[data-was="folder"] a').click());
    for (const [name, bomb] of [["bomb of worlds.zip", "world_state.json"], ["bomb of a folder.zip", "default-user/characters/Big.json"]]) {
      await app.click(`[aria-label="Look into ${name}"]`);
      await app.until((title) => document.querySelector("#found-title")?.textContent.includes(title), name);
      await button(app, "Import all");
      await app.until(() => document.querySelector("#done-title"));
      assert.ok((await app.text(".outcomes[open]")).startsWith(`Not imported (1) ${bomb}`));
    }
  });

  test("a card that would change every object leaves as it came", async () => {
    await app.visit();
    await app.click(".tile a");
    await app.until(() => document.querySelector(".card-page"));
    const { bytes } = await app.run(async () => {
      const { keep, record } = document.querySelector("ck-card");
      const file = await keep.characters.export(record);
      return { bytes: new TextDecoder().decode(file.bytes ?? (await (await file.blob()).arrayBuffer())) };
    });
    assert.equal(bytes, polluting);
    assert.deepEqual(await app.run(() => [window.hacked ?? "no", ({}).polluted ?? "no"]), ["no", "no"]);
  });
});

describe("a browser that keeps nothing", () => {
  let app;
  before(async () => {
    app = await stage();
    await app.devtools("Page.addScriptToEvaluateOnNewDocument", { source: "Object.defineProperty(self, 'indexedDB', { value: undefined })" });
  });
  after(() => app?.close());

  test("is told so, and what to do", async () => {
    await app.go(app.server.url);
    await app.until(() => document.querySelector("[role=alert]"));
    assert.match(await app.text("[role=alert]"), /Nothing is kept\..*ends with this page; export it before you close it/);
  });

  test("still shows what is opened, and forgets it with the page", async () => {
    await app.import(await app.file("passing.png", cardPng('{"name":"Passing","description":"","personality":"","scenario":"","first_mes":"","mes_example":""}')));
    assert.equal(await app.text(".tile .name"), "Passing");
    await app.click(".tile a");
    await button(app, "Start a chat");
    for (const width of [1280, 360]) {
      await app.devtools("Emulation.setDeviceMetricsOverride", { width, height: 740, deviceScaleFactor: 1, mobile: width < 700 });
      await app.until(() => document.querySelector(".composer"));
      const [warning, field, page, height] = await app.run(() => [document.querySelector("[role=alert]").getBoundingClientRect().bottom, document.querySelector(".composer textarea").getBoundingClientRect().toJSON(), document.documentElement.scrollHeight, innerHeight]);
      assert.ok(warning > 0 && field.top > warning && field.bottom <= height && page <= height, JSON.stringify({ width, warning, field, page, height }));
    }
    await app.devtools("Emulation.clearDeviceMetricsOverride");
    await app.run(() => (location.hash = "#/storage"));
    assert.match(await app.text("[aria-label=Safety]"), /Nothing is stored\. What you make is in the memory of this page alone/);
    assert.doesNotMatch(await app.text("[aria-label=Safety]"), /stored only in this browser|protect it/);
    await app.go(app.server.url);
    await app.until(() => document.querySelector("[role=alert]"));
    assert.equal(await app.run(() => document.querySelectorAll(".tile").length), 0);
  });
});

describe("hostile text", () => {
  let app;
  before(async () => {
    app = await stage();
    await app.visit();
  });
  after(() => app?.close());

  async function harmless(where) {
    const found = await app.run(() => ({
      hacked: window.hacked ?? "no",
      handlers: [...document.querySelectorAll("main *")].filter((one) => [...one.attributes].some(({ name }) => name.startsWith("on"))).length,
      foreign: document.querySelectorAll("main :is(script, iframe, style, object, embed, math, form[action])").length,
      links: [...document.querySelectorAll("main a")].map((one) => one.protocol).filter((protocol) => !["http:", "https:", "mailto:"].includes(protocol)),
      pictures: [...document.querySelectorAll("img")].map((one) => one.src).filter((src) => !src.startsWith("blob:")),
    }));
    assert.deepEqual(found, { hacked: "no", handlers: 0, foreign: 0, links: [], pictures: [] }, where);
  }

  test("in every field of a card runs no script and loads nothing", async () => {
    await app.import(await app.file("<img src=x onerror=window.hacked=12>.png", cardPng(hostileCard())));
    await app.until(() => document.querySelectorAll(".tile").length === 1);
    await harmless("gallery");
    await app.run(() => document.querySelector(".tile a").click());
    await app.until(() => document.querySelector(".card-page"));
    await app.run(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
    await harmless("card");
    await app.run(() => [...document.querySelectorAll("button")].find((one) => one.textContent.includes("Start a chat")).click());
    await app.until(() => document.querySelectorAll(".message").length === 1);
    await harmless("chat");
  });

  test("in a chat and a world runs no script either", async () => {
    const chat = [{ user_name: ATTACKS, character_name: ATTACKS }, { name: ATTACKS, is_user: false, mes: ATTACKS, send_date: ATTACKS, swipes: [ATTACKS, ATTACKS], swipe_id: 0 }];
    const world = { metadata: { version: "1.0", created_at: 1, last_modified: 1, name: ATTACKS }, current_position: "0,0,0", visited_positions: ["0,0,0"], locations: { "0,0,0": { location_id: ATTACKS, name: ATTACKS, description: ATTACKS, coordinates: [0, 0, 0], npcs: [ATTACKS], events: [] } }, unconnected_locations: { [ATTACKS]: { location_id: ATTACKS, name: ATTACKS, description: ATTACKS } }, player: { [ATTACKS]: ATTACKS } };
    await app.visit("#/chats");
    await app.import(await app.file("hostile.jsonl", chat.map((line) => JSON.stringify(line)).join("\n")), await app.file("hostile.json", JSON.stringify(world)));
    await app.visit("#/chats");
    await app.until(() => document.querySelectorAll(".list .row").length === 2);
    await harmless("chats");
    for (const row of [0, 1]) {
      await app.visit("#/chats");
      await app.run((n) => document.querySelectorAll(".list .row")[n].click(), row);
      await app.until(() => document.querySelectorAll(".message").length === 1);
      await harmless("chat");
    }
    await app.visit("#/worlds");
    await app.click(".list .row");
    await app.until(() => document.querySelectorAll(".place").length === 1);
    await harmless("world");
  });

  test("the app itself keeps to its policy", async () => {
    const broken = (await app.console()).filter(({ message }) => /Content Security Policy|TrustedHTML|TrustedScript/i.test(message));
    assert.deepEqual(broken, []);
  });
});
