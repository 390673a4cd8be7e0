// Data folders of SillyTavern and CardShark through the package, as archives, lists of files and directories.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { init, Keep, readChat, writeCard } from "cardkeep";
import { bytes, utf8 } from "./fixtures.mjs";
import { zip } from "./zip.mjs";

before(() => init());

/** A picture without a card. */
const PIXEL = new Uint8Array(Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64"));
const ROOT = "data/default-user";
const json = (value) => bytes(JSON.stringify(value));
const png = (name, more = {}) => {
  const data = { name, description: `${name} is here.`, personality: "", scenario: "", first_mes: "Hi.", mes_example: "", tags: [], extensions: {}, ...more };
  return writeCard({ bytes: json({ spec: "chara_card_v2", spec_version: "2.0", data }) }, { container: "png" });
};
const line = (name, mes, user = false) => JSON.stringify({ name, is_user: user, send_date: "2024-05-01T10:00:00.000Z", mes });
const chat = (header, ...lines) => bytes([JSON.stringify(header), ...lines].join("\n"));

/** 30 characters, 60 chats, two groups, lorebooks, presets, personas, settings, and what is rotten. */
function tavern() {
  const files = {};
  const put = (path, content) => (files[`${ROOT}/${path}`] = content);
  for (let n = 0; n < 30; n += 1) {
    const name = `Hero ${n}`;
    put(`characters/${name}.png`, png(name));
    for (const k of [0, 1]) {
      put(`chats/${name}/${name} - 2024-5-${k + 1}.jsonl`, chat({ user_name: "You", character_name: name, chat_metadata: k ? { persona: "zoe.png" } : {} }, line(name, `Chat ${k} of ${name}.`), line("You", "Yes.", true)));
    }
  }
  put("characters/Hero 0/joy.png", PIXEL);
  put("characters/rotten.png", bytes("\x89PNG no picture at all"));
  put("characters/Card in JSON.json", json({ name: "Plain", description: "d", personality: "", scenario: "", first_mes: "", mes_example: "" }));
  put("chats/Hero 3/rotten.jsonl", bytes("\0\0\0\0"));
  put("chats/Nobody/left behind.jsonl", chat({ user_name: "You", character_name: "Hero 4" }, line("Hero 4", "Found by my name.")));
  put("groups/1.json", json({ id: "1", name: "Squad", members: ["Hero 1.png", "Hero 2.png", "gone.png"], chats: ["2024-03-01@12h"], chat_id: "2024-03-02@12h", chat_metadata: { note_prompt: "Täglich", variables: { n: 1 } }, past_metadata: { "2024-03-01@12h": { tainted: true } } }));
  put("groups/rotten.json", bytes("{"));
  put("group chats/2024-03-01@12h.jsonl", chat({ chat_metadata: {} }, line("Hero 1", "One."), line("Hero 2", "Two.")));
  put("group chats/2024-03-02@12h.jsonl", bytes(line("Hero 2", "Without a header.")));
  put("worlds/Sea.json", json({ entries: { 0: { uid: 0, key: ["shark"], content: "Sharks sing." } } }));
  put("worlds/rotten.json", bytes("no"));
  put("instruct/Mine.json", json({ name: "Mine", input_sequence: "<u>", output_sequence: "<a>" }));
  put("context/Mine.json", json({ name: "Mine", story_string: "{{description}}" }));
  put("sysprompt/Mine.json", json({ name: "Mine", content: "Be nice." }));
  put("reasoning/Mine.json", json({ name: "Mine", prefix: "<think>", suffix: "</think>", separator: "" }));
  put("OpenAI Settings/Mine.json", json({ prompts: [], prompt_order: [] }));
  put("TextGen Settings/Mine.json", json({ temp: 1, top_k: 0, top_p: 1, rep_pen: 1 }));
  put("settings.json", json({
    username: "Zoë",
    power_user: { chat_truncation: 100, personas: { "zoe.png": "Zoë", "bare.png": "Bare" }, persona_descriptions: { "zoe.png": { description: "Tall.", position: 0 } } },
    oai_settings: { proxy_password: "hunter2" },
  }));
  put("User Avatars/zoe.png", png("unused").slice());
  put("User Avatars/nobody.png", png("unused"));
  put("secrets.json", json({ api_key_openai: "sk-secret" }));
  put("backgrounds/sea.jpg", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 1, 2, 3));
  put("thumbnails/avatar/Hero 0.png", bytes("png"));
  put("stats.json", bytes("{}"));
  return files;
}

