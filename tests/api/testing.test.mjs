// Keeps on media of the caller's own, and on media that fail as planned.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Keep } from "cardkeep";
import { faults, memoryMedium } from "cardkeep/testing";
import { bytes, fixture, run } from "./fixtures.mjs";
import { fileMedium, newFolder } from "./places.mjs";

const opened = (medium, options = {}) => Keep.open({ medium, ...options });
const collect = async (events) => {
  const all = [];
  for await (const event of events) all.push(event);
  return all;
};
const imported = async (service, ...rest) => {
  const events = await collect(service.import(...rest));
  return events.find(({ type }) => type === "item")?.entry ?? assert.fail(JSON.stringify(events));
};
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Something of every domain that has much to do; gives what finds it again. */
async function filled(keep) {
  const character = await imported(keep.characters, new File([fixture("cards/01_v1_before_idat.png")], "zoe.png"));
  await keep.characters.patch(character.id, { description: "changed" });
  const world = await keep.worlds.create("Eldoria");
  const { id: chatId } = await keep.chats.create({ title: "Evening", characters: [character.id] });
  const chat = await keep.chats.open(chatId);
  for (let n = 0; n < 70; n += 1) await chat.append({ name: "You", role: "user", text: `message ${n}` });
  const asset = await keep.assets.put(new Uint8Array(200_000).fill(7), { name: "sevens" });
  await keep.settings.patch({ pageSize: 33 });
  const gone = await keep.worlds.create("Gone");
  await keep.worlds.delete(gone.id);
  return { character, world, chatId, asset, gone };
}

async function whole(keep, { character, world, chatId, asset, gone }) {
  assert.equal((await keep.characters.get(character.id)).card.description, "changed");
  assert.deepEqual((await keep.characters.history(character.id)).length, 1);
  assert.deepEqual((await keep.worlds.list()).items.map(({ id }) => id), [world.id]);
  assert.deepEqual((await keep.worlds.list({ trashed: true })).items.map(({ id }) => id), [gone.id]);
  const chat = await keep.chats.open(chatId);
  assert.equal((await chat.last(5)).at(-1).text, "message 69");
  assert.equal((await chat.search("message 1")).length, 11);
  assert.equal((await keep.chats.list({ character: character.id })).items.length, 1);
  assert.equal((await keep.assets.get(asset.id)).bytes.length, 200_000);
  assert.equal((await keep.settings.get()).pageSize, 33);
  assert.deepEqual((await keep.check({ full: true })).findings, []);
}

for (const [place, make] of [
  ["in memory", () => memoryMedium()],
  ["in files", () => fileMedium()],
]) {
  test(`a keep on a medium ${place} finds everything when it is opened again`, async () => {
    const medium = make();
    const first = await opened(medium);
    assert.equal(first.report.created, true);
    assert.deepEqual(first.secondCopy, { state: "off" });
    const what = await filled(first);
    const backup = await first.backups.create({ reason: "by hand" });
    await first.close();
    const second = await opened(medium);
    assert.equal(second.report.created, false);
    await whole(second, what);
    await second.worlds.create("Later");
    await second.backups.restore(backup.id, { mode: "replace" });
    await whole(second, what);
    await second.close();
  });
}

test("a keep in files is there for another process", async () => {
  const folder = newFolder();
  const keep = await opened(fileMedium(folder));
  const what = await filled(keep);
  await keep.close();
  const told = await run(`
    import { Keep } from "cardkeep";
    import { fileMedium } from "./places.mjs";
    const keep = await Keep.open({ medium: fileMedium(${JSON.stringify(folder)}) });
    const { items } = await keep.worlds.list();
    await keep.worlds.put({ ...(await keep.worlds.get(items[0].id)).state, player: { gold: 3 } }, { id: items[0].id });
    await keep.close();
    console.log(items.map(({ name }) => name).join());
  `);
  assert.equal(told, "Eldoria");
  const again = await opened(fileMedium(folder));
  assert.equal((await again.worlds.get(what.world.id)).state.player.gold, 3);
  await again.close();
});

