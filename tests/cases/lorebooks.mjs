// Lorebooks, one oddity each, with the dialect and the entries that a reader must find.

import { base64, png, text, utf8 } from "./build.mjs";

const json = (value) => utf8(JSON.stringify(value));
const cases = [];
/** A book: its dialect, and of each entry what must be found. */
const reads = (name, file, dialect, entries, note, warnings = []) =>
  cases.push({ name, file: Buffer.from(file), expected: { note, dialect, entries, ...(warnings && { warnings }) } });
const fails = (name, file, error, note) => cases.push({ name, file: Buffer.from(file), expected: { note, error } });

const ice = { keys: ["ice"], content: "Cold." };

// ---------------------------------------------------------------- SillyTavern

const st = (change = {}) => ({ uid: 0, key: ["ice"], keysecondary: [], comment: "", content: "Cold.", constant: false, selective: true, order: 100, position: 0, disable: false, ...change });
const tavern = (name, entries, found, note, warnings) => reads(`st_${name}.json`, json({ entries }), "silly-tavern", found, note, warnings);
tavern("plain", { 0: st() }, [{ ...ice, id: 0, enabled: true, insertionOrder: 100 }], "an entry");
tavern("2023", { 0: { uid: 0, key: ["ice"], keysecondary: [], comment: "", content: "Cold.", constant: false, selective: false } }, [ice], "as of 2023-02");
tavern("newest", { 0: st({ vectorized: false, selectiveLogic: 3, addMemo: true, ignoreBudget: true, excludeRecursion: true, preventRecursion: true, delayUntilRecursion: 2, probability: 50, useProbability: true, depth: 2, group: "g", groupOverride: true, groupWeight: 10, scanDepth: 7, caseSensitive: true, matchWholeWords: false, role: 1, sticky: 1, cooldown: 2, delay: 3, position: 4, displayIndex: 0, triggers: [], outletName: "" }) },
  [{ ...ice, logic: "and-all", ignoreBudget: true, excludeRecursion: true, preventRecursion: true, delayUntilRecursion: 2, probability: 50, position: "at-depth", depth: 2, role: 1, group: "g", groupOverride: true, groupWeight: 10, scanDepth: 7, caseSensitive: true, matchWholeWords: false, sticky: 1, cooldown: 2, delay: 3 }], "everything of today");
tavern("disabled", { 0: st({ disable: true }) }, [{ ...ice, enabled: false }], "switched off");
tavern("constant", { 0: st({ constant: true }) }, [{ ...ice, constant: true }], "constant");
tavern("secondary", { 0: st({ keysecondary: ["snow"], selectiveLogic: 2 }) }, [{ ...ice, secondaryKeys: ["snow"], logic: "not-any" }], "secondary keys");
tavern("positions", Object.fromEntries([0, 1, 2, 3, 4, 5, 6, 7].map((position) => [position, st({ uid: position, position })])),
  ["before-char", "after-char", "note-top", "note-bottom", "at-depth", "examples-top", "examples-bottom", "outlet"].map((position) => ({ position })), "all positions");