/** What a `FileSystemDirectoryHandle` looks like. */
function directory(name, files) {
  const entries = new Map();
  for (const [path, content] of Object.entries(files)) {
    const [first, ...rest] = path.split("/");
    if (rest.length === 0) entries.set(first, { kind: "file", name: first, getFile: async () => new File([content], first) });
    else entries.set(first, { ...entries.get(first), [rest.join("/")]: content });
  }
  const values = [...entries].map(([name, entry]) => (typeof entry.getFile === "function" ? entry : directory(name, entry)));
  return { kind: "directory", name, values: async function* () { yield* values; } };
}

async function all(events) {
  const list = [];
  for await (const event of events) list.push(event);
  return list;
}
const open = () => Keep.open({ medium: "memory" });
const listOf = (files) => Object.entries(files).map(([path, content]) => ({ path, file: content }));
const end = (events) => events.at(-1);
const of = (events, path) => events.filter((event) => event.path === `${ROOT}/${path}`);

test("a folder of SillyTavern comes with its links, and what is rotten stops nothing", async () => {
  const keep = await open();
  const events = await all(keep.importFolder(zip(tavern())));
  const done = end(events);
  assert.deepEqual(events[0], { type: "found", files: 114, found: { characters: 33, chats: 64, lorebooks: 2, templates: 6, assets: 1, settings: 1 } });
  const failed = events.filter(({ type }) => type === "failed").map(({ path, code }) => [path.slice(ROOT.length + 1), code]);
  assert.deepEqual(failed, [
    ["characters/rotten.png", "not-a-card"],
    ["worlds/rotten.json", "not-a-lorebook"],
    ["groups/rotten.json", "bad-json"],
    ["chats/Hero 3/rotten.jsonl", "not-a-chat"],
  ]);
  assert.deepEqual([done.added, done.updated, done.duplicates, done.failed], [31 + 1 + 6 + 2 + 63 + 1, 1, 0, 4]);
  const skipped = Object.fromEntries(events.filter(({ type }) => type === "skipped").map(({ path, reason }) => [path.slice(ROOT.length + 1), reason]));
  assert.deepEqual(skipped, {
    "characters/Hero 0/joy.png": "unknown",
    "User Avatars/nobody.png": "no-place",
    "secrets.json": "secret",
    "thumbnails/avatar/Hero 0.png": "copy",
    "stats.json": "program",
  });
  assert.equal(done.report.length, done.added + done.updated + done.failed + done.skipped + events.filter(({ type }) => type === "used").length);
  assert.equal(JSON.stringify(events).includes("hunter2"), false);
  assert.equal(JSON.stringify(events).includes("sk-secret"), false);

  const characters = (await keep.characters.list()).items;
  const id = (name) => characters.find((one) => one.name === name).id;
  const chats = await keep.chats.ofCharacter(id("Hero 7"));
  assert.deepEqual(chats.map(({ title }) => title).sort(), ["Hero 7 - 2024-5-1", "Hero 7 - 2024-5-2"]);
  assert.equal((await keep.chats.ofCharacter(id("Hero 4"))).length, 3);
  const group = (await keep.chats.list()).items.filter(({ title }) => title.startsWith("Squad"));
  assert.deepEqual(group.map(({ title, characters }) => [title, characters]).sort(), [
    ["Squad - 2024-03-01@12h", [id("Hero 1"), id("Hero 2")]],
    ["Squad - 2024-03-02@12h", [id("Hero 1"), id("Hero 2")]],
  ]);
  // What the group says of a chat is in its header for SillyTavern, and in nothing else.
  const of = (title) => group.find((one) => one.title === title).id;
  const headed = utf8((await keep.chats.export(of("Squad - 2024-03-02@12h"), { as: "sillytavern" })).bytes);
  const bare = utf8((await keep.chats.export(of("Squad - 2024-03-02@12h"))).bytes);
  assert.equal(bare.startsWith('{"name":"Hero 2"'), true);
  const [first] = headed.split("\n", 1);
  assert.equal(headed, `${first}\n${bare}`);
  assert.deepEqual(JSON.parse(first), { chat_metadata: { note_prompt: "Täglich", variables: { n: 1 } }, user_name: "unused", character_name: "unused" });
  const [{ header, length }] = readChat(bytes(headed)).sessions;
  assert.deepEqual([header.chat_metadata.note_prompt, length], ["Täglich", 1]);
  for (const as of [undefined, "sillytavern"]) {
    const own = utf8((await keep.chats.export(of("Squad - 2024-03-01@12h"), as && { as })).bytes);
    assert.equal(own.startsWith('{"chat_metadata":{}}\n'), true);
  }
  const branched = await (await keep.chats.open(of("Squad - 2024-03-02@12h"))).branch(0);
  assert.equal(utf8((await keep.chats.export(branched.id, { as: "sillytavern" })).bytes).startsWith('{"chat_metadata":{"note_prompt"'), true);

  const personas = (await keep.personas.list()).items;
  const zoe = personas.find(({ name }) => name === "Zoë");
  assert.deepEqual([personas.length, zoe.image, personas.find(({ name }) => name === "Bare").image], [2, true, false]);
  assert.equal((await keep.chats.list({ persona: zoe.id })).items.length, 30);
  assert.deepEqual([(await keep.lorebooks.list()).items[0].name, (await keep.templates.list()).items.length], ["Sea", 6]);
  assert.deepEqual((await keep.assets.list()).items.map(({ name, type }) => [name, type]), [["sea.jpg", "image/jpeg"]]);
  const settings = await keep.settings.get();
  assert.deepEqual([settings.userName, settings.pageSize], ["Zoë", 100]);
});

