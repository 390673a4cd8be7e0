// What the harness calls in a page: it works through the public face of the package alone, except where a fault is made.

import { Keep, isCardkeepError, readCard, readChat, writeCard } from "/pkg/index.js";
import * as work from "/workload.mjs";

const utf8 = new TextEncoder();
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const bytesOf = (value) => utf8.encode(JSON.stringify(value));

let keep;
let closed = 0;
let stop = false;

/** An error as the harness sees it: its code, or that it is none of ours. */
const codeOf = (error) => (isCardkeepError(error) ? error.code : `untyped ${String(error)}`);
const saidBy = (error) => (isCardkeepError(error) ? `${error.code}: ${error.message}` : `untyped ${String(error?.stack ?? error)}`);

/** A promise that has to settle; what never answers is a failure of its own. */
async function settled(promise, ms, what) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(Object.assign(new Error(`${what} did not settle in ${ms} ms`), { name: "CardkeepError", code: "HANG" })), ms)));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function only(events) {
  let found;
  for await (const event of events) {
    if (event.type === "failed") throw Object.assign(new Error(event.message), { name: "CardkeepError", code: event.code });
    if (event.type === "item") found = event.entry;
  }
  return found;
}

const cardBytes = (name, version, description) =>
  bytesOf({ spec: "chara_card_v2", spec_version: "2.0", data: { name, description, character_version: version, extensions: { kept: [1, null, "x"] } } });
const pictured = (json) => writeCard(readCard(json).document, { container: "png" });
const logBytes = (lines, name = "Ann") =>
  utf8.encode(
    [{ user_name: "You", character_name: name, create_date: "2024-01-02@03h04m05s", chat_metadata: {} }, ...lines.map((mes, index) => ({ name, is_user: index % 2 === 0, send_date: 1700000000000 + index, mes }))]
      .map((line) => `${JSON.stringify(line)}\n`)
      .join(""),
  );
const worldBytes = () => {
  const locations = work.POSITIONS.map((position, index) => [position, { location_id: `place_${index}`, name: `Place ${index}`, description: "", coordinates: position.split(",").map(Number), npcs: [], events: [] }]);
  return bytesOf({ metadata: { version: "1.0", created_at: 1, last_modified: 1, name: "Walked" }, current_position: "0,0,0", visited_positions: ["0,0,0"], locations: Object.fromEntries(locations), unconnected_locations: {}, player: {} });
};

/** Makes the lanes' records in an empty keep. */
async function setUp() {
  const ids = {};
  ids["character-0"] = (await only(keep.characters.import(cardBytes("character-0", "0", "")))).id;
  ids["character-1"] = (await only(keep.characters.import(pictured(cardBytes("character-1", "0", ""))))).id;
  ids["character-2"] = (await only(keep.characters.import(pictured(cardBytes("character-2", "0", ""))))).id;
  ids["chat-0"] = (await keep.chats.create({ title: "chat-0", characters: [ids["character-0"]] })).id;
  ids["chat-1"] = (await only(keep.chats.import(logBytes(work.fresh("chat-1").lines), { title: "chat-1" }))).id;
  ids["chat-2"] = (await keep.chats.create({ title: "chat-2" })).id;
  ids["world-0"] = (await keep.worlds.create("world-0")).id;
  ids["world-1"] = (await only(keep.worlds.import(worldBytes()))).id;
  ids.trash = (await keep.chats.create({ title: "trash" })).id;
  return ids;
}

const handles = new Map();
async function chatOf(id) {
  if (!handles.has(id)) handles.set(id, await keep.chats.open(id));
  return handles.get(id);
}

