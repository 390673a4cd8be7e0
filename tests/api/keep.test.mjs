// The keep through the package, on the medium that Node has.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Keep, readChat, writeCard } from "cardkeep";
import { bytes, fixture } from "./fixtures.mjs";

const opened = (options = {}) => Keep.open({ medium: "memory", ...options });
const collect = async (events) => {
  const all = [];
  for await (const event of events) all.push(event);
  return all;
};
const imported = async (service, ...rest) => {
  const events = await collect(service.import(...rest));
  return events.find(({ type }) => type === "item")?.entry ?? assert.fail(JSON.stringify(events));
};
const chatLog = (count) =>
  bytes(
    [
      { user_name: "You", character_name: "Ann", create_date: "2024-01-02@03h04m05s", chat_metadata: {} },
      ...Array.from({ length: count }, (_, index) => ({ name: "Ann", is_user: false, send_date: 1700000000000 + index, mes: `m${index}` })),
    ]
      .map((it) => JSON.stringify(it))
      .join("\n"),
  );

test("opening loads the module and says what was found", async () => {
  const keep = await opened({ name: "a-keep" });
  assert.equal(keep.name, "a-keep");
  assert.deepEqual(keep.access, { mode: "read-write" });
  assert.equal(keep.report.created, true);
  await keep.close();
});

test("without IndexedDB the default medium says so", async () => {
  await assert.rejects(Keep.open(), { name: "CardkeepError", code: "no-support", op: "Keep.open" });
});

test("unknown options and values are errors", async () => {
  for (const options of [{ nmae: "x" }, { medium: "disk" }, { name: "" }, { name: "a b" }, { name: 5 }, { timeout: -1 }, { timeout: "1" }, null]) {
    await assert.rejects(Keep.open(options), { code: "bad-option", op: "Keep.open" }, JSON.stringify(options));
  }
});

test("one bad file never stops the others, and the same file twice is one", async () => {
  const keep = await opened();
  const good = fixture("cards/01_v1_before_idat.png");
  const sources = [new File([good], "good.png"), new File(["nonsense"], "bad.txt"), new Blob([good]), new Blob([fixture("cards/80_v2.json")]).stream()];
  const events = await collect(keep.characters.import(sources));
  const told = events.map(({ type, name, status, code }) => [type, name, status ?? code].filter((it) => it !== undefined).join(" "));
  assert.deepEqual(told, [
    "item good.png added",
    "progress",
    "failed bad.txt not-a-card",
    "progress",
    "item  duplicate",
    "progress",
    "item  added",
    "progress",
    "done",
  ]);
  assert.deepEqual(events.at(-1), { type: "done", added: 2, updated: 0, duplicates: 1, failed: 1 });
  assert.deepEqual(events.at(-2), { type: "progress", done: 4, total: 4 });
  assert.equal((await keep.characters.list()).items.length, 2);
});

test("a file over the limit is refused before it is read", async () => {
  const keep = await opened();
  const blob = new Blob([new Uint8Array(1000)]);
  blob.arrayBuffer = () => assert.fail("it was read");
  const [event] = await collect(keep.characters.import(blob, { limits: { file: 999 } }));
  assert.deepEqual([event.type, event.code], ["failed", "too-large"]);
  let pulled = 0;
  const stream = new ReadableStream({ pull: (controller) => (pulled++, controller.enqueue(new Uint8Array(500))) });
  const [streamed] = await collect(keep.characters.import(stream, { limits: { file: 999 } }));
  assert.deepEqual([streamed.type, streamed.code], ["failed", "too-large"]);
  assert.ok(pulled < 10);
});

test("an aborted import is cancelled, and what was imported stays", async () => {
  const keep = await opened();
  const controller = new AbortController();
  const files = ["01_v1_before_idat.png", "80_v2.json"].map((name) => fixture(`cards/${name}`));
  const run = async () => {
    for await (const { type } of keep.characters.import(files, { signal: controller.signal })) if (type === "item") controller.abort("enough");
  };
  await assert.rejects(run(), { code: "cancelled", op: "characters.import", cause: "enough" });
  assert.equal((await keep.characters.list()).items.length, 1);
  assert.throws(() => keep.characters.import(files, { singal: null }), { code: "bad-option" });
  for (const none of [undefined, null, 5, "file.png", {}]) assert.throws(() => keep.worlds.import(none), { code: "bad-option" });
});

