// The storage bench, as it runs in the page. Every function is one part of it, called by ../storage.mjs;
// what it gives is what `measure` gives, by the name of the operation.

import init, { Keep } from "cardkeep";
import { unwrap } from "idb";
import { card, chatFile, jsonFile, line, lines, prose, random, world } from "./data.js";
import { measure } from "./measure.js";
import { getAllRaw, getRaw, openDexie, openIdb, openRaw, openTables, putCheckedRaw, putRaw } from "./peers.js";

/** The options of a part, from what the run allows itself. */
const scaled = (effort, rounds) => ({ passes: effort.passes, rounds: Math.max(1, Math.round(rounds * effort.share)) });

async function imported(events) {
  const entries = [];
  for await (const event of events) {
    if (event.type === "failed") throw new Error(`${event.code}: ${event.message}`);
    if (event.type === "item") entries.push(event.entry);
  }
  return entries;
}

/** A keep as it opens where a browser has no private file system, and so no place for a second copy. */
async function openWithoutSecondCopy(name) {
  Object.defineProperty(navigator.storage, "getDirectory", { value: undefined, configurable: true });
  try {
    return await Keep.open({ name });
  } finally {
    delete navigator.storage.getDirectory;
  }
}

/** Makes a keep with so many characters and one chat with so many messages. */
export async function seedLibrary(name, characters, messages) {
  const keep = await Keep.open({ name });
  const lanes = 8;
  const lane = (first) => Array.from({ length: Math.ceil((characters - first) / lanes) }, (_, n) => jsonFile(card(first + n * lanes)));
  await Promise.all(Array.from({ length: lanes }, (_, first) => imported(keep.characters.import(lane(first)))));
  if (messages) await imported(keep.chats.import(chatFile(lines(1, messages))));
  const found = { characters: (await keep.characters.list()).items.length, messages: (await keep.chats.list()).items[0]?.length ?? 0 };
  await keep.close();
  return found;
}

/** One opening, the module loaded already: of a keep, or of its database alone. */
export async function openOnce(what, name) {
  await init();
  const begun = performance.now();
  const opened = await (what === "keep" ? Keep.open({ name }) : openRaw(name, []));
  const taken = performance.now() - begun;
  await opened.close();
  return taken;
}

/** The library in the peers' hands: whole records, and by hand also a store of nothing but heads. */
async function libraryOfPeers(count) {
  const stores = ["records", "heads"];
  const raw = await openRaw("raw", stores);
  const idb = await openIdb("idb", stores);
  const dexie = await openDexie("dexie", stores);
  const batch = 500;
  for (let from = 0; from < count; from += batch) {
    const records = Array.from({ length: Math.min(batch, count - from) }, (_, n) => {
      const { data, spec } = card(from + n);
      const head = { id: `c${from + n}`, rev: 1, created: 1, changed: 1, name: data.name, creator: data.creator, tags: data.tags, spec, thumbnail: false };
      return { head, record: { ...head, card: data } };
    });
    const puts = records.flatMap(({ head, record }) => [["records", record], ["heads", head]]);
    for (const db of [raw, unwrap(idb), dexie.backendDB()]) await putRaw(db, puts);
  }
  return { raw, idb, dexie };
}

/** Reading a library of `count` characters that `seedLibrary` made. */
export async function library(name, count, effort) {
  const keep = await Keep.open({ name });
  const { raw, idb, dexie } = await libraryOfPeers(count);
  const ids = (await keep.characters.list()).items.map(({ id }) => id);
  const next = random(2);
  let at = 0;
  const pick = { before: () => (at = Math.floor(next() * count)) };
  const get = await measure(
    {
      cardkeep: () => keep.characters.get(ids[at]),
      raw: () => getRaw(raw, "records", `c${at}`),
      idb: () => idb.get("records", `c${at}`),
      Dexie: () => dexie.table("records").get(`c${at}`),
    },
    { ...scaled(effort, 60), ...pick },
  );
  const list = await measure(
    {
      cardkeep: () => keep.characters.list(),
      "raw, whole records": () => getAllRaw(raw, "records"),
      "idb, whole records": () => idb.getAll("records"),
      "Dexie, whole records": () => dexie.table("records").toArray(),
      "raw, a store of heads": () => getAllRaw(raw, "heads"),
    },
    { ...scaled(effort, 2), warmup: 1 },
  );
  await keep.close();
  for (const db of [raw, idb, dexie]) db.close();
  return { [`get one of ${count} characters`]: get, [`list ${count} characters`]: list };
}

