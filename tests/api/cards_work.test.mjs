// What the package does with cards beside reading and writing.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import {
  cleanImage,
  convertCard,
  countTokens,
  diffCards,
  editCard,
  estimateTokens,
  fillMacros,
  fingerprintCard,
  init,
  peekCard,
  readCard,
  validateCard,
  writeCard,
} from "cardkeep";
import { bytes, fixture, utf8 } from "./fixtures.mjs";

before(() => init());

const V3 = { spec: "chara_card_v3", spec_version: "3.0", data: { name: "Zoë", description: "東京 \u{1F988}", first_mes: "Hi", nickname: "Z", extensions: { a: 1 } } };
const card = (value) => readCard(bytes(JSON.stringify(value))).document;

test("a gallery's view of a file is what reading it gives", async () => {
  const names = ["01_v1_before_idat.png", "03_v3_only_ccv3.png", "21_trailing_data.png", "60_webp_json_ifd0.webp", "70_charx.charx", "80_v2.json"];
  for (const name of names) {
    const file = fixture(`cards/${name}`);
    const peeked = await peekCard(new Blob([file]));
    assert.deepEqual(await peekCard(file), peeked);
    const { card, spec, container } = readCard(file);
    assert.deepEqual([peeked.name, peeked.creator, peeked.tags, peeked.version, peeked.spec, peeked.container], [card.name, card.creator, card.tags, card.character_version, spec, container], name);
    assert.ok(peeked.bytesRead <= file.length);
  }
});

test("a file without a card is refused by peeking as by reading", async () => {
  const file = (name) => new Blob([fixture(`cards/${name}`)]);
  await assert.rejects(peekCard(file("48_no_card.png")), { code: "no-card", op: "peekCard" });
  await assert.rejects(peekCard(file("23_no_iend_truncated.png"), { limits: { file: 10 } }), { code: "too-large" });
  await assert.rejects(peekCard(new Blob(["hello"])), { code: "not-a-card" });
  await assert.rejects(peekCard("{}"), { code: "bad-option" });
  await assert.rejects(peekCard(file("80_v2.json"), { sginal: 1 }), { code: "bad-option" });
  await assert.rejects(peekCard(file("80_v2.json"), { signal: AbortSignal.abort() }), { code: "cancelled" });
});

test("of a large picture a small part is read", async () => {
  const small = writeCard(card(V3), { container: "png" });
  const end = small.length - 12;
  const noise = crypto.getRandomValues(new Uint8Array(60_000));
  const chunk = (kind, data) => Buffer.concat([Buffer.from(new Uint32Array([data.length]).buffer).reverse(), Buffer.from(kind), data, Buffer.alloc(4)]);
  const large = new Blob([small.slice(0, end), ...Array.from({ length: 50 }, () => chunk("IDAT", noise)), small.slice(end)]);
  const { name, bytesRead } = await peekCard(large);
  assert.equal(name, "Zoë");
  assert.ok(bytesRead < large.size / 20, `${bytesRead} of ${large.size}`);
});

test("a card is converted, and what is lost is told", () => {
  const { document, losses } = convertCard(card(V3), "v1");
  assert.deepEqual(JSON.parse(utf8(document.bytes)), { name: "Zoë", description: "東京 \u{1F988}", personality: "", scenario: "", first_mes: "Hi", mes_example: "" });
  assert.deepEqual(losses.map(({ path }) => path), ["data.nickname", "data.extensions.a"].sort((a, b) => losses.findIndex((it) => it.path === a) - losses.findIndex((it) => it.path === b)));
  const up = convertCard(document, "v3");
  assert.deepEqual(up.losses, []);
  assert.equal(readCard(up.document.bytes).spec, "v3");
  assert.throws(() => convertCard(document, "v4"), { code: "bad-option" });
});

test("a card is held against its specification", () => {
  const { ok, spec, errors, warnings } = validateCard(card(V3));
  assert.equal(ok, false);
  assert.equal(spec, "v3");
  assert.ok(errors.some(({ path, code }) => path === "data.group_only_greetings" && code === "missing-field"));
  assert.deepEqual(warnings, []);
  const flat = { name: "A", description: "", personality: "", scenario: "", first_mes: "Hi", mes_example: "" };
  assert.deepEqual(validateCard(card(flat)), { ok: true, spec: "v1", errors: [], warnings: [] });
});

