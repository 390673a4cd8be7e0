// What JSON.parse gives of a file is taken for the file: cards, lorebooks, personas and templates as plain objects.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { cleanImage, convertCard, countTokens, diffCards, editCard, editLorebook, editPersona, editTemplate, fingerprintCard, init, Keep, matchLorebook, readCard, readLorebook, readPersonas, readTemplates, renderTemplate, validateCard, writeCard, writeLorebook, writePersonas } from "cardkeep";
import { bytes, utf8 } from "./fixtures.mjs";

before(() => init());

const fields = { name: "Zoë", description: "東京 \u{1F988}", personality: "", scenario: "", first_mes: "Hi", mes_example: "", creator_notes: "", system_prompt: "", post_history_instructions: "", alternate_greetings: ["Ho"], tags: [], creator: "", character_version: "", extensions: { own: 1 } };
const v2 = { spec: "chara_card_v2", spec_version: "2.0", data: fields, foreign: { kept: true } };
const cards = {
  v2,
  v3: { spec: "chara_card_v3", spec_version: "3.0", data: { ...fields, group_only_greetings: [], nickname: "Z" } },
  "no spec": { data: fields },
  mirror: { ...v2, name: "Zoë", avatar: "none", chat: "x", create_date: "1" },
  "v1 of SillyTavern": { name: "Zoë", description: "d", personality: "", scenario: "", first_mes: "Hi", mes_example: "", avatar: "none", chat: "1", create_date: "1674407315376" },
  pygmalion: { char_name: "Zoë", char_persona: "d", char_greeting: "Hi", example_dialogue: "", world_scenario: "" },
  agnai: { kind: "character", name: "Zoë", persona: { kind: "text", attributes: { text: ["One."] } }, greeting: "Hi", scenario: "", sampleChat: "" },
  "data in data": { data: { data: fields } },
};

test("a parsed card is put as the document of its text", async () => {
  const { characters } = await Keep.open({ medium: "memory" });
  for (const [name, card] of Object.entries(cards)) {
    const read = readCard(bytes(JSON.stringify(card)));
    assert.equal((await characters.validate(card)).ok, (await characters.validate(read.document)).ok, name);
    const { id } = await characters.put(card);
    const kept = await characters.get(id);
    assert.equal(kept.card.name, "Zoë", name);
    assert.deepEqual(kept.card, read.card, name);
    assert.equal(utf8(kept.document.bytes), utf8(read.document.bytes), name);
  }
  const [one, two] = await characters.putMany([{ card: cards.v2 }, { card: cards.v3 }]);
  assert.deepEqual([one.spec, two.spec], ["v2", "v3"]);
});

test("in the place of another a parsed card is all there is", async () => {
  const { characters } = await Keep.open({ medium: "memory" });
  const { id } = await characters.put({ name: "Ann", tags: ["a"], creator: "me" });
  await characters.put(v2, { id });
  const kept = await characters.get(id);
  assert.deepEqual(JSON.parse(utf8(kept.document.bytes)), v2);
  assert.deepEqual(kept.card.tags, []);
});

test("fields are still fields, and a misspelt one is still an error", async () => {
  const { characters, lorebooks, personas, templates } = await Keep.open({ medium: "memory" });
  const { id } = await characters.put({ name: "Ann", description: "d" });
  assert.equal(JSON.parse(utf8((await characters.get(id)).document.bytes)).spec, "chara_card_v2");
  await assert.rejects(characters.put({ name: "Ann", desciption: "d" }), { code: "bad-option" });
  await assert.rejects(characters.put({ data: {} }), { code: "not-a-card" });
  await assert.rejects(lorebooks.put({ entries: [{ keys: ["a"], contnet: "b" }] }), { code: "bad-option" });
  await assert.rejects(lorebooks.put({ entries: [{ keys: ["a"], content: "b" }], nmae: "x" }), { code: "bad-option" });
  await assert.rejects(personas.put({ name: "A", descripton: "x" }), { code: "bad-option" });
  await assert.rejects(templates.put({ name: "x", input_sequence: "a" }), { code: "invalid" });
});

