// A keep that follows into a folder: in Node with a directory that can be made to fail, in Chromium with one of the private file
// system, whose handles are those of the disk.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { init, Keep, writeCard } from "cardkeep";
import { bytes, utf8 } from "./fixtures.mjs";
import { CHROMIUM, onePage } from "./pages.mjs";

before(() => init());

const NOTES = ".cardkeep.json";
const json = (value) => bytes(JSON.stringify(value));
const png = (name, more = {}) => {
  const data = { name, description: `${name} is here.`, personality: "", scenario: "", first_mes: "Hi.", mes_example: "", tags: [], extensions: {}, ...more };
  return writeCard({ bytes: json({ spec: "chara_card_v2", spec_version: "2.0", data }) }, { container: "png" });
};

const wrong = (name) => Object.assign(new Error(name), { name });

/** A directory as the browser gives one, in memory; `fail(what, path)` may say which error comes. */
class Folder {
  kind = "directory";
  constructor(name, disk = { fail: () => undefined, writes: [], open: 0 }, path = "") {
    Object.assign(this, { name, disk, path, entries: new Map() });
  }
  #try(what, path) {
    const error = this.disk.fail(what, path);
    if (error) throw error;
  }
  async queryPermission() {
    return this.disk.permission ?? "granted";
  }
  async *values() {
    this.#try("list", this.path);
    yield* this.entries.values();
  }
  #at(name) {
    return this.path ? `${this.path}/${name}` : name;
  }
  #get(name, kind, make) {
    this.#try(kind, this.#at(name));
    const found = this.entries.get(name) ?? (make ? make() : undefined);
    if (!found) throw wrong("NotFoundError");
    if (found.kind !== kind) throw wrong("TypeMismatchError");
    this.entries.set(name, found);
    return found;
  }
  async getDirectoryHandle(name, { create } = {}) {
    return this.#get(name, "directory", create && (() => new Folder(name, this.disk, this.#at(name))));
  }
  async getFileHandle(name, { create } = {}) {
    const { disk } = this;
    const path = this.#at(name);
    const stop = (what) => this.#try(what, path);
    return this.#get(name, "file", create && (() => ({
      kind: "file",
      name,
      content: new Uint8Array(),
      async getFile() {
        stop("read");
        return new File([this.content], name);
      },
      async createWritable() {
        stop("open");
        disk.open += 1;
        let parts = [];
        return {
          write: async (part) => {
            parts.push(part.slice(0, part.length / 2));
            stop("write");
            parts = [part];
          },
          close: async () => {
            stop("close");
            this.content = new Uint8Array(await new Blob(parts).arrayBuffer());
            disk.writes.push(path);
            disk.open -= 1;
          },
          abort: async () => void (disk.open -= 1),
        };
      },
    })));
  }
  async removeEntry(name) {
    const found = this.entries.get(name);
    if (!found) throw wrong("NotFoundError");
    if (found.entries?.size > 0) throw wrong("InvalidModificationError");
    this.entries.delete(name);
  }
  /** Every file by its path. */
  files() {
    const own = [...this.entries.values()].flatMap((one) => (one.kind === "file" ? [[this.#at(one.name), one.content]] : Object.entries(one.files())));
    return Object.fromEntries(own);
  }
  async put(path, content) {
    const parts = path.split("/");
    let folder = this;
    for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part, { create: true });
    (await folder.getFileHandle(parts.at(-1), { create: true })).content = bytes(content);
  }
}

async function all(events) {
  const list = [];
  for await (const event of events) list.push(event);
  return list;
}
const end = async (events) => (await all(events)).at(-1);
const counts = ({ written, unchanged, removed, conflicts, failed }) => [written, unchanged, removed, conflicts, failed];
const of = ({ report }, outcome) => report.filter((one) => one.outcome === outcome).map(({ path }) => path);
const open = () => Keep.open({ medium: "memory" });

/** Two of one name, one of them with a chat, a group, a lorebook, a template, a persona with its picture, a background. */
async function filled() {
  const keep = await open();
  for await (const _ of keep.characters.import([png("Ann"), png("Ann", { creator: "another" }), png("Bob")]));
  const ids = Object.fromEntries((await keep.characters.list()).items.reverse().map(({ id }, n) => [["ann", "ann2", "bob"][n], id]));
  const chat = await keep.chats.create({ title: "First", characters: [ids.ann2] });
  await (await keep.chats.open(chat.id)).append({ name: "Ann", role: "character", text: "Hello." });
  const group = await keep.chats.create({ title: "Both", characters: [ids.ann, ids.bob] });
  await (await keep.chats.open(group.id)).append({ name: "Bob", role: "character", text: "Hi." });
  for await (const _ of keep.lorebooks.import(new File([json({ entries: { 0: { uid: 0, key: ["sea"], content: "Wet." } } })], "Sea.json")));
  for await (const _ of keep.templates.import(new File([json({ name: "Mine", content: "Be nice." })], "Mine.json")));
  const backup = { personas: { "zoe.png": "Zoe" }, persona_descriptions: { "zoe.png": { description: "Tall." } }, default_persona: "zoe.png" };
  for await (const _ of keep.personas.import(json(backup)));
  const [zoe] = (await keep.personas.list()).items;
  await keep.personas.put((await keep.personas.get(zoe.id)).document, { id: zoe.id, image: png("Zoe") });
  await keep.assets.put(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 1, 2, 3), { name: "sea.jpg" });
  return { keep, ids, chat: chat.id };
}

const PATHS = [
  NOTES, "User Avatars/zoe.png", "backgrounds/sea.jpg", "characters/Ann.png", "characters/Ann1.png", "characters/Bob.png",
  "chats/Ann1/First.jsonl", "group chats/Both.jsonl", "groups/1.json", "personas.json", "sysprompt/Mine.json", "worlds/Sea.json",
].sort();

test("a keep is written into a folder once, and after that what changed", async () => {
  const { keep, ids, chat } = await filled();
  const folder = new Folder("picked");
  const events = await all(keep.mirrorFolder(folder));
  assert.deepEqual(counts(events.at(-1)), [11, 0, 0, 0, 0]);
  assert.deepEqual(Object.keys(folder.files()).sort(), PATHS);
  const progress = events.filter(({ type }) => type === "progress");
  assert.deepEqual([progress.at(-1).done, progress.at(-1).total], [9, 9]);
  assert.deepEqual(events.find(({ path }) => path === "characters/Bob.png"), { type: "file", path: "characters/Bob.png", outcome: "written", domain: "characters", id: ids.bob });

  // What is in it is what leaves as an archive, and nothing is missing.
  const there = await open();
  const imported = await end(there.importFolder(await keep.exportFolder({ layout: "sillytavern" }).blob()));
  const again = await end(there.importFolder(folder));
  assert.deepEqual([imported.failed, imported.skipped], [0, 0]);
  assert.deepEqual([again.added, again.updated, again.failed, again.report.filter(({ outcome }) => outcome === "skipped").map(({ path }) => path)], [0, 0, 0, [`picked/${NOTES}`]]);

  folder.disk.writes = [];
  assert.deepEqual(counts(await end(keep.mirrorFolder(folder))), [0, 11, 0, 0, 0]);
  assert.deepEqual(folder.disk.writes, []);

  await (await keep.chats.open(chat)).append({ name: "You", role: "user", text: "One more." });
  const one = await end(keep.mirrorFolder(folder, { layout: "sillytavern" }));
  assert.deepEqual([counts(one), of(one, "written"), folder.disk.writes], [[1, 10, 0, 0, 0], ["chats/Ann1/First.jsonl"], ["chats/Ann1/First.jsonl", NOTES]]);
  assert.equal(utf8(folder.files()["chats/Ann1/First.jsonl"]).includes("One more."), true);
  assert.equal(folder.disk.open, 0);
});

test("files of deleted records go, names stay with their records, and a renamed one moves", async () => {
  const { keep, ids } = await filled();
  const folder = new Folder("picked");
  await end(keep.mirrorFolder(folder));
  await keep.characters.delete(ids.ann);
  await keep.characters.patch(ids.bob, { name: "bob" });
  const done = await end(keep.mirrorFolder(folder));
  assert.deepEqual(of(done, "removed"), ["characters/Ann.png", "group chats/Both.jsonl", "groups/1.json"]);
  assert.equal("chats/bob/Both.jsonl" in folder.files(), true);
  assert.deepEqual(Object.keys(folder.files()).filter((path) => path.startsWith("characters/")), ["characters/Ann1.png", "characters/bob.png"]);
  assert.equal("chats/Ann1/First.jsonl" in folder.files(), true);
  await keep.characters.delete(ids.ann2, { chats: "trash" });
  assert.equal((await end(keep.mirrorFolder(folder))).removed, 2);
  assert.equal(folder.entries.get("chats").entries.has("Ann1"), false);
  await keep.characters.restore(ids.ann2);
  await end(keep.mirrorFolder(folder));
  assert.equal("characters/Ann.png" in folder.files(), true);
});

test("what others put or changed in the folder stays, and is told", async () => {
  const { keep, ids } = await filled();
  const folder = new Folder("picked");
  await folder.put("characters/Ann.png", "mine");
  await folder.put("characters/Mine too.png", "mine");
  await folder.put("worlds", "no folder");
  const first = await end(keep.mirrorFolder(folder));
  assert.deepEqual([of(first, "conflict"), counts(first)], [["characters/Ann.png", "worlds/Sea.json"], [9, 0, 0, 2, 0]]);
  await folder.put("characters/Bob.png", "Changed by hand.");
  await folder.put("chats/Ann1/First.jsonl", "");
  await keep.characters.patch(ids.bob, { description: "Another." });
  const second = await end(keep.mirrorFolder(folder));
  assert.deepEqual([of(second, "conflict"), of(second, "written")], [["characters/Ann.png", "characters/Bob.png", "worlds/Sea.json"], ["chats/Ann1/First.jsonl"]]);
  await keep.characters.delete(ids.bob);
  const third = await end(keep.mirrorFolder(folder));
  assert.deepEqual(of(third, "conflict"), ["characters/Ann.png", "worlds/Sea.json", "characters/Bob.png"]);
  const { "characters/Ann.png": ann, "characters/Mine too.png": mine, "characters/Bob.png": bob, worlds } = folder.files();
  assert.deepEqual([ann, mine, bob, worlds].map(utf8), ["mine", "mine", "Changed by hand.", "no folder"]);
  // Whoever takes theirs away gets the keep's.
  await folder.entries.get("characters").removeEntry("Ann.png");
  await folder.removeEntry("worlds");
  assert.deepEqual(of(await end(keep.mirrorFolder(folder)), "written"), ["characters/Ann.png", "worlds/Sea.json"]);
});

test("another keep's folder, or one without notes, loses nothing", async () => {
  const { keep } = await filled();
  const folder = new Folder("picked");
  await end(keep.mirrorFolder(folder));
  const before = folder.files();
  const [{ id }] = (await keep.lorebooks.list()).items;
  const other = await open();
  for await (const _ of other.characters.import(png("Ann", { creator: "a third" })));
  assert.deepEqual(counts(await end(other.mirrorFolder(folder))), [0, 0, 0, 1, 0]);
  for (const notes of ["{", '{"kind":"mirror","form":1,"files":7}', ""]) {
    await folder.put(NOTES, notes);
    await keep.lorebooks.delete(id);
    const done = await end(keep.mirrorFolder(folder));
    assert.deepEqual([done.removed, done.written], [0, 0], notes);
    await keep.lorebooks.restore(id);
  }
  assert.deepEqual({ ...folder.files(), [NOTES]: 0 }, { ...before, [NOTES]: 0 });
  await folder.put(NOTES, '{"kind":"mirror","form":2,"of":"a newer version"}');
  await assert.rejects(all(keep.mirrorFolder(folder)), { code: "too-new", op: "Keep.mirrorFolder" });
  assert.equal(utf8(folder.files()[NOTES]).includes("newer"), true);
});

test("a write that fails leaves the file before, and the next call makes it good", async () => {
  const { keep, ids } = await filled();
  const folder = new Folder("picked");
  folder.disk.fail = (what, path) => what === "write" && path === "characters/Bob.png" && wrong("QuotaExceededError");
  const first = await end(keep.mirrorFolder(folder));
  assert.deepEqual(first.report.filter(({ outcome }) => outcome === "failed").map(({ path, code }) => [path, code]), [["characters/Bob.png", "quota"]]);
  assert.deepEqual(["characters/Bob.png" in folder.files(), folder.disk.open], [false, 0]);
  folder.disk.fail = () => undefined;
  assert.deepEqual(of(await end(keep.mirrorFolder(folder)), "written"), ["characters/Bob.png"]);
  const before = folder.files()["characters/Bob.png"];
  await keep.characters.patch(ids.bob, { description: "Another." });
  for (const step of ["open", "write", "close"]) {
    folder.disk.fail = (what, path) => what === step && path === "characters/Bob.png" && wrong("NoModificationAllowedError");
    const done = await end(keep.mirrorFolder(folder));
    assert.deepEqual([done.failed, done.report.find(({ outcome }) => outcome === "failed").code], [1, "medium"], step);
    assert.deepEqual(folder.files()["characters/Bob.png"], before, step);
  }
  folder.disk.fail = () => undefined;
  assert.deepEqual(of(await end(keep.mirrorFolder(folder)), "written"), ["characters/Bob.png"]);
});

test("a record that cannot be read keeps its file, and so does what it is a part of", async () => {
  const { keep, ids } = await filled();
  const folder = new Folder("picked");
  await end(keep.mirrorFolder(folder));
  const before = folder.files();
  for (const [domain, verb] of [["characters", "export"], ["chats", "export"], ["personas", "get"]]) {
    const right = keep[domain][verb];
    keep[domain][verb] = async () => { throw Object.assign(wrong("CardkeepError"), { code: "corrupt" }); };
    const done = await end(keep.mirrorFolder(folder));
    assert.deepEqual([done.written, done.removed, done.told.length > 0], [0, 0, true], domain);
    keep[domain][verb] = right;
  }
  const list = keep.characters.list;
  keep.characters.list = async () => {
    const { items } = await list.call(keep.characters);
    return { items: items.filter(({ id }) => id !== ids.ann), unreadable: [{ id: ids.ann, code: "corrupt", message: "rotten" }] };
  };
  const { written, removed, told } = await end(keep.mirrorFolder(folder));
  assert.deepEqual([written, removed, told.some(({ id }) => id === ids.ann)], [0, 0, true]);
  delete keep.characters.list;
  assert.deepEqual(folder.files(), before);
});

test("a call that is given up goes on the next time", async () => {
  const { keep } = await filled();
  const folder = new Folder("picked");
  const aborter = new AbortController();
  await assert.rejects((async () => {
    for await (const { done } of keep.mirrorFolder(folder, { signal: aborter.signal })) if (done === 3) aborter.abort();
  })(), { code: "cancelled", op: "Keep.mirrorFolder" });
  for await (const { done } of keep.mirrorFolder(folder)) if (done === 5) break;
  assert.equal(folder.disk.open, 0);
  const done = await end(keep.mirrorFolder(folder));
  assert.deepEqual([counts(done), Object.keys(folder.files()).sort()], [[6, 5, 0, 0, 0], PATHS]);
  aborter.abort();
  await assert.rejects(all(keep.mirrorFolder(folder, { signal: aborter.signal })), { code: "cancelled" });
});

test("a folder that is gone or forbidden, and what is none, is an error of the table", async () => {
  const { keep } = await filled();
  const code = (directory, given) => {
    try {
      return all(keep.mirrorFolder(directory, given)).then(() => undefined, ({ code, op }) => [code, op]);
    } catch ({ code, op }) {
      return [code, op];
    }
  };
  const op = "Keep.mirrorFolder";
  for (const none of [undefined, null, 7, "characters", {}, [], new Blob()]) assert.deepEqual(await code(none), ["bad-option", op]);
  assert.deepEqual(await code(new Folder("picked"), { layout: "risu" }), ["bad-option", op]);
  assert.deepEqual(await code(new Folder("picked"), { purge: true }), ["bad-option", op]);
  const denied = new Folder("picked");
  denied.disk.permission = "prompt";
  assert.deepEqual([await code(denied), denied.entries.size], [["medium", op], 0]);
  const gone = new Folder("picked");
  gone.disk.fail = () => wrong("NotFoundError");
  assert.deepEqual(await code(gone), ["medium", op]);
  // It goes in the middle.
  const going = new Folder("picked");
  going.disk.fail = (what) => (going.disk.writes.length > 2 ? wrong("NotFoundError") : undefined);
  assert.deepEqual(await code(going), ["medium", op]);
  const old = new Folder("picked");
  const file = old.getFileHandle.bind(old);
  old.getFileHandle = async (...given) => Object.assign(await file(...given), { createWritable: undefined });
  old.getDirectoryHandle = async () => old;
  assert.deepEqual(await code(old), ["no-support", op]);
  assert.equal(old.entries.size, 0);
  await keep.close();
  assert.equal((await code(new Folder("picked")))[0], "closed");
});

describe("in Chromium", () => {
  const at = onePage();

  test("a directory of the private file system follows the keep", CHROMIUM, async () => {
    await at.browser.go(at.server.url);
    const told = await at.browser.run(async () => {
      const { Keep, writeCard } = await import("/index.js");
      const bytes = (value) => new TextEncoder().encode(JSON.stringify(value));
      const png = (name) => writeCard({ bytes: bytes({ spec: "chara_card_v2", spec_version: "2.0", data: { name, description: "", personality: "", scenario: "", first_mes: "Hi.", mes_example: "", extensions: {} } }) }, { container: "png" });
      const keep = await Keep.open({ name: "mirrored" });
      for await (const _ of keep.characters.import([png("Ann"), png("Zoë 東京")]));
      const [zoe, ann] = (await keep.characters.list()).items;
      const chat = await keep.chats.create({ title: "First", characters: [ann.id] });
      await (await keep.chats.open(chat.id)).append({ name: "Ann", role: "character", text: "Hello." });
      const top = await navigator.storage.getDirectory();
      const folder = await top.getDirectoryHandle("picked", { create: true });
      const end = async (events) => {
        let last;
        for await (const event of events) last = event;
        return last;
      };
      const counts = ({ written, unchanged, removed, conflicts, failed }) => [written, unchanged, removed, conflicts, failed];
      const mirrored = async () => counts(await end(keep.mirrorFolder(folder)));
      const told = { first: await mirrored() };
      const other = await Keep.open({ name: "other" });
      const { added, failed } = await end(other.importFolder(folder));
      told.imported = [added, failed, (await other.chats.ofCharacter((await other.characters.list()).items.find(({ name }) => name === "Ann").id)).length];
      await other.close();
      told.second = await mirrored();
      await (await keep.chats.open(chat.id)).append({ name: "You", role: "user", text: "More." });
      told.changed = await mirrored();
      const characters = await folder.getDirectoryHandle("characters");
      const put = async (name, text) => {
        const stream = await (await characters.getFileHandle(name, { create: true })).createWritable();
        await stream.write(text);
        await stream.close();
      };
      await put("Ann.png", "by hand");
      await put("Mine.png", "by hand");
      told.conflict = await mirrored();
      await keep.characters.delete(zoe.id);
      told.deleted = await mirrored();
      told.names = [];
      for await (const name of characters.keys()) told.names.push(name);
      told.stays = await (await (await characters.getFileHandle("Ann.png")).getFile()).text();
      await top.removeEntry("picked", { recursive: true });
      told.gone = await mirrored().catch(({ code, op }) => [code, op]);
      await keep.close();
      return told;
    });
    assert.deepEqual(told, {
      first: [3, 0, 0, 0, 0],
      imported: [3, 0, 1],
      second: [0, 3, 0, 0, 0],
      changed: [1, 2, 0, 0, 0],
      conflict: [0, 2, 0, 1, 0],
      deleted: [0, 1, 1, 1, 0],
      names: told.names,
      stays: "by hand",
      gone: ["medium", "Keep.mirrorFolder"],
    });
    assert.deepEqual(told.names.sort(), ["Ann.png", "Mine.png"]);
  });
});
