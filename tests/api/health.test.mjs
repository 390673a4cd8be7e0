// Checking, repairing, health and log through the package; damage is done to a real browser's database.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Keep } from "cardkeep";
import { fixture } from "./fixtures.mjs";
import { CHROMIUM, onePage } from "./pages.mjs";

const opened = () => Keep.open({ medium: "memory" });
const codeOf = (promise) => promise.then(() => undefined, ({ code }) => code);
const imported = async (service, source) => {
  for await (const event of service.import(source)) if (event.type === "item") return event.entry;
  return assert.fail("nothing was imported");
};

test("a check of a sound keep finds nothing and tells how far it is", async () => {
  const keep = await opened();
  await imported(keep.characters, fixture("cards/80_v2.json"));
  const chat = await keep.chats.open((await keep.chats.create({ title: "Long" })).id);
  for (let n = 0; n < 70; n += 1) await chat.append({ name: "You", role: "user", text: `${n}` });
  const told = [];
  const report = await keep.check({ full: true, onProgress: (progress) => told.push(progress) });
  assert.deepEqual(report.findings, []);
  assert.deepEqual([report.full, report.records], [true, 2]);
  assert.ok(report.contents > 1);
  assert.equal(told.at(-1).phase, "done");
  assert.equal(told.at(-1).done, told.at(-1).total);
  const { lastCheck } = await keep.health();
  assert.deepEqual(lastCheck, { at: report.at, full: true, records: 2, findings: 0 });
  await keep.close();
});

test("a check waits for its listener and ends with its signal", async () => {
  const keep = await opened();
  let waiting = true;
  let go;
  const paused = new Promise((resolve) => (go = resolve));
  const checking = keep.check({ onProgress: () => paused }).then((report) => ((waiting = false), report));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(waiting, true);
  go();
  assert.deepEqual((await checking).findings, []);
  // Whoever paused it may end it without going on, and what is written meanwhile stays.
  for (const work of ["check", "repair"]) {
    const ending = new AbortController();
    const still = codeOf(keep[work](...(work === "repair" ? ["all"] : []), { signal: ending.signal, onProgress: () => new Promise(() => undefined) }));
    await keep.worlds.create(`Made while ${work} waits`);
    ending.abort();
    assert.equal(await still, "cancelled");
  }
  assert.deepEqual([(await keep.check({ full: true })).findings, (await keep.worlds.list()).items.length], [[], 2]);
  const cancelled = keep.check({ signal: AbortSignal.abort() });
  assert.equal(await codeOf(cancelled), "cancelled");
  assert.equal(await codeOf(keep.check({ deep: true })), "bad-option");
  assert.equal(await codeOf(keep.repair("some")), "bad-option");
  assert.equal(await codeOf(keep.repair([{ code: "none" }])), "bad-option");
  await keep.close();
});

test("a broken link is found, planned, mended, and gone", async () => {
  const keep = await opened();
  const chat = await keep.chats.create({ title: "Orphan", characters: ["nobody"] });
  const { findings } = await keep.check();
  assert.deepEqual(findings.map(({ code, id, repair }) => [code, id, repair]), [["broken-link", chat.id, "unlink"]]);
  const planned = await keep.repair(findings, { dryRun: true });
  assert.deepEqual([planned.backup, planned.items[0].outcome], [undefined, "planned"]);
  const told = new Promise((resolve) => keep.addEventListener("change", ({ detail }) => resolve(detail), { once: true }));
  const done = await keep.repair("all");
  assert.deepEqual([typeof done.backup, done.items[0].outcome, done.items[0].repair], ["string", "repaired", "unlink"]);
  assert.deepEqual(await told, { domain: "chats", ids: [chat.id], remote: false });
  assert.deepEqual((await keep.check()).findings, []);
  assert.deepEqual((await keep.chats.ofCharacter("nobody")), []);
  assert.equal((await keep.repair(findings)).items[0].outcome, "sound");
  await keep.close();
});

test("health counts what is stored and says what to look at", async () => {
  const keep = await opened();
  const before = Date.now();
  const { id } = await imported(keep.characters, fixture("cards/80_v2.json"));
  await keep.characters.patch(id, { name: "Bea" });
  const { id: world } = await keep.worlds.create("Here");
  await keep.worlds.delete(world);
  const health = await keep.health();
  const { characters, trash, versions, worlds } = health.stored;
  assert.deepEqual([characters.count, trash.count, versions.count, worlds], [1, 1, 1, undefined]);
  assert.ok(characters.bytes > 100 && trash.oldest >= before && trash.oldest <= Date.now());
  assert.deepEqual(health.access, { mode: "read-write" });
  assert.deepEqual(health.warnings.map(({ code }) => code), ["second-copy-off"]);
  assert.deepEqual(health.lacks, ["private-files", "locks", ...(typeof BroadcastChannel === "undefined" ? ["channel"] : []), "local-storage"]);
  await keep.close();
});