test("given again, nothing comes twice, and what was cut short goes on", async () => {
  const keep = await open();
  const files = zip(tavern());
  const aborter = new AbortController();
  const begun = (async () => {
    for await (const event of keep.importFolder(files, { signal: aborter.signal })) {
      if (event.type === "progress" && event.done === 50) aborter.abort();
    }
  })();
  await assert.rejects(begun, { code: "cancelled", op: "Keep.importFolder" });
  assert.equal((await keep.characters.list()).items.length, 31);
  const second = end(await all(keep.importFolder(files)));
  const third = end(await all(keep.importFolder(files)));
  assert.equal(second.duplicates > 30, true);
  assert.deepEqual([third.added, third.updated, third.duplicates], [0, 0, second.added + second.duplicates + second.updated]);
  assert.equal((await keep.chats.list()).items.length, 63);
  assert.equal((await keep.personas.list()).items.length, 2);
});

test("a chat that was here before its character, and a persona before its picture, get what they lack", async () => {
  const keep = await open();
  const files = tavern();
  const path = `${ROOT}/chats/Hero 7/Hero 7 - 2024-5-1.jsonl`;
  for await (const _ of keep.chats.import(files[path]));
  for await (const _ of keep.personas.import(files[`${ROOT}/settings.json`]));
  await keep.settings.patch({ userName: "Mine" });
  const events = await all(keep.importFolder(listOf(files)));
  const status = (name) => of(events, name).map(({ domain, status, type }) => `${domain ?? type} ${status ?? ""}`);
  assert.deepEqual(status("chats/Hero 7/Hero 7 - 2024-5-1.jsonl"), ["chats updated"]);
  assert.deepEqual(status("settings.json"), ["settings updated", "personas updated", "personas duplicate"]);
  const { userName, pageSize } = await keep.settings.get();
  assert.deepEqual([userName, pageSize], ["Mine", 100]);
});

test("two characters of one name have their equal chats each, and one that is changed or renamed brings none twice", async () => {
  const greeting = chat({ user_name: "You", character_name: "Ann", create_date: "2024-05-01" }, line("Ann", "Hello."));
  const grown = chat({ user_name: "You", character_name: "Ann", create_date: "2024-05-01" }, line("Ann", "Hello."), line("You", "Yes.", true));
  const folder = (cards, chats = {}) =>
    zip(Object.fromEntries([
      ...Object.entries(cards).map(([file, [name, description]]) => [`st/characters/${file}.png`, png(name, { description })]),
      ...Object.keys(cards).map((file) => [`st/chats/${file}/start.jsonl`, chats[file] ?? greeting]),
    ]));
  const keep = await open();
  const take = async (...given) => end(await all(keep.importFolder(folder(...given))));
  const counts = ({ added, updated, duplicates }) => [added, updated, duplicates];
  const chatsOf = async (name, description) => {
    const all = await Promise.all((await keep.characters.list()).items.map(({ id }) => keep.characters.get(id)));
    const { id } = all.find(({ card }) => card.name === name && card.description === description);
    return (await keep.chats.ofCharacter(id)).map(({ length }) => length);
  };
  const both = { Ann: ["Ann", "tall"], Ann1: ["Ann", "small"] };
  assert.deepEqual(counts(await take(both)), [4, 0, 0]);
  assert.deepEqual([await chatsOf("Ann", "tall"), await chatsOf("Ann", "small")], [[1], [1]]);
  assert.deepEqual(counts(await take(both)), [0, 0, 4]);
  // Each goes on by itself, whichever comes first.
  assert.deepEqual(counts(await take(both, { Ann1: grown })), [0, 1, 3]);
  assert.deepEqual([await chatsOf("Ann", "tall"), await chatsOf("Ann", "small")], [[1], [2]]);
  // A card that was changed comes as another character, whose chat is there.
  assert.deepEqual(counts(await take({ Ann: ["Ann", "taller"], Ann1: ["Ann", "small"] }, { Ann1: grown })), [1, 0, 3]);
  assert.deepEqual(counts(await take({ Anna: ["Anna", "taller"], Ann1: ["Ann", "small"] }, { Ann1: grown })), [1, 0, 3]);
  assert.equal((await keep.chats.list()).items.length, 2);
  // Told whose it is, a chat is that one's.
  const one = await keep.characters.put({ name: "Ann", description: "third" });
  for (const status of ["added", "duplicate"]) {
    const [item] = await all(keep.chats.import(new File([greeting], "start.jsonl"), { characters: [one.id] }));
    assert.deepEqual([item.status, item.entry.characters], [status, [one.id]]);
  }
  await keep.close();
});

