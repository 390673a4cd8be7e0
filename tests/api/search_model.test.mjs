// Searching held against a plain scan of the messages' texts with JavaScript's own expressions: over files and kept chats, in
// many scripts, however the file spells its letters.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { init, Keep, readChat } from "cardkeep";
import { bytes } from "./fixtures.mjs";

before(() => init());

const SEED = Number(process.env.SEARCH_SEED ?? 20261122);
const ROUNDS = Number(process.env.SEARCH_ROUNDS ?? 12);

/** Numbers that are the same for the same seed. */
function chance(seed) {
  let state = seed >>> 0;
  const next = (most) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
  return { next, one: (list) => list[next(list.length)], often: (share) => next(1000) < share * 1000 };
}

const WORDS = [
  "dragon", "Dragon", "DRAGONS", "cat", "Cat's", "concat", "naïve", "nai\u0308ve", "Straße", "STRASSE", "ẞ", "Kelvin", "\u212Aelvin", "Ångström",
  "\u212Bngstro\u0308m", "Äpfel", "äpfel", "İstanbul", "ISTANBUL", "ıstanbul", "istanbul", "ΟΔΟΣ", "οδός", "οδος", "Σίσυφος", "дракон", "ДРАКОН",
  "Дракон", "Ёлка", "ёлка", "и\u0306", "й", "東京タワー", "京", "서울에서", "서울", "ภาษาไทย", "ไทย", "क्षत्रिय", "क", "हिन्दी", "हिन्", "שָׁלוֹם", "שלום", "سَلَام", "سلام",
  "می\u200Cخواهم", "خواهم", "👩‍💻", "👩", "👍🏽", "👍", "❤️", "❤", "🏳️‍🌈", "x2", "12.50", "12", "&amp;", "&lt;b&gt;", "<b>", "*sits*", "_leans_", "\"Yes\"", "it's", "a/b",
  "c:\\dir", "…", "—", "\u00B5m", "\u03BCm", "\u{1D400}", "\uD83D", "ǅ", "ǆ",
];
const GAPS = [" ", " ", " ", "", "\n", ", ", ". ", "-", "\t", "!"];

function textOf(random) {
  let text = "";
  for (let n = random.next(12); n >= 0; n -= 1) text += random.one(WORDS) + random.one(GAPS);
  return text;
}

/** A text as JSON, any of its units spelled with their number. */
function spelled(random, text) {
  if (random.often(0.3)) return JSON.stringify(text);
  let out = "";
  for (const char of text) {
    const units = [...Array(char.length).keys()].map((at) => char.charCodeAt(at));
    const number = (unit) => unit.toString(16).padStart(4, "0");
    if (random.often(0.2)) out += units.map((unit) => `\\u${random.often(0.5) ? number(unit) : number(unit).toUpperCase()}`).join("");
    else if (char === "/" && random.often(0.5)) out += "\\/";
    else out += JSON.stringify(char).slice(1, -1);
  }
  return `"${out}"`;
}

function messageOf(random) {
  const swipes = random.often(0.3) ? Array.from({ length: 2 + random.next(3) }, () => textOf(random)) : undefined;
  const shown = swipes && random.next(swipes.length);
  const role = random.one(["user", "character", "character", "system"]);
  const said = { name: random.one(["Zoë", "You", "Ann"]), role, text: swipes ? swipes[shown] : textOf(random), swipes };
  const line =
    `{"name":${spelled(random, said.name)},"is_user":${role === "user"},"is_system":${role === "system"},"mes":${spelled(random, said.text)}` +
    (swipes ? `,"swipe_id":${shown},"swipes":[${swipes.map((text) => spelled(random, text)).join(",")}]` : "") + "}";
  return { said, line };
}