const perform = {
  character: (id, { version, text }) => keep.characters.patch(id, { character_version: version, description: text, tags: [`v${version}`] }),
  async chat(id, op) {
    const chat = await chatOf(id);
    if (op.append !== undefined) await chat.append({ name: "Ann", role: "character", text: op.append });
    else if (op.edit !== undefined) await chat.edit(op.edit, { text: op.text });
    else await chat.remove(op.remove);
  },
  world: (id, op) => (op.position === undefined ? keep.worlds.setStat(id, "step", op.step) : keep.worlds.moveTo(id, op.position)),
  settings: (id, op) => keep.settings.patch(op),
  trash: (id, { trashed }) => (trashed ? keep.chats.delete(id) : keep.chats.restore(id)),
  logs: (id, { title, lines }) => only(keep.chats.import(logBytes(lines, title), { title })),
  cards: (id, { name, number, text }) => {
    const json = cardBytes(name, String(number), text);
    return only(keep.characters.import(number % 3 === 0 ? pictured(json) : json));
  },
};
const performOf = (lane) => perform[lane.split("-")[0]];

class Torn extends Error {}
function whole(truth, what) {
  if (!truth) throw new Torn(what);
}

async function textsOf(id) {
  const chat = await keep.chats.open(id);
  const [texts, exported] = [[], await keep.chats.export(id)];
  for await (const { text } of chat.messages({ batch: 500 })) texts.push(text);
  const session = readChat(exported.bytes).sessions[0];
  const fromFile = session === undefined ? [] : [...session.messages()].map(({ text }) => text);
  session?.free();
  whole(chat.length === texts.length, `chat says ${chat.length} lines, has ${texts.length}`);
  whole(JSON.stringify(fromFile) === JSON.stringify(texts), `chat has ${texts.length} lines, its file ${fromFile.length}, or others`);
  const entry = await keep.chats.get(id);
  whole(entry !== undefined && entry.length === texts.length, `the list says ${entry?.length} lines, the chat has ${texts.length}`);
  return texts;
}

async function cardOf(id) {
  const found = await keep.characters.get(id);
  if (found === undefined) return undefined;
  const { card } = found;
  const file = readCard((await keep.characters.export(id)).bytes).card;
  whole(file.description === card.description && file.character_version === card.character_version, "the exported card is another one");
  whole(JSON.stringify(file.extensions) === '{"kept":[1,null,"x"]}', "unknown fields are gone");
  if (found.thumbnail) whole((await keep.characters.thumbnail(id))?.[0] === 0x89, "the thumbnail is gone");
  return card;
}

const byNumber = (prefix, items, name) =>
  items
    .filter((item) => name(item).startsWith(prefix))
    .map((item) => [Number(name(item).slice(prefix.length)), item])
    .sort(([a], [b]) => a - b);