test("a branch that is the beginning of another file is a chat of its own, in one folder and again", async () => {
  const header = { user_name: "You", character_name: "Ann", create_date: "2024-05-01" };
  const said = (count) => chat(header, ...Array.from({ length: count }, (_, n) => line("Ann", `Line ${n}.`)));
  const folder = (...counts) => zip({ "st/characters/Ann.png": png("Ann"), ...Object.fromEntries(counts.map((count, n) => [`st/chats/Ann/${n}.jsonl`, said(count)])) });
  const keep = await open();
  const lengths = async (...counts) => {
    await all(keep.importFolder(folder(...counts)));
    return (await keep.chats.list()).items.map(({ length }) => length).sort((a, b) => a - b);
  };
  assert.deepEqual(await lengths(2, 5, 3), [2, 3, 5]);
  assert.deepEqual(await lengths(2, 5, 3), [2, 3, 5]);
  assert.deepEqual(await lengths(2, 8, 3), [2, 3, 8]);
  await keep.close();
});

test("trunk and branch stay two chats, whichever of them was here before", async () => {
  const header = { user_name: "You", character_name: "Ann", create_date: "2024-05-01" };
  const said = (count) => chat(header, ...Array.from({ length: count }, (_, n) => line("Ann", `Line ${n}.`)));
  const folder = (files) => zip({ "st/characters/Ann.png": png("Ann"), ...Object.fromEntries(Object.entries(files).map(([name, count]) => [`st/chats/Ann/${name}.jsonl`, said(count)])) });
  const told = ({ items }) => Object.fromEntries(items.map(({ title, length }) => [title, length]));
  for (const [before, after] of [
    [{ B: 3 }, { A: 6, B: 3 }],
    [{ B: 3 }, { B: 3, C: 6 }],
    [{ B: 6 }, { A: 3, B: 6 }],
    [{ B: 3 }, { A: 3, B: 6 }],
    [{ B: 3 }, { A: 3, B: 6, C: 3 }],
    [{ B: 3 }, { A: 3, B: 3, C: 6 }],
    [{ B: 3 }, { A: 4, B: 5, C: 6 }],
  ]) {
    const keep = await open();
    await all(keep.importFolder(folder(before)));
    for (const added of [true, false]) {
      const done = end(await all(keep.importFolder(folder(after))));
      assert.equal(done.added > 0, added, JSON.stringify([before, after]));
      // A file of the very bytes of another one is that one.
      const { A, ...others } = after;
      assert.deepEqual(told(await keep.chats.list()), Object.values(others).includes(A) ? others : after);
    }
    await keep.close();
  }
});

test("many chats of one title come once, also when the cards of all their characters were changed", async () => {
  const count = 150;
  const folder = (description) =>
    zip(Object.fromEntries(Array.from({ length: count }, (_, n) => [
      [`st/characters/Hero ${n}.png`, png(`Hero ${n}`, { description })],
      // Every other one is equal to all others of its kind.
      [`st/chats/Hero ${n}/start.jsonl`, chat({ user_name: "You", character_name: n % 2 ? "Hero" : `Hero ${n}` }, line("Hero", "Hello."))],
    ]).flat()));
  const keep = await open();
  assert.equal(end(await all(keep.importFolder(folder("One.")))).added, 2 * count);
  const before = (await keep.chats.list()).items.map(({ id }) => id).sort();
  assert.equal(before.length, count);
  for (const [description, added] of [["Other.", count], ["Other.", 0], ["Third.", count]]) {
    const done = end(await all(keep.importFolder(folder(description))));
    assert.deepEqual([done.added, done.failed], [added, 0], description);
    assert.deepEqual((await keep.chats.list()).items.map(({ id }) => id).sort(), before);
  }
  await keep.close();
});

