// The table of errors, from one end to the other: thrown, typed, documented.
// `UPDATE=1 node --test tests/api/errors.test.mjs` writes the table into README.md.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { ERROR_CODES, init, isCardkeepError, readCard } from "cardkeep";
// The glue beneath the public face: what it has beyond that is for this test alone.
import { rawErrorTable, rawThrow } from "../../pkg/cardkeep.js";

await init();
const table = JSON.parse(rawErrorTable());
const readme = new URL("../../README.md", import.meta.url);
const MARKS = /(<!-- errors -->\n)([^]*?)(\n<!-- \/errors -->)/;

function caught(work) {
  try {
    work();
  } catch (thrown) {
    return thrown;
  }
  assert.fail("nothing was thrown");
}

test("the codes are those of the module, in its order", () => {
  assert.deepEqual([...ERROR_CODES], table.map(({ code }) => code));
  assert.equal(new Set(ERROR_CODES).size, ERROR_CODES.length);
});

describe("every code", () => {
  for (const { code, retryable, hint } of table) {
    test(`${code} is thrown as a real Error with its fields`, () => {
      const error = caught(() => rawThrow(code));
      assert.ok(error instanceof Error && isCardkeepError(error));
      assert.match(error.stack, /CardkeepError|Error/);
      assert.deepEqual([error.name, error.code, error.retryable, error.hint], ["CardkeepError", code, retryable, hint]);
      assert.match(error.message, new RegExp(`^${code}: `));
      assert.match(code, /^[a-z]+(-[a-z]+)*$/);
      assert.match(hint, /\.$/);
    });
  }
});

test("a code that is none is a bad option", () => {
  assert.equal(caught(() => rawThrow("no-such-code")).code, "bad-option");
});

test("what JavaScript throws has the hints of the table", () => {
  const hint = (code) => table.find((row) => row.code === code).hint;
  const error = caught(() => readCard(new Uint8Array(), { limit: 1 }));
  assert.deepEqual([error.code, error.retryable, error.hint], ["bad-option", false, hint("bad-option")]);
});

test("other errors are not taken for ours", () => {
  for (const other of [undefined, null, "CardkeepError", new Error("x"), new DOMException("x", "AbortError"), { name: "CardkeepError" }]) {
    assert.equal(isCardkeepError(other), false);
  }
});

test("the README has the whole table", () => {
  const rows = table.map(({ code, retryable, hint }) => `| \`${code}\` | ${retryable ? "yes" : "no"} | ${hint} |`);
  const wanted = ["| code | retry | what to do |", "|---|---|---|", ...rows].join("\n");
  const text = readFileSync(readme, "utf8");
  if (process.env.UPDATE) writeFileSync(readme, text.replace(MARKS, (_, open, __, close) => open + wanted + close));
  assert.equal(readFileSync(readme, "utf8").match(MARKS)?.[2], wanted);
});
