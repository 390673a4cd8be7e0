// What every medium promises, as tests that any runner can run. Each gets a medium of its own, with nothing in it.

import { compareKeys, sameBytes, TABLES } from "./memory.js";
import type { Medium, MediumBurst, MediumCheck, MediumEntry, MediumKey, MediumScan, MediumTable, MediumValue } from "./types/medium.js";

/** One promise of a medium. */
export interface MediumPromise {
  /** What is promised. */
  name: string;
  /** Rejects with an `Error` that says what differs. */
  run(): Promise<void>;
}

/**
 * The promises of a medium, each with its proof: `for (const { name, run } of conformance(make)) test(name, run)`. A keep is
 * safe on a medium that keeps all of them. `make` gives an empty medium each time it is called, not opened yet; it is closed
 * in the end.
 */
export function conformance(make: () => Medium | Promise<Medium>): MediumPromise[] {
  return Object.entries(PROMISES).map(([name, prove]) => ({
    name,
    async run() {
      const medium = await make();
      await medium.open();
      try {
        await prove(medium);
      } finally {
        await medium.close();
      }
    },
  }));
}

type Put = MediumBurst["puts"][number];

const utf8 = (text: string) => new TextEncoder().encode(text);

function put(table: MediumTable, key: MediumKey, bytes: Uint8Array = utf8(key.join("/")), rev = 0, by: string[] = []): Put {
  return { table, key, value: { rev, by, bytes } };
}

const row = (id: string, rev = 1, by: string[] = []): Put => put("rows", ["cards", id], utf8(id), rev, by);

const burst = (of: Partial<MediumBurst>): MediumBurst => ({ checks: [], puts: [], deletes: [], durable: false, ...of });

const cards: MediumScan = { table: "rows", prefix: ["cards"] };

/** Writes what nothing stands against. */
async function write(medium: Medium, puts: Put[], durable = false): Promise<void> {
  same("the answer to a write", await medium.write(burst({ puts, durable })), undefined);
}

async function keysOf(medium: Medium, scan: MediumScan): Promise<MediumKey[]> {
  return (await medium.scan(scan)).map(({ key }) => key);
}

/** The last parts of the keys of a range. */
async function ids(medium: Medium, scan: MediumScan): Promise<unknown[]> {
  return (await keysOf(medium, scan)).map((key) => key.at(-1));
}

async function all(medium: Medium): Promise<MediumEntry[][]> {
  const tables: MediumEntry[][] = [];
  for (const table of TABLES) tables.push(await medium.scan({ table, prefix: [] }));
  return tables;
}

/** Says what differs. */
function same(what: string, found: unknown, wanted: unknown): void {
  const [is, should] = [said(found), said(wanted)];
  if (is !== should) throw new Error(`${what}: ${short(should)} was wanted, found ${short(is)}`);
}

const short = (text: string) => (text.length > 400 ? `${text.slice(0, 400)}… (${text.length} characters)` : text);