test("a chat whose file has grown gets its new lines, and a changed character comes beside the one that is kept", async () => {
  const keep = await Keep.open({ medium: "memory" });
  const said = (n) => line(n % 2 ? "You" : "Ann", `Line ${n}.`, n % 2 === 1);
  const file = (count) => chat({ user_name: "You", character_name: "Ann" }, ...Array.from({ length: count }, (_, n) => said(n)));
  const folder = (count, more = {}) =>
    zip({ "st/characters/Ann.png": png("Ann", more), "st/chats/Ann/first.jsonl": file(count) });
  await all(keep.importFolder(folder(3)));
  const [before] = (await keep.chats.list()).items;
  const done = (await all(keep.importFolder(folder(150)))).at(-1);
  assert.deepEqual([done.added, done.updated, done.duplicates, done.failed], [0, 1, 1, 0]);
  assert.deepEqual(done.report.find(({ domain }) => domain === "chats"), { path: "st/chats/Ann/first.jsonl", outcome: "updated", domain: "chats", id: before.id });
  const [after, ...others] = (await keep.chats.list()).items;
  assert.deepEqual([others.length, after.id, after.length, after.characters], [0, before.id, 150, before.characters]);
  assert.deepEqual((await keep.chats.export(after.id)).bytes, file(150));

  const changed = (await all(keep.importFolder(folder(151, { description: "Another one." })))).at(-1);
  assert.deepEqual([changed.added, changed.updated, changed.duplicates], [1, 1, 0]);
  assert.equal((await keep.characters.list()).items.length, 2);

  await (await keep.chats.open(before.id)).append({ name: "You", role: "user", text: "Here." });
  const imported = await all(keep.chats.import([file(151), file(200)]));
  assert.deepEqual(imported.filter(({ type }) => type === "item").map(({ status }) => status), ["duplicate", "added"]);
  assert.deepEqual(imported.at(-1), { type: "done", added: 1, updated: 0, duplicates: 1, failed: 0 });
  const newest = imported.filter(({ type }) => type === "item").at(-1).entry;
  const again = await all(keep.chats.import(file(201)));
  assert.deepEqual([again[0].status, again[0].entry.id, again.at(-1).updated], ["updated", newest.id, 1]);
  await keep.close();
});

test("an archive, a list of files and a directory of the disk say the same", async () => {
  const files = tavern();
  const given = [
    zip(files),
    new Blob([zip(files)]),
    listOf(files),
    Object.entries(files).map(([path, content]) => Object.defineProperty(new File([content], path.split("/").at(-1)), "webkitRelativePath", { value: path })),
    directory("data", Object.fromEntries(Object.entries(files).map(([path, content]) => [path.slice("data/".length), content]))),
  ];
  const reports = [];
  for (const source of given) {
    const { report } = end(await all((await open()).importFolder(source)));
    reports.push(report.map(({ path, outcome, code }) => `${path} ${outcome} ${code ?? ""}`).sort());
  }
  for (const report of reports) assert.deepEqual(report, reports[0]);
});

test("a preview says what is there and stores nothing", async () => {
  const keep = await open();
  const events = await all(keep.importFolder(zip(tavern()), { preview: true }));
  assert.deepEqual(events[0].found.characters, 33);
  assert.deepEqual(events.map(({ type }) => type).filter((type, n, types) => types.indexOf(type) === n), ["found", "skipped", "done"]);
  assert.deepEqual([end(events).added, (await keep.characters.list()).items.length], [0, 0]);
});

