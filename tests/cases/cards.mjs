// Card files, one oddity each, with what a reader must find.

import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { animated, base64, bytes, card, chunk, END, IMAGE, itxt, jpeg, png, SIGNATURE, split, text, tiff, utf16, utf8, webp, zip, ztxt } from "./build.mjs";

export const NAME = "Zoë 東京 🦈";
const ANY = undefined;

const texts = { name: NAME, description: "A shark.\nLine two", personality: "calm", scenario: "Sea", first_mes: "Hi {{user}}", mes_example: "<START>\n{{char}}: no" };
const more = { creator_notes: "n", system_prompt: "s", post_history_instructions: "p", alternate_greetings: ["Ho", "Hey"], tags: ["a", "b"], creator: "me", character_version: "1.0", extensions: { own: { deep: [1, 2.5] } } };
const data2 = { ...texts, ...more };
const data3 = { ...data2, group_only_greetings: [] };
const v1 = (change = {}) => ({ ...texts, ...change });
const v2 = (change = {}) => ({ spec: "chara_card_v2", spec_version: "2.0", data: { ...data2, ...change } });
const v3 = (change = {}) => ({ spec: "chara_card_v3", spec_version: "3.0", data: { ...data3, ...change } });
const json = (value) => JSON.stringify(value);
const V1 = json(v1());
const V2 = json(v2());
const V3 = json(v3());
const entry = (change = {}) => ({ keys: ["ice"], content: "Cold.", extensions: {}, enabled: true, insertion_order: 10, ...change });
const book = (...entries) => ({ extensions: {}, entries });
/** With fields that say the given thing, however they are spelled. */
const raw = (fields) => V2.replace('"creator_notes":"n"', () => fields);

const cases = [];
/** A file that has the card, and what else must be found: `spec`, `container`, `warnings`, `fields`. */
const reads = (name, file, note, found = {}) => cases.push({ name, file: Buffer.from(file), expected: { note, name: NAME, warnings: [], ...found } });
const fails = (name, file, error, note) => cases.push({ name, file: Buffer.from(file), expected: { note, error } });
const warns = (...warnings) => ({ warnings });
const withFields = (fields, ...warnings) => ({ fields, warnings });

// ---------------------------------------------------------------- where a tool puts it