test("the content of a medium is taken out, frozen as JSON, and put in", async () => {
  const medium = memoryMedium();
  const keep = await opened(medium);
  const what = await filled(keep);
  await keep.close();
  const frozen = JSON.stringify(medium.dump());
  const other = memoryMedium(JSON.parse(frozen));
  const copy = await opened(other);
  await whole(copy, what);
  await copy.worlds.create("Only there");
  await copy.close();
  assert.equal(JSON.stringify(medium.dump()), frozen);
  other.load(JSON.parse(frozen));
  assert.equal(JSON.stringify(other.dump()), frozen);
  for (const bad of [null, 5, { tables: [] }, { rows: [{}] }, { rows: [{ key: ["a"], rev: 1, by: [], bytes: "§" }] }]) {
    assert.throws(() => other.load(bad), { code: "bad-option" }, JSON.stringify(bad));
    assert.equal(JSON.stringify(other.dump()), frozen);
  }
});

test("an older keep on a medium is lifted when it is opened", async () => {
  const values = JSON.parse(new TextDecoder().decode(fixture("keeps/schema-1.json")));
  const content = { rows: [], pages: [], journal: [], meta: [] };
  for (const { table, key, rev, by, bytes: hex } of values) content[table].push({ key, rev, by, bytes: Buffer.from(hex, "hex").toString("base64") });
  const upgrades = [];
  const keep = await opened(memoryMedium(content), { onUpgrade: (upgrade) => upgrades.push(upgrade) });
  assert.equal(keep.report.migrated.from, 1);
  assert.ok(keep.report.migrated.lifted > 0);
  assert.deepEqual((await keep.check({ full: true })).findings, []);
  await keep.close();
});

test("two keeps on one content hear of each other when it is shared", async () => {
  const medium = memoryMedium(undefined, { shared: true });
  const [one, two] = [await opened(medium, { name: "both" }), await opened(medium.beside(), { name: "both" })];
  const heard = new Promise((resolve) => two.addEventListener("change", ({ detail }) => resolve(detail)));
  const { id, rev } = await imported(one.characters, new File([fixture("cards/80_v2.json")], "one.json"));
  assert.deepEqual(await heard, { domain: "characters", ids: [id], remote: true });
  const { rev: found } = await two.characters.patch(id, { name: "Two" }, { ifRev: rev });
  await assert.rejects(one.characters.patch(id, { name: "One" }, { ifRev: rev }), { code: "conflict", rev: found, id });
  await one.close();
  assert.equal((await two.characters.list()).items.length, 1);
  await two.close();
});

test("what is journalled and not saved is saved at the next opening", async () => {
  const medium = memoryMedium();
  const keep = await opened(medium);
  const { id } = await imported(keep.characters, new File([fixture("cards/80_v2.json")], "one.json"));
  const saver = keep.saver({ delay: 60_000, maxWait: 60_000 });
  saver.schedule("characters", id, { name: "Typed" });
  while (saver.pending.some(({ journalled }) => !journalled) || (await keep.journal.list()).items.length === 0) await turn();
  // The process ends here.
  const later = await opened(medium.beside());
  assert.deepEqual(later.report.replayed, { applied: 1, drafts: 0, left: 0 });
  assert.equal((await later.characters.get(id)).card.name, "Typed");
  await later.close();
});

test("what is no medium is refused by name", async () => {
  const { find, ...without } = memoryMedium();
  for (const [medium, told] of [
    [null, /`medium` is null/],
    [[], /`medium` is an array/],
    [() => undefined, /`medium` is/],
    [{}, /has no function `open`/],
    [{ open() {}, read() {}, scan() {}, write() {}, close() {} }, /has no function `find`/],
    [{ ...without, open: 5 }, /has no function `open`/],
    [answering({ shared: true }), /is shared and has no function `moment`/],
  ]) {
    await assert.rejects(opened(medium), (error) => error.code === "bad-option" && told.test(error.message), String(told));
  }
});