/** Opening a full keep and an empty one, again and again. */
export async function openings(full, empty, effort) {
  await (await Keep.open({ name: empty })).close();
  const once = (open) => async () => (await open()).close();
  const found = await measure(
    {
      "cardkeep, full": once(() => Keep.open({ name: full })),
      "cardkeep, empty": once(() => Keep.open({ name: empty })),
      "cardkeep, full, no second copy": once(() => openWithoutSecondCopy(full)),
      "cardkeep, empty, no second copy": once(() => openWithoutSecondCopy(empty)),
      "raw, full": once(() => openRaw(full, [])),
      "raw, empty": once(() => openRaw(empty, [])),
    },
    scaled(effort, 20),
  );
  return { "open, again": found };
}

/** One change, saved: a stat of a world, a field of a card. */
export async function saves(effort) {
  const keep = await Keep.open({ name: "saves" });
  const single = await openWithoutSecondCopy("saves-once");
  const plain = await openWithoutSecondCopy("saves-without-versions");
  await plain.settings.patch({ versionsKept: 0 });
  const memory = await Keep.open({ name: "saves-in-memory", medium: "memory" });
  const keeps = { cardkeep: keep, "cardkeep, no second copy": single, "cardkeep, neither that nor versions": plain, "cardkeep, in memory": memory };
  const stores = ["records"];
  const raw = await openRaw("saves-raw", stores);
  const idb = await openIdb("saves-idb", stores);
  const dexie = await openDexie("saves-dexie", stores);
  const tables = await openTables("saves-tables");
  const encoder = new TextEncoder();
  const row = new Uint8Array(600);

  /** The transaction that the engine makes, by hand and without reading, checking or encoding. */
  const putsOf = (id, turn, value) => {
    const bytes = encoder.encode(JSON.stringify(value));
    return [
      ["pages", bytes, ["part", `${id}${turn}`, 0]],
      ["rows", { rev: turn, by: [], bytes: row }, ["versions", id, turn]],
      ["rows", { rev: turn + 1, by: [], bytes: row }, [id, id]],
    ];
  };
  const samePuts = (id, turn, value) => putRaw(tables, putsOf(id, turn, value));
  const sameChecks = (id, turn, value) => putCheckedRaw(tables, [["meta", ["keep"]], ["rows", [id, id]]], putsOf(id, turn, value));
  const peers = (id, changed) => ({
    raw: (turn) => putRaw(raw, [["records", changed(turn)]]),
    idb: (turn) => idb.put("records", changed(turn)),
    Dexie: (turn) => dexie.table("records").put(changed(turn)),
    "raw, the engine's puts": (turn) => samePuts(id, turn, changed(turn)),
    "raw, the engine's checks and puts": (turn) => sameChecks(id, turn, changed(turn)),
  });
  const ours = async (prepare) => {
    const made = {};
    for (const [name, one] of Object.entries(keeps)) made[name] = await prepare(one);
    return made;
  };

  const state = world(3, 20);
  const stat = await measure(
    {
      ...(await ours(async (one) => {
        const [{ id }] = await imported(one.worlds.import(jsonFile(state)));
        return (turn) => one.worlds.setStat(id, "experience", turn);
      })),
      ...peers("world", (turn) => ({ ...state, id: "world", player: { ...state.player, experience: turn } })),
    },
    scaled(effort, 60),
  );

  const one = card(7);
  const next = random(8);
  const texts = Array.from({ length: 100 }, () => prose(next, 1000));
  const patch = await measure(
    {
      ...(await ours(async (kept) => {
        const [{ id }] = await imported(kept.characters.import(jsonFile(one)));
        return (turn) => kept.characters.patch(id, { description: `${turn} ${texts[turn % 100]}` });
      })),
      ...peers("card", (turn) => ({ id: "card", ...one, data: { ...one.data, description: `${turn} ${texts[turn % 100]}` } })),
    },
    scaled(effort, 60),
  );
  for (const opened of [...Object.values(keeps), raw, idb, dexie, tables]) await opened.close();
  return { [`set a stat of a world (${size(state)})`]: stat, [`patch a character (${size(one)})`]: patch };
}

const size = (value) => `${(jsonFile(value).length / 1024).toFixed(1)} KB`;

