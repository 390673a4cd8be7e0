// The promises of a medium: kept by those that come along, and broken by media that are wrong on purpose.

import assert from "node:assert/strict";
import { test } from "node:test";
import { compareKeys, conformance, faults, memoryMedium } from "cardkeep/testing";
import { fileMedium } from "./places.mjs";

for (const { name, run } of conformance(() => memoryMedium())) test(`memory: ${name}`, run);
for (const { name, run } of conformance(() => faults(memoryMedium()))) test(`without a fault: ${name}`, run);
for (const { name, run } of conformance(() => fileMedium())) test(`files: ${name}`, run);

/** A medium that does some things in another way; each gets the sound one and its own state. */
const broken = (changes) => () => {
  const medium = memoryMedium();
  const calls = Object.fromEntries(["open", "read", "scan", "find", "write", "close"].map((name) => [name, (...given) => medium[name](...given)]));
  return { ...calls, ...changes(medium) };
};
const turn = () => new Promise((resolve) => setImmediate(resolve));
const of = (given) => ({ checks: [], puts: [], deletes: [], durable: false, ...given });
/** The whole table in another order, cut to the range. */
const sorted = (order) => (medium) => ({
  scan: async ({ table, prefix, after, limit }) => {
    const range = (await medium.scan({ table, prefix })).sort((a, b) => order(a.key, b.key));
    return range.filter(({ key }) => after === undefined || order(key, after) > 0).slice(0, limit);
  },
});
const compared = (one, other) => (one < other ? -1 : Number(one > other));