test("a folder of CardShark comes with its worlds, users and templates", async () => {
  const keep = await open();
  const files = {
    "characters/Ann.png": png("Ann"),
    "users/Me.png": png("Me"),
    "templates/chatml.json": json({ id: "chatml", name: "ChatML", userFormat: "<u>{{content}}", assistantFormat: "<a>{{content}}" }),
    "worlds/Isle/world_state.json": json({ name: "Isle", version: "1.0", locations: { "0,0,0": { location_id: "cove", name: "Cove" } } }),
    "worlds/Isle/metadata.json": json({ name: "Isle" }),
    "worlds/Isle/images/backgrounds/cove.png": PIXEL,
    "worlds/Isle/events/feast.json": json({ id: "feast" }),
    "worlds/Nowhere/images/a.png": PIXEL,
    "worlds/Isle/chats/cove_chat.jsonl": bytes('{"role":"user","content":"Hello?","timestamp":1700000000}\n'),
    "chats/1f2e3d4c/chat_Ann_1.jsonl": chat({ user_name: "User", character_name: "Ann", character_id: "1f2e3d4c", chat_metadata: {} }, line("Ann", "Hi.")),
    "settings.json": json({ theme: "dark", apis: { a: { apiKey: "sk-shark" } } }),
  };
  const events = await all(keep.importFolder(listOf(files)));
  assert.deepEqual(events.filter(({ type }) => type === "failed"), []);
  const done = end(events);
  assert.deepEqual([done.added, done.updated, done.skipped], [6, 1, 1]);
  assert.deepEqual(events.filter(({ type }) => type === "used").map(({ path }) => path), ["worlds/Isle/metadata.json", "worlds/Isle/images/backgrounds/cove.png", "worlds/Isle/events/feast.json"]);
  const again = end(await all(keep.importFolder(listOf(files))));
  assert.deepEqual([again.added, again.failed, again.skipped], [0, 0, 1]);
  const [ann] = (await keep.characters.list()).items;
  assert.equal((await keep.chats.ofCharacter(ann.id)).length, 1);
  const [world] = (await keep.worlds.list()).items;
  assert.equal((await keep.chats.list({ world: world.id, location: "cove" })).items.length, 1);
  const other = await open();
  const tree = (await keep.worlds.export(world.id, { as: "tree" })).bytes;
  for (const name of ["images/backgrounds/cove.png", "events/feast.json", "metadata.json"]) assert.equal(utf8(tree).includes(name), true, name);
  assert.equal((await all(other.worlds.import(tree)))[0].status, "added");
  assert.equal((await keep.settings.get()).theme, "dark");
  assert.equal(JSON.stringify(events).includes("sk-shark"), false);
});

test("what is no folder is refused, and a file that lies in an archive fails alone", async () => {
  const keep = await open();
  for (const [source, code] of [[bytes("nothing"), "bad-zip"], [new Blob([]), "bad-zip"], [7, "bad-option"], [[7], "bad-option"]]) {
    await assert.rejects(all(keep.importFolder(source)), { code, op: "Keep.importFolder" }, String(source));
  }
  assert.throws(() => keep.importFolder([], { previews: true }), { code: "bad-option", op: "Keep.importFolder" });
  const files = zip({ "characters/Ann.png": png("Ann"), "worlds/Sea.json": json({ entries: { 0: { key: ["a"], content: "x" } } }) });
  const at = Buffer.from(files).indexOf("characters/Ann.png") - 30;
  files[at] = 0;
  const events = await all(keep.importFolder(files));
  assert.deepEqual(events.map(({ type, code }) => code ?? type), ["found", "bad-zip", "progress", "item", "progress", "done"]);
  const within = { limits: { file: 100 } };
  const large = await all(keep.importFolder([{ path: "characters/Ann.png", file: png("Ann") }], within));
  assert.equal(large[1].code, "too-large");
});

test("names in two spellings of one letter belong together, presets of other services are left, and a closed keep ends it", async () => {
  const keep = await open();
  const files = {
    "characters/Zo\u00eb.png": png("Zo\u00eb"),
    "chats/Zoe\u0308/first.jsonl": chat({}, line("Zo\u00eb", "Hi.")),
    "NovelAI Settings/Carefree.json": json({ order: [1, 2], temperature: 1.35, max_length: 150 }),
    "KoboldAI Settings/old.settings": bytes("{"),
  };
  const events = await all(keep.importFolder(listOf(files)));
  const [zoe] = (await keep.characters.list()).items;
  assert.equal((await keep.chats.ofCharacter(zoe.id)).length, 1);
  assert.deepEqual(end(events).report.slice(1, 3).map(({ path, outcome, code }) => [path, outcome, code]), [
    ["NovelAI Settings/Carefree.json", "skipped", "unknown"],
    ["KoboldAI Settings/old.settings", "failed", "bad-json"],
  ]);
  await keep.close();
  await assert.rejects(all(keep.importFolder(listOf(files))), { code: "closed" });
  await assert.rejects(all(keep.characters.import(png("Ann"))), { code: "closed" });
});

test("settings of other tools are taken over by themselves", async () => {
  const keep = await open();
  const read = await keep.settings.import(tavern()[`${ROOT}/settings.json`]);
  assert.deepEqual([read.tool, read.applied], ["sillytavern", { userName: "Zoë", pageSize: 100 }]);
  assert.deepEqual(read.warnings.map(({ code, path }) => [code, path]), [["secret-left-out", "oai_settings.proxy_password"]]);
  await keep.settings.patch({ userName: "Mine", pageSize: 50 });
  assert.deepEqual((await keep.settings.import(new Blob([tavern()[`${ROOT}/settings.json`]]), { keepMine: true })).applied, { pageSize: 100 });
  await assert.rejects(keep.settings.import(bytes("{}")), { code: "unsupported", op: "settings.import" });
  await assert.rejects(keep.settings.import(bytes("{}"), { keepmine: true }), { code: "bad-option" });
});