test("a file, a Map or a promise is never put as a record without fields", async () => {
  const keep = await Keep.open({ medium: "memory" });
  const file = bytes(JSON.stringify(v2));
  for (const given of [file, file.buffer, new Blob([file]), new Map([["name", "Ann"]]), Promise.resolve(v2), new Date()]) {
    for (const name of ["characters", "lorebooks", "personas", "templates", "campaigns"]) {
      await assert.rejects(keep[name].put(given), { code: "bad-option" }, `${name} ${given}`);
      await assert.rejects(keep[name].patch("x", given), { code: "bad-option" }, `${name} ${given}`);
    }
    await assert.rejects(keep.characters.putMany([given]), { code: "bad-option" });
    assert.throws(() => readCard(file, given), { code: "bad-option" });
  }
  assert.deepEqual((await keep.characters.list()).items, []);
  class Kept {
    name = "Ann";
  }
  assert.equal((await keep.characters.put(new Kept())).name, "Ann");
  assert.equal((await keep.characters.put(Object.assign(Object.create(null), { name: "Bea" }))).name, "Bea");
});

test("every function of cards takes one as it was parsed", () => {
  for (const [name, card] of Object.entries(cards)) {
    const { document } = readCard(bytes(JSON.stringify(card)));
    for (const container of ["png", "json", "charx"]) assert.deepEqual(writeCard(card, { container }), writeCard(document, { container }), `${name} ${container}`);
    assert.deepEqual(validateCard(card), validateCard(document), name);
    for (const spec of ["v1", "v2", "v3"]) assert.deepEqual(convertCard(card, spec), convertCard(document, spec), name);
    assert.deepEqual(diffCards(card, cards.v2), diffCards(document, readCard(bytes(JSON.stringify(cards.v2))).document), name);
    assert.equal(fingerprintCard(card), fingerprintCard(document), name);
    assert.deepEqual(countTokens(card), countTokens(document), name);
    assert.deepEqual(editCard(card, { creator: "me" }), editCard(document, { creator: "me" }), name);
  }
  // What `readCard` tells of a card can be handed on as well.
  const { card } = readCard(bytes(JSON.stringify(cards.v3)));
  assert.deepEqual(readCard(writeCard(card, { container: "png" })).card, card);
  assert.equal(validateCard({ name: "Ann", description: "d" }).spec, "v1");
});

test("what is no card is told, and never taken for an empty one", () => {
  for (const given of [{ hello: 1 }, { entries: {} }, readCard(bytes(JSON.stringify(v2)))]) assert.throws(() => validateCard(given), { code: "not-a-card", op: "validateCard" });
  for (const given of [undefined, null, 7, "text", () => v2, {}, bytes(JSON.stringify(v2)), new Blob(["{}"])]) assert.throws(() => validateCard(given), { code: "bad-option" }, String(given));
  // As in a file, a list of one card is that card.
  assert.deepEqual(validateCard([v2]), validateCard(v2));
  assert.throws(() => validateCard([]), { code: "not-a-card" });
  const circle = { ...v2 };
  circle.data = { ...fields, extensions: { circle } };
  assert.throws(() => writeCard(circle, { container: "json" }), { code: "bad-option" });
});

test("odd values of JavaScript come through or are told", () => {
  const odd = JSON.parse('{"spec":"chara_card_v2","spec_version":"2.0","data":{"name":"\\ud83d half","description":"","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"extensions":{"__proto__":{"polluted":3},"a":[1e21,-0,1.5e-7]}}}');
  const back = JSON.parse(utf8(writeCard(odd, { container: "json" })));
  assert.deepEqual(Object.getOwnPropertyNames(back.data), Object.getOwnPropertyNames(odd.data));
  assert.equal(back.data.name, "\ud83d half");
  const { card } = readCard(writeCard(odd, { container: "png" }));
  assert.equal(card.name, "\ud83d half");
  assert.deepEqual(Object.getOwnPropertyNames(card.extensions), ["__proto__", "a"]);
  assert.equal({}.polluted, undefined);
  let deep = {};
  for (let n = 0; n < 1000; n++) deep = { deep };
  assert.throws(() => validateCard({ ...v2, data: { ...fields, extensions: deep } }), { code: "too-large" });
});