const BROKEN = {
  "writes what was refused": [
    (medium) => ({
      async write(burst) {
        const position = await medium.write({ ...burst, puts: [], deletes: [] });
        await medium.write({ ...burst, checks: [] });
        return position;
      },
    }),
    ["a revision that is another one leaves everything as it was", "bytes that are others leave everything as they were", "of several checks the first that does not hold is told"],
  ],
  "writes value by value": [
    (medium) => ({
      async write(burst) {
        const position = await medium.write({ ...burst, puts: [], deletes: [] });
        if (position !== undefined) return position;
        for (const put of burst.puts) {
          await medium.write(of({ puts: [put] }));
          await turn();
        }
        return medium.write({ ...burst, checks: [], puts: [] });
      },
    }),
    ["a burst is seen whole or not at all", "of two writers with one base the second is told"],
  ],
  "reads value by value": [
    (medium) => ({
      async read(table, keys) {
        const found = [];
        for (const key of keys) {
          found.push(...(await medium.read(table, [key])));
          await turn();
        }
        if (keys.length === 0) await medium.read(table, []);
        return found;
      },
    }),
    ["a burst is seen whole or not at all"],
  ],
  "looks at checks before it waits": [
    (medium) => ({
      async write(burst) {
        const position = await medium.write({ ...burst, puts: [], deletes: [] });
        await turn();
        return position ?? medium.write({ ...burst, checks: [] });
      },
    }),
    ["of two writers with one base the second is told"],
  ],
  "ignores checks": [
    (medium) => ({ write: (burst) => medium.write({ ...burst, checks: [] }) }),
    ["a revision that is another one leaves everything as it was", "bytes that are others leave everything as they were", "of several checks the first that does not hold is told", "of two writers with one base the second is told", "a burst of nothing, and one that only checks, are done"],
  ],
  "ignores revisions": [
    (medium) => ({ write: async (burst) => medium.write({ ...burst, checks: burst.checks.filter(({ is }) => is !== "rev") }) }),
    ["a revision that is another one leaves everything as it was"],
  ],
  "takes revision 0 for none": [
    (medium) => ({ write: (burst) => medium.write({ ...burst, checks: burst.checks.map((check) => (check.is === "rev" && check.rev === 0 ? { ...check, rev: undefined } : check)) }) }),
    ["a revision that is another one leaves everything as it was"],
  ],
  "takes empty bytes for none": [
    (medium) => ({
      write: (burst) => medium.write({ ...burst, checks: burst.checks.map((check) => (check.is === "same" && check.bytes?.length === 0 ? { ...check, bytes: undefined } : check)) }),
    }),
    ["bytes that are others leave everything as they were"],
  ],
  "tells that something was refused, not what": [
    (medium) => ({ write: async (burst) => ((await medium.write(burst)) === undefined ? undefined : 0) }),
    ["of several checks the first that does not hold is told"],
  ],
  "rejects what is refused": [
    (medium) => ({
      async write(burst) {
        if ((await medium.write(burst)) !== undefined) throw Object.assign(new Error("another revision"), { code: "conflict" });
      },
    }),
    ["a revision that is another one leaves everything as it was", "of two writers with one base the second is told"],
  ],
  "answers a write with true": [
    (medium) => ({ write: async (burst) => (await medium.write(burst)) ?? true }),
    ["what is written is read back with its revision and index keys", "writes at once are all there", "removals come after what is put, and a missing key is no error"],
  ],
  "sorts numbers as texts": [sorted((a, b) => compared(a.map(String).join("\0"), b.map(String).join("\0"))), ["numbers come before texts and are compared by value"]],
  "sorts texts as UTF-8": [
    sorted((a, b) => compareKeys(a.map(utf8Order), b.map(utf8Order))),
    ["texts are compared by their UTF-16 code units"],
  ],
  "sorts backwards": [sorted((a, b) => compareKeys(b, a)), ["a scan gives the prefix in key order and nothing else", "a thousand values go in and out at once"]],
  "puts longer keys first": [
    sorted((a, b) => b.length - a.length || compareKeys(a, b)),
    ["a key comes before the longer ones that begin with it"],
  ],
  "takes a prefix for a beginning of the text": [
    (medium) => ({
      scan: async (scan) => {
        const all = await medium.scan({ ...scan, prefix: [], limit: undefined });
        return all.filter(({ key }) => key.join("/").startsWith(scan.prefix.join("/"))).slice(0, scan.limit);
      },
    }),
    ["a scan gives the prefix in key order and nothing else", "a key comes before the longer ones that begin with it"],
  ],
  "joins the parts of a key": [
    (medium) => {
      const joined = (key) => [key.join(",")];
      return {
        read: (table, keys) => medium.read(table, keys.map(joined)),
        scan: ({ table, prefix, after, limit }) => medium.scan({ table, prefix: [], limit, after: after && joined(after) }).then((all) => all.filter(({ key }) => key[0].startsWith(prefix.join(",")))),
        write: (burst) => medium.write({ ...burst, puts: burst.puts.map((put) => ({ ...put, key: joined(put.key) })) }),
      };
    },
    ["no separator makes two keys one", "what is written is read back with its revision and index keys"],
  ],
  "begins each scan anew": [(medium) => ({ scan: ({ after, ...scan }) => medium.scan(scan) }), ["a scan goes on behind a key and stops at its limit"]],
  "gives the key behind which it goes on": [
    (medium) => ({
      async scan({ after, ...scan }) {
        const all = await medium.scan({ ...scan, limit: undefined });
        return all.filter(({ key }) => after === undefined || compareKeys(key, after) >= 0).slice(0, scan.limit);
      },
    }),
    ["a scan goes on behind a key and stops at its limit"],
  ],
  "ignores the limit": [(medium) => ({ scan: ({ limit, ...scan }) => medium.scan(scan) }), ["a scan goes on behind a key and stops at its limit"]],
  "takes limit 0 for none": [(medium) => ({ scan: (scan) => medium.scan({ ...scan, limit: scan.limit || undefined }) }), ["a scan goes on behind a key and stops at its limit"]],
  "has one table": [
    (medium) => ({
      read: (_, keys) => medium.read("rows", keys),
      scan: (scan) => medium.scan({ ...scan, table: "rows" }),
      write: (burst) => medium.write({ ...burst, puts: burst.puts.map((put) => ({ ...put, table: "rows" })) }),
    }),
    ["every table keeps its own values"],
  ],
  "gives null for what is absent": [
    (medium) => ({ read: async (table, keys) => (await medium.read(table, keys)).map((value) => value ?? null) }),
    ["an absent value is undefined, in its place among others"],
  ],
  "leaves out what is absent": [
    (medium) => ({ read: async (table, keys) => (await medium.read(table, keys)).filter((value) => value) }),
    ["an absent value is undefined, in its place among others"],
  ],
  "reads in the order of the table": [
    (medium) => ({ read: (table, keys) => medium.read(table, [...keys].sort(compareKeys)) }),
    ["values come in the order of the keys that were asked for"],
  ],
  "finds by a part of an index key": [
    (medium) => ({ find: async (by) => (await medium.scan({ table: "rows", prefix: [] })).filter(({ value }) => value.by.some((key) => key.startsWith(by))) }),
    ["a row is found by each of its index keys, whole"],
  ],
  "keeps old index keys": [
    (medium) => {
      const old = new Map();
      return {
        async write(burst) {
          for (const { key, value } of burst.puts) for (const by of value.by) old.set(by, [...(old.get(by) ?? []), key]);
          return medium.write(burst);
        },
        async find(by) {
          const keys = [...new Set((old.get(by) ?? []).map((key) => JSON.stringify(key)))].sort().map((key) => JSON.parse(key));
          const values = await medium.read("rows", keys);
          return keys.map((key, n) => ({ key, value: values[n] ?? { rev: 0, by: [], bytes: new Uint8Array() } }));
        },
      };
    },
    ["a row that is replaced or removed loses its index keys"],
  ],
  "removes first": [
    (medium) => ({
      async write(burst) {
        const position = await medium.write({ ...burst, puts: [] });
        return position ?? medium.write({ ...burst, checks: [], deletes: [] });
      },
    }),
    ["removals come after what is put, and a missing key is no error"],
  ],
  "takes the buffer behind a view": [
    (medium) => ({
      write: (burst) => medium.write({ ...burst, puts: burst.puts.map((put) => ({ ...put, value: { ...put.value, bytes: new Uint8Array(put.value.bytes.buffer) } })) }),
    }),
    ["any bytes survive, and many of them"],
  ],
  "gives arrays of numbers": [
    (medium) => ({ read: async (table, keys) => (await medium.read(table, keys)).map((value) => value && { ...value, bytes: [...value.bytes] }) }),
    ["any bytes survive, and many of them"],
  ],
  "takes a hundred values at once": [
    (medium) => ({ write: (burst) => medium.write({ ...burst, puts: burst.puts.slice(0, 100) }) }),
    ["a thousand values go in and out at once"],
  ],
  "writes over the one before it": [
    (medium) => {
      let last = Promise.resolve();
      return {
        write(burst) {
          const mine = (last = last.then(turn));
          return mine.then(() => (last === mine ? medium.write(burst) : undefined));
        },
      };
    },
    ["writes at once are all there"],
  ],
  "refuses a burst of nothing": [
    (medium) => ({
      async write(burst) {
        if (burst.puts.length + burst.deletes.length === 0) throw new Error("there is nothing to do");
        return medium.write(burst);
      },
    }),
    ["a burst of nothing, and one that only checks, are done"],
  ],
  "keeps what it was given": [
    (medium) => {
      const given = new Map();
      return {
        write(burst) {
          for (const { table, key, value } of burst.puts) given.set(JSON.stringify([table, key]), value);
          return medium.write(burst);
        },
        read: async (table, keys) => (await medium.read(table, keys)).map((value, n) => value && given.get(JSON.stringify([table, keys[n]]))),
      };
    },
    ["what is given and what is got are nobody else's"],
  ],
  "answers although it is closed": [() => ({ close: () => undefined }), ["a closed medium says so"]],
  "says of nothing that it is fine": [
    (medium) => ({ read: async (table, keys) => (keys.length === 0 ? [] : medium.read(table, keys)) }),
    ["a closed medium says so"],
  ],
  "forgets everything": [
    (medium) => ({
      async open() {
        medium.load({});
        await medium.open();
      },
    }),
    ["what was written is there when it is opened again"],
  ],
  "loses what was not durable": [
    (medium) => {
      let kept = medium.dump();
      return {
        async open() {
          medium.load(kept);
          await medium.open();
        },
        async write(burst) {
          const position = await medium.write(burst);
          if (burst.durable) kept = medium.dump();
          return position;
        },
      };
    },
    ["what was written is there when it is opened again"],
  ],
  "counts everything": [
    (medium) => ({ count: async ({ table }) => (await medium.scan({ table, prefix: [] })).length }),
    ["what is counted and the keys are those of the scan"],
  ],
  "reads a moment range by range": [
    (medium) => ({
      async moment(scans) {
        const found = [];
        for (const scan of scans) {
          found.push(await medium.scan(scan));
          await turn();
        }
        if (scans.length === 0) await medium.read("rows", []);
        return found;
      },
    }),
    ["ranges of one moment are those of the scans, and one state"],
  ],
  "lists keys without a limit": [
    (medium) => ({ keys: async ({ limit, ...scan }) => (await medium.scan(scan)).map(({ key }) => key) }),
    ["what is counted and the keys are those of the scan"],
  ],
};

