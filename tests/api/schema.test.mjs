// The published JSON Schemas, held against what the validators say: neither may take what the other refuses.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import Ajv from "ajv/dist/2020.js";
import { init, readCard, readChat, readWorld, validateCard, writeChat } from "cardkeep";
import { fixture } from "./fixtures.mjs";

await init();

const folder = fileURLToPath(new URL(".", import.meta.resolve("cardkeep/schema/lorebook-v3.json")));
const ajv = new Ajv({ strict: true, allowUnionTypes: true });
const schemas = Object.fromEntries(
  readdirSync(folder).map((file) => [file.replace(".json", ""), ajv.compile(JSON.parse(readFileSync(`${folder}${file}`, "utf8")))]),
);
const bytes = (value) => new TextEncoder().encode(JSON.stringify(value));
const V1 = { name: "Ana", description: "", personality: "", scenario: "", first_mes: "Hi", mes_example: "" };
const V2 = {
  ...V1, creator_notes: "", system_prompt: "", post_history_instructions: "", alternate_greetings: [], tags: ["a"], creator: "", character_version: "", extensions: {},
};
const entry = { keys: ["a"], content: "b", extensions: {}, enabled: true, insertion_order: 1, position: "before_char", id: 1 };
const book = (more) => ({ entries: [{ ...entry, ...more }], extensions: {} });
const icon = (name) => ({ type: "icon", uri: "ccdefault:", name, ext: "png" });
const SOUND = {
  "character-card-v1": V1,
  "character-card-v2": { spec: "chara_card_v2", spec_version: "2.0", data: { ...V2, character_book: book() } },
  "character-card-v3": {
    spec: "chara_card_v3",
    spec_version: "3.0",
    data: { ...V2, character_book: book({ use_regex: false }), group_only_greetings: [], assets: [icon("main"), icon("other")], nickname: "A", source: [], creation_date: 1 },
  },
};

/** The same value with one thing in it left out, or another thing in its place; every such one. */
function* variants(value, path = []) {
  const children = value !== null && typeof value === "object" ? Object.keys(value) : [];
  for (const key of children) {
    const put = (instead) => {
      const copy = structuredClone(value);
      if (instead === undefined && !Array.isArray(copy)) delete copy[key];
      else copy[key] = instead ?? null;
      return copy;
    };
    const at = [...path, key];
    for (const instead of [undefined, null, "text", 7, true, [], {}, ["text"], [7], [{}]]) yield [`${at.join(".")}: ${JSON.stringify(instead)}`, put(instead)];
    for (const [told, child] of variants(value[key], at)) yield [told, put(child)];
  }
}

const SPEC = { "character-card-v1": "v1", "character-card-v2": "v2", "character-card-v3": "v3" };

for (const [name, sound] of Object.entries(SOUND)) {
  test(`${name} takes what validateCard takes, and refuses what it refuses`, () => {
    const schema = schemas[name];
    assert.ok(schema(sound), ajv.errorsText(schema.errors));
    let refused = 0;
    for (const [told, card] of variants(sound)) {
      const found = validateCard(readCard(bytes(card)).document);
      // What is read as another specification is held against that one's schema, by its own test.
      if (found.spec !== SPEC[name]) continue;
      assert.equal(schema(card), found.ok, `${told}: ${JSON.stringify(found.errors)} ${ajv.errorsText(schema.errors)}`);
      refused += found.ok ? 0 : 1;
    }
    assert.ok(refused > 20, `${refused} refused`);
  });
}

test("sound files of other tools fit their schemas", () => {
  const state = JSON.parse(new TextDecoder().decode(fixture("worlds/seed.json")));
  assert.ok(schemas["world-state"](state), ajv.errorsText(schemas["world-state"].errors));
  assert.deepEqual(readWorld(bytes(state)).warnings, []);
  for (const wrong of [{}, { ...state, locations: [] }, { ...state, current_position: "here" }, { ...state, locations: { here: {} } }]) {
    assert.equal(schemas["world-state"](wrong), false);
  }
});

test("lines that are written as SillyTavern's fit the schemas of chats", () => {
  const written = writeChat({ header: { userName: "You", characterName: "Ana" }, messages: [{ name: "You", role: "user", text: "Hi" }, { name: "Ana", role: "character", text: "Hello" }] }, { as: "sillytavern" });
  const [header, ...lines] = new TextDecoder().decode(written.bytes).trim().split("\n").map((line) => JSON.parse(line));
  assert.ok(schemas["chat-header"](header), ajv.errorsText(schemas["chat-header"].errors));
  assert.equal(lines.length, 2);
  for (const line of lines) assert.ok(schemas["chat-message"](line), ajv.errorsText(schemas["chat-message"].errors));
  assert.equal(schemas["chat-message"](header), false);
  assert.equal(readChat(written.bytes).sessions.length, 1);
});