/** A medium whose calls answer what they are told to. */
function answering(changes) {
  const medium = memoryMedium();
  const calls = Object.fromEntries(["open", "read", "scan", "find", "write", "close"].map((name) => [name, (...given) => medium[name](...given)]));
  return Object.assign(calls, changes);
}

test("an answer of another shape is an error that says so", async () => {
  const value = { rev: 1, by: [], bytes: new Uint8Array(3) };
  const cases = {
    read: [
      [undefined, /no array/],
      [[], /another number of values/],
      [[null, null, null], /\{ rev, by, bytes \}/],
      [[5, 5, 5], /\{ rev, by, bytes \}/],
      [[{ ...value, rev: -1 }, undefined, undefined], /\{ rev, by, bytes \}/],
      [[{ ...value, rev: 0.5 }, undefined, undefined], /\{ rev, by, bytes \}/],
      [[{ ...value, by: [1] }, undefined, undefined], /\{ rev, by, bytes \}/],
      [[{ ...value, bytes: [1, 2] }, undefined, undefined], /\{ rev, by, bytes \}/],
    ],
    scan: [
      [{ length: 3 }, /no array/],
      [[5], /a key that is no array/],
      [[{ key: "a", value }], /a key that is no array/],
      [[{ key: [-1], value }], /a key that is no array/],
      [[{ key: [{}], value }], /a key that is no array/],
      [[{ key: ["b"], value }, { key: ["a"], value }], /not in order/],
      [[{ key: ["a"], value }, { key: ["a"], value }], /not in order/],
      [[{ key: ["a"] }], /\{ rev, by, bytes \}/],
    ],
    write: [
      [null, /neither `undefined` nor/],
      [true, /neither `undefined` nor/],
      [99, /neither `undefined` nor/],
      ["0", /neither `undefined` nor/],
    ],
  };
  for (const [name, answers] of Object.entries(cases)) {
    for (const [answer, told] of answers) {
      for (const given of [answer, Promise.resolve(answer)]) {
        await assert.rejects(opened(answering({ [name]: () => given })), (error) => error.code === "medium" && told.test(error.message), `${name} ${JSON.stringify(answer)}`);
      }
    }
  }
  const keep = await opened(answering({ find: () => [{ key: ["chats", "x"], value }] }));
  await assert.rejects(collect(keep.characters.import(new File([fixture("cards/80_v2.json")], "one.json"))).then(([{ code, message }]) => Promise.reject({ code, message })), { code: "medium", message: /a row without the index key/ });
  await keep.close();
});

test("a backup is one state while others write, whether the medium has moments or not", async () => {
  for (const hasMoments of [false, true]) {
    const medium = memoryMedium();
    const slow = { ...bound(medium), scan: (scan) => turn().then(() => medium.scan(scan)), write: (burst) => turn().then(() => medium.write(burst)) };
    const keep = await opened(answering({ ...slow, ...(hasMoments && { moment: (scans) => turn().then(() => medium.moment(scans)) }) }));
    const { id } = await keep.chats.create({ title: "Evening" });
    const chat = await keep.chats.open(id);
    let done = false;
    const writing = (async () => {
      for (let n = 0; !done; n += 1) {
        await chat.append({ name: "You", role: "user", text: `message ${n}` });
        await keep.settings.patch({ pageSize: 10 + (n % 100) });
      }
    })();
    const backup = await keep.backups.create({ reason: "by hand" });
    done = true;
    await writing;
    assert.equal((await keep.backups.verify(backup.id)).ok, true);
    await keep.backups.restore(backup.id, { mode: "replace" });
    assert.deepEqual((await keep.check({ full: true })).findings, []);
    await keep.close();
  }
});

