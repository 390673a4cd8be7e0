// Cards through the package.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { editCard, init, readCard, writeCard } from "cardkeep";
import { bytes, expected, fixture, utf8 } from "./fixtures.mjs";

before(() => init());

describe("every card of the fixtures reads as expected", () => {
  for (const [name, want] of Object.entries(expected("cards"))) {
    test(`${name}: ${want.note}`, () => {
      const read = () => readCard(fixture(`cards/${name}`));
      if (want.name === "ERR") {
        assert.throws(read, { name: "CardkeepError", code: "no-card", op: "readCard" });
        return;
      }
      const { card, document, spec, container, source, warnings, assets } = read();
      assert.equal(card.name, want.name);
      assert.ok(document.bytes instanceof Uint8Array && document.bytes.length > 0);
      assert.match(spec, /^v[123]$/);
      assert.equal(container, name.split(".").at(-1));
      assert.equal(typeof source.reason, "string");
      for (const warning of warnings) assert.deepEqual(Object.keys(warning).sort(), ["code", "message", "path", "repaired"]);
      for (const asset of assets) assert.ok(asset.bytes instanceof Uint8Array);
      for (const list of [card.tags, card.alternate_greetings, card.group_only_greetings]) assert.ok(Array.isArray(list));
    });
  }
});

test("a card that did not change comes back identical", () => {
  for (const name of ["01_v1_before_idat.png", "06_ztxt.png", "43_exif_after.png"]) {
    const image = fixture(`cards/${name}`);
    const again = writeCard(readCard(image).document, { container: "png", image });
    assert.deepEqual(again, image, name);
  }
  const text = fixture("cards/80_v2.json");
  assert.deepEqual(writeCard(readCard(text).document, { container: "json" }), text);
});

test("an archive carries a card and its assets there and back", () => {
  const { document } = readCard(fixture("cards/80_v2.json"));
  const image = fixture("cards/01_v1_before_idat.png");
  const assets = [{ path: "embeded://assets/other/notes.bin", bytes: new Uint8Array([1, 2, 3]) }];
  const bare = readCard(writeCard(document, { container: "charx", assets }));
  assert.equal(bare.container, "charx");
  assert.deepEqual(bare.document, document);
  assert.deepEqual(bare.assets, assets);
  const around = readCard(writeCard(document, { container: "charx", image, assets }));
  assert.deepEqual(around.assets.map(({ path }) => path), ["embeded://assets/icon/images/main.png", assets[0].path]);
  assert.deepEqual(around.assets[0].bytes, image);
  assert.throws(() => writeCard(document, { container: "charx", assets: [{ path: "card.json", bytes: new Uint8Array() }] }), { code: "invalid" });
  assert.throws(() => writeCard(document, { container: "charx", assets: {} }), { code: "bad-option" });
  assert.throws(() => writeCard(document, { container: "webp" }), { code: "unsupported" });
});

test("an edit is in the file, and the given document stays", () => {
  const image = fixture("cards/01_v1_before_idat.png");
  const { document, card } = readCard(image);
  const kept = document.bytes.slice();
  const edited = editCard(document, { name: "Ánn \u{1F988}", tags: ["a", "b"] });
  assert.deepEqual(document.bytes, kept);
  const again = readCard(writeCard(edited, { container: "png", image }));
  assert.equal(again.card.name, "Ánn \u{1F988}");
  assert.deepEqual(again.card.tags, ["a", "b"]);
  assert.equal(again.card.description, card.description);
});

test("a card without an image gets a plain portrait", () => {
  const { document, card } = readCard(fixture("cards/80_v2.json"));
  const again = readCard(writeCard(document, { container: "png" }));
  assert.equal(again.container, "png");
  assert.deepEqual(again.card, card);
});

test("a document may be cloned and posted", () => {
  const { document } = readCard(fixture("cards/80_v2.json"));
  const edited = editCard(structuredClone(document), { creator: "Ann" });
  assert.match(utf8(edited.bytes), /"Ann"/);
});

test("a lone surrogate survives an edit", () => {
  const { document } = readCard(bytes('{"name":"A","description":"d","first_mes":"f"}'));
  const { card } = readCard(editCard(document, { name: "x\ud83dy" }).bytes);
  assert.equal(card.name, "x\ud83dy");
});

test("limits are kept, and named when they are not whole numbers or unknown", () => {
  const file = fixture("cards/80_v2.json");
  assert.throws(() => readCard(file, { limits: { file: 10 } }), { code: "too-large" });
  assert.doesNotThrow(() => readCard(file, { limits: { file: undefined } }));
  for (const limits of [{ fiel: 10 }, { file: "10" }, { file: -1 }, { file: 1.5 }, { file: null }, [], 5]) {
    assert.throws(() => readCard(file, { limits }), { code: "bad-option", op: "readCard" }, JSON.stringify(limits));
  }
});

test("misspelt and mistyped arguments are errors", () => {
  const { document } = readCard(fixture("cards/80_v2.json"));
  const wrong = [
    () => readCard("text"),
    () => readCard(),
    () => readCard(document.bytes, { limit: {} }),
    () => readCard(document.bytes, null),
    () => editCard(document.bytes, {}),
    () => editCard(document, { nmae: "x" }),
    () => editCard(document, "name"),
    () => writeCard(document, { container: "gif" }),
    () => writeCard(document, {}),
    () => writeCard(document, { container: "png", imgae: document.bytes }),
    () => writeCard(document, { container: "png", image: "x" }),
    () => writeCard({}, { container: "png" }),
  ];
  for (const call of wrong) assert.throws(call, { name: "CardkeepError", code: "bad-option" }, String(call));
});
