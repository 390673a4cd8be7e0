// Every verb of every domain: of a closed keep, also where there is nothing to do, and given what nobody expects.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Keep } from "cardkeep";
import { bytes } from "./fixtures.mjs";

const ID = "0199aaaa-0000-7000-8000-000000000000";
const SCOPE = { guild: "g", channel: "c" };
const CARD = { name: "Ann", description: "x", personality: "", scenario: "", first_mes: "Hi", mes_example: "" };
const CAMPAIGN = { guild_id: "g", channel_id: "c", active_npcs: [], user_roles: {}, user_characters: {} };

async function all(given) {
  const found = [];
  for await (const one of given) found.push(one);
  return found;
}

const records = (domain) => ({
  get: () => domain.get(ID),
  list: () => domain.list(),
  iterate: () => all(domain.iterate()),
  import: () => all(domain.import([])),
  export: () => domain.export(ID),
  delete: () => domain.delete(ID),
  deleteMany: () => domain.deleteMany([]),
  restore: () => domain.restore(ID),
  restoreMany: () => domain.restoreMany([]),
  history: () => domain.history(ID),
  version: () => domain.version(ID, 1),
  exportVersion: () => domain.exportVersion(ID, 1),
  restoreVersion: () => domain.restoreVersion(ID, 1),
  pinVersion: () => domain.pinVersion(ID, 1),
  unpinVersion: () => domain.unpinVersion(ID, 1),
});

const documents = (domain, content) => ({
  ...records(domain),
  patch: () => domain.patch(ID, {}),
  patchMany: () => domain.patchMany([]),
  put: () => domain.put(content),
  putMany: () => domain.putMany([]),
  validate: () => domain.validate(content),
});

const pictured = (domain) => ({ links: () => domain.links(ID), image: () => domain.image(ID), thumbnail: () => domain.thumbnail(ID) });