test("a medium that goes round in circles is no hang", async () => {
  const medium = memoryMedium();
  const keep = await opened(answering({ ...bound(medium), scan: ({ after, ...scan }) => medium.scan(scan) }));
  for (let n = 0; n < 3; n += 1) await keep.worlds.create(`world ${n}`);
  await assert.rejects(keep.backups.create({ reason: "x" }), { code: "medium" });
  await keep.close();
});

function bound(medium) {
  return Object.fromEntries(["open", "read", "scan", "find", "write", "close"].map((name) => [name, (...given) => medium[name](...given)]));
}

test("an error's code counts when it is a published one, and want of space under other names too", async () => {
  const cases = [
    [Object.assign(new Error("no"), { code: "quota" }), "quota"],
    [Object.assign(new Error("aborted: given up"), { code: "aborted" }), "aborted", /^aborted: given up$/],
    [{ code: "timeout", message: "late" }, "timeout"],
    [Object.assign(new Error("x"), { code: "ENOSPC" }), "quota"],
    [Object.assign(new Error("x"), { code: "SQLITE_FULL" }), "quota"],
    [Object.assign(new Error("x"), { code: "EACCES" }), "medium", /x/],
    [new DOMException("full", "QuotaExceededError"), "quota"],
    [new RangeError("who knows"), "medium", /who knows/],
    ["text", "medium", /text/],
    [undefined, "medium", /undefined/],
    [null, "medium", /null/],
    [Symbol("s"), "medium"],
    [Object.create(null), "medium"],
    [{ get code() { throw new Error("trap"); } }, "medium"],
  ];
  for (const [thrown, code, message = /./] of cases) {
    for (const throwing of [() => Promise.reject(thrown), () => { throw thrown; }]) {
      const medium = memoryMedium();
      let fails = false;
      const keep = await opened(answering({ ...bound(medium), write: (burst) => (fails ? throwing() : medium.write(burst)) }));
      fails = true;
      await assert.rejects(keep.worlds.create("x"), (error) => error.name === "CardkeepError" && error.code === code && message.test(error.message), `${code} ${typeof thrown}`);
      fails = false;
      await keep.worlds.create("y");
      await keep.close();
    }
  }
});

test("a place that is gone ends the keep, and tells", async () => {
  const medium = faults(memoryMedium());
  const keep = await opened(medium);
  await keep.worlds.create("x");
  medium.reset({ fails: "closed" });
  const told = new Promise((resolve) => keep.addEventListener("closed", resolve));
  await assert.rejects(keep.worlds.create("y"), { code: "closed" });
  await told;
  medium.reset([]);
  await assert.rejects(keep.worlds.list(), { code: "closed" });
  const again = await opened(medium);
  assert.equal((await again.worlds.list()).items.length, 1);
  await again.close();
});

test("closing ends what is under way, and waits for the place", async () => {
  const medium = faults(memoryMedium());
  const keep = await opened(medium);
  medium.reset({ call: "write", waits: Infinity });
  const hanging = keep.worlds.create("x");
  while (!medium.calls.some(({ call }) => call === "write")) await turn();
  await Promise.all([keep.close(), assert.rejects(hanging, { code: "closed" })]);
  let let_go = false;
  const slow = memoryMedium();
  const other = await opened(answering({ ...bound(slow), close: () => turn().then(() => (let_go = true)) }));
  await other.close();
  assert.equal(let_go, true);
  const failing = await opened(answering({ ...bound(memoryMedium()), close: () => Promise.reject(new Error("stuck")) }));
  await assert.rejects(failing.close(), { code: "medium", message: /stuck/ });
});

