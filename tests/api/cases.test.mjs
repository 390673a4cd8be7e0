// Every case of tests/cases through the package: the same answers as in Rust, in JavaScript's values.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { init, isCardkeepError, peekCard, readCard, readLorebook } from "cardkeep";
import cards from "../cases/cards.mjs";
import lorebooks from "../cases/lorebooks.mjs";
import { fixture } from "./fixtures.mjs";

before(() => init());

function attempt(work) {
  try {
    return { found: work() };
  } catch (error) {
    assert.ok(isCardkeepError(error), String(error));
    return { code: error.code };
  }
}

const stored = (area, name) => fixture(`cases/${area}/${name}`);
const beside = (area, name) => JSON.parse(new TextDecoder().decode(stored(area, `${name}.expected.json`)));

describe("cards", () => {
  for (const { name, expected } of cards) {
    test(`${name}: ${expected.note}`, async () => {
      assert.deepEqual(beside("cards", name), JSON.parse(JSON.stringify(expected)), "node tests/cases/write.mjs");
      const file = stored("cards", name);
      const { found, code } = attempt(() => readCard(file));
      assert.equal(code, expected.error);
      const peeked = await peekCard(new Blob([file])).catch((error) => error);
      assert.equal(peeked.code, expected.error);
      if (found === undefined) return;
      assert.equal(peeked.name, found.card.name);
      if (expected.name !== undefined) assert.equal(found.card.name, expected.name);
      for (const key of ["spec", "container"]) if (expected[key] !== undefined) assert.equal(found[key], expected[key]);
      if (expected.assets !== undefined) assert.equal(found.assets.length, expected.assets);
      for (const [key, wanted] of Object.entries(expected.fields ?? {})) assert.deepEqual(found.card[key], wanted, key);
    });
  }
});

describe("lorebooks", () => {
  for (const { name, expected } of lorebooks) {
    test(`${name}: ${expected.note}`, () => {
      assert.deepEqual(beside("lorebooks", name), JSON.parse(JSON.stringify(expected)), "node tests/cases/write.mjs");
      const { found, code } = attempt(() => readLorebook(stored("lorebooks", name)));
      assert.equal(code, expected.error);
      if (found === undefined) return;
      assert.equal(found.dialect, expected.dialect);
      for (const [index, wanted] of (expected.entries ?? []).entries()) {
        for (const [key, value] of Object.entries(wanted)) assert.deepEqual(found.book.entries[index][key], value, `${key} of ${index}`);
      }
    });
  }
});