/** What is looked for: a stretch of a text, in small or capital letters, or something else. */
function queryOf(random, messages) {
  const chars = [...random.one(messages).said.text.toWellFormed().replaceAll("\uFFFD", "")];
  const start = random.next(Math.max(1, chars.length - 1));
  let query = random.often(0.8) ? chars.slice(start, start + 1 + random.next(9)).join("") : random.one(WORDS).toWellFormed().replaceAll("\uFFFD", "");
  if (random.often(0.2)) query = query.toUpperCase();
  if (random.often(0.2)) query = query.toLowerCase();
  return query === "" ? "x" : query;
}

const EXPRESSIONS = [
  "dra[gк]on", "(?:cat|concat|naïve)", "[a-z]+\\d", "\\d+\\.\\d+", "д?ракон", "[а-яё]{3,}", "[^а-я ]{4}", "^[A-Z]\\w*", "\\S+!$", "\\bcat\\b", "c(o|a)n?t?", "(Äpfel|straße) ", "東.", "👩‍💻|👍",
  "&(amp|lt);", "[\\w*]+its", "İ?stanbul", "[äö]pfel", "(?<word>ёлка)", "о{1,2}",
];

/** Letters as they are compared: each by itself made small, of which those at a word's end and the sign of a millionth are none of their own. */
function folded(text) {
  return [...text].flatMap((char) => [...char.toLowerCase()].map((small) => (small === "ς" ? "σ" : small === "µ" ? "μ" : small)));
}

const MOST = 100;
const escaped = (text) => text.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, "\\$&");
/** A word goes on with letters, numbers and the marks and joiners on them, but not in scripts without spaces. */
const JOINED = /[\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff\u2e80-\ud7ff\uf900-\ufaff\uff66-\uffdc\u{20000}-\u{10ffff}]/u;
const goesOn = (char) => char !== undefined && !JOINED.test(char) && !/[\ufe00-\ufe0f]/u.test(char) && /[\p{Alphabetic}\p{N}\p{M}\u200c\u200d]/u.test(char);

/** Where a text has it, in JavaScript. */
function finds(text, query, { case: exact, words, regex }) {
  const around = ([from, to]) => !words || (!goesOn([...text.slice(0, from)].at(-1)) && !goesOn([...text.slice(to)][0]));
  if (regex) {
    // The sign of the kelvin is no letter of ASCII.
    const all = [...text.replaceAll("\u212A", "☃").matchAll(new RegExp(query, exact ? "gu" : "giu"))].map(({ index, 0: found }) => [index, index + found.length]);
    return all.filter(([from, to]) => to > from).filter(around).slice(0, MOST);
  }
  const places = [];
  let unit = 0;
  for (const char of text) {
    for (const part of exact ? [char] : folded(char)) places.push([part, unit, unit + char.length]);
    unit += char.length;
  }
  const wanted = exact ? [...query] : folded(query);
  const found = [];
  for (let at = 0; at + wanted.length <= places.length && found.length < MOST; ) {
    const range = [places[at][1], places[at + wanted.length - 1][2]];
    const before = places[at - 1]?.[0];
    const after = places[at + wanted.length]?.[0];
    const whole = !words || (!goesOn(before) && !goesOn(after));
    if (wanted.every((char, n) => places[at + n][0] === char) && whole) {
      found.push(range);
      at += wanted.length;
    } else at += 1;
  }
  // Where no letter is several, that is what an expression finds.
  if (!/İ/u.test(text + query)) {
    const expression = new RegExp(escaped(query), exact ? "gu" : "giu");
    if (!words) assert.deepEqual([...text.matchAll(expression)].map(({ index, 0: { length } }) => [index, index + length]).slice(0, MOST), found, JSON.stringify([text, query]));
  }
  return found;
}