test("a parsed lorebook of any dialect is put, matched, written and changed", async () => {
  const { lorebooks } = await Keep.open({ medium: "memory" });
  const books = {
    "silly-tavern": { entries: { 0: { uid: 0, key: ["ice"], keysecondary: [], content: "Cold.", comment: "c", order: 5 } } },
    "character-book": { entries: [{ keys: ["ice"], content: "Cold.", extensions: {}, enabled: true, insertion_order: 5 }], extensions: {} },
    v3: { spec: "lorebook_v3", data: { entries: [{ keys: ["ice"], content: "Cold.", extensions: {}, enabled: true, insertion_order: 5, use_regex: false }], extensions: {} } },
    agnai: { kind: "memory", name: "B", entries: [{ name: "e", entry: "Cold.", keywords: ["ice"], priority: 1, weight: 5, enabled: true }] },
    "novel-ai": { lorebookVersion: 5, entries: [{ displayName: "e", text: "Cold.", keys: ["ice"], enabled: true }] },
    risu: { type: "risu", ver: 1, data: [{ key: "ice", secondkey: "", insertorder: 5, comment: "c", content: "Cold.", mode: "normal", alwaysActive: false, selective: false }] },
    "ai-dungeon": [{ keys: "ice", value: "Cold." }],
  };
  for (const [dialect, book] of Object.entries(books)) {
    assert.deepEqual(matchLorebook(book, "The ice.").fired.map(({ content }) => content), ["Cold."], dialect);
    assert.match(utf8(writeLorebook(book, { dialect: "silly-tavern" }).bytes), /Cold\./, dialect);
    const { id } = await lorebooks.put(book);
    const kept = await lorebooks.get(id);
    assert.equal(kept.dialect, dialect);
    assert.deepEqual(JSON.parse(utf8(kept.document.bytes)), book, dialect);
  }
  // Fields are told from a file by what only one of the two has.
  const fresh = { name: "B", entries: [{ keys: ["ice"], content: "Cold.", insertionOrder: 3 }] };
  assert.equal(matchLorebook(fresh, "ice").fired.length, 1);
  assert.match(utf8(editLorebook(fresh, { name: "C" }).bytes), /"C"/);
  assert.throws(() => matchLorebook({ entries: [{ keys: ["a"], contnet: "b" }] }, "a"), { code: "bad-option" });
  assert.throws(() => matchLorebook({ hello: 1 }, "a"), { code: "bad-option" });
});

test("a parsed persona and a parsed preset are put", async () => {
  const { personas, templates } = await Keep.open({ medium: "memory" });
  for (const persona of [{ name: "Ann", personaPrompt: "A sailor.", note: "n" }, { personas: { "a.png": "Ann" }, persona_descriptions: { "a.png": { description: "A sailor.", position: 0 } } }, { spec: "chara_card_v2", spec_version: "2.0", data: { name: "Ann", description: "A sailor.", user_uuid: "1" } }]) {
    const { id } = await personas.put(persona);
    const { persona: kept, document } = await personas.get(id);
    assert.deepEqual([kept.name, kept.description, JSON.parse(utf8(document.bytes))], ["Ann", "A sailor.", persona]);
  }
  const preset = { name: "P", input_sequence: "<u>", output_sequence: "<a>", wrap: true };
  const { id } = await templates.put(preset);
  const kept = await templates.get(id);
  assert.deepEqual([kept.template.kind, kept.template.name, JSON.parse(utf8(kept.document.bytes))], ["instruct", "P", preset]);
});

test("every function of personas takes one as it was parsed, or its fields", () => {
  const said = (document) => JSON.parse(utf8(document.bytes));
  const file = { personas: { "a.png": "Ann" }, persona_descriptions: { "a.png": { description: "A shark.", position: 0 } } };
  const { document } = readPersonas(bytes(JSON.stringify(file))).personas[0];
  for (const given of [document, file]) {
    const edited = editPersona(given, { description: "Two sharks." });
    assert.equal(said(edited).persona_descriptions["a.png"].description, "Two sharks.");
  }
  const { bytes: risu } = writePersonas([file], { dialect: "silly-tavern" });
  assert.deepEqual(JSON.parse(utf8(risu)).personas, { "a.png": "Ann" });
  const { personas } = readPersonas(writePersonas([{ name: "Bea", description: "b" }], { dialect: "silly-tavern" }).bytes);
  assert.deepEqual([personas[0].persona.name, personas[0].persona.description], ["Bea", "b"]);
  assert.throws(() => editPersona({ name: "A", descripton: "x" }, {}), { code: "bad-option", op: "editPersona" });
  assert.throws(() => editPersona({ personas: { "a.png": "A", "b.png": "B" } }, {}), { code: "not-a-persona" });
  assert.throws(() => editPersona({}, {}), { code: "bad-option" });
});