test("a character is read, patched, told of, binned and restored", async () => {
  const keep = await opened();
  const changes = [];
  keep.addEventListener("change", ({ detail }) => changes.push(detail));
  const image = fixture("cards/01_v1_before_idat.png");
  const { id } = await imported(keep.characters, image);
  const character = await keep.characters.get(id);
  assert.equal(character.id, id);
  assert.equal(character.card.name, character.name);
  assert.deepEqual((await keep.characters.export(id)).bytes, image);
  assert.deepEqual(await keep.characters.image(id), image);
  assert.equal((await keep.characters.thumbnail(id))[0], 0x89);
  assert.deepEqual(writeCard(character.document, { container: "png", image }), image);

  const entry = await keep.characters.patch(id, { name: "Bea" }, { ifRev: character.rev });
  assert.equal(entry.name, "Bea");
  assert.ok(entry.rev > character.rev);
  await assert.rejects(keep.characters.patch(id, { name: "Cat" }, { ifRev: character.rev }), {
    code: "conflict",
    op: "characters.patch",
    domain: "characters",
    id,
  });
  const [before] = await keep.characters.history(id);
  assert.equal(before.rev, character.rev);
  const back = await keep.characters.restoreVersion(id, before.rev);
  assert.ok(back.name === character.name && back.rev > entry.rev);
  assert.equal((await keep.characters.restoreVersion(id, entry.rev)).name, "Bea");
  await assert.rejects(keep.characters.restoreVersion(id, 99), { code: "not-found", op: "characters.restoreVersion", id });

  await keep.characters.delete(id);
  assert.equal(await keep.characters.get(id), undefined);
  assert.deepEqual((await keep.characters.list()).items, []);
  assert.equal((await keep.characters.list({ trashed: true })).items[0].id, id);
  await assert.rejects(keep.characters.delete("nowhere"), { code: "not-found", op: "characters.delete", id: "nowhere" });
  assert.equal((await keep.characters.restore(id)).name, "Bea");
  await new Promise((resolve) => setTimeout(resolve));
  assert.ok(changes.length >= 4);
  assert.deepEqual(changes[0], { domain: "characters", ids: [id], remote: false });
});

test("a chat is imported, written and exported", async () => {
  const keep = await opened();
  const log = chatLog(120);
  const { id, length, title } = await imported(keep.chats, new File([log], "Ann.jsonl"), { title: "First" });
  assert.deepEqual([length, title], [120, "First"]);
  assert.deepEqual((await keep.chats.export(id)).bytes, log);
  const chat = await keep.chats.open(id);
  assert.deepEqual([chat.id, chat.length, chat.header.character_name], [id, 120, "Ann"]);
  assert.deepEqual((await chat.page(118, 500)).map(({ text }) => text), ["m118", "m119"]);
  assert.deepEqual((await chat.last(2)).map(({ index }) => index), [118, 119]);

  const added = await chat.append({ name: "You", role: "user", text: "Hello \u{1F988}" });
  assert.deepEqual([added.index, added.text, added.role, chat.length], [120, "Hello \u{1F988}", "user", 121]);
  assert.equal((await chat.edit(0, { text: "changed" })).text, "changed");
  await chat.remove(1);
  assert.equal(chat.entry.length, 120);
  const all = await collect(chat.messages({ batch: 7 }));
  assert.deepEqual(all.map(({ index }) => index), Array.from({ length: 120 }, (_, index) => index));
  assert.deepEqual([all[0].text, all[1].text, all[119].text], ["changed", "m2", "Hello \u{1F988}"]);
  assert.equal((await collect(chat.messages({ from: 118 }))).length, 2);
  assert.equal((await keep.chats.get(id)).length, 120);
  assert.throws(() => chat.messages({ batch: 0 }), { code: "bad-option" });
  await assert.rejects(chat.page(-1, 3), { code: "bad-option", op: "ChatHandle.page" });
  await assert.rejects(chat.edit(500, { text: "x" }), { name: "CardkeepError" });
});

test("a chat is begun", async () => {
  const keep = await opened();
  const character = await imported(keep.characters, fixture("cards/80_v2.json"));
  const entry = await keep.chats.create({ title: "New", characters: [character.id], userName: "You", characterName: "Ann" });
  assert.deepEqual([entry.title, entry.length, entry.characters], ["New", 0, [character.id]]);
  await assert.rejects(keep.chats.create({ titel: "x" }), { code: "bad-option", op: "chats.create" });
  await assert.rejects(keep.chats.create({}), { code: "bad-option" });
});

