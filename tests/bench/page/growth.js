// How the price of one message grows with its chat, as it runs in the page. Called by ../growth.mjs.

import init, { Keep, peekChat } from "cardkeep";
import { unwrap } from "idb";
import { chatFile, HEADER, line, lines, prose, random } from "./data.js";
import { measure } from "./measure.js";
import { getAllRaw, getRaw, openDexie, openIdb, openRaw, putRaw } from "./peers.js";

const decoder = new TextDecoder();
const stores = ["messages", "files", "chats"];

/** A chat as long use leaves it: alternatives, and what tools write beside the text. */
function heavyLines(count) {
  const next = random(count);
  return Array.from({ length: count }, (_, index) => {
    const one = line(next, index);
    if (one.is_user) return one;
    const swipes = [one.mes, ...Array.from({ length: 5 }, () => prose(next, 1_800))];
    return { ...one, swipe_id: 0, swipes, swipe_info: swipes.map((mes) => ({ send_date: one.send_date, extra: { reasoning: mes.slice(0, 900), token_count: mes.length >> 2 } })) };
  });
}

async function imported(keep, file) {
  for await (const event of keep.chats.import(file)) {
    if (event.type === "failed") throw new Error(`${event.code}: ${event.message}`);
    if (event.type === "item") return event.entry.id;
  }
  throw new Error("nothing was imported");
}

/** What the others do with one chat: rows, a whole file, one value. */
async function peersOf(messages) {
  const names = ["raw", "idb", "dexie"];
  const [raw, idb, dexie] = await Promise.all([openRaw("growth-raw", stores), openIdb("growth-idb", stores), openDexie("growth-dexie", stores)]);
  for (let from = 0; from < messages.length; from += 2_000) {
    const puts = messages.slice(from, from + 2_000).map((message, n) => ["messages", { id: from + n, ...message }]);
    for (const db of [raw, unwrap(idb), dexie.backendDB()]) await putRaw(db, puts);
  }
  await putRaw(raw, [["files", { id: 0, bytes: chatFile(messages) }]]);
  await putRaw(raw, [["chats", { id: 0, messages }]]);
  const close = async () => {
    raw.close();
    idb.close();
    dexie.close();
    for (const name of names) indexedDB.deleteDatabase(`growth-${name}`);
  };
  return { raw, idb, dexie, close };
}

/** A file in the origin's private file system, which a page reads as it does those of an `<input>`. */
async function onDisk(name, bytes) {
  const root = await navigator.storage.getDirectory();
  const handle = await root.getFileHandle(name, { create: true });
  const writable = await handle.createWritable();
  await writable.write(bytes);
  await writable.close();
  return { file: await handle.getFile(), remove: () => root.removeEntry(name) };
}

/** One chat of a length, or the heavy one: saving a message, opening at the end, finding a word, looking into its file. */
export async function grow(length, heavy, passes) {
  const messages = heavy ? heavyLines(length) : lines(length, length);
  const file = chatFile(messages);
  const keep = await Keep.open({ name: `growth-${length}-${heavy}` });
  const chat = await keep.chats.open(await imported(keep, file));
  const peers = await peersOf(messages);
  // What a front end has in memory while the chat is open.
  const held = [...messages];
  const next = random(9);
  const written = Array.from({ length: 64 }, (_, n) => line(next, n));
  const message = (turn) => written[turn % written.length];
  const record = (turn) => ({ id: length + turn, ...message(turn) });
  const slow = length > 20_000 || heavy ? 8 : 1;

  const append = await measure(
    {
      cardkeep: (turn) => chat.append({ name: message(turn).name, role: "character", text: message(turn).mes }),
      "rows, idb": (turn) => peers.idb.put("messages", record(turn)),
      "rows, Dexie": (turn) => peers.dexie.table("messages").put(record(turn)),
      "whole file": { every: slow, run: (turn) => {
        held.push(message(turn));
        return putRaw(peers.raw, [["files", { id: 0, bytes: chatFile(held) }]]);
      } },
      "one value": { every: slow, run: (turn) => {
        held.push(message(turn));
        return putRaw(peers.raw, [["chats", { id: 0, header: HEADER, messages: held }]]);
      } },
    },
    { passes, rounds: 16, warmup: 1 },
  );
  const parsed = async () => decoder.decode((await getRaw(peers.raw, "files", 0)).bytes).split("\n").filter(Boolean).map((one) => JSON.parse(one));
  const opened = await measure(
    {
      cardkeep: async () => (await keep.chats.open(chat.id)).last(50),
      "rows, raw": () => getAllRaw(peers.raw, "messages", IDBKeyRange.lowerBound(length - 50)),
      "whole file": { every: slow, run: async () => (await parsed()).slice(-50) },
      "one value": { every: slow, run: async () => (await getRaw(peers.raw, "chats", 0)).messages.slice(-50) },
    },
    { passes, rounds: 8, warmup: 1 },
  );
  const word = "serendipity";
  await chat.append({ name: "You", role: "user", text: `the ${word} of it` });
  const found = await measure(
    {
      cardkeep: async () => {
        if ((await chat.search(word)).length === 0) throw new Error("the word was not found");
      },
      "whole file": { every: slow, run: async () => (await parsed()).filter(({ mes }) => mes?.toLowerCase().includes(word)) },
    },
    { passes, rounds: 2, warmup: 1 },
  );
  await keep.close();
  await peers.close();
  const disk = await onDisk("chat.jsonl", file);
  const looked = await measure(
    {
      "cardkeep, peekChat": async () => {
        if ((await peekChat(disk.file)).last.length !== 50) throw new Error("the messages were not found");
      },
      "whole file": { every: slow, run: async () => (await disk.file.text()).split("\n").filter(Boolean).map((one) => JSON.parse(one)).slice(-50) },
    },
    { passes, rounds: 8, warmup: 1 },
  );
  await disk.remove();
  return { bytes: file.length, operations: { "save a message": append, "open at the end": opened, "find a word": found, "look into its file": looked } };
}

/** The memories of modules, which the browser's own number may leave out. */
const memories = [];
for (const name of ["instantiate", "instantiateStreaming"]) {
  const instantiate = WebAssembly[name];
  WebAssembly[name] = async (...given) => {
    const made = await instantiate.apply(WebAssembly, given);
    const { memory } = (made.instance ?? made).exports;
    if (memory) memories.push(memory);
    return made;
  };
}

/** Bytes of the page, and of modules in it. */
async function memory() {
  const { bytes } = await performance.measureUserAgentSpecificMemory();
  return { page: bytes, module: memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0) };
}

/** What this page takes with nothing in it, and with a chat of a length open that was paged through. */
export async function weigh(length) {
  const empty = await memory();
  await init();
  const keep = await Keep.open({ name: `growth-${length}-false` });
  const opened = await memory();
  const [{ id }] = (await keep.chats.list()).items;
  const chat = await keep.chats.open(id);
  const page = 50;
  const read = new Set();
  let last = [];
  for (let turn = 0; turn < 400; turn += 1) {
    const from = Math.floor((turn / 400) * chat.length);
    last = await chat.page(from, from + page);
    read.add(last.length);
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  const paged = await memory();
  const found = await chat.search("serendipity");
  const searched = await memory();
  await keep.close();
  return { length, found: found.length, empty, opened, paged, searched, shown: last.length, sizes: [...read] };
}