test("an opening that takes too long, or fails, closes the medium and says why", async () => {
  for (const call of ["open", "read", "write"]) {
    const medium = faults(memoryMedium(), { call, waits: Infinity });
    await assert.rejects(opened(medium, { timeout: 30 }), { code: "timeout", op: "Keep.open" }, call);
    assert.equal(medium.calls.at(-1).call, "close");
  }
  const full = faults(memoryMedium(), { call: "write", fails: "quota" });
  await assert.rejects(opened(full), { code: "quota" });
  const keep = await opened(full, { fallback: "memory" });
  assert.equal(keep.report.fallback, "quota");
  await keep.worlds.create("x");
  await keep.close();
});

test("a call that never answers is a timeout once the keep is open", async () => {
  const medium = faults(memoryMedium());
  const keep = await opened(medium);
  medium.reset({ call: "write", nth: 1, waits: Infinity });
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const hanging = keep.worlds.create("x");
    while (!medium.calls.some(({ call }) => call === "write")) await turn();
    mock.timers.tick(90_001);
    await assert.rejects(hanging, { code: "timeout", retryable: true });
  } finally {
    mock.timers.reset();
  }
  await keep.worlds.create("y");
  await keep.close();
});

test("the n-th write fails, and the next one does not", async () => {
  const medium = faults(memoryMedium());
  const keep = await opened(medium);
  medium.reset({ call: "write", nth: 2, fails: "aborted" });
  await keep.worlds.create("one");
  await assert.rejects(keep.worlds.create("two"), { code: "aborted", retryable: true });
  await keep.worlds.create("three");
  assert.deepEqual((await keep.worlds.list()).items.map(({ name }) => name).sort(), ["one", "three"]);
  const writes = medium.calls.filter(({ call }) => call === "write");
  assert.deepEqual(writes.map(({ fault, ended }) => [fault, ended]), [[undefined, "done"], [0, "failed"], [undefined, "done"]]);
  assert.ok(writes[0].tables.includes("rows") && writes[0].bytes > 100);
  medium.reset();
  assert.deepEqual(medium.calls, []);
  await keep.worlds.create("four");
  await assert.rejects(keep.worlds.create("five"), { code: "aborted" });
  await keep.close();
});

test("space that runs out is told, and told again when there is some", async () => {
  const medium = faults(memoryMedium(), { beyond: 60_000, fails: "quota" });
  const keep = await opened(medium);
  const told = [];
  keep.addEventListener("quota", ({ detail }) => told.push(detail.full));
  let state = 1;
  const noise = Uint8Array.from({ length: 40_000 }, () => (state = Math.imul(state, 48271) >>> 0) >>> 20);
  const { id } = await keep.assets.put(noise, { name: "fits" });
  await assert.rejects(keep.assets.put(noise.map((byte) => byte ^ 255), { name: "does not" }), { code: "quota", retryable: true });
  assert.equal((await keep.assets.get(id)).bytes.length, 40_000);
  await keep.worlds.create("small");
  await turn();
  assert.deepEqual(told, [true, false]);
  assert.equal((await keep.assets.list()).items.length, 1);
  await keep.close();
});

test("a write that answers and is not done is found by `verify`", async () => {
  const medium = faults(memoryMedium());
  const keep = await opened(medium);
  const { id } = await imported(keep.characters, new File([fixture("cards/80_v2.json")], "one.json"));
  medium.reset({ call: "write", lies: true });
  await keep.characters.patch(id, { name: "unnoticed" });
  await assert.rejects(keep.characters.patch(id, { name: "noticed" }, { verify: true }), { code: "corrupt" });
  medium.reset([]);
  await keep.close();
});