test("a world is made, walked and changed", async () => {
  const keep = await opened();
  const { id, position } = await keep.worlds.create("Östland");
  const world = await keep.worlds.get(id);
  assert.equal(world.state.metadata.name, "Östland");
  assert.equal(world.state.current_position, position);
  const changed = await keep.worlds.setStat(id, "gold", { coins: 5 }, { ifRev: world.rev });
  assert.deepEqual(changed.state.player.gold, { coins: 5 });
  await assert.rejects(keep.worlds.moveTo(id, "9,9,9"), { code: "invalid", op: "worlds.moveTo" });
  await assert.rejects(keep.worlds.setStat(id, "gold", undefined), { code: "bad-option" });
  await assert.rejects(keep.worlds.setStat(id, "gold", 1, { ifRev: world.rev }), { code: "conflict" });
  const file = await keep.worlds.export(id);
  const again = await imported(await opened().then((other) => other.worlds), file.bytes);
  assert.equal(again.name, "Östland");
});

test("settings have defaults, and refuse what they do not know", async () => {
  const keep = await opened();
  const { settings } = keep;
  assert.deepEqual(await settings.get(), settings.defaults);
  assert.equal((await settings.patch({ theme: "dark", userName: undefined })).theme, "dark");
  assert.equal((await settings.get()).theme, "dark");
  await assert.rejects(settings.patch({ theme: "pink" }), { code: "invalid", op: "settings.patch" });
  await assert.rejects(settings.patch({ them: "dark" }), { code: "bad-option" });
  assert.deepEqual(await settings.reset("theme"), settings.defaults);
  await settings.patch({ pageSize: 100 });
  assert.deepEqual(await settings.reset(), settings.defaults);
});

test("there are no backups before anything dangerous", async () => {
  assert.deepEqual(await (await opened()).backups.list(), []);
});

test("a closed keep says so, once as an event and then as an error", async () => {
  const keep = await opened();
  let closed = 0;
  keep.addEventListener("closed", () => closed++);
  await keep.close();
  await keep.close();
  assert.equal(closed, 1);
  await assert.rejects(keep.characters.list(), { code: "closed", op: "characters.list" });
  await using_(await opened());
});

async function using_(keep) {
  await keep[Symbol.asyncDispose]();
  await assert.rejects(keep.settings.get(), { code: "closed" });
}

test("ids are text", async () => {
  const keep = await opened();
  await assert.rejects(keep.characters.get(5), { code: "bad-option", op: "characters.get" });
  await assert.rejects(keep.chats.open(), { code: "bad-option", op: "chats.open" });
  await assert.rejects(keep.characters.delete("x", { ifrev: 1 }), { code: "bad-option" });
});

test("writes of one handle happen in the order of their calls", async () => {
  const keep = await opened();
  const chat = await keep.chats.open((await keep.chats.create({ title: "Fast" })).id);
  const say = (text) => chat.append({ name: "You", role: "user", text });
  const said = await Promise.all(Array.from({ length: 100 }, (_, n) => say(`m${n}`)));
  assert.deepEqual(said.map(({ index, text }) => [index, text]), Array.from({ length: 100 }, (_, n) => [n, `m${n}`]));
  const failed = chat.remove(1000).then(() => "removed", ({ code }) => code);
  await Promise.all([failed, chat.edit(0, { text: "first" }), chat.remove(1), say("last")]);
  assert.notEqual(await failed, "removed");
  assert.deepEqual((await chat.page(0, 2)).map(({ text }) => text), ["first", "m2"]);
  assert.deepEqual((await chat.last(1)).map(({ text }) => text), ["last"]);
  await keep.close();
});