/** A value as text: the same for the same value, whatever the order of its fields and the class of its bytes. */
function said(value: unknown): string {
  if (value instanceof Uint8Array) return `bytes[${[...value].join()}]`;
  if (Array.isArray(value)) return `[${value.map(said).join(", ")}]`;
  if (typeof value !== "object" || value === null) return typeof value === "string" ? JSON.stringify(value) : String(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, field]) => `${name}: ${said(field)}`).join(", ")}}`;
}

/** Writes a burst with a check that does not hold: it is told, and nothing is another. */
async function refused(medium: Medium, checks: MediumCheck[], position: number): Promise<void> {
  const before = await all(medium);
  const asked = burst({ checks, puts: [row("a", 9), row("new"), put("pages", ["new"])], deletes: [{ table: "rows", key: ["cards", "b"] }] });
  same(`the answer to a write whose check ${position} does not hold (${said(checks[position])})`, await medium.write(asked), position);
  same("what is there after a write that was refused", await all(medium), before);
}

/** Files and wires get their turn only between tasks. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 0));
}

async function isClosed(what: string, call: () => unknown): Promise<void> {
  let told: unknown;
  try {
    told = said(await call());
  } catch (thrown) {
    told = (thrown as { code?: unknown } | undefined)?.code ?? thrown;
  }
  same(`the code with which ${what} is refused by a closed medium`, told, "closed");
}

const PROMISES: Record<string, (medium: Medium) => Promise<void>> = {
  async "what is written is read back with its revision and index keys"(medium) {
    const { table, key, value } = row("a", 7, ["cards/tag/cat", "cards/tag/dog"]);
    await write(medium, [{ table, key, value }]);
    same("the value that was written", await medium.read(table, [key]), [value]);
    same("the entry that was written", await medium.scan(cards), [{ key, value }]);
  },

  async "an absent value is undefined, in its place among others"(medium) {
    await write(medium, [row("a")]);
    const found = await medium.read("rows", [["cards", "nobody"], ["cards", "a"], ["worlds", "a"], ["cards"], ["cards", "a", 0]]);
    same("which values are there", found.map((value) => value !== undefined), [false, true, false, false, false]);
    same("what a key that no row carries finds", await medium.find("nothing"), []);
    same("what is read for no keys", await medium.read("rows", []), []);
  },

  async "values come in the order of the keys that were asked for"(medium) {
    await write(medium, [row("a"), row("b"), row("c")]);
    const found = await medium.read("rows", [["cards", "c"], ["cards", "a"], ["cards", "c"], ["cards", "b"]]);
    same("the values", found.map((value) => value && new TextDecoder().decode(value.bytes)), ["c", "a", "c", "b"]);
  },

  async "every table keeps its own values"(medium) {
    await write(medium, TABLES.map((table) => put(table, ["x", "x"], utf8(table))));
    for (const table of TABLES) {
      const found = await medium.scan({ table, prefix: [] });
      same(`what is in ${table}`, found.map(({ value }) => new TextDecoder().decode(value.bytes)), [table]);
    }
  },

  async "a scan gives the prefix in key order and nothing else"(medium) {
    const others = [["card", "z"], ["cardsx", "z"], ["cards/a", "z"], ["cards\u0000", "z"], ["car", "ds", "z"]].map((key) => put("rows", key, utf8(""), 1));
    await write(medium, [row("b"), ...others, row("a"), row("é"), row("")]);
    same("the keys of the prefix", await ids(medium, cards), ["", "a", "b", "é"]);
    same("how many keys there are", (await medium.scan({ table: "rows", prefix: [] })).length, 9);
    same("the keys of a whole key", await keysOf(medium, { table: "rows", prefix: ["cards", "a"] }), [["cards", "a"]]);
    same("the keys of a prefix that nothing begins with", await keysOf(medium, { table: "rows", prefix: ["ards"] }), []);
  },

  async "texts are compared by their UTF-16 code units"(medium) {
    const texts = ["", "\u0000", "A", "B", "a", "aa", "b", "~", "é", "\u{1f600}", "\u{10ffff}", "\uff5e", "\uffff"];
    await write(medium, [...texts].reverse().map((id) => row(id)));
    same("the keys in their order", await ids(medium, cards), texts);
    const behind = { ...cards, after: ["cards", "\u{1f600}"] };
    same("the keys behind one of them", await ids(medium, behind), texts.slice(texts.indexOf("\u{1f600}") + 1));
  },

  async "numbers come before texts and are compared by value"(medium) {
    const keys: MediumKey[] = [["p", 9], ["p", 10], ["p", 2 ** 32], ["p", 2 ** 53 - 1], ["p", "0"], ["p", "10"], ["p", "9"]];
    await write(medium, [...keys].reverse().map((key) => put("pages", key)));
    same("the keys in their order", await keysOf(medium, { table: "pages", prefix: ["p"] }), keys);
    same("the value of a number", (await medium.read("pages", [["p", 10], ["p", "10"], ["p", 1]])).map((value) => value !== undefined), [true, true, false]);
  },

  async "a key comes before the longer ones that begin with it"(medium) {
    const keys: MediumKey[] = [["k"], ["k", 0], ["k", 0, "x"], ["k", 1], ["k", ""], ["k", "", 0], ["k", "a"], ["k", "a", "b"], ["k", "ab"]];
    await write(medium, [...keys].reverse().map((key) => put("journal", key)));
    same("the keys in their order", await keysOf(medium, { table: "journal", prefix: [] }), keys);
    same("the keys behind the shortest", await keysOf(medium, { table: "journal", prefix: ["k"], after: ["k"] }), keys.slice(1));
    same("the keys of a longer prefix", await keysOf(medium, { table: "journal", prefix: ["k", "a"] }), [["k", "a"], ["k", "a", "b"]]);
  },

  async "no separator makes two keys one"(medium) {
    const keys: MediumKey[] = [["a", "b"], ["a/b"], ["a,b"], ["a\u0000b"], ["a\u0001", "b"], ["a", "b", ""], ['a","b'], [1, 2], ["1", "2"], ["1,2"]];
    await write(medium, keys.map((key) => put("meta", key, utf8(JSON.stringify(key)))));
    const found = await medium.read("meta", keys);
    same("the values", found.map((value) => value && new TextDecoder().decode(value.bytes)), keys.map((key) => JSON.stringify(key)));
    same("the keys in their order", await keysOf(medium, { table: "meta", prefix: [] }), [...keys].sort(compareKeys));
  },

  async "a scan goes on behind a key and stops at its limit"(medium) {
    await write(medium, Array.from({ length: 10 }, (_, n) => row(String(n))));
    same("the first three", await ids(medium, { ...cards, limit: 3 }), ["0", "1", "2"]);
    same("the three behind 2", await ids(medium, { ...cards, after: ["cards", "2"], limit: 3 }), ["3", "4", "5"]);
    same("those behind a key that is not there", await ids(medium, { ...cards, after: ["cards", "55"], limit: 2 }), ["6", "7"]);
    same("those behind 8", await ids(medium, { ...cards, after: ["cards", "8"], limit: 3 }), ["9"]);
    same("those behind the last", await ids(medium, { ...cards, after: ["cards", "9"] }), []);
    same("at most none", await ids(medium, { ...cards, limit: 0 }), []);
  },

  async "what is counted and the keys are those of the scan"(medium) {
    await write(medium, [...Array.from({ length: 10 }, (_, n) => row(String(n))), put("rows", ["worlds", "z"], utf8(""), 1)]);
    const scans: MediumScan[] = [cards, { table: "rows", prefix: [] }, { ...cards, after: ["cards", "6"] }, { ...cards, limit: 4 }, { ...cards, after: ["cards", "2"], limit: 4 }, { table: "pages", prefix: [] }];
    for (const scan of scans) {
      const wanted = await keysOf(medium, scan);
      if (medium.keys) same(`the keys of ${said(scan)}`, await medium.keys(scan), wanted);
      if (medium.count) same(`the count of ${said(scan)}`, await medium.count(scan), wanted.length);
    }
  },

  async "ranges of one moment are those of the scans, and one state"(medium) {
    if (medium.moment === undefined) return;
    const scans: MediumScan[] = [cards, { table: "pages", prefix: ["p"] }, { ...cards, after: ["cards", "a"], limit: 1 }];
    const state = (rev: number) => [row("a", rev), row("b", rev), row("c", rev), put("pages", ["p", 1], utf8(String(rev)))];
    await write(medium, state(1));
    const wanted: MediumEntry[][] = [];
    for (const scan of scans) wanted.push(await medium.scan(scan));
    same("the ranges", await medium.moment(scans), wanted);
    same("the ranges of no scan", await medium.moment([]), []);
    let done = false;
    const writing = (async () => {
      for (let rev = 2; !done; rev += 1) {
        await write(medium, state(rev));
        await nextTask();
      }
    })();
    // One that fails is told below.
    writing.catch(() => undefined);
    try {
      for (let looks = 0; looks < 10; looks += 1) {
        await nextTask();
        const [rows = [], pages = []] = await medium.moment(scans);
        const states = [...rows.map(({ value }) => value.rev), ...pages.map(({ value }) => Number(new TextDecoder().decode(value.bytes)))];
        same("how many states a moment sees while others write", new Set(states).size, 1);
      }
    } finally {
      done = true;
    }
    await writing;
  },

  async "a row is found by each of its index keys, whole"(medium) {
    await write(medium, [row("b", 1, ["k/2"]), row("a", 1, ["k/1", "k/2"]), row("c"), row("é", 1, ["k/é"])]);
    same("the rows with k/2", (await medium.find("k/2")).map(({ key }) => key[1]), ["a", "b"]);
    same("the row with k/é", await medium.find("k/é"), [{ key: ["cards", "é"], value: row("é", 1, ["k/é"]).value }]);
    same("the rows with a part of a key", await medium.find("k/"), []);
    same("the rows with a longer key", await medium.find("k/22"), []);
  },

  async "a row that is replaced or removed loses its index keys"(medium) {
    await write(medium, [row("a", 1, ["old"]), row("b", 1, ["old"])]);
    await write(medium, [row("a", 2, ["new"])]);
    await medium.write(burst({ deletes: [{ table: "rows", key: ["cards", "b"] }] }));
    same("the rows with the old key", await medium.find("old"), []);
    same("the rows with the new key", (await medium.find("new")).length, 1);
  },

  async "a revision that is another one leaves everything as it was"(medium) {
    await write(medium, [row("a", 3), row("b")]);
    const key = ["cards", "a"];
    await refused(medium, [{ is: "rev", table: "rows", key, rev: 2 }], 0);
    await refused(medium, [{ is: "rev", table: "rows", key }], 0);
    await refused(medium, [{ is: "rev", table: "rows", key: ["cards", "nobody"], rev: 1 }], 0);
    await refused(medium, [{ is: "rev", table: "rows", key: ["cards", "nobody"], rev: 0 }], 0);
    same("the answer when it is the same", await medium.write(burst({ checks: [{ is: "rev", table: "rows", key, rev: 3 }], puts: [row("a", 4)] })), undefined);
  },

  async "bytes that are others leave everything as they were"(medium) {
    await write(medium, [put("meta", ["keep"], utf8("one")), put("meta", ["empty"], utf8("")), row("a", 3), row("b")]);
    const key = ["keep"];
    await refused(medium, [{ is: "same", table: "meta", key }], 0);
    for (const bytes of ["two", "on", "one ", ""].map(utf8)) await refused(medium, [{ is: "same", table: "meta", key, bytes }], 0);
    await refused(medium, [{ is: "same", table: "meta", key: ["nobody"], bytes: utf8("") }], 0);
    await refused(medium, [{ is: "same", table: "meta", key: ["empty"] }], 0);
    const checks: MediumCheck[] = [{ is: "same", table: "meta", key, bytes: utf8("one") }, { is: "same", table: "meta", key: ["nobody"] }];
    same("the answer when they are the same", await medium.write(burst({ checks, puts: [row("a", 4)] })), undefined);
  },

  async "of several checks the first that does not hold is told"(medium) {
    await write(medium, [row("a", 3), row("b")]);
    const holds: MediumCheck = { is: "rev", table: "rows", key: ["cards", "a"], rev: 3 };
    const [one, other]: MediumCheck[] = [{ is: "rev", table: "rows", key: ["cards", "b"], rev: 5 }, { is: "same", table: "meta", key: ["keep"], bytes: utf8("") }];
    await refused(medium, [holds, one as MediumCheck, other as MediumCheck], 1);
    await refused(medium, [holds, holds, other as MediumCheck], 2);
  },

  async "of two writers with one base the second is told"(medium) {
    await write(medium, [row("a", 1)]);
    const checks: MediumCheck[] = [{ is: "rev", table: "rows", key: ["cards", "a"], rev: 1 }];
    const from = (text: string) => burst({ checks, puts: [put("rows", ["cards", "a"], utf8(text), 2)] });
    const told = await Promise.all(["one", "two", "three"].map((text) => medium.write(from(text))));
    same("how many of three writers at once were refused", told.filter((position) => position === 0).length, 2);
    const winner = ["one", "two", "three"][told.indexOf(undefined)] ?? "";
    same("what the one who was not refused has written", (await medium.read("rows", [["cards", "a"]]))[0]?.bytes, utf8(winner));
    same("the answer to one who comes later", await medium.write(from("late")), 0);
  },

  async "a burst is seen whole or not at all"(medium) {
    const version = (rev: number) => Array.from({ length: 20 }, (_, n) => row(`r${n}`, rev)).concat(put("pages", ["state"], utf8(String(rev))));
    await write(medium, version(1));
    let done = false;
    const writing = (async () => {
      for (let rev = 2; rev < 12; rev += 1) await write(medium, version(rev));
    })().finally(() => (done = true));
    // One that fails is told below.
    writing.catch(() => undefined);
    for (let looks = 0; !done || looks === 0; looks += 1) {
      const revisions = new Set((await medium.scan(cards)).map(({ value }) => value.rev));
      same("how many states a scan sees while others write", revisions.size, 1);
      const keys = Array.from({ length: 20 }, (_, n) => ["cards", `r${n}`]);
      const read = new Set((await medium.read("rows", keys)).map((value) => value?.rev));
      same("how many states a reading sees while others write", read.size, 1);
      await nextTask();
    }
    await writing;
    same("the last state", (await medium.scan(cards)).map(({ value }) => value.rev), Array.from({ length: 20 }, () => 11));
  },

  async "writes at once are all there"(medium) {
    const names = Array.from({ length: 40 }, (_, n) => `n${String(n).padStart(2, "0")}`);
    await Promise.all(names.map((name) => write(medium, [row(name), put("pages", ["p", name])])));
    same("the rows", await ids(medium, cards), names);
    same("the pages", await ids(medium, { table: "pages", prefix: ["p"] }), names);
  },

  async "removals come after what is put, and a missing key is no error"(medium) {
    const gone = (id: string) => ({ table: "rows" as const, key: ["cards", id] });
    same("the answer", await medium.write(burst({ puts: [row("a"), row("b")], deletes: [gone("a"), gone("nobody")] })), undefined);
    same("what is left", await ids(medium, cards), ["b"]);
  },

  async "a burst of nothing, and one that only checks, are done"(medium) {
    await write(medium, []);
    same("the answer to a check alone", await medium.write(burst({ checks: [{ is: "same", table: "meta", key: ["keep"] }] })), undefined);
    same("the answer to a check alone that does not hold", await medium.write(burst({ checks: [{ is: "rev", table: "rows", key: ["cards", "a"], rev: 1 }] })), 0);
  },

  async "any bytes survive, and many of them"(medium) {
    const many = Uint8Array.from({ length: 60_000 }, (_, n) => (n * 31) % 256);
    // A view into something larger is only what it shows.
    const contents = [many, new Uint8Array(), new Uint8Array([0]), new Uint8Array([255, 0, 255]), many.subarray(1000, 1256)];
    for (const durable of [false, true]) {
      await write(medium, contents.map((bytes, n) => put("pages", ["x", n], bytes)), durable);
      for (const [n, value] of (await medium.read("pages", contents.map((_, n) => ["x", n]))).entries()) {
        if (!(value?.bytes instanceof Uint8Array)) throw new Error(`the bytes of content ${n} are no Uint8Array`);
        if (!sameBytes(value.bytes, contents[n])) same(`content ${n}, written ${durable ? "durably" : "as usual"}`, value.bytes, contents[n]);
      }
    }
  },

  async "a thousand values go in and out at once"(medium) {
    const names = Array.from({ length: 1000 }, (_, n) => `r${String(n).padStart(4, "0")}`);
    await write(medium, names.map((name) => row(name, 1, [`k/${name}`, "k/all"])));
    same("the rows", await ids(medium, cards), names);
    same("the rows by an index key", (await medium.find("k/all")).length, 1000);
    same("the values", (await medium.read("rows", names.map((name) => ["cards", name]))).filter((value) => value !== undefined).length, 1000);
    await medium.write(burst({ deletes: names.slice(1).map((name) => ({ table: "rows", key: ["cards", name] })) }));
    same("what is left", await ids(medium, cards), ["r0000"]);
  },

  async "what is given and what is got are nobody else's"(medium) {
    const given = row("a", 1, ["k"]);
    await write(medium, [given]);
    const wanted = said(row("a", 1, ["k"]).value);
    (given.value.bytes as Uint8Array)[0] = 0;
    given.value.by.push("other");
    (given.key as unknown[])[1] = "changed";
    const got = (await medium.read("rows", [["cards", "a"]]))[0] as MediumValue;
    same("the value after what was given was changed", said(got), wanted);
    got.bytes[0] = 0;
    got.by.push("other");
    same("the value after what was got was changed", said((await medium.read("rows", [["cards", "a"]]))[0]), wanted);
  },

  async "a closed medium says so"(medium) {
    await write(medium, [row("a")]);
    await medium.close();
    await isClosed("a reading", () => medium.read("rows", [["cards", "a"]]));
    await isClosed("a reading of nothing", () => medium.read("rows", []));
    await isClosed("a scan", () => medium.scan(cards));
    await isClosed("a search", () => medium.find("x"));
    await isClosed("a write", () => medium.write(burst({ puts: [row("b")] })));
    await isClosed("a write of nothing", () => medium.write(burst({})));
    if (medium.count) await isClosed("counting", () => medium.count?.(cards));
    if (medium.keys) await isClosed("listing keys", () => medium.keys?.(cards));
    if (medium.moment) await isClosed("reading a moment", () => medium.moment?.([cards]));
    await medium.close();
  },

  async "what was written is there when it is opened again"(medium) {
    await write(medium, [row("a", 3, ["k"]), row("b")], true);
    await write(medium, [put("pages", ["p", 7], utf8("page")), put("journal", [1]), put("meta", ["keep"])]);
    await medium.write(burst({ deletes: [{ table: "rows", key: ["cards", "b"] }] }));
    const before = await all(medium);
    await medium.close();
    await medium.open();
    same("what is there", await all(medium), before);
    same("what an index key finds", (await medium.find("k")).map(({ key }) => key), [["cards", "a"]]);
    await write(medium, [row("c")]);
    same("the rows after another write", await ids(medium, cards), ["a", "c"]);
  },
};