/** A part in whose place UTF-16 sorts as UTF-8 does. */
function utf8Order(part) {
  if (typeof part === "number") return part;
  return Array.from(part, (character) => String.fromCharCode(character.codePointAt(0) >> 8, character.codePointAt(0) & 255)).join("");
}

async function failing(make) {
  const failed = new Map();
  for (const { name, run } of conformance(make)) {
    try {
      await run();
    } catch (error) {
      assert.ok(error instanceof Error && error.message.length > 10, `${name}: ${error}`);
      failed.set(name, error.message);
    }
  }
  return failed;
}

const seen = new Set();
for (const [name, [changes, promises]] of Object.entries(BROKEN)) {
  test(`a medium that ${name} is told by name`, async () => {
    const failed = await failing(broken(changes));
    for (const promise of promises) {
      assert.ok(failed.has(promise), `${promise}; told were ${[...failed].join("\n")}`);
    }
    for (const promise of failed.keys()) seen.add(promise);
  });
}

test("every promise is broken by some medium", () => {
  const names = conformance(() => memoryMedium()).map(({ name }) => name);
  assert.deepEqual(names.filter((name) => !seen.has(name)), []);
});

test("what differs is said", async () => {
  const failed = await failing(broken(BROKEN["takes limit 0 for none"][0]));
  assert.deepEqual([...failed], [["a scan goes on behind a key and stops at its limit", 'at most none: [] was wanted, found ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]']]);
});