/** Calls of an open keep and of a chat, by whose they are. */
function calls(keep, chat) {
  const { characters, chats, worlds, personas, lorebooks, templates, campaigns, assets, playthroughs, settings, backups, trash, journal, drafts, quarantine } = keep;
  const { import: _, ...scopes } = documents(campaigns, CAMPAIGN);
  const { import: __, ...runs } = documents(playthroughs, { world: ID, position: "0,0,0" });
  return [
    [keep, {
      check: () => keep.check(), repair: () => keep.repair([]), rollback: () => keep.rollback(ID), takeOver: () => keep.takeOver(), usage: () => keep.usage(), health: () => keep.health(),
      importFolder: () => all(keep.importFolder([])), exportFolder: () => all(keep.exportFolder({ layout: "sillytavern" }).stream()), mirrorFolder: () => all(keep.mirrorFolder(folder())),
      saver: async () => keep.saver(), live: () => keep.live(() => 1).get(), transaction: () => keep.transaction([], () => 1),
    }],
    [characters, { ...documents(characters, CARD), ...pictured(characters) }],
    [chats, {
      ...records(chats), rename: () => chats.rename(ID, "x"), archive: () => chats.archive(ID), unarchive: () => chats.unarchive(ID), link: () => chats.link(ID, { characters: [] }), template: () => chats.template(ID),
      setTemplate: () => chats.setTemplate(ID, undefined), group: () => chats.group(ID), tree: () => chats.tree(ID), ofCharacter: () => chats.ofCharacter(ID), branches: () => chats.branches(ID),
      search: () => chats.search("x"), create: () => chats.create({ title: "t" }), validate: () => chats.validate({ title: "t", characters: [ID] }), draft: () => chats.draft(ID),
      setDraft: () => chats.setDraft(ID, "x"), open: () => chats.open(ID), interrupted: () => chats.interrupted(), keepReply: () => chats.keepReply(ID), discardReply: () => chats.discardReply(ID),
    }],
    [worlds, {
      ...documents(worlds, { current_position: "0,0,0", locations: {} }), place: () => worlds.place(ID, "x", "0,0,0"), files: () => worlds.files(ID), file: () => worlds.file(ID, "x"),
      putFile: () => worlds.putFile(ID, "x", bytes("x")), removeFile: () => worlds.removeFile(ID, "x"), suggestLocations: () => worlds.suggestLocations(ID), fromCharacter: () => worlds.fromCharacter(ID),
      inhabitants: () => worlds.inhabitants(ID), location: () => worlds.location(ID, "0,0,0"), viewport: () => worlds.viewport(ID, { z: 0, x: [0, 1], y: [0, 1] }), context: () => worlds.context(ID),
      create: () => worlds.create("Here"), moveTo: () => worlds.moveTo(ID, "0,0,0"), setStat: () => worlds.setStat(ID, "gold", 1), links: () => worlds.links(ID),
    }],
    [personas, { ...documents(personas, { name: "Me", description: "x" }), ...pictured(personas) }],
    [lorebooks, {
      ...documents(lorebooks, { name: "B", entries: [] }), patchEntry: () => lorebooks.patchEntry(ID, "0", { content: "x" }), addEntry: () => lorebooks.addEntry(ID, { keys: ["a"], content: "x" }),
      removeEntry: () => lorebooks.removeEntry(ID, "0"), duplicate: () => lorebooks.duplicate(ID),
    }],
    [templates, { ...documents(templates, { kind: "system-prompt", name: "T", fields: { content: "x" } }), duplicate: () => templates.duplicate(ID), links: () => templates.links(ID) }],
    [campaigns, {
      ...scopes, npcs: () => campaigns.npcs(), change: () => campaigns.change(SCOPE, {}), ensure: () => campaigns.ensure(SCOPE), can: () => campaigns.can({ user: "1" }, "play", SCOPE),
      importFiles: () => campaigns.importFiles({}), exportFiles: () => campaigns.exportFiles(),
    }],
    [assets, { ...records(assets), put: () => assets.put(bytes("x")), patch: () => assets.patch(ID, {}) }],
    [playthroughs, {
      ...runs, create: () => playthroughs.create({ world: ID }), links: () => playthroughs.links(ID), moveTo: () => playthroughs.moveTo(ID, "0,0,0"),
      trigger: () => playthroughs.trigger(ID, { on: "talk", npc: "x" }), follow: () => playthroughs.follow(ID, ID), setStat: () => playthroughs.setStat(ID, "gold", 1), state: () => playthroughs.state(ID),
    }],
    [settings, { get: () => settings.get(), diff: () => settings.diff(), patch: () => settings.patch({}), reset: () => settings.reset(), import: () => settings.import(bytes('{"power_user":{}}')), validate: () => settings.validate({ pageSize: 20 }) }],
    [backups, {
      list: () => backups.list(), get: () => backups.get(ID), create: () => backups.create(), verify: () => backups.verify(ID), export: () => backups.export(ID), import: () => backups.import(bytes("PK")),
      restore: () => backups.restore(ID, { mode: "copy" }), contents: () => backups.contents(ID), pin: () => backups.pin(ID), unpin: () => backups.unpin(ID), prune: () => backups.prune(), delete: () => backups.delete(ID),
    }],
    [trash, { list: () => trash.list(), delete: () => trash.delete("worlds", ID), empty: () => trash.empty(), expire: () => trash.expire() }],
    [journal, { list: () => journal.list() }],
    [drafts, { list: () => drafts.list(), get: () => drafts.get(ID), apply: () => drafts.apply(ID), discard: () => drafts.discard(ID) }],
    [quarantine, { list: () => quarantine.list(), get: () => quarantine.get(ID), export: () => quarantine.export(ID), retry: () => quarantine.retry(ID), delete: () => quarantine.delete(ID) }],
    [chat, {
      page: () => chat.page(0, 1), last: () => chat.last(1), messages: () => all(chat.messages()), append: () => chat.append({ text: "x" }), appendMany: () => chat.appendMany([]), indexOf: () => chat.indexOf(1),
      indexAt: () => chat.indexAt(1), begin: () => chat.begin({ name: "A" }), edit: () => chat.edit(1, { text: "x" }), insert: () => chat.insert(0, { text: "x" }), move: () => chat.move(1, 0), hide: () => chat.hide(1),
      unhide: () => chat.unhide(1), hideRange: () => chat.hideRange(0, 0), unhideRange: () => chat.unhideRange(0, 0), addSwipe: () => chat.addSwipe(1, "x"), chooseSwipe: () => chat.chooseSwipe(1, 0),
      removeSwipe: () => chat.removeSwipe(1, 0), remove: () => chat.remove(1), undo: () => chat.undo(), redo: () => chat.redo(), branch: () => chat.branch(1), checkpoint: () => chat.checkpoint(1, "t"),
      stats: () => chat.stats(), search: () => chat.search("x"),
    }],
  ];
}