test("two cards are compared", () => {
  const old = card(V3);
  assert.deepEqual(diffCards(old, old), []);
  const edited = editCard(old, { name: "Ann", extensions: { a: 2 } });
  assert.deepEqual(diffCards(old, edited), [
    { path: "name", before: "Zoë", after: "Ann" },
    { path: "extensions.a", before: 1, after: 2 },
  ]);
  assert.equal(fingerprintCard(old), fingerprintCard(editCard(old, { tags: ["x"] })));
  assert.notEqual(fingerprintCard(old), fingerprintCard(edited));
});

test("tokens are counted, and macros filled", () => {
  const { total, permanent, fields } = countTokens(card(V3));
  assert.ok(total > permanent && permanent > 0);
  assert.equal(fields.first_mes, estimateTokens("Hi"));
  assert.deepEqual(fillMacros("{{char}} & <USER> {{mood}} {{x}}{{hidden_key:k}}", { char: "Zoë", user: "Bo", values: { Mood: "glad" } }), {
    text: "Zoë & Bo glad {{x}}",
    hiddenKeys: ["k"],
    comments: [],
    unknown: ["x"],
  });
  assert.throws(() => fillMacros("{{x}}{{x}}", { values: { x: "y".repeat(100) }, limits: { text: 150 } }), { code: "too-large" });
  assert.throws(() => fillMacros("", { values: { x: 1 } }), { code: "bad-option" });
  assert.throws(() => fillMacros("", { seed: -1 }), { code: "bad-option" });
});

test("RisuAI's macros are filled with variables and a moment", () => {
  const now = Date.UTC(2026, 3, 9, 17, 5, 7);
  const text = "{{setvar::mood::calm}}{{#when::{{getvar::mood}}::is::calm}}{{calc::2*(3+4)}} {{date::YYYY-MM-DD HH:mm}}{{:else}}no{{/when}}";
  const { text: filled, variables, unknown } = fillMacros(text, { variables: { n: "1" }, now, utcOffset: 60 });
  assert.deepEqual([filled, variables, unknown], ["14 2026-04-09 18:05", { n: "1", mood: "calm" }, []]);
  const bare = fillMacros("{{getvar::mood}}{{time}}");
  assert.deepEqual([bare.text, bare.variables, bare.unknown], ["{{getvar::mood}}{{time}}", undefined, ["getvar::mood", "time"]]);
  assert.equal(fillMacros("{{getglobalvar::g}}", { globals: { g: "x" } }).text, "x");
  for (const wrong of [{ variables: { a: 1 } }, { globals: [] }, { now: 1e20 }, { now: "today" }, { utcOffset: 5000 }]) {
    assert.throws(() => fillMacros("x", wrong), { code: "bad-option" }, JSON.stringify(wrong));
  }
});

test("an asset that did not come along is told where those that did are given", () => {
  const assets = [{ type: "icon", uri: "embeded://a.png", name: "main", ext: "png" }, { type: "x_b", uri: "javascript:alert(1)", name: "b", ext: "png" }];
  const card = { spec: "chara_card_v3", spec_version: "3.0", data: { name: "A", assets } };
  const { document } = readCard(new TextEncoder().encode(JSON.stringify(card)));
  const told = (given) => validateCard(document, given).warnings.filter(({ path }) => path.includes("assets")).map(({ path, code }) => [path, code]);
  const danger = ["data.assets.1.uri", "dangerous-uri"];
  assert.deepEqual(told(), [danger]);
  assert.deepEqual(told({ assets: [{ path: "embeded://a.png" }] }), [danger]);
  assert.deepEqual(told({ assets: [] }), [["data.assets.0.uri", "missing-asset"], danger]);
  assert.throws(() => validateCard(document, { assets: [{}] }), { code: "bad-option" });
});

test("a picture is cleaned of what it tells beside its card, and that is told", () => {
  const file = fixture("cases/cards/png/other_texts.png");
  const { bytes: clean, removed } = cleanImage(file);
  assert.deepEqual(removed.map(({ kind, name }) => `${kind} ${name}`), ["tEXt Software", "tEXt parameters", "tEXt Comment"]);
  assert.deepEqual(readCard(clean).document, readCard(file).document);
  assert.ok(!utf8(clean).includes("Steps: 20"));
  assert.deepEqual(cleanImage(clean), { bytes: clean, removed: [] });
  assert.throws(() => cleanImage(fixture("cards/80_v2.json")), { code: "unsupported", op: "cleanImage" });
  assert.throws(() => cleanImage(clean, { limits: { file: 10 } }), { code: "too-large" });
});