reads("png/v1_before.png", png([card("chara", V1)]), "V1 before the pixels", { spec: "v1", container: "png" });
reads("png/v1_after.png", png([], [card("chara", V1)]), "V1 behind the pixels, as SillyTavern writes", { spec: "v1" });
reads("png/v2_before.png", png([card("chara", V2)]), "V2 before the pixels", { spec: "v2", fields: { tags: ["a", "b"], creator: "me" } });
reads("png/v2_after.png", png([], [card("chara", V2)]), "V2 behind the pixels", { spec: "v2" });
reads("png/v3_only.png", png([card("ccv3", V3)]), "RisuAI and Ginger write `ccv3` alone", { spec: "v3" });
reads("png/both.png", png([card("chara", V2), card("ccv3", V3)]), "both chunks", { spec: "v3" });
reads("png/both_reversed.png", png([card("ccv3", V3), card("chara", V2)]), "both, `ccv3` first", { spec: "v3" });
reads("png/both_after.png", png([], [card("chara", V2), card("ccv3", json({ ...v2(), spec: "chara_card_v3", spec_version: "3.0" }))]), "SillyTavern: the same JSON under both", { spec: "v3" });
reads("png/v3_in_chara.png", png([card("chara", V3)]), "SillyTavern: `chara` that says it is V3", { spec: "v3" });
reads("png/v2_in_ccv3.png", png([card("ccv3", V2)]), "`ccv3` that says it is V2", { spec: "v2" });
reads("png/split_around.png", png([card("chara", V2)], [card("ccv3", V3)]), "one before, one behind the pixels", { spec: "v3" });
reads("png/newer_ccv3.png", png([card("chara", json(v2({ name: "Old" }))), card("ccv3", V3)]), "the two differ: `ccv3` counts", warns("chunks-differ"));
reads("png/duplicate_chara.png", png([card("chara", json(v2({ name: "Old" }))), card("chara", V2)]), "a tool that appends: the last one counts", warns("duplicate-chunk"));
reads("png/duplicate_ccv3.png", png([card("ccv3", json(v3({ name: "Old" })))], [card("ccv3", V3)]), "two `ccv3`", warns("duplicate-chunk"));
reads("png/three_chara.png", png([card("chara", json(v2({ name: "A" }))), card("chara", json(v2({ name: "B" })))], [card("chara", V2)]), "three of them", warns("duplicate-chunk"));
reads("png/stale_ztxt.png", png([ztxt("chara", base64(json(v2({ name: "Old" })))), card("chara", V2)]), "SillyTavern leaves a zTXt behind", warns("duplicate-chunk"));
reads("png/keyword_capital.png", png([card("Chara", V2)]), "the V1 text says `Chara`");
reads("png/keyword_upper.png", png([card("CCV3", V3)]), "in capitals");
reads("png/keyword_padded.png", png([card("chara ", V2)]), "a space behind the keyword");
reads("png/other_texts.png", png([text("Software", "x"), text("parameters", "a cat, Steps: 20"), card("chara", V2), text("Comment", "last")]), "among other texts");
reads("png/prompt_first.png", png([text("prompt", json({ name: "no" })), text("workflow", "{}"), card("chara", V2)]), "behind those of an image generator");
reads("png/pillow_keys.png", png([text("exif", "x"), text("dpi", "(72, 72)"), text("srgb", "0"), text("gamma", "0.45"), card("chara", V2)]), "old CardShark: every key of Pillow as text");
reads("png/physical.png", png([chunk("gAMA", [0, 0, 0xb1, 0x8f]), chunk("pHYs", [0, 0, 0xb, 0x13, 0, 0, 0xb, 0x13, 1]), chunk("tIME", [7, 0xea, 1, 1, 0, 0, 0]), card("chara", V2)]), "among chunks that are no text");
reads("png/private_chunk.png", png([chunk("caBX", "anything"), card("chara", V2), chunk("ckDX", "\0\x01\x02")]), "beside private chunks");
reads("png/exif_after.png", png([card("chara", V2)], [chunk("eXIf", tiff("ASCII\0\0\0taken with a camera"))]), "an Exif that is none of ours");
reads("png/only_exif.png", png([chunk("eXIf", tiff(bytes("ASCII\0\0\0", utf8(V2))))]), "the card in the Exif alone", warns("plain-json"));
reads("png/split_pixels.png", png([card("chara", V2)], [], { image: split }), "pixels in two chunks");
reads("png/between_pixels.png", png([], [], { image: [split[0], card("chara", V2), split[1]] }), "a text between the pixels");
reads("png/apng.png", png([animated.control, card("chara", V2), animated.frame(0)], [animated.frame(1), animated.data(2)]), "an animated PNG");
reads("png/apng_after.png", png([animated.control, animated.frame(0)], [animated.frame(1), animated.data(2), card("ccv3", V3)]), "an animated PNG, the card behind");
reads("png/trailing.png", png([card("chara", V2)], [], { trailing: "what a server appends" }), "bytes behind the end", warns("trailing-bytes"));
reads("png/trailing_zeros.png", png([card("chara", V2)], [], { trailing: Buffer.alloc(64) }), "zeros behind the end", warns("trailing-bytes"));
reads("png/behind_end.png", png([], [], { trailing: card("chara", V2) }), "the card behind the end", warns("after-end"));
reads("png/behind_end_stale.png", png([card("chara", V2)], [], { trailing: card("ccv3", json(v3({ name: "No" }))) }), "one behind the end does not count", warns("chunks-differ"));
reads("png/no_end.png", png([card("chara", V2)], [], { end: "" }), "without an end", warns("cut-short"));
reads("png/cut_in_pixels.png", png([card("chara", V2)]).subarray(0, -30), "cut within the pixels", warns("cut-short"));
reads("png/double_end.png", png([card("chara", V2)], [], { trailing: END }), "RisuAI writes the end twice", {});
reads("png/garbage_between.png", png([Buffer.from("some garbage"), card("chara", V2)]), "RisuAI: garbage between chunks", warns("bad-chunk"));
reads("png/garbage_after_text.png", png([card("chara", V2), Buffer.alloc(7, 0x41)]), "garbage behind the card", warns("bad-chunk"));
reads("png/wrong_sum.png", png([chunk("tEXt", bytes("chara\0", base64(V2)), { sum: 1 })]), "a wrong checksum", warns("crc-mismatch"));
reads("png/wrong_sum_pixels.png", png([card("chara", V2)], [], { image: [chunk("IDAT", "damaged", { sum: 7 })] }), "pixels that are damaged are none of our business");
reads("png/no_pixels.png", bytes(SIGNATURE, png([card("chara", V2)]).subarray(8, 33), card("chara", V2), END), "no pixels at all");
reads("png/plte.png", png([chunk("PLTE", [0, 0, 0, 255, 255, 255]), card("chara", V2), chunk("tRNS", [0])]), "palette and transparency");
reads("png/assets.png", png([text("chara-ext-asset_:icon", base64("one")), text("chara-ext-asset_:0", base64("two")), card("ccv3", json(v3({ assets: [{ type: "icon", uri: "__asset:icon", name: "main", ext: "png" }] })))]), "assets in chunks", { assets: 2 });
reads("png/assets_old.png", png([text("chara-ext-asset_0", base64("two")), card("chara", V2)]), "assets without the colon", { assets: 1 });
reads("png/asset_damaged.png", png([text("chara-ext-asset_:0", "###"), card("ccv3", V3)]), "an asset that is no base64", warns("damaged-asset"));

// ---------------------------------------------------------------- how the text is spelled