test("a value that rots hides no other, and is written nowhere", async () => {
  for (const spoil of [{ flips: 999 }, { flips: 0 }, { cuts: 20 }, { cuts: 0 }]) {
    const medium = memoryMedium();
    const first = await opened(medium);
    const [bad, good] = [await first.worlds.create("bad"), await first.worlds.create("good")];
    await first.close();
    const before = medium.dump();
    const keep = await opened(faults(medium, { key: ["worlds", bad.id], ...spoil }));
    const { items, unreadable } = await keep.worlds.list();
    assert.deepEqual([items.map(({ name }) => name), unreadable.map(({ id }) => id)], [["good"], [bad.id]]);
    await assert.rejects(keep.worlds.get(bad.id), { code: "corrupt", id: bad.id });
    assert.equal((await keep.worlds.get(good.id)).state.metadata.name, "good");
    assert.ok((await keep.check()).findings.length > 0);
    await keep.close();
    assert.deepEqual(medium.dump().rows, before.rows);
    const healed = await opened(medium);
    assert.equal((await healed.worlds.get(bad.id)).state.metadata.name, "bad");
    await healed.close();
  }
});

test("chance is the same for the same seed", async () => {
  const failures = async (seed) => {
    const medium = faults(memoryMedium(), { call: "read", chance: 0.3, fails: "aborted" }, { seed });
    await medium.open();
    let text = "";
    for (let n = 0; n < 200; n += 1) text += await medium.read("meta", []).then(() => ".", () => "x");
    medium.reset();
    let again = "";
    for (let n = 0; n < 200; n += 1) again += await medium.read("meta", []).then(() => ".", () => "x");
    assert.equal(again, text);
    return text;
  };
  const [one, other] = [await failures(1), await failures(2)];
  assert.notEqual(one, other);
  const share = one.split("x").length / 200;
  assert.ok(share > 0.2 && share < 0.4, one);
});

test("a plan that means nothing is an error", () => {
  const plans = [
    {},
    { call: "write" },
    { fails: "aborted", lies: true },
    { fails: "no-such-code" },
    { lies: "x" },
    { waits: -1 },
    { waits: "1" },
    { flips: -1 },
    { cuts: 0.5 },
    { fails: "quota", nth: 0 },
    { fails: "quota", lasting: true },
    { lies: true, done: true },
    { fails: "quota", chance: 2 },
    { fails: "quota", call: "close" },
    { fails: "quota", call: ["read", "reed"] },
    { fails: "quota", table: "row" },
    { fails: "quota", key: "a" },
    { fails: "quota", beyond: -1 },
    { fials: "quota" },
    null,
    [{ fails: "quota" }, {}],
  ];
  for (const plan of plans) {
    assert.throws(() => faults(memoryMedium(), plan), { code: "bad-option" }, JSON.stringify(plan));
    assert.throws(() => faults(memoryMedium()).reset(plan ?? 5), { code: "bad-option" }, JSON.stringify(plan));
  }
  assert.throws(() => faults(memoryMedium(), [], { sead: 1 }), { code: "bad-option" });
  assert.throws(() => memoryMedium({}, { shared: 1 }), { code: "bad-option" });
});

// ---------------------------------------------------------------- nothing acknowledged is lost