const observe = {
  async character(id) {
    const card = await cardOf(id);
    if (card === undefined) return undefined;
    whole(card.character_version === "0" || card.tags[0] === `v${card.character_version}`, `version ${card.character_version} has the tags of ${card.tags}`);
    return { version: card.character_version, text: card.description };
  },
  chat: async (id) => ((await keep.chats.get(id)) === undefined ? undefined : { lines: await textsOf(id) }),
  async world(id) {
    const world = await keep.worlds.get(id);
    if (world === undefined) return undefined;
    whole(world.position === world.state.current_position, "the list has another position");
    return { step: world.state.player.step ?? 0, position: world.state.current_position };
  },
  settings: () => keep.settings.get(),
  async trash(id) {
    const [there, away] = await Promise.all([keep.chats.list(), keep.chats.list({ trashed: true })]);
    const [isThere, isAway] = [there, away].map(({ items }) => items.some((item) => item.id === id));
    whole(!(isThere && isAway), "in the trash and not");
    return isThere || isAway ? { trashed: isAway } : undefined;
  },
  async logs() {
    const there = [];
    for (const [number, { id }] of byNumber("log ", (await keep.chats.list()).items, ({ title }) => title)) {
      const texts = await textsOf(id);
      there.push(`${number} ${texts.length} ${work.digest(texts.join("\u0000"))}`);
    }
    return { there };
  },
  async cards() {
    const there = [];
    for (const [number, { id }] of byNumber("card ", (await keep.characters.list()).items, ({ name }) => name)) there.push(`${number} ${work.digest((await cardOf(id)).description)}`);
    return { there };
  },
};

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** Beneath the package: for making faults, never for looking at what it keeps. */
const raw = {
  held: [],
  open: (name, version) => done(version === undefined ? indexedDB.open(name) : indexedDB.open(name, version)),
  async names() {
    return (await indexedDB.databases()).map(({ name }) => name);
  },
  async delete() {
    for (const name of await raw.names()) await done(indexedDB.deleteDatabase(name));
  },
  /** Removes the second copy, when the worker of before has let go of its files. */
  async forget() {
    const root = await navigator.storage.getDirectory();
    for (let tries = 0; ; tries += 1) {
      const held = await root.removeEntry("cardkeep", { recursive: true }).then(() => undefined, (error) => error);
      if (held === undefined) return;
      if (held.name !== "NoModificationAllowedError" || tries === 100) throw held;
      await sleep(50);
    }
  },
  /** Empties tables, or takes every second row out of them. */
  async empty(tables, every = 1) {
    for (const name of await raw.names()) {
      const database = await raw.open(name);
      const stores = [...database.objectStoreNames].filter((store) => tables === undefined || tables.includes(store));
      const transaction = database.transaction(stores, "readwrite");
      const complete = new Promise((resolve, reject) => Object.assign(transaction, { oncomplete: resolve, onabort: () => reject(transaction.error) }));
      for (const store of stores.map((name) => transaction.objectStore(name))) {
        const keys = await done(store.getAllKeys());
        keys.filter((_, index) => index % every === 0).forEach((key) => store.delete(key));
      }
      await complete;
      database.close();
    }
  },
  /** The keep's own record, as text; and another one in its place. */
  async meta(name, text) {
    const database = await raw.open(name);
    const store = database.transaction(["meta"], text === undefined ? "readonly" : "readwrite").objectStore("meta");
    const found = new TextDecoder().decode(await done(store.get(["keep"])));
    if (text !== undefined) await done(store.put(utf8.encode(text), ["keep"]));
    database.close();
    return found;
  },
};