reads("text/ztxt.png", png([ztxt("chara", base64(V2))]), "Character Tavern: zTXt");
reads("text/ztxt_ccv3.png", png([ztxt("chara", base64(V2)), ztxt("ccv3", base64(V3))]), "both in zTXt", { spec: "v3" });
reads("text/ztxt_bare.png", png([chunk("zTXt", bytes("chara", [0, 0], deflateRawSync(Buffer.from(base64(V2)))))]), "a zTXt without the header of zlib", warns("loose-zlib"));
reads("text/ztxt_plain.png", png([chunk("zTXt", bytes("chara", [0, 0], base64(V2)))]), "a zTXt that is not compressed", warns("loose-zlib"));
reads("text/ztxt_gzip.png", png([chunk("zTXt", bytes("chara", [0, 0], gzipSync(base64(V2))))]), "a zTXt in the wrapping of gzip", warns("loose-zlib"));
reads("text/ztxt_method.png", png([ztxt("chara", base64(V2), 8)]), "a zTXt with the number that zlib has for its method", warns("loose-zlib"));
reads("text/itxt_gzip.png", png([chunk("iTXt", bytes("ccv3", [0, 1, 0, 0, 0], gzipSync(base64(V3))))]), "an iTXt in the wrapping of gzip", { spec: "v3", warnings: ["loose-zlib"] });
reads("text/base64_of_gzip.png", png([text("chara", base64(gzipSync(V2)))]), "compressed within the base64", warns("double-encoded"));
reads("text/base64_of_zlib.png", png([text("chara", base64(deflateSync(V2)))]), "compressed by zlib within the base64", warns("double-encoded"));
reads("text/base64_string.png", png([text("chara", base64(json(base64(V2))))]), "base64 of a JSON text of base64", warns("double-encoded"));
reads("text/keyword_bom.png", png([text("\xef\xbb\xbfchara", base64(V2))]), "a byte order mark before the keyword");
reads("text/keyword_nbsp.png", png([text("ccv3\xa0", base64(V3))]), "a hard space behind the keyword", { spec: "v3" });
reads("text/keyword_ccv2.png", png([text("ccv2", base64(V2))]), "a keyword that some tool thought there was");
reads("text/itxt.png", png([itxt("chara", base64(V2))]), "iTXt");
reads("text/itxt_compressed.png", png([itxt("chara", base64(V2), { compressed: true })]), "iTXt, compressed");
reads("text/itxt_language.png", png([itxt("ccv3", base64(V3), { language: "ja-JP", translated: "キャラ", compressed: true })]), "iTXt with language and a translated keyword");
reads("text/itxt_json.png", png([itxt("chara", V2)]), "iTXt with the JSON itself", warns("plain-json"));
reads("text/json.png", png([text("chara", utf8(V2))]), "the JSON itself", warns("plain-json"));
reads("text/json_bom.png", png([text("chara", bytes([0xef, 0xbb, 0xbf], utf8(V2)))]), "the JSON itself with a mark", warns("plain-json"));
reads("text/url_safe.png", png([text("chara", Buffer.from(V2).toString("base64url"))]), "base64 for URLs", { warnings: ANY });
reads("text/unpadded.png", png([text("chara", base64(V1).replace(/=+$/, ""))]), "base64 without padding", { warnings: ANY });
reads("text/lines.png", png([text("chara", base64(V2).replace(/.{76}/g, "$&\r\n"))]), "base64 in lines", warns("loose-base64"));
reads("text/blanks.png", png([text("chara", ` ${base64(V2)}\n\0`)]), "blanks around", warns("loose-base64"));
reads("text/quoted.png", png([text("chara", `"${base64(V2)}"`)]), "base64 in quotes", warns("loose-base64"));
reads("text/data_url.png", png([text("chara", `data:application/json;base64,${base64(V2)}`)]), "a data URL", warns("loose-base64"));
reads("text/twice.png", png([text("chara", base64(base64(V2)))]), "base64 twice", warns("double-encoded"));
reads("text/junk_behind.png", png([text("chara", `${base64(`${V1} `.padEnd(Math.ceil((V1.length + 9) / 3) * 3 - 5))}==!!!`)]), "junk behind the padding", { warnings: ANY });
reads("text/ascii_mark.png", png([text("chara", bytes("ASCII\0\0\0", base64(V2)))]), "the mark of an Exif comment", { warnings: ANY });
reads("text/utf16_le.png", png([card("chara", utf16(V2))]), "UTF-16 in base64", { warnings: ANY });
reads("text/utf16_be.png", png([card("chara", utf16(V2, { big: true }))]), "UTF-16, the other order", { warnings: ANY });
reads("text/bom.png", png([card("chara", `\ufeff${V2}`)]), "a byte order mark");
reads("text/nul_behind.png", png([card("chara", `${V2}\0\0`)]), "zeros behind the JSON");
reads("text/newline_behind.png", png([card("chara", `${V2}\n\n`)]), "lines behind the JSON");
reads("text/text_behind.png", png([card("chara", `${V2} trailing`)]), "text behind the JSON", warns("trailing-text"));
reads("text/string.png", png([card("chara", json(V2))]), "the JSON as a JSON text", warns("double-encoded"));
reads("text/list.png", png([card("chara", `[${V2}]`)]), "the JSON in a list of one", warns("double-encoded"));
reads("text/escaped.png", png([card("chara", V2.replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`))]), "every character beyond ASCII escaped, as Python does");
reads("text/pretty.png", png([card("chara", JSON.stringify(v2(), null, 4))]), "indented");
reads("text/crlf.png", png([card("chara", JSON.stringify(v2(), null, 2).replaceAll("\n", "\r\n"))]), "indented, with CRLF");
reads("text/damaged_ccv3.png", png([card("chara", V2), card("ccv3", V3.slice(0, 300))]), "`ccv3` is cut short", { spec: "v2", warnings: ["damaged-chunk"] });
reads("text/hollow_ccv3.png", png([card("chara", V2), card("ccv3", json({ spec: "chara_card_v3", spec_version: "3.0", data: {} }))]), "`ccv3` says nothing", warns("hollow-chunk"));
reads("text/no_base64_ccv3.png", png([card("chara", V2), text("ccv3", "###")]), "`ccv3` is no base64", warns("damaged-chunk"));
reads("text/encrypted_ccv3.png", png([card("chara", V2), text("ccv3", "rcc||rccv1||x||y||z")]), "`ccv3` is encrypted", warns("damaged-chunk"));

// ---------------------------------------------------------------- the JSON

const inside = (name, text, note, found) => reads(`json/${name}.json`, Buffer.isBuffer(text) ? text : utf8(text), note, { container: "json", ...found });
inside("v1", V1, "V1", { spec: "v1", fields: texts });
inside("v2", V2, "V2", { spec: "v2", fields: data2 });
inside("v3", V3, "V3", { spec: "v3", fields: data3 });
inside("bom", `\ufeff${V2}`, "a byte order mark");
inside("utf16_le", utf16(V2), "UTF-16", { warnings: ANY });
inside("utf16_be", utf16(V2, { big: true }), "UTF-16, the other order", { warnings: ANY });
inside("utf16_bare", utf16(V2, { mark: false }), "UTF-16 without a mark", { warnings: ANY });
inside("control", raw('"creator_notes":"a\nb\tc\u0001d"'), "raw control characters", withFields({ creator_notes: "a\nb\tc\u0001d" }, "raw-control-character"));
inside("nan", raw('"creator_notes":"n","x":NaN'), "NaN", warns("not-a-number"));
inside("infinity", raw('"creator_notes":"n","x":[Infinity,-Infinity]'), "Infinity", warns("not-a-number"));
inside("trailing_commas", raw('"creator_notes":"n","x":[1,2,],"y":{"a":1,}'), "trailing commas", warns("trailing-comma"));
inside("lone_surrogate", raw(String.raw`"creator_notes":"a\ud83d"`), "a lone surrogate", withFields({ creator_notes: "a\ud83d" }));
inside("huge_number", raw('"creator_notes":"n","x":[1e400,123456789012345678901234567890,1.50,-0.0]'), "numbers beyond doubles");
inside("duplicate_key", raw('"creator_notes":"old","creator_notes":"n"'), "duplicate keys: the last counts", withFields({ creator_notes: "n" }, "duplicate-key"));
inside("bad_escape", raw(String.raw`"creator_notes":"\x41 \' "`), "unknown escapes", warns("bad-escape"));
inside("line_separators", raw('"creator_notes":"\u2028\u2029"'), "line separators", withFields({ creator_notes: "\u2028\u2029" }));
inside("nul_escape", raw(String.raw`"creator_notes":"a\u0000b"`), "an escaped zero", withFields({ creator_notes: "a\0b" }));
inside("proto", raw('"creator_notes":"n","__proto__":{"x":1},"constructor":{"prototype":1}'), "__proto__");
inside("spaces_in_keys", V2.replaceAll('"data"', '" data "').replaceAll('"name"', '" name "'), "keys with spaces", warns("padded-keys"));
inside("deep", raw(`"creator_notes":"n","x":${"[".repeat(50)}${"]".repeat(50)}`), "deep, within the limit");
inside("long", raw(`"creator_notes":"${"long ".repeat(20_000)}"`), "a field of 100,000 characters");
inside("long_line_of_keys", raw(`"creator_notes":"n",${Array.from({ length: 500 }, (_, n) => `"k${n}":${n}`).join(",")}`), "five hundred unknown keys");
inside("escaped_slash", raw(String.raw`"creator_notes":"a\/b"`), "an escaped slash", withFields({ creator_notes: "a/b" }));
inside("mixed_spacing", V2.replaceAll(":", " : ").replaceAll(",", " ,\t").replace(" : //", "://"), "odd spacing", { warnings: ANY, name: ANY });

// ---------------------------------------------------------------- the fields

const field = (name, change, note, found) => inside(`field_${name}`, json(v2(change)), note, found);
field("null_text", { creator_notes: null }, "null for a text", withFields({ creator_notes: "" }, "null-field"));
field("number_version", { character_version: 1.5 }, "a number for a version", withFields({ character_version: "1.5" }, "wrong-type"));
field("undefined_version", { character_version: "undefined" }, "RisuAI's `undefined`", withFields({ character_version: "" }, "undefined-text"));
field("placeholder_notes", { creator_notes: "Creator's notes go here." }, "SillyTavern's stand-in for notes", withFields({ creator_notes: "" }, "placeholder-text"));
field("greetings_text", { alternate_greetings: "1687194031049" }, "Chub: a text for the greetings", withFields({ alternate_greetings: ["1687194031049"] }, "wrong-type"));
field("greetings_null", { alternate_greetings: null }, "null for the greetings", withFields({ alternate_greetings: [] }, "null-field"));
field("greetings_holes", { alternate_greetings: ["a", null, 3] }, "greetings that are no text", withFields({ alternate_greetings: ["a", "3"] }, "wrong-type"));
field("greetings_object", { alternate_greetings: { 0: "a", 1: "b" } }, "an object for the greetings", withFields({ alternate_greetings: ["a", "b"] }, "wrong-type"));
field("tags_text", { tags: "a, b,,c" }, "tags between commas", withFields({ tags: ["a", "b", "c"] }, "wrong-type"));
field("tags_empty_text", { tags: "" }, "tags as an empty text", withFields({ tags: [] }));
field("tags_null", { tags: null }, "null for the tags", withFields({ tags: [] }, "null-field"));
field("extensions_null", { extensions: null }, "null for the extensions", withFields({ extensions: {} }, "wrong-type"));
field("extensions_list", { extensions: [] }, "a list for the extensions", withFields({ extensions: {} }, "wrong-type"));
field("book_null", { character_book: null }, "Chub: null for the book", warns("null-field"));
field("book", { character_book: book(entry()) }, "a book");
field("book_object", { character_book: { entries: { 1: { uid: 0, key: ["ice"], content: "c", order: 5 } } } }, "entries as an object");
field("book_odd", { character_book: book(entry({ position: 1, insertion_order: "10", id: "x" }), entry({ keys: "a, b", content: null })) }, "odd values in entries");
field("depth_empty", { extensions: { depth_prompt: { depth: "", prompt: "x" } } }, "AICharED: an empty depth");
field("html_notes", { creator_notes: "<script>alert(1)</script><img src=x onerror=alert(1)>" }, "HTML in the notes", withFields({ creator_notes: "<script>alert(1)</script><img src=x onerror=alert(1)>" }));
field("unknown", { avatar: "none", own_field: { x: [1, { y: null }] } }, "unknown fields");
field("missing", { personality: ANY, mes_example: ANY, tags: ANY, extensions: ANY }, "fields that are missing", withFields({ personality: "", tags: [] }));
inside("no_spec", json({ data: data2 }), "no specification named", warns("no-spec"));
inside("flat_v2", json({ spec: "chara_card_v2", spec_version: "2.0", ...data2 }), "V2 without `data`", { spec: "v1", warnings: ["flat-card"] });
inside("flat_v3", json({ spec: "chara_card_v3", ...data2, data: null }), "V3 with `data` of null", { spec: "v1", warnings: ["flat-card"] });
inside("newer", json({ ...v3(), spec_version: "3.7" }), "a later V3", { spec: "v3", warnings: ["newer-spec"] });
inside("version_word", json({ ...v3(), spec_version: "three" }), "a version that is no number", { spec: "v3", warnings: ["bad-value"] });
inside("version_number", json({ ...v2(), spec_version: 2 }), "a version as a number", { spec: "v2" });
inside("data_text", json({ spec: "chara_card_v2", spec_version: "2.0", data: json(data2) }), "`data` as a text", warns("double-encoded"));
inside("text", json(V2), "the card as a text", warns("double-encoded"));
inside("list", `[${V2}]`, "the card in a list", warns("double-encoded"));
inside("name_at_root", json({ ...v2({ name: "" }), name: NAME }), "the name at the root only", warns("field-at-root"));
inside("root_differs", json({ ...v2(), name: "Root", description: "Root" }), "SillyTavern's mirror says something else: `data` counts", withFields({ description: texts.description }, "root-differs"));
inside("alphabetical", json({ data: Object.fromEntries(Object.entries(data2).sort()), spec: "chara_card_v2", spec_version: "2.0" }), "Chub: keys in order of the alphabet", { spec: "v2" });
inside("nameless", json(v2({ name: "" })), "no name", { name: "", warnings: ["no-name"] });
inside("mojibake", json(v2({ name: Buffer.from(NAME).toString("latin1").replace(/[\x80-\x9f]/g, (c) => new TextDecoder("windows-1252").decode(Buffer.from(c, "latin1"))) })), "UTF-8 taken for Windows-1252", warns("mojibake"));
inside("milliseconds", json(v3({ creation_date: 1_700_000_000_000, modification_date: 0 })), "RisuAI: a date in milliseconds", { spec: "v3" });
inside("v3_all", json(v3({ nickname: "Z", creator_notes_multilingual: { en: "n", de: "x" }, source: ["https://x"], group_only_greetings: ["All"], assets: [{ type: "icon", uri: "ccdefault:", name: "main", ext: "png" }] })), "all of V3", { spec: "v3", fields: { nickname: "Z", group_only_greetings: ["All"] } });
inside("decorators", json(v3({ character_book: book(entry({ content: "@@depth 4\n@@@role user\nText", use_regex: true, keys: ["/ice/i"] })) })), "decorators and expressions");

// ---------------------------------------------------------------- other tools

inside("tool_sillytavern", json({ ...v2({ extensions: { talkativeness: "0.5", fav: false, world: "", depth_prompt: { prompt: "", depth: 4, role: "system" } } }), ...texts, creatorcomment: "n", avatar: "none", chat: `${NAME} - 2023-7-21 @17h 13m 22s 116ms`, talkativeness: "0.5", fav: false, tags: ["a"], create_date: "2023-7-21 @17h 13m 22s 116ms" }), "SillyTavern's mirror", { spec: "v2" });
inside("tool_tavernai", json({ ...texts, spec: "tavern_ai", spec_version: "1.0", public_id: "x", categories: [], nsfw: false, create_date_online: 1 }), "TavernAI of 2023-12: a flat card with a spec", { spec: "v1" });
inside("tool_pygmalion", json({ char_name: NAME, char_persona: "A shark.", char_greeting: "Hi", example_dialogue: "x", world_scenario: "Sea" }), "Pygmalion", { spec: "v1", fields: { description: "A shark.", first_mes: "Hi", scenario: "Sea", mes_example: "x" } });
inside("tool_zoltan", json({ ...texts, metadata: { version: 1, created: 1, modified: 2, source: null, tool: { name: "AI Character Editor", version: "0.5.0", url: "x" } } }), "ZoltanAI", { spec: "v1" });
inside("tool_chub", json({ data: { ...data2, avatar: "https://x/y.png", extensions: { chub: { id: 1, full_path: "a/b", related_lorebooks: [], expressions: null, alt_expressions: {} } } }, spec: "chara_card_v2", spec_version: "2.0" }), "Chub", { spec: "v2" });
inside("tool_risu", json(v3({ extensions: { risuai: { emotions: [["a", "__asset:0"]], additionalAssets: [] }, depth_prompt: {} } })), "RisuAI", { spec: "v3" });
inside("tool_cardshark", json({ ...v2({ character_uuid: "0f", combat_stats: { hp: 3 }, imported_images: [] }), name: "" }), "CardShark", { spec: "v2" });
inside("base64", base64(V2), "what a chunk would hold, as a file");
inside("base64_lines", base64(V2).replace(/.{76}/g, "$&\n"), "the same in lines", warns("loose-base64"));
inside("base64_string", json(base64(V2)), "the same as a JSON text", warns("double-encoded"));
inside("data_url", `data:application/json;base64,${base64(V2)}`, "a data URL as a file", warns("loose-base64"));
inside("data_in_data", json({ data: { data: data2 } }), "`data` in `data`", { spec: "v2", warnings: ["double-encoded", "no-spec"] });
inside("data_in_data_thrice", json({ data: { data: { data: data2 } } }), "and once more", { spec: "v2", warnings: ["double-encoded", "double-encoded", "no-spec"] });
inside("data_is_card", json({ spec: "chara_card_v2", spec_version: "2.0", data: v2() }), "a whole card as `data`", { spec: "v2", warnings: ["double-encoded"] });
inside("data_is_base64", json({ spec: "chara_card_v2", spec_version: "2.0", data: base64(json(data2)) }), "`data` in base64", { spec: "v2", warnings: ["double-encoded"] });
inside("tool_agnai", json({ kind: "character", name: NAME, description: "n", persona: { kind: "wpp", attributes: { species: ["shark", "big"] } }, greeting: "Hi", scenario: "Sea", sampleChat: "x", systemPrompt: "s" }), "Agnai's own export", { spec: "v1", fields: { description: `[character("${NAME}") {\nspecies("shark" + "big")\n}]`, creator_notes: "n", first_mes: "Hi", mes_example: "x", system_prompt: "s" } });
inside("tool_agnai_text", json({ name: NAME, persona: { kind: "text", attributes: { text: ["One."] } }, greeting: "g", scenario: "", sampleChat: "" }), "Agnai without a kind", { fields: { description: "One.", first_mes: "g" } });
inside("tool_agnai_v2", json({ ...v2({ extensions: { agnai: { voice: {}, persona: { kind: "text", attributes: { text: ["One."] } } } } }), ...texts }), "Agnai's V2", { spec: "v2" });
const yaml = (name, text, note, fields) => reads(`yaml/${name}.yaml`, utf8(text), note, { container: "yaml", spec: "v2", fields });
yaml("plain", `name: ${NAME}\ncontext: A shark.\ngreeting: Hi\n`, "text-generation-webui", { description: "A shark.", first_mes: "Hi" });
yaml("quoted", `name: "${NAME}"\ngreeting: 'it''s'\ncontext: "a\\nb \\\n  c"\n`, "in quotes", { description: "a\nb c", first_mes: "it's" });
yaml("block", `name: ${NAME}\r\ngreeting: |-\r\n  one\r\n  two\r\ncontext: >\r\n  one\r\n  two\r\n`, "blocks and CRLF", { first_mes: "one\ntwo", description: "one two\n" });
yaml("older", `bot: ${NAME}\nyour_name: You\ncontext: c\nexample_dialogue: |\n  x\n`, "older names", { mes_example: "x\n", extensions: { oobabooga: { your_name: "You" } } });

// ---------------------------------------------------------------- archives

const item = (name, data, options = {}) => ({ name, data: Buffer.isBuffer(data) ? data : utf8(data), ...options });
const picture = png([]);
const charx = json(v3({ assets: [{ type: "icon", uri: "embeded://assets/icon/images/main.png", name: "main", ext: "png" }] }));
const icon = item("assets/icon/images/main.png", picture);
const archive = (name, file, note, found) => reads(`archive/${name}`, file, note, { container: "charx", ...found });
archive("plain.charx", zip([item("card.json", charx), icon]), "card and icon", { spec: "v3", assets: 1 });
archive("deflated.charx", zip([item("card.json", charx, { deflate: true }), icon]), "the card deflated", { assets: 1 });
archive("card_last.charx", zip([icon, item("card.json", charx, { deflate: true })]), "RisuAI: the card last", { assets: 1 });
archive("streamed.charx", zip([item("assets/icon/images/main.png", picture, { streamed: true }), item("card.json", charx, { streamed: true, deflate: true })]), "RisuAI: data descriptors", { assets: 1 });
const streamed = { streamed: true, unmarked: true };
archive("unmarked.charx", zip([item("card.json", charx, streamed), { ...icon, ...streamed }]), "data descriptors without their mark", { assets: 1 });
archive("unmarked_no_directory.charx", zip([{ ...icon, ...streamed }, item("card.json", charx, streamed)], { directory: false }), "the same without a directory", { warnings: ["no-directory"], assets: 1 });
archive("unmarked_archive_within.charx", zip([item("card.json", charx, streamed), { ...icon, ...streamed }, item("assets/other/inner.zip", zip([item("a.txt", "a")]), streamed)], { directory: false }), "an archive in the archive", { warnings: ["no-directory"], assets: 2 });
archive("no_directory.charx", zip([item("card.json", charx), icon], { directory: false }), "without a directory", { warnings: ANY, assets: 1 });
archive("comment.charx", zip([item("card.json", charx), icon], { comment: "made by hand" }), "with a comment", { assets: 1 });
archive("module.charx", zip([icon, item("module.risum", Buffer.from([111, 0, 1, 2, 3])), item("x_meta/icon.json", "{}"), item("card.json", charx)]), "RisuAI's module is kept", { warnings: ["unread-module"], assets: 3 });
archive("embedded_typo.charx", zip([item("card.json", charx.replace("embeded", "embedded")), icon]), "`embedded://`", { assets: 1 });
archive("asset_scheme.charx", zip([item("card.json", charx.replace("embeded://assets/icon/images/", "__asset:")), item("main.png", picture)]), "`__asset:`", { assets: 1 });
archive("singular.charx", zip([item("card.json", charx.replace("images", "image")), item("assets/icon/image/main.png", picture)]), "RisuAI's singular", { assets: 1 });
archive("cleaned_name.charx", zip([item("card.json", charx.replace("main.png", "ma?in.png")), item("assets/icon/images/ma_in.png", picture)]), "RisuAI cleans names in the archive only", { assets: 1 });
archive("missing_asset.charx", zip([item("card.json", charx)]), "an asset that is not there", warns("missing-asset"));
archive("twice.charx", zip([item("card.json", charx), icon, item("a.bin", "old"), item("a.bin", "new")]), "two entries of one name", { warnings: ["duplicate-entry"], assets: 2 });
archive("damaged_asset.charx", zip([item("card.json", charx), icon, item("a.bin", "x", { method: 99 })]), "an asset of an unknown method", { warnings: ["damaged-asset"], assets: 1 });
archive("wrong_sum.charx", zip([item("card.json", charx, { sum: 1 }), icon]), "a wrong checksum", { warnings: ANY });
archive("odd_path.charx", zip([item("card.json", charx), icon, item("../../etc/passwd", "x"), item("C:\\x.bin", "y")]), "paths that lead out", { warnings: ["odd-path"], assets: 3 });
archive("folder.charx", zip([item("Zoe/card.json", charx), item("Zoe/assets/icon/images/main.png", picture)]), "all in a folder", { warnings: ["misplaced-card"] });
archive("capital.charx", zip([item("Card.JSON", charx), icon]), "`Card.JSON`", { warnings: ["misplaced-card"] });
archive("v2.charx", zip([item("card.json", V2)]), "V2 in an archive", { spec: "v2" });
archive("behind_png.png", zip([item("card.json", charx), icon], { prefix: picture }), "behind a PNG", { assets: 1 });
archive("behind_png_bare.png", zip([item("card.json", charx), icon], { prefix: picture, adjusted: false }), "behind a PNG, offsets of the archive alone", { assets: 1 });
archive("behind_jpeg.jpeg", zip([item("card.json", charx), icon], { prefix: jpeg([]), adjusted: false }), "RisuAI's charxJpeg", { assets: 1 });
archive("behind_exe.exe", zip([item("card.json", charx), icon], { prefix: "MZ self-extracting" }), "behind a program", { assets: 1 });
archive("wrong_count.charx", zip([item("card.json", charx), icon], { count: 20_000 }), "an end that counts wrongly", { assets: 1 });
archive("encrypted_asset.charx", zip([item("card.json", charx), icon, item("a.bin", "x", { encrypted: true })]), "an asset that is encrypted", { warnings: ["damaged-asset"], assets: 1 });
archive("encrypted_streamed.charx", zip([item("card.json", charx), icon, item("a.bin", "x", { encrypted: true, streamed: true })], { directory: false }), "the same without a directory", { warnings: ["damaged-asset", "no-directory"], assets: 1 });
const manifest = json({ schemaVersion: 1, characters: ["characters/a/character.json"], scenarios: ["scenarios/a.json"], author: { name: "me", backyardURL: "https://x" } });
const backyard = json({ schemaVersion: 1, id: "a", name: NAME, displayName: "Z", persona: "{character} and {user}", loreItems: [{ key: "ice,snow", value: "Cold." }], images: [{ path: "images/a.png", label: "" }] });
const scenario = json({ narrative: "Sea", firstMessages: [{ text: "Hi {user}" }], exampleMessages: [{ text: "#{user}: hi" }], messages: [] });
reads("archive/backyard.byaf", zip([item("manifest.json", manifest), item("characters/a/character.json", backyard, { deflate: true }), item("characters/a/images/a.png", picture), item("scenarios/a.json", scenario)]), "Backyard", { container: "byaf", spec: "v3", assets: 4, fields: { description: "{{char}} and {{user}}", first_mes: "Hi {{user}}", scenario: "Sea", creator: "me" } });
const talked = json({ title: "At sea", firstMessages: [{ text: "Hi {user}" }], messages: [{ type: "human", createdAt: "2025-03-01T10:01:00.000Z", text: "Hello." }, { type: "ai", outputs: [{ createdAt: "2025-03-01T10:02:00.000Z", activeTimestamp: "2025-03-01T10:09:00.000Z", text: "Yes." }, { createdAt: "2025-03-01T10:03:00.000Z", activeTimestamp: "2025-03-01T10:03:00.000Z", text: "No." }] }] });
reads("archive/backyard_chats.byaf", zip([item("manifest.json", manifest.replace('"scenarios/a.json"', '"scenarios/a.json","scenarios/b.json"')), item("characters/a/character.json", backyard.replace('"name"', '"isNSFW":true,"name"')), item("characters/a/images/a.png", picture), item("scenarios/a.json", talked), item("scenarios/b.json", scenario)]), "Backyard with a chat", { container: "byaf", spec: "v3", assets: 5, warnings: ["unread-chat"], fields: { tags: ["nsfw"], first_mes: "Hi {{user}}", alternate_greetings: [] } });
reads("archive/backyard_bare.byaf", zip([item("manifest.json", json({ characters: ["c.json"] })), item("c.json", json({ displayName: NAME }))]), "Backyard with the least there can be", { container: "byaf", assets: 2 });

// ---------------------------------------------------------------- WebP and JPEG

const comment = (payload) => bytes("ASCII\0\0\0", payload);
reads("photo/webp_2023_03.webp", webp(tiff(comment(utf8(V1))), { lead: "Exif\0\0" }), "TavernAI of 2023-03", { container: "webp", warnings: ANY });
reads("photo/webp_2023_04.webp", webp(tiff(comment(Array.from(utf8(V1)).join(","))), { lead: "Exif\0\0" }), "TavernAI of 2023-04: bytes as numbers", { container: "webp", warnings: ANY });
reads("photo/webp_bare.webp", webp(tiff(comment(utf8(V2)))), "without the lead", { container: "webp", warnings: ANY });
reads("photo/webp_below.webp", webp(tiff(comment(utf8(V2)), { below: true })), "in the directory below", { container: "webp", warnings: ANY });
reads("photo/webp_big.webp", webp(tiff(comment(utf8(V2)), { big: true })), "big endian", { container: "webp", warnings: ANY });
const exif = (content) => tiff(comment(content));
reads("photo/webp_second.webp", webp(exif(utf8(V2)), { more: [["EXIF", exif("a photograph")]] }), "the card in the second Exif", { container: "webp" });
reads("photo/webp_second_after_damage.webp", webp(exif(utf8(V2)), { more: [["EXIF", exif("{ damaged")]] }), "the first Exif is damaged", { container: "webp", warnings: ["damaged-chunk"] });
reads("photo/jpeg_second.jpg", jpeg([[0xe1, bytes("Exif\0\0", exif("a photograph"))], [0xfe, "another word"], [0xe1, bytes("Exif\0\0", exif(utf8(V2)))]]), "the card in the second Exif", { container: "jpeg" });
reads("photo/jpeg_comment_second.jpg", jpeg([[0xfe, "made with a camera"], [0xfe, utf8(V2)]]), "the card in the second comment", { container: "jpeg" });
reads("photo/jpeg_comment_cut.jpg", jpeg([[0xfe, base64(V2).slice(0, 101)], [0xfe, base64(V2).slice(101)]]), "a comment that goes on in the next", { container: "jpeg", warnings: ["split-text"] });
const long = exif(utf8(V2));
reads("photo/jpeg_exif_cut.jpg", jpeg([[0xe1, bytes("Exif\0\0", long.subarray(0, 300))], [0xe1, bytes("Exif\0\0", long.subarray(300))]]), "an Exif that goes on in the next", { container: "jpeg", warnings: ["split-text"] });
reads("photo/webp_utf16.webp", webp(tiff(bytes("UNICODE\0", utf16(V2, { mark: false })))), "UTF-16 in the comment", { container: "webp", warnings: ANY });
reads("photo/webp_nuls.webp", webp(tiff(bytes(Buffer.alloc(8), utf8(V1)))), "zeros before the JSON", { container: "webp", warnings: ANY });
reads("photo/jpeg_exif.jpg", jpeg([[0xe1, bytes("Exif\0\0", tiff(comment(utf8(V2))))]]), "JPEG with Exif", { container: "jpeg", warnings: ANY });
reads("photo/jpeg_comment.jpg", jpeg([[0xfe, base64(V2)]]), "JPEG with a comment", { container: "jpeg", warnings: ANY });

// ---------------------------------------------------------------- what is none

fails("none/empty.png", "", "not-a-card", "an empty file");
fails("none/signature.png", SIGNATURE, "cut-short", "a signature alone");
fails("none/header.png", png([]).subarray(0, 20), "cut-short", "cut within the header");
fails("none/no_card.png", png([text("Comment", "hi")]), "no-card", "no card in it");
fails("none/cut_before.png", png([chunk("gAMA", [0, 0, 0, 1])]).subarray(0, -20), "cut-short", "cut before any card came");
fails("none/parameters.png", png([text("parameters", V2)]), "no-card", "the words of an image generator");
fails("none/not_base64.png", png([text("chara", "#!?")]), "bad-encoding", "no base64");
fails("none/not_json.png", png([card("chara", "hello")]), "bad-json", "no JSON");
fails("none/not_a_card.png", png([card("chara", '{"hello":"world"}')]), "no-card", "JSON that is no card");
fails("none/encrypted.png", png([text("ccv3", "rcc||rccv1||x||y||z")]), "unsupported", "encrypted by RisuAI");
fails("none/bomb.png", png([ztxt("chara", Buffer.alloc(40 << 20, 0x41))]), "too-large", "a text of 40 MiB in few bytes");
fails("none/deep.json", raw(`"creator_notes":"n","x":${"[".repeat(5000)}${"]".repeat(5000)}`), "too-large", "too deep");
fails("none/cut.json", V2.slice(0, 200), "bad-json", "cut short");
fails("none/other.json", '{"hello":"world"}', "not-a-card", "other JSON");
fails("none/lorebook.json", json({ spec: "lorebook_v3", data: book(entry()) }), "not-a-card", "a lorebook");
fails("none/world.json", json({ current_position: "0,0,0", locations: {} }), "not-a-card", "a world");
fails("none/chat.jsonl", '{"user_name":"You","character_name":"Z"}\n{"name":"Z","is_user":false,"mes":"hi"}\n', "not-a-card", "a chat");
fails("none/text.txt", "just some words", "not-a-card", "a text");
fails("none/gif.gif", "GIF89a\x01\0\x01\0", "not-a-card", "another picture");
fails("none/list.json", "[1,2]", "not-a-card", "a list");
fails("none/no_card.charx", zip([item("readme.txt", "hi")]), "no-card", "an archive without a card");
fails("none/encrypted_zip.charx", zip([item("card.json", charx, { encrypted: true })]), "unsupported", "an encrypted archive");
fails("none/encrypted.charx", zip([item("card.json", "rcc||rccv1||x||y||z")]), "unsupported", "encrypted by RisuAI");
fails("none/cut.charx", zip([item("card.json", charx)]).subarray(0, 40), "bad-zip", "a cut archive");
fails("none/no_character.byaf", zip([item("manifest.json", json({ characters: [] }))]), "no-card", "Backyard without a character");
fails("none/photo.jpg", jpeg([[0xfe, "made with a camera"]]), "no-card", "a photograph");
fails("none/photo.webp", webp(tiff(comment("made with a camera"))), "no-card", "a photograph");
fails("none/open_quote.yaml", 'name: A\ncontext: "open\n', "not-a-card", "YAML that does not end");

export default cases;
