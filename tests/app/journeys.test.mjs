// Whole journeys through the app, as people go them: a heap of files, chats in a hurry, a version of the app that is older than the
// library, a page that slept, and hands that never leave the keyboard.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { cardPng } from "./png.mjs";
import { button, stage, type } from "./stage.mjs";
import { KEY } from "./webdriver.mjs";

const json = (name, more = {}) => JSON.stringify({ spec: "chara_card_v2", spec_version: "2.0", data: { name, description: "", personality: "", scenario: "", first_mes: "Hi.", mes_example: "", ...more } });
const chat = (n) => ['{"user_name":"You","character_name":"Card 0","chat_metadata":{}}', ...Array.from({ length: 5 }, (_, line) => JSON.stringify({ name: line % 2 ? "You" : "Card 0", is_user: line % 2 === 1, send_date: 1700000000000 + n * 100_000 + line, mes: `Chat ${n}, line ${line}.` }))].join("\n");

describe("2,000 files, 60 of them broken", () => {
  const KINDS = [
    (n) => [`Card ${n}.png`, cardPng(json(`Card ${n}`))],
    (n) => [`Card ${n}.json`, json(`Card ${n}`)],
    (n) => [`Chat ${n}.jsonl`, chat(n)],
    (n) => [`Book ${n}.json`, JSON.stringify({ entries: { 0: { uid: 0, key: [`key ${n}`], content: `Lore ${n}.` } } })],
  ];
  const BROKEN = [() => Buffer.alloc(0), (n) => Buffer.from(`{"name": "cut ${n}`), (n) => cardPng(json(`Cut ${n}`)).subarray(0, 40 + (n % 40)), (n) => Buffer.from(`Dear diary, day ${n}.`)];
  const TOTAL = 2_000;
  const broken = [];
  const paths = [];
  let app;
  before(async () => {
    app = await stage();
    for (let n = 0; n < TOTAL; n += 1) {
      if (n % 33 === 5 && broken.length < 60) {
        broken.push(`broken ${n}.png`);
        paths.push(await app.file(broken.at(-1), BROKEN[n % BROKEN.length](n)));
      } else paths.push(await app.file(...KINDS[n % KINDS.length](n)));
    }
    assert.equal(broken.length, 60);
    await app.visit();
  });
  after(() => app?.close());

  /** Everything that the library has, counted. */
  const kept = () => app.run(async () => {
    const { keep } = document.querySelector("ck-characters");
    const lists = await Promise.all(["characters", "chats", "lorebooks"].map((domain) => keep[domain].list()));
    return lists.map(({ items }) => items.length);
  });
  const pick = () => app.type("ck-picker input[type=file]", paths.join("\n"));
  /** Waits for the question, and wants all that can be had of them. */
  async function asked(coming) {
    for (let waited = 0; waited < 600_000; waited += 500) {
      if (await app.run(() => document.querySelector("dialog.sheet[open]") !== null)) return button(app, `Import ${coming.toLocaleString("en")}`, "dialog.sheet");
      await new Promise((done) => setTimeout(done, 500));
    }
    throw new Error("nobody was asked");
  }
  async function report() {
    for (let waited = 0; waited < 900_000; waited += 500) {
      if (await app.run(() => document.querySelector(".importing") === null && document.querySelector("dialog.report[open]") !== null)) return app.text("#report-title");
      await new Promise((done) => setTimeout(done, 500));
    }
    throw new Error("the import did not end");
  }
  const failed = () => app.run(() => [...document.querySelectorAll('dialog.report li[data-was="failed"]')].map((one) => [one.querySelector("strong").textContent, one.querySelector("code")?.textContent ?? ""]));

  test("stopping keeps what is finished, and says what was not looked at", async () => {
    await pick();
    await asked(TOTAL - 60);
    await app.until(() => Number(document.querySelector(".importing progress")?.value) > 150);
    await app.click(".importing .link");
    const said = await report();
    const [added, bad, left] = (/^(\d+) added, (\d+) not imported, (\d,\d{3}) not looked at$/.exec(said) ?? assert.fail(said)).slice(1).map((n) => Number(n.replace(",", "")));
    assert.equal((await failed()).length, bad);
    assert.equal(added + bad + left, TOTAL, said);
    assert.equal((await kept()).reduce((a, b) => a + b), added);
    await app.closeReport();
  });

  test("the next time goes on; the page has its turns all the while, and the report names the 60", async () => {
    const [...before] = await kept();
    await pick();
    await app.until(() => document.querySelector(".importing"));
    await app.type(".search input", "nobody");
    await app.until(() => document.querySelector(".none"));
    await asked(TOTAL - 60 - before.reduce((a, b) => a + b));
    await app.until(() => document.querySelector(".importing"));
    // How much of it a hand would have to wait for: the files that are done from one turn of the page to its next.
    await app.run(() => {
      const done = () => document.querySelector(".importing progress")?.value;
      window.most = 0;
      let last = done();
      const turn = () => {
        const now = done();
        if (now === undefined) return;
        window.most = Math.max(window.most, now - last);
        last = now;
        setTimeout(turn);
      };
      turn();
    });
    await app.until(() => Number(document.querySelector(".importing progress")?.value) > 10);
    await app.clear(".search input");
    await app.type(".search input", "no one");
    await app.until(() => document.querySelector(".none")?.textContent.includes("no one") ?? false);
    assert.ok(await app.run(() => document.querySelector(".importing") !== null), "the search answers while files come in");
    await app.run(() => { document.querySelector(".search input").value = ""; document.querySelector(".search input").dispatchEvent(new Event("input")); });
    const said = await report();
    const most = await app.run(() => window.most);
    assert.ok(most <= 20, `the page had no turn while ${most} files were taken in`);
    const known = before.reduce((a, b) => a + b);
    assert.equal(said, `${(TOTAL - 60 - known).toLocaleString("en")} added, ${known} already here, 60 not imported`);
    const told = await failed();
    assert.deepEqual(told.map(([name]) => name).sort(), broken.toSorted());
    for (const [name, code] of told) assert.match(code, /^[a-z]+(-[a-z]+)+$/, name);
    await app.closeReport();
    assert.equal((await kept()).reduce((a, b) => a + b), TOTAL - 60);
  });

  test("a second run adds nothing", async () => {
    const before = await kept();
    await pick();
    assert.equal(await report(), `${(TOTAL - 60).toLocaleString("en")} already here, 60 not imported`);
    await app.closeReport();
    assert.deepEqual(await kept(), before);
  });
});

