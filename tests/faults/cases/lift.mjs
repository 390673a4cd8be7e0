// A keep that an older version left is lifted when it is opened, and the browser is killed at each step of that: before
// every single transaction. The next opening goes on, and ends in the same keep as one that nobody disturbed.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copy } from "./damage.mjs";
import { Stay } from "../stay.mjs";

const FROZEN = ["schema-1.json"];

export default {
  about: "killed before every transaction of a migration: the next opening ends in the same keep as an undisturbed one",
  engines: ["chromium", "firefox"],
  rounds: 1,
  short: 1,
  async run(drill) {
    for (let round = 1; round <= drill.rounds; round += 1) {
      for (const name of FROZEN) {
        const stay = await Stay.begin(drill);
        await stay.page.run(() => stage.close());
        await stay.page.run(load, name);
        await stay.quit();
        const sound = await mkdtemp(join(tmpdir(), "cardkeep-faults-"));
        drill.later(() => rm(sound, { recursive: true, force: true }));
        await copy(stay.profile, sound);
        const anew = async () => {
          await rm(stay.profile, { recursive: true });
          await copy(sound, stay.profile);
          await stay.start();
        };
        await stay.start();
        await stay.page.run(stopAt, Infinity);
        const undisturbed = await stay.open();
        if (undisturbed.code !== undefined) return;
        const steps = await stay.page.run(() => stage.steps);
        if (undisturbed.report.migrated === undefined) drill.fault("wrong", `${name}: nothing was lifted`);
        const wanted = await stay.page.run(contents);
        if (wanted.unreadable > 0) drill.fault("unreadable", `${name}: ${wanted.unreadable} records, undisturbed`);
        await stay.quit();
        drill.longest("steps", steps);
        for (let step = 1; step <= steps; step += 1) {
          if (drill.short && step !== 1 + Math.floor(steps / 2)) continue;
          await anew();
          const there = new Promise((resolve) => stay.page.listen(resolve));
          await stay.page.run(stopAt, step);
          const opening = stay.page.run(() => stage.open()).catch(() => "killed");
          const first = await Promise.race([there, opening]);
          // Fewer steps are left than the undisturbed one had.
          if (first !== `step ${step}`) drill.fault("wrong", `${name}, step ${step}: ${JSON.stringify(first)}`);
          await stay.kill();
          await opening;
          for (const again of ["next", "second"]) {
            await stay.start();
            if ((await stay.open()).code !== undefined) break;
            const found = await stay.page.run(contents);
            if (JSON.stringify(found) !== JSON.stringify(wanted)) drill.fault("changed", `${name}, killed at step ${step}, ${again} opening: ${difference(wanted, found)}`);
            await stay.quit();
          }
        }
        await drill.tidy();
      }
    }
  },
};

function difference(wanted, found) {
  const other = Object.keys({ ...wanted, ...found }).filter((key) => JSON.stringify(wanted[key]) !== JSON.stringify(found[key]));
  return other.map((key) => `${key}: ${JSON.stringify(found[key])} instead of ${JSON.stringify(wanted[key])}`).join("; ").slice(0, 600);
}

/* What follows runs in the page. */

/** Puts the older keep in the place of this one, which has no second copy. */
async function load(name) {
  const values = await (await fetch(`/keeps/${name}`)).json();
  const bytesOf = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  await stage.raw.empty();
  const database = await stage.raw.open("cardkeep");
  const transaction = database.transaction(["rows", "pages", "journal", "meta"], "readwrite");
  for (const { table, key, rev, by, bytes } of values) {
    transaction.objectStore(table).put(table === "rows" ? { rev, by, bytes: bytesOf(bytes) } : bytesOf(bytes), key);
  }
  await new Promise((resolve, reject) => Object.assign(transaction, { oncomplete: resolve, onabort: () => reject(transaction.error) }));
  database.close();
  await stage.raw.forget();
}

/** From now on transactions are counted; before that one the page tells and stands still. */
function stopAt(step) {
  const own = IDBDatabase.prototype.transaction;
  stage.steps = 0;
  IDBDatabase.prototype.transaction = function (...given) {
    stage.steps += 1;
    if (stage.steps === step) {
      tell(`step ${step}`);
      for (const begun = Date.now(); Date.now() - begun < 20_000; );
    }
    return own.apply(this, given);
  };
}

/** Everything that a user sees of the keep. */
async function contents() {
  const { keep, textsOf, digest } = stage;
  const all = { unreadable: 0 };
  for (const domain of ["characters", "chats", "worlds", "personas"]) {
    // What is in the trash of an old keep expires when it is opened for long enough.
    const { items, unreadable } = await keep[domain].list();
    all.unreadable += unreadable.length;
    all[domain] = items;
    for (const { id } of items) {
      const { bytes } = await keep[domain].export(id);
      all[id] = digest(String.fromCharCode(...bytes.slice(0, 60_000)));
      if (domain === "chats") all[`${id} texts`] = digest((await textsOf(id)).join("\n"));
      all[`${id} before`] = await keep[domain].history(id);
    }
  }
  all.settings = await keep.settings.get();
  // It came without a second copy, which takes some seconds.
  all.check = (await keep.check({ full: true })).findings.filter(({ domain }) => domain !== "second-copy");
  return all;
}