test("chats stay or go with what they belong to, and come back with it", async () => {
  const keep = await open();
  await all(keep.importFolder(zip(tavern())));
  const [hero] = (await keep.characters.list()).items.filter(({ name }) => name === "Hero 1");
  const { chats, worlds } = await keep.characters.links(hero.id);
  assert.deepEqual([chats.length, worlds], [4, []]);
  await keep.characters.delete(hero.id);
  assert.equal((await keep.chats.list({ character: hero.id })).items.length, 4);
  await keep.characters.restore(hero.id);
  await keep.characters.delete(hero.id, { chats: "trash" });
  assert.equal((await keep.chats.list({ character: hero.id })).items.length, 2);
  await keep.characters.restore(hero.id);
  assert.equal((await keep.chats.list({ character: hero.id })).items.length, 4);
  await keep.characters.delete(hero.id, { permanent: true });
  assert.equal((await keep.chats.list()).items.length, 63);
  assert.equal((await keep.chats.list()).items.some(({ characters }) => characters.includes(hero.id)), false);
  const code = (promise) => promise.then(() => undefined, ({ code }) => code);
  assert.equal(await code(keep.characters.delete(hero.id, { chats: "all" })), "bad-option");
  const [book] = (await keep.lorebooks.list()).items;
  assert.equal(await code(keep.lorebooks.delete(book.id, { chats: "trash" })), "bad-option");
  assert.equal(await code(keep.characters.delete(book.id, { chats: "trash", permanent: true })), "bad-option");
  assert.equal(utf8((await keep.lorebooks.export(book.id)).bytes).includes("Sharks"), true);
});

/** Everything of a keep that a folder of SillyTavern holds, without what differs from keep to keep. */
async function contents(keep) {
  const names = new Map((await keep.characters.list()).items.map(({ id, name }) => [id, name]));
  const people = new Map((await keep.personas.list()).items.map(({ id, name }) => [id, name]));
  const told = [];
  const put = (...parts) => told.push(parts.join(" | "));
  for (const { id, name } of (await keep.characters.list()).items) put("character", name, utf8((await keep.characters.get(id)).document.bytes), (await keep.characters.image(id))?.length);
  for (const { id, title, characters, persona } of (await keep.chats.list()).items) {
    put("chat", title, characters.map((one) => names.get(one)).join(), people.get(persona) ?? "", utf8((await keep.chats.export(id)).bytes), utf8((await keep.chats.export(id, { as: "sillytavern" })).bytes));
  }
  for (const domain of ["lorebooks", "templates"]) for (const { id, name } of (await keep[domain].list()).items) put(domain, name, utf8((await keep[domain].get(id)).document.bytes));
  for (const { id, name } of (await keep.personas.list()).items) put("persona", name, utf8((await keep.personas.get(id)).document.bytes), (await keep.personas.image(id))?.length);
  return told.sort();
}

test("playthroughs stay or go with their world, and come back with it", async () => {
  const keep = await Keep.open({ medium: "memory" });
  const world = await keep.worlds.create("Isle");
  const run = await keep.playthroughs.create({ world: world.id, name: "Mine" });
  await keep.chats.create({ title: "Of it", world: world.id, playthrough: run.id });
  const links = await keep.worlds.links(world.id);
  assert.deepEqual([links.playthroughs.map(({ name, worldStatus }) => [name, worldStatus]), links.chats.map(({ title }) => title)], [[["Mine", "ok"]], ["Of it"]]);
  assert.deepEqual((await keep.playthroughs.links(run.id)).chats.map(({ title }) => title), ["Of it"]);
  await keep.worlds.delete(world.id);
  assert.equal((await keep.playthroughs.list()).items[0].worldStatus, "trashed");
  await keep.worlds.restore(world.id);
  await keep.worlds.delete(world.id, { playthroughs: "trash", chats: "trash" });
  assert.deepEqual([(await keep.playthroughs.list()).items, (await keep.chats.list()).items], [[], []]);
  await keep.worlds.restore(world.id);
  assert.deepEqual([(await keep.playthroughs.list()).items.length, (await keep.chats.list()).items.length], [1, 1]);
  const code = (work) => work.then(() => undefined, (error) => error.code);
  assert.equal(await code(keep.worlds.delete(world.id, { playthroughs: "drop" })), "bad-option");
  assert.equal(await code(keep.worlds.delete(world.id, { playthroughs: "trash", permanent: true })), "bad-option");
  assert.equal(await code(keep.playthroughs.delete(run.id, { playthroughs: "trash" })), "bad-option");
  await keep.close();
});