/** Chats of these lengths: a message saved at the end, and the last 50 read from a chat just opened. */
export async function chats(lengths, effort) {
  const keep = await Keep.open({ name: "chats" });
  const single = await openWithoutSecondCopy("chats-once");
  const memory = await Keep.open({ name: "chats-in-memory", medium: "memory" });
  const stores = ["messages", "files"];
  const raw = await openRaw("chats-raw", stores);
  const idb = await openIdb("chats-idb", stores);
  const dexie = await openDexie("chats-dexie", stores);
  const handles = {};
  const ends = {};
  for (const length of lengths) {
    const messages = lines(length, length);
    const file = chatFile(messages);
    const [{ id }] = await imported(keep.chats.import(file));
    handles[length] = await keep.chats.open(id);
    for (const [medium, other] of Object.entries({ once: single, memory })) {
      const [kept] = await imported(other.chats.import(file));
      handles[`${medium} ${length}`] = await other.chats.open(kept.id);
    }
    ends[length] = { raw: length, idb: length, Dexie: length };
    await putRaw(raw, [["files", { id: length, bytes: file }]]);
    for (let from = 0; from < length; from += 2000) {
      const puts = messages.slice(from, from + 2000).map((message, n) => ["messages", { id: [length, from + n], ...message }]);
      for (const db of [raw, unwrap(idb), dexie.backendDB()]) await putRaw(db, puts);
    }
  }

  const next = random(9);
  const written = Array.from({ length: 200 }, (_, n) => line(next, n));
  const message = (turn) => {
    const { name, is_user, mes } = written[turn % 200];
    return { name, role: is_user ? "user" : "character", text: mes };
  };
  const record = (peer, length, turn) => ({ id: [length, ends[length][peer]++], ...written[turn % 200] });
  const appending = {};
  for (const length of lengths) {
    appending[`cardkeep@${length}`] = (turn) => handles[length].append(message(turn));
    appending[`cardkeep, no second copy@${length}`] = (turn) => handles[`once ${length}`].append(message(turn));
    appending[`cardkeep, in memory@${length}`] = (turn) => handles[`memory ${length}`].append(message(turn));
    appending[`raw@${length}`] = (turn) => putRaw(raw, [["messages", record("raw", length, turn)]]);
    appending[`idb@${length}`] = (turn) => idb.put("messages", record("idb", length, turn));
    appending[`Dexie@${length}`] = (turn) => dexie.table("messages").put(record("Dexie", length, turn));
  }
  // Of 64 appends one seals the tail: every pass has one of each chat, and the mean shows what it costs.
  const append = await measure(appending, { passes: effort.passes, rounds: 64 });

  const decoder = new TextDecoder();
  const opening = {};
  for (const length of lengths) {
    const slow = length > 20_000 ? 10 : 1;
    const { id } = handles[length];
    opening[`cardkeep@${length}`] = async () => (await keep.chats.open(id)).last(50);
    opening[`raw file, split, JSON.parse@${length}`] = {
      every: slow,
      run: async () => {
        const { bytes } = await getRaw(raw, "files", length);
        return decoder.decode(bytes).split("\n").filter(Boolean).map((one) => JSON.parse(one)).slice(-50);
      },
    };
    const last = IDBKeyRange.bound([length, length - 50], [length, length], false, true);
    opening[`raw rows, range@${length}`] = () => getAllRaw(raw, "messages", last);
  }
  const opened = await measure(opening, { ...scaled(effort, 10), warmup: 1 });
  for (const one of [keep, single, memory, raw, idb, dexie]) await one.close();
  return { append: byLength("append to a chat of", append), opened: byLength("open at the end a chat of", opened) };
}

/** From `peer@length` to one operation a length. */
function byLength(verb, found) {
  const operations = {};
  for (const [name, result] of Object.entries(found)) {
    const [peer, length] = name.split("@");
    (operations[`${verb} ${length} messages`] ??= {})[peer] = result;
  }
  return operations;
}