test("a live query asks once for many changes, and tells failures and their end", async () => {
  const keep = await opened();
  let runs = 0;
  let broken = false;
  const [told, failed, later] = [[], [], []];
  const query = keep.live(async () => {
    runs += 1;
    if (broken) throw new Error("no");
    return (await keep.settings.get()).userName;
  });
  const next = () => new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(await query.get(), "You");
  await keep.worlds.create("unheard");
  await next();
  assert.equal(runs, 1);
  const stop = query.subscribe((value) => told.push(value), (error) => failed.push(error.message));
  await next();
  query["@@observable"]().subscribe({ next: (value) => later.push(value), error: () => undefined, complete: () => later.push("complete") });
  await next();
  assert.deepEqual([told, later, runs], [["You"], ["You"], 2]);
  for (let n = 0; n < 20; n += 1) keep.dispatchEvent(new CustomEvent("change", { detail: { domain: "worlds", ids: [], remote: true } }));
  await next();
  assert.equal(runs, 3);
  broken = true;
  await keep.settings.patch({ userName: "Ana" });
  await next();
  broken = false;
  await keep.worlds.create("again");
  await next();
  assert.deepEqual([told, failed], [["You", "Ana"], ["no"]]);
  stop();
  await keep.settings.patch({ userName: "Ben" });
  await next();
  await keep.close();
  await next();
  assert.deepEqual([told, later.slice(-2)], [["You", "Ana"], ["Ben", "complete"]]);
  assert.throws(() => query.subscribe(() => undefined), { code: "closed" });
  for (const wrong of [[5], [() => 1, { domain: [] }], [() => 1, { domains: ["planets"] }], [() => 1, { domains: "worlds" }], [() => 1, { domains: [undefined] }], [() => 1, { domains: [5n] }]]) {
    assert.throws(() => keep.live(...wrong), { code: "bad-option" }, String(wrong));
  }
});

test("reading a live query ends at once, also while the next result is awaited", async () => {
  const keep = await Keep.open({ medium: "memory" });
  const results = keep.live(() => keep.settings.get())[Symbol.asyncIterator]();
  assert.equal((await results.next()).done, false);
  const waited = results.next();
  assert.deepEqual(await Promise.all([results.return(), waited]), [{ done: true, value: undefined }, { done: true, value: undefined }]);
  const unread = keep.live(() => 1)[Symbol.asyncIterator]();
  assert.deepEqual([await unread.return(), await unread.next()], [{ done: true, value: undefined }, { done: true, value: undefined }]);
  await keep.close();
});

test("a domain is gone through, and tells of its own changes until nobody listens", async () => {
  const keep = await Keep.open({ medium: "memory" });
  const [worlds, settings] = [[], []];
  const stop = keep.worlds.subscribe((change) => worlds.push(change));
  keep.settings.subscribe(({ ids }) => settings.push(...ids));
  const ids = [(await keep.worlds.create("One")).id, (await keep.worlds.create("Two")).id];
  await keep.settings.patch({ userName: "Ana" });
  await new Promise((resolve) => setTimeout(resolve));
  stop();
  await keep.worlds.delete(ids[0]);
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(worlds, ids.map((id) => ({ domain: "worlds", ids: [id], remote: false })));
  assert.deepEqual(settings, ["userName"]);
  const names = [];
  for await (const { name } of keep.worlds.iterate()) names.push(name);
  assert.deepEqual(names, ["Two"]);
  for await (const { id } of keep.worlds.iterate({ trashed: true })) assert.equal(id, ids[0]);
  assert.throws(() => keep.worlds.subscribe(1), { code: "bad-option", op: "worlds.subscribe" });
  await keep.transaction(["worlds"], (tx) => assert.throws(() => tx.worlds.subscribe(() => {}), { code: "bad-option" }));
  await keep.close();
});

test("an archive of Backyard comes with its chats", async () => {
  const keep = await opened();
  const file = fixture("cases/cards/archive/backyard_chats.byaf");
  assert.deepEqual(readChat(file).source.tool, "backyard");
  const items = [];
  for await (const event of keep.characters.import(file)) if (event.type === "item") items.push(event);
  const [{ entry, chats, warnings }] = items;
  assert.deepEqual([items.length, warnings, chats.map(({ entry: { title, characters }, status }) => [title, characters, status])], [1, [], [["At sea", [entry.id], "added"]]]);
  const chat = await keep.chats.open(chats[0].entry.id);
  const said = (await chat.page(0, 9)).map(({ text, swipes }) => [text, swipes?.length ?? 0]);
  assert.deepEqual(said.map(([text]) => text), ["Hi {{user}}", "Hello.", "Yes."]);
  assert.deepEqual((await keep.chats.export(chats[0].entry.id, { as: "original" })).bytes, file);
  const found = [];
  for await (const event of keep.importFolder([{ path: "characters/zoe.byaf", file }])) if (event.type === "item") found.push([event.domain, event.status]);
  assert.deepEqual(found, [["characters", "duplicate"], ["chats", "duplicate"]]);
});