/** A folder that somebody picked. */
function folder() {
  const missing = () => Promise.reject(Object.assign(new Error("not there"), { name: "NotFoundError" }));
  return { kind: "directory", name: "picked", getFileHandle: missing, getDirectoryHandle: missing, removeEntry: missing, entries: () => [].values(), values: () => [].values(), keys: () => [].values() };
}

/** What answers from memory, and what is for the package itself. */
const OTHERS = new Set([
  "constructor", "close", "persist", "addEventListener", "removeEventListener", "subscribe", "idOf", "ask", "answer", "op", "older", "handOut", "dependents", "given", "putOne", "validateOne", "copy",
  "replay", "refresh", "join", "leave", "seq", "count", "note", "quiet", "make", "done", "forget", "ending", "end", "clear", "earlier",
]);

function verbs(of) {
  const names = new Set();
  for (let at = Object.getPrototypeOf(of); at !== null && at !== EventTarget.prototype && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) if (typeof value === "function" && !OTHERS.has(name)) names.add(name);
  }
  return names;
}

test("every verb of a closed keep is `closed`, also where there is nothing to do", async () => {
  const keep = await Keep.open({ medium: "memory" });
  const chat = await keep.chats.open((await keep.chats.create({ title: "t" })).id);
  const table = calls(keep, chat);
  await keep.close();
  const wrong = [];
  for (const [of, works] of table) {
    const where = of.constructor.name;
    for (const missing of verbs(of)) if (!(missing in works)) wrong.push(`${where}.${missing} is not asked`);
    for (const [verb, work] of Object.entries(works)) {
      let late;
      const silent = new Promise((resolve) => (late = setTimeout(resolve, 5_000, "nothing in 5 s")));
      const answer = (async () => work())().then(() => "resolved", ({ code, message }) => (code === "closed" ? code : message));
      const found = await Promise.race([answer, silent]);
      clearTimeout(late);
      if (found !== "closed") wrong.push(`${where}.${verb}: ${found}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test("every verb that is given what it cannot take says so with a code, and ends", async (t) => {
  const unhandled = [];
  const note = (reason) => unhandled.push(String(reason));
  process.on("unhandledRejection", note);
  t.after(() => process.off("unhandledRejection", note));
  const keep = await Keep.open({ medium: "memory" });
  const { id } = await keep.chats.create({ title: "t" });
  const chat = await keep.chats.open(id);
  await chat.append({ name: "You", role: "user", text: "x" });
  const signal = AbortSignal.abort(Object.assign(new Error("enough"), { code: "mine" }));
  const odd = {
    nothing: [], null: [null, null, null], number: [5, 5, 5], NaN: [NaN, NaN, NaN], negative: [-1, -1, -1], bigint: [10n, 10n], object: [{}, {}, {}], list: [[], [], []], "list of null": [[null], [null]],
    text: ["x", "x", "x"], empty: ["", "", ""], surrogate: ["\ud800", "\ud800"], symbol: [Symbol("s"), Symbol("s")], function: [() => 1, () => 1], bytes: [new Uint8Array(3), new Uint8Array(3)],
    "id of another": [id, id, id], "unknown option": [ID, { nonsense: 1 }], revision: [ID, {}, { ifRev: "x" }], "no signal": [ID, { signal: 5 }], aborted: [ID, { signal }, { signal }],
  };
  const wrong = [];
  for (const [of] of calls(keep, chat)) {
    for (const verb of verbs(of)) {
      for (const [kind, given] of Object.entries(odd)) {
        let late;
        const silent = new Promise((resolve) => (late = setTimeout(resolve, 5_000, "nothing in 5 s")));
        const answer = (async () => {
          const made = await of[verb](...given);
          const parts = typeof made?.stream === "function" ? made.stream() : made;
          if (parts?.[Symbol.asyncIterator] !== undefined) await all(parts);
        })().then(() => undefined, ({ code, stack }) => (typeof code === "string" ? undefined : stack));
        const found = await Promise.race([answer, silent]);
        clearTimeout(late);
        if (found !== undefined) wrong.push(`${of.constructor.name}.${verb}, given ${kind}: ${found}`);
      }
    }
  }
  await keep.close();
  assert.deepEqual(wrong, []);
  assert.deepEqual(unhandled, []);
});