test("what leaves as a folder of SillyTavern comes back the same", async () => {
  const keep = await open();
  await all(keep.importFolder(zip(tavern())));
  // Two of one name, one that came as JSON, an archived chat, and what has no place there.
  for await (const _ of keep.characters.import([png("Hero 1", { creator: "another" }), png("A/B: C?")]));
  const [{ id }] = (await keep.chats.list()).items.filter(({ title }) => title === "left behind");
  await keep.chats.archive(id);
  const world = await keep.worlds.create("Isle");
  const folder = keep.exportFolder({ layout: "sillytavern" });
  const archive = await folder.blob();
  assert.deepEqual(folder.told.map(({ domain, id }) => [domain, id]), [["worlds", world.id]]);
  await keep.chats.unarchive(id);

  const other = await open();
  const done = end(await all(other.importFolder(archive)));
  assert.deepEqual([done.failed, done.skipped, done.duplicates], [0, 0, 0]);
  const [before, after] = [await contents(keep), await contents(other)];
  assert.equal(before.length, 33 + 63 + 1 + 6 + 2);
  for (const [n, one] of before.entries()) {
    // What came as JSON has a picture now.
    if (one.startsWith("character | Plain")) assert.equal(after[n].startsWith(one.trimEnd()), true);
    else assert.equal(after[n], one);
  }
  const again = await other.exportFolder({ layout: "sillytavern" }).blob();
  const third = await open();
  await all(third.importFolder(again));
  assert.deepEqual(await contents(third), after);
});

test("a group leaves with what it came with, and two of the same characters stay two", async () => {
  const files = tavern();
  const said = { avatar_url: "img/squad.png", activation_strategy: 2, generation_mode: 1, disabled_members: ["Hero 2.png"], allow_self_responses: true, fav: true, date_added: 1.7e12 };
  const members = ["Hero 1.png", "Hero 2.png", "gone.png"];
  files[`${ROOT}/groups/1.json`] = json({ ...JSON.parse(utf8(files[`${ROOT}/groups/1.json`])), ...said });
  files[`${ROOT}/groups/17.json`] = json({ id: "17", name: "Rivals", members: members.slice(0, 2), chats: ["1709251200000"], chat_id: "1709251200000", activation_strategy: 0 });
  files[`${ROOT}/group chats/1709251200000.jsonl`] = chat({ chat_metadata: {} }, line("Hero 1", "Fight."));
  const keep = await open();
  await all(keep.importFolder(zip(files)));
  const other = await open();
  await all(other.importFolder(await keep.exportFolder({ layout: "sillytavern" }).blob()));
  const chats = (await other.chats.list()).items;
  const groupOf = async (title) => JSON.parse(await other.chats.group(chats.find((one) => one.title === title).id));
  const [squad, rivals] = [await groupOf("Squad - 2024-03-01@12h"), await groupOf("Rivals - 1709251200000")];
  assert.deepEqual(await groupOf("Squad - 2024-03-02@12h"), squad);
  const { id, name, chats: theirs, past_metadata: past, ...rest } = squad;
  assert.deepEqual([id, name, theirs.sort()], ["1", "Squad", ["Squad - 2024-03-01@12h", "Squad - 2024-03-02@12h"]]);
  assert.deepEqual(past, { "Squad - 2024-03-02@12h": { note_prompt: "Täglich", variables: { n: 1 } } });
  assert.deepEqual(rest, { ...said, members, chat_id: rest.chat_id, chat_metadata: rest.chat_metadata });
  assert.deepEqual([rivals.id, rivals.name, rivals.members, rivals.chats, rivals.activation_strategy], ["17", "Rivals", members.slice(0, 2), ["Rivals - 1709251200000"], 0]);
  const [alone] = chats.filter(({ title }) => title.startsWith("Hero 7"));
  assert.equal(await other.chats.group(alone.id), undefined);
});

test("the folder is made while it is read, and can be given up", async () => {
  const keep = await open();
  await all(keep.importFolder(zip(tavern())));
  const aborter = new AbortController();
  const reader = keep.exportFolder({ layout: "sillytavern", signal: aborter.signal }).stream().getReader();
  assert.equal(utf8((await reader.read()).value).startsWith("PK"), true);
  aborter.abort();
  await assert.rejects((async () => { while (!(await reader.read()).done); })(), { code: "cancelled", op: "Keep.exportFolder" });
  await keep.exportFolder({ layout: "sillytavern" }).stream().cancel();
  assert.throws(() => keep.exportFolder({ layout: "tavern" }), { code: "bad-option", op: "Keep.exportFolder" });
  assert.throws(() => keep.exportFolder(), { code: "bad-option" });
});
