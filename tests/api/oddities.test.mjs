// What only JavaScript can get wrong: values that JSON.parse, typed arrays and prototypes treat in their own way.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { editCard, init, isCardkeepError, readCard, readChat, readWorld, writeCard } from "cardkeep";
import { bytes, fixture, utf8 } from "./fixtures.mjs";

before(() => init());

const card = (fields) => bytes(`{"spec":"chara_card_v2","spec_version":"2.0","data":{"name":"Zoë","first_mes":"hi",${fields}}}`);

test("lone surrogates arrive as they are, and leave as they were", () => {
  const { card: read, document } = readCard(card(String.raw`"description":"a\ud83d","alternate_greetings":["\udfff\ud800"],"extensions":{"\udc00":"\ud83d"}`));
  assert.equal(read.description, "a\ud83d");
  assert.deepEqual(read.alternate_greetings, ["\udfff\ud800"]);
  assert.deepEqual(read.extensions, { "\udc00": "\ud83d" });
  const edited = editCard(document, { personality: "b\udd88", description: read.description });
  const again = readCard(edited.bytes).card;
  assert.equal(again.personality, "b\udd88");
  assert.equal(again.description, "a\ud83d");
  assert.ok(utf8(edited.bytes).includes(String.raw`"description":"a\ud83d"`));
});

test("numbers beyond doubles become what JavaScript has for them, and stay in the document", () => {
  const file = card('"extensions":{"nan":NaN,"inf":-Infinity,"huge":1e400,"long":123456789012345678901,"one":1.50}');
  const { card: read, document, warnings } = readCard(file);
  assert.deepEqual(read.extensions, { nan: null, inf: -Infinity, huge: Infinity, long: 123456789012345680000, one: 1.5 });
  assert.deepEqual(warnings.map(({ code }) => code), ["not-a-number"]);
  const edited = editCard(document, { name: "Ann", extensions: JSON.parse(JSON.stringify(read.extensions)) });
  assert.equal(utf8(edited.bytes), utf8(file).replace("Zoë", "Ann"));
});

test("__proto__ is a key like any other, and pollutes nothing", () => {
  const { card: read, document } = readCard(card('"extensions":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'));
  assert.ok(Object.hasOwn(read.extensions, "__proto__"));
  assert.equal(Object.getPrototypeOf(read.extensions), Object.prototype);
  const edited = editCard(document, { extensions: { ...read.extensions, own: 1 } });
  assert.ok(utf8(edited.bytes).includes('"__proto__":{"polluted":1}'));
  const [chat] = readChat(bytes('{"name":"A","is_user":false,"mes":"x","__proto__":{"polluted":1}}')).sessions;
  assert.ok(Object.hasOwn(chat.page(0, 1)[0].fields, "__proto__"));
  const { state } = readWorld(bytes('{"current_position":"0,0,0","locations":{"__proto__":{"polluted":1}},"player":{"__proto__":{"polluted":1}}}'));
  assert.ok(Object.hasOwn(state.player, "__proto__"));
  assert.equal({}.polluted, undefined);
});

test("a log in UTF-16 is read, and says that it was made UTF-8", () => {
  const text = '{"user_name":"You","character_name":"Zoë"}\n{"name":"Zoë","is_user":false,"mes":"東京 \u{1F988} \ud83d"}\n';
  const { sessions, warnings } = readChat(new Uint8Array(new Uint16Array([0xfeff, ...Array.from({ length: text.length }, (_, at) => text.charCodeAt(at))]).buffer));
  assert.deepEqual(warnings.map(({ code }) => code), ["recoded"]);
  assert.equal(sessions[0].page(0, 1)[0].text, "東京 \u{1F988} \ud83d");
});

test("no damage to a file makes anything but a typed error", () => {
  let seed = 20_261_121;
  const below = (end) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * end);
  };
  const files = ["cards/01_v1_before_idat.png", "cards/06_ztxt.png", "cards/26_ccv3_corrupt_chara_ok.png", "cards/80_v2.json", "cards/82_v2_utf16.json", "chats/05_st_2023_06_swipes_null.jsonl", "chats/20_chub.jsonl"];
  let [read, refused] = [0, 0];
  for (const name of files) {
    for (let round = 0; round < 150; round++) {
      const damaged = fixture(name).slice(0, below(10) ? undefined : below(2000));
      for (let n = below(4); n >= 0; n--) damaged[below(damaged.length)] = below(256);
      try {
        if (name.startsWith("chats")) readChat(damaged).sessions.forEach((chat) => chat.page(0, chat.length));
        else writeCard(editCard(readCard(damaged).document, { name: "Ann" }), { container: "png" });
        read++;
      } catch (error) {
        assert.ok(isCardkeepError(error) && error.code !== "bug", `${name}: ${error.stack}`);
        refused++;
      }
    }
  }
  assert.ok(read > 100 && refused > 100, `${read} ${refused}`);
});
