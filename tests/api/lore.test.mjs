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
  assert.throws(() => writeLorebook(document, { dialect: "ai-dungeon" }), { code: "unsupported" });
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