/** What somebody does in a session. Each step may be done again when it failed. */
const SESSION = [
  ["make", (s) => s.keep.worlds.create("Eldoria").then(({ id }) => (s.world = id))],
  ["import", async (s) => {
    const [event] = await collect(s.keep.characters.import(new File([fixture("cards/80_v2.json")], "one.json")));
    if (event.type === "failed") throw event;
    s.character = event.entry.id;
  }],
  ["name", (s) => s.keep.characters.patch(s.character, { name: s.next("name") })],
  ["chat", (s) => s.keep.chats.create({ title: "Evening", characters: [s.character] }).then(({ id }) => (s.chat = id))],
  ...Array.from({ length: 4 }, () => ["say", async (s) => (await s.keep.chats.open(s.chat)).append({ name: "You", role: "user", text: s.next("say") })]),
  ["name", (s) => s.keep.characters.patch(s.character, { name: s.next("name") }, { durable: true })],
  ["batch", (s) => s.keep.worlds.putMany([1, 2].map((n) => ({ state: world(`batch ${n}`) })))],
  ["reopen", (s) => s.close()],
  ["name", (s) => s.keep.characters.patch(s.character, { name: s.next("name") })],
  ["transaction", (s) => {
    const [name, text] = [s.next("name"), s.next("say")];
    return s.keep.transaction(["characters", "chats"], async (tx) => {
      await tx.characters.patch(s.character, { name });
      await (await tx.chats.open(s.chat)).append({ name: "You", role: "user", text });
    });
  }],
  ["typed", async (s) => {
    s.saver ??= s.keep.saver();
    s.saver.schedule("characters", s.character, { creator_notes: s.next("typed") });
    await s.saver.flush();
  }],
  ["trash", (s) => s.keep.worlds.delete(s.world)],
  ["version", async (s) => {
    const [{ rev }] = await s.keep.characters.history(s.character);
    await s.keep.characters.pinVersion(s.character, rev, true);
  }],
  ["look", async (s) => s.keep.check({ full: true })],
  ["backup", (s) => s.keep.backups.create({ reason: "by hand" })],
  ["reopen", (s) => s.close()],
  ["edit", async (s) => {
    const chat = await s.keep.chats.open(s.chat);
    const last = (await chat.last(1))[0];
    await chat.edit({ id: last.id }, { text: last.text });
  }],
  ["page", (s) => s.keep.settings.patch({ pageSize: s.next("page") })],
  ["say", async (s) => (await s.keep.chats.open(s.chat)).append({ name: "You", role: "user", text: s.next("say") })],
];

const world = (name) => ({ metadata: { version: "1.0", created_at: 1, last_modified: 1, name }, current_position: "0,0,0", visited_positions: [], locations: {}, unconnected_locations: {}, player: {} });

class Session {
  keep;
  saver;
  done = new Map();
  #numbers = 10;
  #attempts = new Map();

  constructor(medium) {
    this.medium = medium;
  }

  /** Something new to write, remembered as tried. */
  next(what) {
    this.#numbers += 1;
    const value = what === "page" ? this.#numbers : `${what} ${this.#numbers}`;
    this.tried(what).push(value);
    return value;
  }