test("every function of templates takes one as it was parsed, or its fields", () => {
  const preset = { name: "Alpaca", input_sequence: "### In:", output_sequence: "### Out:", system_sequence: "", stop_sequence: "", wrap: true, own: 1 };
  const { template, document } = readTemplates(bytes(JSON.stringify(preset))).templates[0];
  const messages = [{ role: "user", content: "Hi" }];
  const wanted = renderTemplate(document, { messages, reply: true });
  assert.ok(wanted.text.includes("### In:"));
  for (const given of [preset, template]) assert.deepEqual(renderTemplate(given, { messages, reply: true }), wanted);
  assert.deepEqual(editTemplate(preset, { fields: { wrap: false } }), editTemplate(document, { fields: { wrap: false } }));
  assert.throws(() => renderTemplate({ hello: 1 }), { code: "not-a-template", op: "renderTemplate" });
  assert.throws(() => editTemplate({ kind: "instruct", fields: {}, odd: 1 }, {}), { code: "bad-option" });
});

test("a compressed file, a photograph and story cards come through the face", () => {
  const card = { name: "Ann", description: "d", first_mes: "Hi" };
  const zipped = new Uint8Array(gzipSync(JSON.stringify(card)));
  const { card: read, warnings } = readCard(zipped);
  assert.deepEqual([read.name, warnings[0].code], ["Ann", "double-encoded"]);
  const { book, dialect } = readLorebook(new Uint8Array(gzipSync(JSON.stringify({ storyCards: [{ keys: "a,b", value: "x" }] }))));
  assert.deepEqual([dialect, book.entries[0].keys], ["ai-dungeon", ["a", "b"]]);
  const bomb = new Uint8Array(gzipSync(new Uint8Array(50 << 20)));
  for (const look of [readCard, readLorebook]) assert.throws(() => look(bomb), { code: "too-large" });
  const matched = (options) => matchLorebook({ storyCards: [{ keys: "a", value: "@@is_greeting 1\nx" }] }, "a", options).fired.length;
  assert.deepEqual([matched(), matched({ greeting: 1 }), matched({ greeting: 0 })], [1, 1, 0]);
  assert.throws(() => matched({ greeting: "1" }), { code: "bad-option" });
  const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xfe, 0, 4, 0x61, 0x62, 0xff, 0xda, 0, 2, 1, 0xff, 0xd9);
  assert.deepEqual(cleanImage(jpeg), { bytes: Uint8Array.of(0xff, 0xd8, 0xff, 0xda, 0, 2, 1, 0xff, 0xd9), removed: [{ kind: "COM", name: "", bytes: 2 }] });
});

test("a compressed file is exported as it came, and called so", async () => {
  const { characters, lorebooks } = await Keep.open({ medium: "memory" });
  const cards = { storyCards: [{ keys: "a", value: "x", title: "t" }] };
  for (const [domain, content] of [[characters, fields], [lorebooks, cards]]) {
    const file = new Uint8Array(gzipSync(JSON.stringify(content)));
    let id;
    for await (const event of domain.import(file)) id ??= event.entry?.id;
    const { filename, type, bytes: out } = await domain.export(id);
    assert.ok(filename.endsWith(".json.gz"), filename);
    assert.deepEqual([type, out], ["application/gzip", file]);
    await domain.patch(id, domain === characters ? { creator: "me" } : { entries: { "#0": { content: "y" } } });
    const changed = await domain.export(id);
    assert.ok(changed.filename.endsWith(".json") && JSON.parse(utf8(changed.bytes)), changed.filename);
  }
});
