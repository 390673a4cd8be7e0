// The package in a worker, called from the page.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CHROMIUM, onePage } from "./pages.mjs";

const at = onePage();
const fixture = (name) => [...readFileSync(new URL(`../fixtures/${name}`, import.meta.url))];

/** Runs a function in a fresh page, with `cardkeep` connected to a worker of its own. */
async function run(work, ...given) {
  await at.browser.go(at.server.url);
  return at.browser.run(
    `async (...given) => {
      const { connect } = await import("/client.js");
      const cardkeep = connect();
      const imported = async (events) => { for await (const event of events) if (event.type === "item") return event.entry; throw new Error("nothing came"); };
      return (${work})({ cardkeep, connect, imported }, ...given);
    }`,
    ...given,
  );
}

test("functions answer as they do in the page", async () => {
  const told = await run(async ({ cardkeep }, card, chat) => {
    await cardkeep.init();
    const here = await import("/index.js");
    await here.init();
    const bytes = new Uint8Array(card);
    const read = await cardkeep.readCard(bytes);
    const same = JSON.stringify(read) === JSON.stringify(here.readCard(bytes));
    const written = await cardkeep.writeCard(read.document, { container: "json" });
    const file = await cardkeep.readChat(new Uint8Array(chat));
    const [session] = file.sessions;
    const names = [];
    for await (const { name } of session.messages()) names.push(name);
    const peeked = await cardkeep.peekChat(new Blob([new Uint8Array(chat)]), { last: 1 });
    const found = await session.search("hi");
    const length = await session.length;
    const bytesOfIt = await session.bytes();
    await session.free();
    const freed = await session.page(0, 1).catch(({ name, code, op, retryable }) => [name, code, op, retryable]);
    return { same, length, peeked: [peeked.last.length, peeked.last[0].name === names.at(-1), peeked.complete], names: names.length, found: found.length > 0, whole: bytesOfIt.length, freed, own: bytes.length > 0, written: written.length > 0, version: (await cardkeep.version) === here.version };
  }, fixture("cards/80_v2.json"), fixture("chats/07_st_2025_iso_unused.jsonl"));
  const { same, version, own, written, found, names, length } = told;
  assert.deepEqual({ same, version, own, written, found, names }, { same: true, version: true, own: true, written: true, found: true, names: length });
  assert.deepEqual(told.peeked, [1, true, true]);
  assert.equal(told.whole, fixture("chats/07_st_2025_iso_unused.jsonl").length);
  assert.deepEqual(told.freed, ["CardkeepError", "closed", "ChatText.page", true]);
});

test("a keep there is written, read, listened to and watched from here", CHROMIUM, async () => {
  const told = await run(async ({ cardkeep, imported }, card) => {
    const keep = await cardkeep.Keep.open({ name: "afar" });
    const heard = [];
    const listener = ({ detail, type }) => heard.push([type, detail.domain]);
    await keep.addEventListener("change", listener);
    const entry = await imported(keep.characters.import(new File([new Uint8Array(card)], "one.json")));
    await keep.characters.patch(entry.id, { name: "Afar" });
    const results = [];
    const stop = await keep.live(async () => (await keep.characters.list()).items.map(({ name }) => name), { domains: ["characters"] }).subscribe((names) => results.push(names.join()));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await keep.removeEventListener("change", listener);
    const before = heard.length;
    await keep.characters.patch(entry.id, { name: "Again" });
    for (let n = 0; n < 600 && results.at(-1) !== "Again"; n += 1) await new Promise((resolve) => setTimeout(resolve, 50));
    await stop();
    const chat = await keep.chats.open((await keep.chats.create({ title: "Talk", characters: [entry.id] })).id);
    for (let n = 0; n < 3; n += 1) await chat.append({ name: "You", role: "user", text: `line ${n}` });
    const lines = (await chat.last(2)).map(({ text }) => text);
    const length = await chat.length;
    const ids = [];
    for await (const { text } of chat.messages()) ids.push(text);
    const conflict = await keep.characters.patch(entry.id, { name: "No" }, { ifRev: 1 }).catch(({ code, rev, conflict }) => [code, rev, conflict.mine.name]);
    const wrong = await keep.characters.get(7).catch(({ code }) => code);
    const { mode } = await keep.access;
    const copy = await keep.secondCopy;
    await keep.close();
    const closed = await keep.characters.list().catch(({ code }) => code);
    return { heard: heard.slice(0, 2), quiet: heard.length === before, results, lines, length, ids, conflict, wrong, mode, copy, closed };
  }, fixture("cards/80_v2.json"));
  assert.deepEqual(told.heard, [["change", "characters"], ["change", "characters"]]);
  assert.equal(told.quiet, true);
  assert.deepEqual(told.results, ["Afar", "Again"]);
  assert.deepEqual([told.lines, told.length, told.ids], [["line 1", "line 2"], 3, ["line 0", "line 1", "line 2"]]);
  assert.deepEqual(told.conflict, ["conflict", 3, "No"]);
  assert.deepEqual([told.wrong, told.mode, told.closed], ["bad-option", "read-write", "closed"]);
  assert.equal(told.copy.state ?? told.copy, "on");
});