function expected(messages, query, options) {
  const hits = [];
  for (const [index, { said }] of messages.entries()) {
    if (index < (options.from ?? 0) || hits.length === (options.limit ?? 100)) continue;
    if (options.name !== undefined && said.name !== options.name) continue;
    if (options.role !== undefined && said.role !== options.role) continue;
    const texts = [said.text, ...(options.swipes ? (said.swipes ?? []) : [])].map((text) => text.toWellFormed());
    const at = texts.findIndex((text) => finds(text, query, options).length > 0);
    if (at === -1) continue;
    hits.push({ index, name: said.name, role: said.role, matches: finds(texts[at], query, options), text: texts[at], ...(at > 0 && { swipe: at - 1 }) });
  }
  return hits;
}

/** Whether what was found is what had to be found, and the words around it are those of the text. */
function same(hits, wanted, about) {
  const told = hits.map(({ index, name, role, matches, swipe }) => ({ index, name, role, matches, ...(swipe !== undefined && { swipe }) }));
  assert.deepEqual(told, wanted.map(({ text, ...hit }) => hit), about);
  for (const [n, { excerpt }] of hits.entries()) {
    const { text, matches: [[from, to]] } = wanted[n];
    assert.ok(excerpt.isWellFormed(), about);
    assert.ok(excerpt.includes(text.slice(from, Math.min(to, from + 200))), `${about}: ${excerpt}`);
    const cut = [excerpt, excerpt.replace(/^…/u, ""), excerpt.replace(/…$/u, ""), excerpt.replace(/^…|…$/gu, "")];
    assert.ok(cut.some((words) => text.includes(words)), `${about}: ${excerpt}`);
  }
}

function optionsOf(random) {
  const options = {};
  for (const name of ["case", "words", "swipes"]) if (random.often(0.4)) options[name] = true;
  if (random.often(0.25)) options.regex = true;
  if (random.often(0.2)) options.name = random.one(["Zoë", "You", "Nobody"]);
  if (random.often(0.2)) options.role = random.one(["user", "character", "system"]);
  if (random.often(0.2)) options.limit = 1 + random.next(5);
  return options;
}

test(`a search finds what a plain scan of the texts finds (seed ${SEED})`, async () => {
  const random = chance(SEED);
  const keep = await Keep.open({ medium: "memory" });
  let found = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const kept = [];
    for (let n = 0; n < 3; n += 1) {
      const messages = Array.from({ length: 1 + random.next(round % 4 === 0 ? 150 : 30) }, () => messageOf(random));
      const file = bytes(['{"user_name":"You","character_name":"Zoë"}', ...messages.map(({ line }) => line)].join("\n"));
      let id;
      for await (const event of keep.chats.import(file, { title: `${round} ${n}` })) if (event.type === "item") id = event.entry.id;
      kept.push({ id, messages, loose: readChat(file).sessions[0], open: await keep.chats.open(id) });
    }
    for (let n = 0; n < 25; n += 1) {
      const options = optionsOf(random);
      const one = random.one(kept);
      const query = options.regex ? random.one(EXPRESSIONS) : queryOf(random, one.messages);
      const from = random.often(0.2) ? { from: random.next(one.messages.length) } : {};
      const about = `seed ${SEED}, round ${round}: ${JSON.stringify([query, options, from])}`;
      const wanted = expected(one.messages, query, { ...options, ...from });
      found += wanted.length;
      same(one.loose.search(query, { ...options, ...from }), wanted, about);
      same(await one.open.search(query, { ...options, ...from }), wanted, about);
      let left = options.limit ?? 100;
      for (const { entry, hits } of await keep.chats.search(query, options)) {
        const { messages } = kept.find(({ id }) => id === entry.id);
        const all = expected(messages, query, { ...options, limit: left });
        same(hits, all, about);
        left -= hits.length;
      }
      const all = kept.reduce((sum, { messages }) => sum + expected(messages, query, { ...options, limit: 1000 }).length, 0);
      assert.equal(left, Math.max(0, (options.limit ?? 100) - all), about);
    }
    for (const { id, loose, open } of kept) {
      loose.free();
      await open.close?.();
      await keep.chats.delete(id);
    }
  }
  assert.ok(found > 20 * ROUNDS, String(found));
  await keep.close();
});
