// Lorebooks through the package.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { init, matchLorebook, readCard, readLorebook, writeLorebook } from "cardkeep";
import { bytes, fixture, utf8 } from "./fixtures.mjs";

before(() => init());

const BOOK = { entries: { 0: { uid: 0, key: ["shark"], keysecondary: [], content: "Sharks sing of \u6771\u4eac.", comment: "sharks", order: 5, probability: 100 } } };

test("a lorebook is read, and stays as it was written", () => {
  const written = bytes(JSON.stringify(BOOK, undefined, 2));
  const { document, dialect, book, warnings } = readLorebook(written);
  assert.deepEqual(document.bytes, written);
  assert.equal(dialect, "silly-tavern");
  assert.deepEqual(warnings, []);
  const [entry] = book.entries;
  assert.deepEqual([entry.id, entry.keys, entry.content, entry.insertionOrder, entry.position], [0, ["shark"], "Sharks sing of 東京.", 5, "before-char"]);
});

test("the lorebook of a card is read from its document", () => {
  const { document } = readCard(fixture("cards/33_book_entries_object.png"));
  const { dialect, book } = readLorebook(document.bytes);
  assert.equal(dialect, "character-book");
  assert.ok(book.entries.length > 0);
});

test("a lorebook goes into another tool's file, and what is lost is told", () => {
  const { document } = readLorebook(bytes(JSON.stringify(BOOK)));
  const { bytes: v3, losses } = writeLorebook(document, { dialect: "v3" });
  assert.deepEqual(losses, []);
  assert.equal(JSON.parse(utf8(v3)).data.entries[0].content, "Sharks sing of 東京.");
  const agnai = writeLorebook(document, { dialect: "agnai" });
  assert.deepEqual(agnai.losses, []);
  const lossy = writeLorebook(readLorebook(bytes(JSON.stringify({ entries: { 0: { ...BOOK.entries[0], sticky: 3 } } }))).document, { dialect: "agnai" });
  assert.deepEqual(lossy.losses.map(({ path }) => path), ["entries.0.sticky"]);
  const cards = writeLorebook(document, { dialect: "ai-dungeon" });
  assert.deepEqual(readLorebook(cards.bytes).book.entries.map(({ keys, content }) => [keys, content]), [[["shark"], "Sharks sing of 東京."]]);
  assert.throws(() => writeLorebook(document, { dialect: "word" }), { code: "bad-option" });
});

test("a match says what goes in and why, and what not", () => {
  const { document } = readLorebook(bytes(JSON.stringify({ entries: { ...BOOK.entries, 1: { uid: 1, key: ["whale"], content: "w" } } })));
  const { fired, skipped, tokens, timed } = matchLorebook(document, ["before", "a Shark!"]);
  assert.deepEqual(fired.map(({ index, why }) => [index, why]), [[0, { reason: "key", key: "shark", depth: 0 }]]);
  assert.deepEqual(skipped, [{ index: 1, why: "not-found" }]);
  assert.ok(tokens > 0);
  assert.deepEqual(timed, {});
  assert.deepEqual(matchLorebook(document, "a Shark!", { caseSensitive: true }).fired, []);
});

test("what lasts longer than a message is given on", () => {
  const { document } = readLorebook(bytes(JSON.stringify({ entries: { 0: { ...BOOK.entries[0], sticky: 2 } } })));
  const first = matchLorebook(document, "shark", { messages: 1 });
  const second = matchLorebook(document, "nothing", { messages: 2, timed: first.timed });
  assert.equal(second.fired[0].why.reason, "sticky");
  assert.deepEqual(matchLorebook(document, "nothing", { messages: 2 }).fired, []);
});

test("misspelt arguments and files of another kind are errors", () => {
  const { document } = readLorebook(bytes(JSON.stringify(BOOK)));
  for (const work of [
    () => matchLorebook(document, "x", { scandepth: 1 }),
    () => matchLorebook(document, "x", { scanDepth: "2" }),
    () => matchLorebook(document, [1]),
    () => readLorebook("x"),
    () => readLorebook(new Uint8Array(), { limit: {} }),
  ]) {
    assert.throws(work, { name: "CardkeepError", code: "bad-option" }, String(work));
  }
  assert.throws(() => readLorebook(bytes("{}")), { code: "not-a-lorebook", op: "readLorebook" });
});

test("who speaks, what the prompt is for and what stands beside the messages decide what fires", () => {
  const entries = {
    0: { uid: 0, key: ["shark"], content: "a", characterFilter: { isExclude: false, names: ["zoe"], tags: [] } },
    1: { uid: 1, key: ["shark"], content: "b", triggers: ["swipe"] },
    2: { uid: 2, key: ["ship"], content: "c", matchScenario: true, position: 7, outletName: "here" },
    3: { uid: 3, key: ["old"], content: "d" },
  };
  const { document, book } = readLorebook(bytes(JSON.stringify({ entries })));
  assert.deepEqual([book.entries[0].characters, book.entries[1].triggers, book.entries[2].lookIn], [{ names: ["zoe"], tags: [], exclude: false }, ["swipe"], ["scenario"]]);
  const match = (options) => matchLorebook(document, ["old", "x", "shark"], options);
  const fired = (options) => match(options).fired.map(({ index }) => index).sort();
  const why = (options, n) => match(options).skipped.find(({ index }) => index === n)?.why;
  assert.deepEqual(fired({}), [0]);
  assert.deepEqual(fired({ character: { name: "ann" } }), []);
  assert.equal(why({ character: { name: "ann" } }, 0), "character");
  assert.equal(why({}, 1), "trigger");
  assert.deepEqual(fired({ trigger: "swipe", character: { name: "zoe", tags: ["t"] } }), [0, 1]);
  assert.deepEqual(fired({ minActivations: 2 }), [0, 3]);
  const { fired: beside } = match({ about: { scenario: "On a ship." } });
  const [ship] = beside.filter(({ index }) => index === 2);
  assert.deepEqual([ship.why, ship.outlet], [{ reason: "about", key: "ship", text: "scenario" }, "here"]);
  for (const wrong of [{ trigger: "never" }, { character: { names: ["x"] } }, { about: { weather: "x" } }, { minActivations: "many" }]) {
    assert.throws(() => match(wrong), { code: "bad-option" }, JSON.stringify(wrong));
  }
});