test("an older state is read there, and changes nothing", async () => {
  const told = await run(async ({ cardkeep, imported }, card) => {
    const keep = await cardkeep.Keep.open({ name: "older", medium: "memory" });
    const { id, rev } = await imported(keep.characters.import(new File([new Uint8Array(card)], "one.json")));
    await keep.characters.patch(id, { name: "Later" });
    const before = (await keep.characters.version(id, rev)).card.name;
    const file = await keep.characters.exportVersion(id, rev);
    const created = await keep.chats.create({ title: "Talk", characters: [id] });
    const chat = await keep.chats.open(created.id);
    await chat.append({ name: "You", role: "user", text: "one" });
    await keep.chats.rename(created.id, "Other");
    await chat.append({ name: "You", role: "user", text: "two" });
    const [{ rev: kept }] = await keep.chats.history(created.id);
    const older = await keep.chats.version(created.id, kept);
    const lines = (await older.last(5)).map(({ text }) => text);
    const refused = await older.append({ name: "You", role: "user", text: "three" }).catch(({ code }) => code);
    const now = (await keep.characters.get(id)).card.name;
    await keep.close();
    return { before, now, bytes: file.bytes.length, lines, refused };
  }, fixture("cards/80_v2.json"));
  const { data } = JSON.parse(readFileSync(new URL("../fixtures/cards/80_v2.json", import.meta.url), "utf8"));
  const bytes = fixture("cards/80_v2.json").length;
  assert.deepEqual(told, { before: data.name, now: "Later", bytes, lines: ["one"], refused: "read-only" });
});

test("a transaction is done from here, whole or not at all", async () => {
  const told = await run(async ({ cardkeep }) => {
    const keep = await cardkeep.Keep.open({ name: "together" });
    const made = await keep.transaction(["worlds", "settings"], async (tx) => {
      const world = await tx.worlds.create("Here");
      await tx.settings.patch({ userName: "Ana" });
      return world.id;
    });
    const thrown = await keep
      .transaction(["worlds"], async (tx) => {
        await tx.worlds.create("Nowhere");
        throw new TypeError("no");
      })
      .catch(({ name, message }) => [name, message]);
    const worlds = (await keep.worlds.list()).items.map(({ id }) => id);
    return { made, worlds, thrown, user: (await keep.settings.get()).userName };
  });
  assert.deepEqual(told.worlds, [told.made]);
  assert.deepEqual([told.thrown, told.user], [["TypeError", "no"], "Ana"]);
});

test("a signal cancels what is under way there, and an iteration that is left ends there", async () => {
  const told = await run(async ({ cardkeep }, card) => {
    const keep = await cardkeep.Keep.open({ medium: "memory" });
    const files = Array.from({ length: 50 }, (_, n) => new TextEncoder().encode(new TextDecoder().decode(new Uint8Array(card)).replace("{", `{"n":${n},`)));
    const controller = new AbortController();
    let seen = 0;
    let code;
    try {
      for await (const event of keep.characters.import(files, { signal: controller.signal })) if (event.type === "item" && ++seen === 3) controller.abort();
    } catch (error) {
      code = error.code;
    }
    const kept = (await keep.characters.list()).items.length;
    for await (const event of keep.characters.import(files)) if (event.type === "item") break;
    await new Promise((resolve) => setTimeout(resolve, 300));
    return { seen, code, few: kept < 50, stopped: (await keep.characters.list()).items.length < 50 };
  }, fixture("cards/80_v2.json"));
  assert.deepEqual(told, { seen: 3, code: "cancelled", few: true, stopped: true });
});