const stage = {
  raw,
  /** Opens the keep; its report, or the code of its error. Never longer than `limit`. */
  async open(options = {}, limit = 25_000) {
    const begun = performance.now();
    try {
      // Looking changes nothing: a database that Chromium could not read is gone from this list.
      const databases = await settled(indexedDB.databases?.() ?? Promise.resolve(undefined), limit, "indexedDB.databases").catch((error) => [{ name: String(error) }]);
      handles.clear();
      closed = 0;
      keep = await settled(Keep.open(options), limit, "Keep.open");
      keep.addEventListener("closed", () => (closed += 1));
      const missing = databases !== undefined && !databases.some(({ name }) => name === keep.name);
      return { report: keep.report, access: keep.access, missing, ms: performance.now() - begun };
    } catch (error) {
      return { code: codeOf(error), message: saidBy(error), ms: performance.now() - begun };
    }
  },
  close: () => keep.close(),
  closedEvents: () => closed,
  setUp: () => setUp(),

  /** Runs the lanes side by side from where they are, and tells of each operation after it is stored. */
  async write({ seed, lanes, until = Infinity, limit = 30_000, after }) {
    stop = false;
    const ends = await Promise.all(
      Object.entries(lanes).map(async ([lane, { id, n, state }]) => {
        const [first, run] = [n, performOf(lane)];
        while (!stop && n - first < until) {
          const op = work.operation(seed, lane, n + 1, state);
          try {
            await settled(run(id, op), limit, `operation ${n + 1} of ${lane}`);
          } catch (error) {
            tell(`error ${lane} ${n + 1} ${codeOf(error)}`);
            return { lane, n, code: codeOf(error), message: saidBy(error) };
          }
          n += 1;
          tell(`saved ${lane} ${n}`);
          work.apply(lane, state, op);
          // Sets grow, and everything in them is looked at again and again.
          if (id === undefined && lane !== "settings") await sleep(40);
          if (after !== undefined && lane === after.lane && n - first === after.saves) {
            await sleep(after.delay);
            if (after.leave === "reload") location.reload();
            else if (after.leave === "navigate") location.href = "/elsewhere";
          }
        }
        return { lane, n };
      }),
    );
    return ends;
  },
  stop: () => void (stop = true),

  /** Types into a card, with a saver that would wait for a minute; tells of every key, and of what the journal has. */
  async type(id, { seed, from, keys, foreign, delay, leave }) {
    const saver = keep.saver({ delay: 60_000, maxWait: 60_000, onError: (error) => error.code !== "conflict" && tell(`error ${codeOf(error)}`) });
    const { rev } = await keep.characters.get(id);
    for (let n = from + 1; n <= from + keys; n += 1) {
      saver.schedule("characters", id, { description: work.typed(seed, n) }, { ifRev: rev });
      if (foreign && n === from + 1) await keep.characters.patch(id, { creator: `somebody, ${from}` });
      if (n < from + keys) {
        tell(`key ${n}`);
        await sleep(15);
        if (saver.pending[0]?.journalled) tell(`journalled ${n}`);
      }
    }
    const go = { reload: () => location.reload(), navigate: () => (location.href = "/elsewhere") }[leave];
    tell(`key ${from + keys}`);
    // Sometimes the page goes in the very task of the key.
    if (go !== undefined && delay < 10) return go();
    await sleep(delay);
    go?.();
  },
  /** How many keys the record has, and each recovered draft of it. */
  async typed(id, seed) {
    const torn = [];
    const keyOf = (text) => {
      const n = Number.parseInt(text, 10) || 0;
      if (n > 0 && text !== work.typed(seed, n)) torn.push(`${text.slice(0, 40)}… is not what was typed`);
      return n;
    };
    const { card } = await keep.characters.get(id);
    const drafts = await Promise.all((await keep.drafts.list()).map(({ id }) => keep.drafts.get(id)));
    const record = keyOf(card.description);
    return { record, theirs: card.creator, drafts: drafts.map(({ patch }) => keyOf(patch.description)), waiting: (await keep.journal.list()).items.length, torn };
  },
  /** Takes the newest draft over, and removes all. */
  async forgetDrafts() {
    const [newest, ...others] = await keep.drafts.list();
    if (newest !== undefined) await keep.drafts.apply(newest.id);
    for (const { id } of others) await keep.drafts.discard(id);
  },

  /** What the lanes' records are now, as the model shows it. */
  async look(ids, limit = 25_000) {
    const seen = {};
    for (const lane of work.LANES) {
      try {
        const state = await settled(observe[lane.split("-")[0]](ids[lane]), limit, `reading ${lane}`);
        seen[lane] = state === undefined ? { missing: true } : { shown: work.shown(lane, state) };
      } catch (error) {
        seen[lane] = error instanceof Torn ? { torn: error.message } : { code: codeOf(error), message: saidBy(error) };
      }
    }
    const unreadable = [];
    for (const domain of ["characters", "chats", "worlds"]) {
      for (const trashed of [false, true]) {
        try {
          unreadable.push(...(await settled(keep[domain].list({ trashed }), limit, `listing ${domain}`)).unreadable);
        } catch (error) {
          unreadable.push({ domain, id: "*", code: codeOf(error), message: saidBy(error) });
        }
      }
    }
    return { seen, unreadable };
  },

  /** Runs a function over the open keep; for what only one case needs. */
  get keep() {
    return keep;
  },
  Keep,
  only,
  settled,
  codeOf,
  saidBy,
  sleep,
  cardBytes,
  pictured,
  logBytes,
  textsOf,
  random: work.random,
  digest: work.digest,
  prose: work.prose,
};

globalThis.tell ??= () => {};
globalThis.stage = stage;