tavern("key_ne_uid", { 5: st({ uid: 9 }) }, [{ ...ice, id: 9 }], "the key is not the uid");
tavern("no_uid", { 5: { key: ["ice"], content: "Cold." } }, [ice], "without a uid", null);
tavern("same_uid", { 0: st(), 1: st({ content: "Other" }) }, [ice, { content: "Other" }], "the same uid twice loses nothing", ["duplicate-id"]);
tavern("key_text", { 0: st({ key: "ice, snow" }) }, [{ keys: ["ice", "snow"] }], "keys as a text", null);
tavern("empty_keys", { 0: st({ key: ["", "ice"] }) }, [ice], "an empty key", ["empty-key"]);
tavern("number_texts", { 0: st({ order: "5", depth: "2", probability: "30" }) }, [{ ...ice, insertionOrder: 5, depth: 2, probability: 30 }], "numbers as texts", null);
tavern("regex", { 0: st({ key: ["/i(c|z)e/i"] }) }, [{ keys: ["/i(c|z)e/i"] }], "an expression");
tavern("nulls", { 0: st({ scanDepth: null, caseSensitive: null, matchWholeWords: null, role: null, sticky: null, cooldown: null, delay: null }) }, [ice], "nulls where nothing is set");
tavern("empty", {}, [], "no entries");
tavern("many", Object.fromEntries(Array.from({ length: 300 }, (_, n) => [n, st({ uid: n, key: [`k${n}`], content: `c${n}` })])), Array.from({ length: 300 }, (_, n) => ({ keys: [`k${n}`], content: `c${n}` })), "three hundred");
reads("st_list.json", json({ entries: [st()] }), "silly-tavern", [ice], "entries as a list", null);
reads("st_named.json", json({ name: "N", entries: { 0: st() }, extensions: {}, originalData: { x: 1 } }), "silly-tavern", [ice], "with a name and what it was made of");
reads("st_bom.json", Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), json({ entries: { 0: st() } })]), "silly-tavern", [ice], "a byte order mark");
reads("st_indented.json", utf8(JSON.stringify({ entries: { 0: st() } }, null, 4)), "silly-tavern", [ice], "indented");
reads("st_chub_both.json", json({ entries: { 1: { ...st({ uid: 0 }), keys: ["ice"], entry: "Cold." } }, is_creation: false, description: "x" }), "silly-tavern", [ice], "Chub: both dialects in one entry", null);
reads("st_trailing_comma.json", utf8(`{"entries":{"0":${JSON.stringify(st())},}}`), "silly-tavern", [ice], "a trailing comma", ["trailing-comma"]);

// ---------------------------------------------------------------- V2, V3

const v2 = (change = {}) => ({ keys: ["ice"], content: "Cold.", extensions: {}, enabled: true, insertion_order: 10, ...change });
const bookOf = (...entries) => ({ extensions: {}, entries });
const bare = (name, book, found, note, warnings) => reads(`v2_${name}.json`, json(book), "character-book", found, note, warnings);
bare("plain", bookOf(v2()), [{ ...ice, insertionOrder: 10, enabled: true }], "a book of V2");
bare("all", { name: "N", description: "d", scan_depth: 5, token_budget: 100, recursive_scanning: true, extensions: {}, entries: [v2({ case_sensitive: true, name: "n", priority: 3, id: 4, comment: "c", selective: true, secondary_keys: ["snow"], constant: true, position: "after_char" })] },
  [{ ...ice, caseSensitive: true, priority: 3, id: 4, selective: true, secondaryKeys: ["snow"], constant: true, position: "after-char" }], "everything of V2");
bare("st_extensions", bookOf(v2({ position: "after_char", extensions: { position: 4, depth: 3, role: 2, probability: 20, selectiveLogic: 1, exclude_recursion: true, sticky: 5 } })), [{ ...ice, position: "at-depth", depth: 3, role: 2, probability: 20, logic: "not-all", excludeRecursion: true, sticky: 5 }], "with what SillyTavern adds");
bare("disabled", bookOf(v2({ enabled: false })), [{ ...ice, enabled: false }], "switched off");
reads("v2_entries_object.json", json({ extensions: {}, entries: { 0: v2() } }), "silly-tavern", [ice], "Chub: entries of V2 as an object", null);
bare("same_id", bookOf(v2({ id: 1 }), v2({ id: 1, content: "Other" })), [ice, { content: "Other" }], "the same id twice", ["duplicate-id"]);
bare("keys_text", bookOf(v2({ keys: "ice" })), [ice], "keys as a text", null);
bare("content_null", bookOf(v2({ content: null })), [{ keys: ["ice"], content: "" }], "content of null", null);
bare("in_card", { spec: "chara_card_v2", spec_version: "2.0", data: { name: "Z", description: "", first_mes: "", character_book: bookOf(v2()) } }, [ice], "within a card");
bare("in_card_v3", { spec: "chara_card_v3", spec_version: "3.0", data: { name: "Z", first_mes: "", character_book: bookOf(v2({ use_regex: true, keys: ["/ice/"] })) } }, [{ keys: ["/ice/"], useRegex: true }], "within a V3 card", null);
const v3 = (name, book, found, note, warnings) => reads(`v3_${name}.json`, json({ spec: "lorebook_v3", data: book }), "v3", found, note, warnings);
v3("plain", bookOf(v2({ use_regex: false })), [ice], "a book of V3");
v3("regex", bookOf(v2({ use_regex: true, keys: ["i(c|z)e"] })), [{ keys: ["i(c|z)e"], useRegex: true }], "expressions");
v3("decorators", bookOf(v2({ use_regex: false, content: "@@depth 5\n@@@activate_only_after 4\nCold." })), [{ content: "@@depth 5\n@@@activate_only_after 4\nCold." }], "decorators stay in the content");
v3("text_id", bookOf(v2({ use_regex: false, id: "a" })), [{ ...ice, id: "a" }], "a text as id");
v3("unnamed_fields", { ...bookOf(v2({ use_regex: false, own: 1 })), own: { x: 1 } }, [ice], "unknown fields");