test("a search there ends with a signal of the page, in one chat and in all", CHROMIUM, async () => {
  const told = await run(async ({ cardkeep, imported }) => {
    const keep = await cardkeep.Keep.open({ name: "searched" });
    const chat = (title) => `{"user_name":"U","character_name":"${title}"}\n` + Array.from({ length: 3_000 }, (_, n) => JSON.stringify({ name: "U", is_user: true, mes: `${n} ${"silver ".repeat(400)}` })).join("\n");
    const ids = [];
    for (const title of ["one", "two", "three"]) ids.push((await imported(keep.chats.import(new File([chat(title)], `${title}.jsonl`)))).id);
    const open = await keep.chats.open(ids[0]);
    const outcome = async (work) => {
      const controller = new AbortController();
      const began = performance.now();
      const done = work(controller.signal).then(() => "done", ({ code, op }) => `${code} ${op}`);
      setTimeout(() => controller.abort("typed on"), 5);
      return [await done, performance.now() - began];
    };
    const took = async (work) => {
      const began = performance.now();
      await work();
      return performance.now() - began;
    };
    const whole = await took(() => keep.chats.search("gold"));
    const outcomes = [await outcome((signal) => keep.chats.search("gold", { signal })), await outcome((signal) => open.search("gold", { signal })), await outcome((signal) => open.stats({ signal }))];
    const found = (await open.search("2999 silver", { signal: new AbortController().signal })).length;
    return { whole, outcomes, found };
  });
  assert.deepEqual(told.outcomes.map(([outcome]) => outcome), ["cancelled chats.search", "cancelled ChatHandle.search", "cancelled ChatHandle.stats"]);
  assert.ok(told.outcomes[0][1] < told.whole, JSON.stringify(told));
  assert.equal(told.found, 1);
});

test("what was scheduled is saved when the page goes away", async () => {
  const id = await run(async ({ cardkeep, imported }, card) => {
    const keep = await cardkeep.Keep.open({ name: "leaving" });
    const entry = await imported(keep.characters.import(new File([new Uint8Array(card)], "one.json")));
    const saver = await keep.saver({ delay: 60_000, maxWait: 60_000 });
    await saver.schedule("characters", entry.id, { name: "Scheduled" });
    return entry.id;
  }, fixture("cards/80_v2.json"));
  const name = await run(async ({ cardkeep }, id) => {
    const keep = await cardkeep.Keep.open({ name: "leaving" });
    for (let n = 0; n < 600; n += 1) {
      const { name } = await keep.characters.get(id);
      if (name === "Scheduled") return name;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return (await keep.characters.get(id)).name;
  }, id);
  assert.equal(name, "Scheduled");
});

test("a part of a keep stays there as long as it is held here", async () => {
  const told = await run(async ({ cardkeep }) => {
    const made = async () => {
      const { worlds } = await cardkeep.Keep.open({ medium: "memory" });
      return { worlds };
    };
    const { worlds } = await made();
    // Enough for a collection of what nobody holds.
    for (let n = 0; n < 40; n += 1) {
      new Uint8Array(20_000_000).fill(1);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await worlds.create("Here");
    return (await worlds.list()).items.length;
  });
  assert.equal(told, 1);
});

test("a worker that cannot be started says so, and what cannot be sent is refused", async () => {
  const told = await run(async ({ cardkeep, connect }) => {
    const lost = connect(new Worker("/nowhere.js", { type: "module" }));
    const missing = await lost.readCard(new Uint8Array(1)).catch(({ code }) => code);
    const later = await lost.init().catch(({ code }) => code);
    const unsent = await cardkeep.readCard(document).catch(({ code }) => code);
    await cardkeep.init();
    const unknown = await cardkeep.nothing().catch(({ name }) => name);
    return [missing, later, unsent, unknown];
  });
  assert.deepEqual(told, ["not-ready", "not-ready", "bad-option", "TypeError"]);
});

test("a medium stays where it is, and whoever wants to send it is told", async () => {
  const told = await run(async ({ cardkeep }) => {
    const { faults, memoryMedium } = await import("/testing.js");
    const plain = { open() {}, close() {}, read: () => [], scan: () => [], find: () => [], write: () => undefined };
    const errors = [];
    for (const medium of [memoryMedium(), faults(memoryMedium()), plain, Object.create(null)]) {
      errors.push(await cardkeep.Keep.open({ medium }).then(() => "open", ({ code, message }) => [code, message.includes("a medium stays where it is")].join()));
    }
    const { Keep } = await import("/index.js");
    const keep = await Keep.open({ medium: faults(memoryMedium()) });
    await keep.worlds.create("Here");
    errors.push((await keep.worlds.list()).items.length);
    await keep.close();
    const kept = await cardkeep.Keep.open({ name: "kept", medium: "memory" });
    errors.push((await kept.worlds.list()).items.length);
    return errors;
  });
  const refused = "bad-option,true";
  assert.deepEqual(told, [refused, refused, refused, refused, 1, 0]);
});

test("pages share one worker by its ports", async () => {
  const told = await run(async ({ connect }) => {
    const one = connect(new SharedWorker("/worker.js", { type: "module" }).port);
    const two = connect(new SharedWorker("/worker.js", { type: "module" }).port);
    const keep = await one.Keep.open({ name: "shared", medium: "memory" });
    await keep.worlds.create("Here");
    return [(await keep.worlds.list()).items.length, typeof (await two.version)];
  });
  assert.deepEqual(told, [1, "string"]);
});
