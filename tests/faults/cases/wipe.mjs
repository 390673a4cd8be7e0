// IndexedDB is deleted or emptied underneath, as browsers do it silently after corruption. Everything has to come back
// from the second copy.

import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Stay } from "../stay.mjs";

/** All databases of the profile. In Firefox each origin has a folder of them. */
async function gone({ drill, databases }) {
  const folders = drill.chromium ? [databases] : (await readdir(databases)).map((origin) => join(databases, origin, "idb"));
  for (const folder of folders) await rm(folder, { recursive: true });
}

const WAYS = {
  "the folder is gone": { between: gone },
  "the database is deleted": { before: (page) => page.run(() => stage.raw.delete()) },
  "every table is emptied": { before: (page) => page.run(() => stage.raw.empty()) },
  "the folder is gone, and the recovery is killed": { between: gone, killed: true },
};

export default {
  about: "IndexedDB deleted or emptied underneath: the next opening has everything",
  engines: ["chromium", "firefox"],
  rounds: 5,
  short: 1,
  async run(drill) {
    for (let round = 1; round <= drill.rounds; round += 1) {
      let stay;
      const ways = Object.entries(WAYS);
      const first = Math.floor(drill.random() * ways.length);
      const chosen = drill.short ? [ways[first], ways.at(-1)] : ways;
      for (const [way, { between, before, killed }] of chosen) {
        stay ??= await Stay.begin(drill);
        await stay.write({ until: 4 });
        if (drill.random() < 0.5) await stay.quit();
        else await stay.kill();
        await between?.(stay);
        await stay.start();
        await before?.(stay.page);
        if (killed) {
          stay.page.run(() => stage.open()).catch(() => {});
          await sleep(drill.random() * 300);
          await stay.kill();
          await stay.start();
        }
        if (!(await isWhole(stay, way)) || !(await isWholeAgain(stay, way))) {
          await drill.tidy();
          stay = undefined;
        }
      }
      await drill.tidy();
    }
  },
};

async function isWhole(stay, way) {
  if ((await stay.open()).code !== undefined) return false;
  return stay.check(way);
}

async function isWholeAgain(stay, way) {
  await stay.quit();
  await stay.start();
  return (await isWhole(stay, `${way}, then opened again`)) && stay.refusals();
}