  tried(what) {
    if (!this.#attempts.has(what)) this.#attempts.set(what, []);
    return this.#attempts.get(what);
  }

  async close() {
    const keep = this.keep;
    this.keep = undefined;
    this.saver = undefined;
    await keep?.close();
  }

  /** Does the steps, each again until it succeeds; with storage that fails for good, as far as it goes. */
  async play() {
    for (const [what, act] of SESSION) {
      let failed;
      for (let attempt = 0; attempt < 3; attempt += 1) {
        try {
          this.keep ??= await opened(this.medium);
          const tried = this.#numbers;
          await act(this);
          const values = this.done.get(what) ?? [];
          this.done.set(what, [...values, this.#numbers > tried ? this.#numbers : true]);
          if (what === "transaction") for (const [part, number] of [["name", this.#numbers - 1], ["say", this.#numbers]]) this.done.set(part, [...(this.done.get(part) ?? []), number]);
          failed = undefined;
          break;
        } catch (error) {
          failed = error;
          assert.ok(error.code, String(error.stack ?? error));
          if (error.code === "closed") await this.close();
        }
      }
      if (failed) return failed;
    }
    await this.close();
    return undefined;
  }

  /** What was acknowledged is there; what else is there was tried. */
  async look(medium) {
    const keep = await opened(medium);
    const number = (text) => Number(/\d+$/.exec(String(text)));
    const acknowledged = (what) => this.done.get(what) ?? [];
    const isLastOrLater = (what, found) => {
      const last = acknowledged(what).at(-1);
      if (last !== undefined) assert.ok(number(found) >= last && this.tried(what).includes(found), `${what}: ${found}, acknowledged was ${last}`);
    };
    if (acknowledged("import").length > 0) isLastOrLater("name", (await keep.characters.get(this.character)).card.name);
    if (acknowledged("typed").length > 0) isLastOrLater("typed", (await keep.characters.get(this.character)).card.creator_notes);
    if (acknowledged("page").length > 0) isLastOrLater("page", (await keep.settings.get()).pageSize);
    if (acknowledged("chat").length > 0) {
      const texts = (await (await keep.chats.open(this.chat)).last(100)).map(({ text }) => text);
      assert.deepEqual(texts.filter((text) => !this.tried("say").includes(text)), []);
      assert.deepEqual(texts.map(number), [...new Set(texts.map(number))].sort((a, b) => a - b));
      for (const said of acknowledged("say")) assert.ok(texts.some((text) => number(text) === said), `message ${said} of ${texts}`);
    }
    const worlds = (await keep.worlds.list()).items;
    if (acknowledged("trash").length > 0) assert.ok((await keep.worlds.list({ trashed: true })).items.some(({ id }) => id === this.world));
    else if (acknowledged("make").length > 0 && acknowledged("page").length === 0) assert.ok([...worlds, ...(await keep.worlds.list({ trashed: true })).items].some(({ id }) => id === this.world));
    const batch = worlds.filter(({ name }) => name.startsWith("batch"));
    assert.equal(batch.length % 2, 0);
    assert.ok(batch.length >= 2 * acknowledged("batch").length);
    assert.deepEqual((await keep.check({ full: true })).findings, []);
    await keep.close();
  }
}

const CODES = ["aborted", "timeout", "closed", "quota", "medium"];

/** Plays the session once for each call with a fault at it. */
async function atEveryCall(isMet, faultAt, then = () => undefined) {
  const healthy = new Session(faults(memoryMedium()));
  assert.equal(await healthy.play(), undefined);
  const calls = [...healthy.medium.calls];
  await healthy.look(healthy.medium);
  const count = calls.findLastIndex(({ call }) => call === "write") + 1;
  assert.ok(count > 60, `only ${count} calls`);
  let met = 0;
  for (let n = 1; n <= count; n += 1) {
    if (calls[n - 1].call === "close" || !isMet(calls[n - 1])) continue;
    // Only calls that can fail are counted by a fault.
    const fits = ({ call }) => call !== "close" && isMet({ call });
    const nth = calls.slice(0, n).filter(fits).length;
    const place = memoryMedium();
    const medium = faults(place, { nth, ...faultAt(n) });
    const session = new Session(medium);
    const failed = await session.play();
    const fault = medium.calls.find(({ fault }) => fault !== undefined);
    assert.ok(fault, `no fault at ${n}`);
    met += 1;
    then(failed, n);
    await session.look(place.beside()).catch((error) => assert.fail(`call ${n}, ${fault.call} of ${fault.tables}, ${JSON.stringify(faultAt(n))}: ${error.message}`));
    // What still waits to be saved would be tried again for ever.
    medium.reset([]);
    await session.close();
  }
  assert.ok(met > 15, `only ${met} faults`);
}

test("a call that fails costs nothing that was acknowledged", async () => {
  await atEveryCall(() => true, (n) => ({ fails: CODES[n % CODES.length] }), (failed, n) => assert.equal(failed, undefined, `call ${n}: ${failed}`));
});

test("a write that fails although it was done costs nothing either", async () => {
  await atEveryCall(({ call }) => call === "write", (n) => ({ call: "write", fails: CODES[n % CODES.length], done: true }));
});

test("storage that fails from some call on leaves everything acknowledged", async () => {
  await atEveryCall(() => true, (n) => ({ fails: CODES[n % CODES.length], lasting: true }), (failed, n) => assert.ok(failed, `call ${n}`));
});

test("a disk that is full from some write on leaves everything acknowledged", async () => {
  await atEveryCall(({ call }) => call === "write", () => ({ call: "write", fails: "quota", lasting: true }));
});