// ---------------------------------------------------------------- other tools

const other = (name, value, dialect, found, note, warnings) => reads(`${name}.json`, json(value), dialect, found, note, warnings);
other("agnai", { kind: "memory", name: "B", entries: [{ name: "n", entry: "Cold.", keywords: ["ice"], priority: 1, weight: 2, enabled: true }] }, "agnai", [ice], "Agnai");
other("agnai_off", { kind: "memory", name: "B", entries: [{ name: "n", entry: "Cold.", keywords: ["ice"], priority: 1, weight: 2, enabled: false }] }, "agnai", [{ ...ice, enabled: false }], "Agnai, switched off");
const novel = { lorebookVersion: 5, entries: [{ text: "Cold.", displayName: "Ice", keys: ["ice"], contextConfig: { budgetPriority: 400, prefix: "", suffix: "\n" }, enabled: true, forceActivation: false, searchRange: 1000 }] };
other("novelai", novel, "novel-ai", [{ ...ice, enabled: true }], "NovelAI");
other("novelai_forced", { ...novel, entries: [{ ...novel.entries[0], forceActivation: true }] }, "novel-ai", [{ ...ice, constant: true }], "NovelAI, always in");
reads("novelai.png", png([text("naidata", base64(JSON.stringify(novel)))]), "novel-ai", [ice], "NovelAI in a picture");
const risu = (change = {}) => ({ key: "ice, snow", secondkey: "", insertorder: 100, comment: "c", content: "Cold.", mode: "normal", alwaysActive: false, selective: false, ...change });
other("risu", { type: "risu", ver: 1, data: [risu()] }, "risu", [{ keys: ["ice", "snow"], content: "Cold.", insertionOrder: 100 }], "RisuAI");
other("risu_always", { type: "risu", ver: 1, data: [risu({ alwaysActive: true })] }, "risu", [{ constant: true }], "RisuAI, always in");
other("risu_second", { type: "risu", ver: 1, data: [risu({ selective: true, secondkey: "cold" })] }, "risu", [{ secondaryKeys: ["cold"] }], "RisuAI, a second key");
other("ai_dungeon", [{ keys: "ice,snow", entry: "Cold." }], "ai-dungeon", [{ keys: ["ice", "snow"], content: "Cold." }], "AI Dungeon", null);
reads("table.tsv", utf8("ice\tCold.\nsnow\tWhite.\n"), "tsv", [ice, { keys: ["snow"], content: "White." }], "a table");
reads("table_crlf.tsv", utf8("ice\tCold.\r\nsnow\tWhite.\r\n"), "tsv", [ice, { keys: ["snow"], content: "White." }], "a table with CRLF", null);

// ---------------------------------------------------------------- what is none

fails("none_object.json", json({ hello: 1 }), "not-a-lorebook", "other JSON");
fails("none_empty.json", json({}), "not-a-lorebook", "an empty object");
fails("none_card.json", json({ name: "Z", description: "", first_mes: "hi" }), "not-a-lorebook", "a card without a book");
fails("none_cut.json", json({ entries: { 0: st() } }).subarray(0, 40), "bad-json", "cut short");
fails("none_deep.json", utf8(`{"entries":${"[".repeat(3000)}`), "too-large", "too deep");
fails("none.png", png([]), "not-a-lorebook", "a picture without a book");
fails("none_broken.png", png([text("naidata", "###")]), "bad-encoding", "a picture whose book is no base64");

export default cases;