/** Many rows at once: a chat taken in, a thousand messages in one call, and a thousand characters put in one. */
export async function batches(count, effort) {
  const keep = await Keep.open({ name: "batches" });
  const single = await openWithoutSecondCopy("batches-once");
  const memory = await Keep.open({ name: "batches-in-memory", medium: "memory" });
  const stores = ["messages", "cards"];
  const raw = await openRaw("batches-raw", stores);
  const idb = await openIdb("batches-idb", stores);
  const dexie = await openDexie("batches-dexie", stores);
  const tables = await openTables("batches-tables");
  const peers = (store, records) => ({
    raw: () => putRaw(raw, records().map((record) => [store, record])),
    idb: async () => {
      const transaction = idb.transaction(store, "readwrite", { durability: "relaxed" });
      await Promise.all([...records().map((record) => transaction.store.put(record)), transaction.done]);
    },
    "Dexie, bulkPut": () => dexie.table(store).bulkPut(records()),
  });

  let file;
  let messages;
  const chat = await measure(
    {
      cardkeep: () => imported(keep.chats.import(file)),
      "cardkeep, no second copy": () => imported(single.chats.import(file)),
      ...peers("messages", () => messages),
    },
    {
      ...scaled(effort, 8),
      warmup: 2,
      before(turn) {
        const written = lines(1000 + turn, count);
        file = chatFile(written);
        messages = written.map((message, n) => ({ id: [turn, n], ...message }));
      },
    },
  );

  let cards;
  let rows;
  const encoder = new TextEncoder();
  const row = new Uint8Array(600);
  // What the engine's layout costs at least: a page and a row a card, without reading, checking or encoding.
  const samePuts = (turn) => {
    const puts = cards.flatMap(({ card: data }, n) => [
      ["pages", encoder.encode(JSON.stringify(data)), ["part", `${turn} ${n}`, 0]],
      ["rows", { rev: 1, by: [], bytes: row }, ["characters", `${turn} ${n}`]],
    ]);
    return putRaw(tables, puts);
  };
  const put = await measure(
    {
      cardkeep: () => keep.characters.putMany(cards),
      "cardkeep, no second copy": () => single.characters.putMany(cards),
      "cardkeep, in memory": () => memory.characters.putMany(cards),
      ...peers("cards", () => rows),
      "raw, the engine's puts": samePuts,
    },
    {
      ...scaled(effort, 4),
      warmup: 1,
      before(turn) {
        cards = Array.from({ length: count }, (_, n) => ({ card: card(turn * count + n).data }));
        rows = cards.map(({ card: data }, n) => ({ id: `${turn} ${n}`, ...data }));
      },
    },
  );
  for (const one of [keep, single, memory, raw, idb, dexie, tables]) await one.close();
  return { [`take in a chat of ${count} messages`]: chat, [`put ${count} characters at once`]: put };
}

/** A world of so many places: a move saved, and the world opened, whole and as far as a map needs it. */
export async function worlds(places, effort) {
  const keep = await Keep.open({ name: "worlds" });
  const stores = ["records"];
  const raw = await openRaw("worlds-raw", stores);
  const tables = await openTables("worlds-tables");
  const state = world(4, places);
  const [{ id }] = await imported(keep.worlds.import(jsonFile(state)));
  const { id: run } = await keep.playthroughs.create({ world: id });
  const [{ id: small }] = await imported(keep.worlds.import(jsonFile(world(5, 20))));
  const keys = Object.keys(state.locations);
  const at = (turn) => keys[(turn * 37) % 200];
  const whole = (turn) => JSON.stringify({ ...state, current_position: at(turn) });
  const encoder = new TextEncoder();
  const row = new Uint8Array(600);
  const puts = (turn) => {
    const bytes = encoder.encode(JSON.stringify({ position: at(turn), visited: [at(turn)] }));
    const value = { rev: turn, by: [], bytes: row };
    return [["pages", bytes, ["part", `run${turn}`, 0]], ["rows", value, ["versions", "run", turn]], ["rows", value, ["playthroughs", "run"]]];
  };
  const move = await measure(
    {
      "cardkeep, a stat of a world of 20": (turn) => keep.worlds.patch(small, { player: { experience: turn } }),
      "cardkeep, a playthrough": (turn) => keep.playthroughs.moveTo(run, at(turn)),
      "cardkeep, the world itself": (turn) => keep.worlds.patch(id, { position: at(turn) }),
      "raw, one row": (turn) => putRaw(raw, [["records", { id: "run", position: at(turn), visited: [at(turn)] }]]),
      "raw, the engine's puts": (turn) => putRaw(tables, puts(turn)),
      "raw, one JSON record rewritten": (turn) => putRaw(raw, [["records", { id: "world", text: whole(turn) }]]),
    },
    scaled(effort, 40),
  );
  const open = await measure(
    {
      "cardkeep, a place and what is in view": async () => {
        await keep.worlds.location(id, keys[0]);
        return keep.worlds.viewport(id, { z: 0, x: [-6, 6], y: [-6, 6] });
      },
      "cardkeep, whole": () => keep.worlds.get(id),
      "raw, one JSON record": async () => JSON.parse((await getRaw(raw, "records", "world")).text),
    },
    scaled(effort, 10),
  );
  for (const opened of [keep, raw, tables]) await opened.close();
  return { [`save a move in a world of ${places} places (${size(state)})`]: move, [`open a world of ${places} places`]: open };
}