test("the log has what happened, by level, and nothing of what is stored", async () => {
  const keep = await opened();
  const heard = [];
  keep.addEventListener("log", ({ detail }) => heard.push(detail.event));
  keep.log.level = "debug";
  assert.equal(keep.log.level, "debug");
  const secret = "Xanthippe of the secret";
  const { id } = await imported(keep.characters, new TextEncoder().encode(JSON.stringify({
    spec: "chara_card_v2", spec_version: "2.0", data: { name: secret, description: secret, first_mes: secret },
  })));
  await keep.settings.patch({ userName: secret });
  assert.equal(await codeOf(keep.characters.patch(id, { name: "x" }, { ifRev: 7 })), "conflict");
  await keep.check();
  const events = keep.log.list().map(({ event }) => event);
  for (const event of ["opened", "write", "checked"]) assert.ok(events.includes(event), event);
  assert.ok(heard.includes("write"));
  assert.deepEqual(keep.log.list({ level: "error" }), []);
  const { filename, bytes } = await keep.log.export();
  const text = new TextDecoder().decode(bytes);
  assert.equal(filename, "cardkeep-diagnostics.json");
  assert.ok(JSON.parse(text).log.length >= events.length);
  assert.ok(!text.includes("Xanthippe") && !text.includes(id) && !JSON.stringify(keep.log.list()).includes("Xanthippe"));
  keep.log.clear();
  assert.deepEqual(keep.log.list(), []);
  for (let n = 0; n < 2_100; n += 1) await keep.settings.patch({ pageSize: 20 + (n % 2) });
  assert.equal(keep.log.list().length, 2_000);
  assert.throws(() => (keep.log.level = "loud"), { code: "bad-option" });
  assert.throws(() => keep.log.list({ level: "loud" }), { code: "bad-option" });
  await keep.close();
});

describe("damage in a browser", () => {
  const at = onePage();

  test("what has no copy goes to quarantine whole, what has one comes back", CHROMIUM, async () => {
    await at.browser.go(at.server.url);
    const seen = await at.browser.run(async () => {
      const { Keep } = await import("/index.js");
      const rot = (name, id) =>
        new Promise((resolve, reject) => {
          const request = indexedDB.open(name);
          request.onerror = () => reject(request.error);
          request.onsuccess = () => {
            const tx = request.result.transaction("rows", "readwrite");
            const rows = tx.objectStore("rows");
            rows.get(["worlds", id]).onsuccess = ({ target }) => {
              const row = target.result;
              row.bytes[row.bytes.length >> 1] ^= 16;
              rows.put(row, ["worlds", id]);
            };
            tx.oncomplete = () => (request.result.close(), resolve());
          };
        });
      const keep = await Keep.open({ name: "damaged" });
      const world = await keep.worlds.create("Here");
      await rot("damaged", world.id);
      const { findings } = await keep.check();
      const { items } = await keep.repair(findings);
      const back = (await keep.worlds.get(world.id)).name;
      const kept = await keep.quarantine.list();
      const raw = await keep.quarantine.get(kept[0].id);
      const file = await keep.quarantine.export(kept[0].id);
      const refused = await keep.quarantine.retry(kept[0].id).catch(({ code }) => code);
      await keep.quarantine.delete(kept[0].id);
      const health = await keep.health();
      await keep.close();
      return {
        found: findings.map(({ code, repair }) => [code, repair]), outcome: items[0].outcome, back,
        kept: kept.map(({ domain, code, bytes }) => [domain, code, bytes === raw.length]), same: file.bytes.length === raw.length,
        refused, left: health.stored.quarantine?.count ?? 0, space: typeof health.space.quota, persisted: typeof health.persisted, copy: health.secondCopy.state,
      };
    });
    assert.deepEqual(seen, {
      found: [["rotten-record", "second-copy"]], outcome: "repaired", back: "Here", kept: [["worlds", "corrupt", true]], same: true,
      refused: "corrupt", left: 0, space: "number", persisted: "boolean", copy: "on",
    });
  });
});

describe("the log of pages before", () => {
  const at = onePage();

  test("is there after the page ended, bounded, without contents, until it is cleared", async () => {
    await at.browser.go(at.server.url);
    await at.browser.run(async () => {
      const { Keep } = await import("/index.js");
      const keep = await Keep.open({ name: "logged" });
      const { id } = await keep.worlds.create("A secret place");
      await keep.worlds.setStat(id, "health", 1, { ifRev: 99 }).catch(() => undefined);
      if (keep.log.earlier().length > 0) throw new Error("this page's own entries are earlier ones");
      for (let n = 0; n < 160; n += 1) await keep.backups.delete((await keep.backups.create()).id);
    });
    await at.browser.go(at.server.url);
    const { earlier, file, left, kept } = await at.browser.run(async () => {
      const { Keep } = await import("/index.js");
      const kept = localStorage.getItem("cardkeep:logged:log");
      const keep = await Keep.open({ name: "logged" });
      const earlier = keep.log.earlier();
      const file = new TextDecoder().decode((await keep.log.export()).bytes);
      keep.log.clear();
      return { earlier, file, left: keep.log.earlier(), kept };
    });
    assert.ok(earlier.length > 50 && earlier.length <= 300, `${earlier.length}`);
    assert.ok(kept.length <= 64 * 1024);
    assert.ok(earlier.every(({ at, level, event }) => at > 0 && level !== "debug" && event.length > 0));
    assert.equal(JSON.parse(file).earlier.length, earlier.length);
    assert.ok(!file.includes("secret") && !kept.includes("secret"));
    assert.deepEqual(left, []);
  });
});
