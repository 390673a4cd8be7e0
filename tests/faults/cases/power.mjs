// Power is lost: what the browser wrote, but the disk had not yet, is gone. After a strict save everything told so far has
// to be on the disk; from then on each file may end anywhere between what it had and what it has. Reopened, only the last
// saves may be missing: in every lane a state that an operation left, none from before the strict save, and nothing there
// that was begun after something that is not.

import { mkdtemp, readFile, readdir, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LANES } from "../page/workload.mjs";
import { copy } from "./damage.mjs";
import { Stay } from "../stay.mjs";

/** From one pair of copies, so many disks are made. */
const DISKS = 4;

export default {
  about: "power lost: files end anywhere behind the last strict save; only the last saves are missing, without a gap",
  engines: ["chromium", "firefox"],
  rounds: 10,
  short: 1,
  async run(drill) {
    for (let round = 1; round <= drill.rounds; round += 1) {
      const stay = await Stay.begin(drill);
      await stay.write({ until: 3 + Math.floor(drill.random() * 12) });
      if (!(await stay.check("before the strict save"))) return;
      const code = await stay.page.run(() => stage.settled(stage.keep.settings.patch({ theme: "dark" }, { durable: true }), 20_000, "a strict save").then(() => "stored", stage.codeOf));
      if (code !== "stored") drill.fault("refused", `a strict save: ${code}`);
      stay.model.strict();
      // A complete copy waits for the log beside it to be on the disk, which a cut file cannot show; so it is there before.
      if ((await stay.page.run(copied)) !== "copied") drill.fault("wrong", "there is no complete copy after 20 s");
      const sure = await pictured(drill, stay);
      const writing = stay.write({ lanes: drill.random() < 0.5 ? LANES : LANES.filter((lane) => !["logs", "cards"].includes(lane)) });
      await sleep(100 + drill.random() * 1_500);
      const last = await pictured(drill, stay);
      await stay.kill();
      await writing;
      stay.refusals();
      const { model } = stay;
      for (let disk = 1; disk <= DISKS; disk += 1) {
        // Of the short form: nothing but the strict save, and a cut anywhere.
        if (drill.short && disk % 2 === 0) continue;
        await rm(stay.profile, { recursive: true });
        await copy(last, stay.profile);
        // Once everything but the strict save is lost, once nothing.
        const share = { 1: () => 0, 2: () => 1 }[disk] ?? drill.random;
        const cuts = await cut(stay.profile, sure, share);
        drill.count("files cut", cuts.length);
        stay.model = model.copy();
        for (const opening of ["first", "second"]) {
          await stay.start();
          if ((await stay.open()).code !== undefined) return;
          const when = `round ${round}, disk ${disk}, ${opening} opening`;
          if (!(await stay.check(when))) drill.say(`${when}: ${cuts.join(", ")}`);
          if (opening === "first") {
            drill.count("told and lost", stay.model.missing());
            for (const text of stay.model.gaps()) drill.fault("gap", `${when}: ${text}`);
            // What is there is on the disk by now, and what comes is told again.
            stay.model.order = undefined;
            if (drill.random() < 0.5) await stay.write({ until: 2 });
            // The log may lack what the database has, until there is a complete copy of it.
            if ((await stay.page.run(secondCopy)) !== "on") drill.fault("wrong", `${when}: the second copy is not complete after 20 s`);
          }
          await stay.quit();
        }
        drill.count("disks");
      }
      await drill.tidy();
    }
  },
};

/** The profile at one instant: nothing runs while it is copied. */
async function pictured(drill, stay) {
  const picture = await mkdtemp(join(tmpdir(), "cardkeep-faults-"));
  drill.later(() => rm(picture, { recursive: true, force: true }));
  stay.browser.pause();
  try {
    await copy(stay.profile, picture);
  } finally {
    stay.browser.resume();
  }
  return picture;
}

/**
 * Ends each file that was only appended to somewhere behind what it had. What was written anew is on the disk: the databases
 * wait for that before they use it. So is a log that another one has followed, and LevelDB's list of its files, of which every
 * line is waited for.
 */
async function cut(profile, sure, share) {
  const cuts = [];
  const all = (await readdir(profile, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const newest = new Map(all.filter((file) => file.endsWith(".log")).sort().map((file) => [dirname(file), file]));
  for (const file of all) {
    if ((newest.get(dirname(file)) ?? file) !== file && file.endsWith(".log")) continue;
    if (basename(file).startsWith("MANIFEST-")) continue;
    const before = await readFile(join(sure, relative(profile, file))).catch(() => (file.endsWith(".log") ? Buffer.alloc(0) : undefined));
    const now = await readFile(file);
    if (before === undefined || before.length >= now.length || !now.subarray(0, before.length).equals(before)) continue;
    const end = before.length + Math.floor((now.length - before.length) * share());
    await truncate(file, end);
    cuts.push(`${relative(profile, file)} ${before.length} < ${end} < ${now.length}`);
  }
  return cuts;
}

/* What follows runs in the page. */

async function copied() {
  const names = async () => {
    const found = [];
    const folder = await (await (await (await navigator.storage.getDirectory()).getDirectoryHandle("cardkeep")).getDirectoryHandle(stage.keep.name)).getDirectoryHandle("redo");
    for await (const [name, handle] of folder.entries()) if (name.includes(".base-")) found.push(`${name} ${(await handle.getFile()).size}`);
    return found.join();
  };
  let last = "";
  for (const begun = Date.now(); Date.now() - begun < 20_000; await stage.sleep(500)) {
    const now = await names();
    if (now !== "" && now === last) return "copied";
    last = now;
  }
  return "never";
}

async function secondCopy() {
  for (const begun = Date.now(); Date.now() - begun < 20_000 && stage.keep.secondCopy.state !== "on"; ) await stage.sleep(50);
  return stage.keep.secondCopy.state;
}