test("chats that are left 200 times while answers are on their way: each answer is in its own", async () => {
  const app = await stage();
  const NAMES = ["Ada", "Ben", "Cleo", "Dov"];
  try {
    await app.visit();
    const files = [];
    for (const name of NAMES) {
      const lines = Array.from({ length: 60 }, (_, n) => `${name} says ${n}. ${"And goes on. ".repeat(4)}`);
      files.push(await app.file(`${name}.json`, json(name, { extensions: { "cardkeep/companion": { rules: [], otherwise: lines } } })));
    }
    await app.import(...files);
    const chats = await app.run(async (names) => {
      const { keep } = document.querySelector("ck-characters");
      const { items } = await keep.characters.list();
      const made = [];
      for (const name of names) {
        const { id } = items.find((one) => one.name === name);
        made.push((await keep.chats.create({ characters: [id], title: `With ${name}` })).id);
      }
      return made;
    }, NAMES);
    const failures = await app.run(async (ids, rounds) => {
      const told = [];
      let at = 0;
      const wait = (ms) => new Promise((done) => setTimeout(done, ms));
      document.addEventListener("ck-notice", ({ detail }) => detail.tone === "bad" && told.push(detail.text), true);
      for (let n = 0; n < rounds; n += 1) {
        // Never the one that is open, and not always in the same order.
        at = (at + 1 + (n % 3)) % ids.length;
        const id = ids[at];
        location.hash = `#/chat/${id}`;
        let field;
        for (let tries = 0; !(field = document.querySelector("ck-chat .composer textarea")) || document.querySelector("ck-chat").record !== id; tries += 1) {
          if (tries > 400) throw new Error(`round ${n}: no chat`);
          await wait(10);
        }
        field.value = `Question ${n} to ${id}`;
        field.dispatchEvent(new InputEvent("input", { bubbles: true }));
        field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
        // Sometimes at once, sometimes in the middle of the answer.
        await wait([0, 5, 40, 120][n % 4]);
      }
      return told;
    }, chats, 200);
    assert.deepEqual(failures, []);
    await app.until(async (ids) => {
      const { keep } = document.querySelector("ck-chat");
      if (keep.saver().pending.length > 0 || document.querySelector("[aria-busy=true].message")) return false;
      let messages = 0;
      for (const id of ids) messages += (await keep.chats.get(id)).messages;
      return messages >= 400;
    }, chats).catch(() => undefined);
    const found = await app.run(async (ids) => {
      const { keep } = document.querySelector("ck-chat");
      const all = [];
      for (const id of ids) {
        const handle = await keep.chats.open(id);
        all.push((await handle.page(0, handle.length)).map(({ role, name, text }) => [role, name, text]));
      }
      return { all, interrupted: (await keep.chats.interrupted()).length };
    }, chats);
    assert.equal(found.interrupted, 0);
    const questions = found.all.flatMap((messages) => messages.filter(([role]) => role === "user").map(([, , text]) => Number(/^Question (\d+) /.exec(text)[1])));
    assert.deepEqual(questions.sort((a, b) => a - b), Array.from({ length: 200 }, (_, n) => n));
    for (const [n, messages] of found.all.entries()) {
      const asked = messages.filter(([role]) => role === "user");
      const said = messages.filter(([role]) => role === "character");
      assert.equal(said.length, asked.length, NAMES[n]);
      for (const [, , text] of asked) assert.ok(text.endsWith(chats[n]), text);
      for (const [, name, text] of said) assert.ok(name === NAMES[n] && text.startsWith(`${name} says `) && text.trimEnd().endsWith("And goes on."), `${NAMES[n]}: ${text}`);
    }
  } finally {
    await app.close();
  }
});
