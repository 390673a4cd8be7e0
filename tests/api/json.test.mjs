// Whatever JSON.parse accepts is read with equal values, and stays byte for byte where nothing was changed.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { editCard, init, readCard } from "cardkeep";
import { bytes, utf8 } from "./fixtures.mjs";

before(() => init());

let seed = 20_261_121;
function below(end) {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((seed / 2 ** 32) * end);
}
const pick = (list) => list[below(list.length)];

const UNITS = ["a", " ", "é", "東", "\u{1f988}", "\u2028", "\u007f", "\\n", "\\\"", "\\\\", "\\/", "\\u0000", "\\u0041", "\\ud83d", "\\udd88", "\\ud83e\\udd88", "\\uDFFF", "__proto__", "{", "]", ",", ":", "//"];
const NUMBERS = ["0", "-0", "1.50", "1e400", "-1E-400", "123456789012345678901234567890", "0.1", "9007199254740993", "5e-324", "1e+2"];
const SPACE = ["", "", "", " ", "\n", "\r\n  ", "\t"];

const string = () => `"${Array.from({ length: below(6) }, () => pick(UNITS)).join("")}"`;
function value(depth) {
  const around = (text) => pick(SPACE) + text + pick(SPACE);
  const many = (of) => around(Array.from({ length: below(5) }, of).join(","));
  switch (below(depth > 0 ? 7 : 4)) {
    case 0: return around(string());
    case 1: return around(pick(NUMBERS));
    case 2: return around(pick(["true", "false", "null"]));
    case 3: return around(string());
    case 4: return around(`[${many(() => value(depth - 1))}]`);
    default: return around(`{${many(() => `${around(string())}:${value(depth - 1)}`)}}`);
  }
}

test("two thousand random texts are read as JSON.parse reads them, and kept as they are", () => {
  for (let n = 0; n < 2_000; n += 1) {
    const text = value(4);
    const wanted = JSON.parse(text);
    const file = `{"name":"A","first_mes":"b","extensions":{"x":${text}}}`;
    const { card, document } = readCard(bytes(file));
    assert.deepEqual(card.extensions.x, wanted, text);
    assert.equal(utf8(document.bytes), file);
    // What says the same is no change; what is new leaves the rest as it is spelled.
    assert.equal(utf8(editCard(document, { extensions: card.extensions, name: "A" }).bytes), file, text);
    assert.equal(utf8(editCard(document, { name: "Bea" }).bytes), file.replace('"A"', '"Bea"'), text);
  }
});
