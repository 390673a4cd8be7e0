// Files of a quiet profile are damaged between two runs, as disks and cleaners do it.

import { cp, mkdtemp, open, readdir, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Stay } from "../stay.mjs";

export const endsWith = (ending) => (files) => files.filter((file) => file.endsWith(ending));

export const within = (folder, name = /./) => (files) => files.filter((file) => file.includes(`/${folder}/`) && name.test(file));

export async function flip(file, random, bytes = 64) {
  const { size } = await stat(file);
  const handle = await open(file, "r+");
  const at = Math.floor(size * (0.2 + random() * 0.6));
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.min(bytes, size - at)), 0, undefined, at);
  await handle.write(buffer.map((byte) => byte ^ 0xa5), 0, bytesRead, at);
  await handle.close();
}

const halve = async (file) => truncate(file, Math.floor((await stat(file)).size / 2));

const zero = async (file, random, bytes) => {
  const handle = await open(file, "r+");
  await handle.write(Buffer.alloc(bytes ?? (await handle.stat()).size), 0);
  await handle.close();
};

const LEVELDB = {
  "bytes flipped in the log": { of: endsWith(".log"), work: flip },
  "the log cut to half": { of: endsWith(".log"), work: halve },
  "CURRENT zeroed": { of: endsWith("CURRENT"), work: zero },
  "one table file deleted": { of: (files) => endsWith(".ldb")(files).slice(0, 1), work: (file) => rm(file) },
  "the files of large values deleted": { of: (files) => files.filter((file) => /\.indexeddb\.blob\//.test(file)), work: (file) => rm(file), mayBeNone: true },
  "the files of large values cut": { of: (files) => files.filter((file) => /\.indexeddb\.blob\//.test(file)), work: halve, mayBeNone: true },
};

// Firefox has a file a database, with its log beside it, and the private file system behind names that say nothing.
const DATABASE = within("idb", /\.sqlite$/);
const LOG = within("idb", /\.sqlite-wal$/);
const SQLITE = {
  "bytes flipped in the database": { of: DATABASE, work: (file, random) => flip(file, random, 4096) },
  "the database cut to half": { of: DATABASE, work: halve },
  "the database's header zeroed": { of: DATABASE, work: (file, random) => zero(file, random, 100) },
  "the database deleted": { of: DATABASE, work: (file) => rm(file) },
  "bytes flipped in its log": { of: LOG, work: flip, mayBeNone: true },
  "its log cut to half": { of: LOG, work: halve, mayBeNone: true },
  "its log deleted": { of: LOG, work: (file) => rm(file), mayBeNone: true },
  "the files of large values deleted": { of: within("idb", /\.files\/\d+$/), work: (file) => rm(file), mayBeNone: true },
  "all of the second copy deleted": { of: within("fs"), work: (file) => rm(file) },
  "what lists the second copy's files flipped": { of: within("fs", /metadata\.sqlite$/), work: (file, random) => flip(file, random, 4096) },
  "the second copy's files cut": { of: within("fs", /[A-Z2-7]{40,}$/), work: halve },
  "what the origin says of itself deleted": { of: endsWith(".metadata-v2"), work: (file) => rm(file) },
};

export default {
  about: "the database's files flipped, cut, deleted: opening never hangs; what is there is read, the rest named or recovered",
  engines: ["chromium", "firefox"],
  rounds: 3,
  short: 1,
  run: (drill) => damage(drill, drill.chromium ? LEVELDB : SQLITE, drill.short ? 2 : undefined),
};

/** Damages the same sound profile in each way, or in some of them. */
export async function damage(drill, ways, some = Object.keys(ways).length) {
  for (let round = 1; round <= drill.rounds; round += 1) {
    const stay = await Stay.begin(drill);
    // Enough that there are table files beside the log, and a log that is not empty.
    await stay.write({ until: drill.short ? 30 : 80, lanes: ["cards", "logs", "character-0", "character-1", "chat-0"] });
    await restart(stay);
    await stay.write({ until: drill.short ? 4 : 12 });
    await stay.quit();
    const [sound, model] = [await mkdtemp(join(tmpdir(), "cardkeep-faults-")), stay.model];
    drill.later(() => rm(sound, { recursive: true, force: true }));
    await copy(stay.profile, sound);
    const all = Object.entries(ways);
    const first = Math.floor(drill.random() * all.length);
    let left = some;
    for (const [way, how] of [...all.slice(first), ...all.slice(0, first)]) {
      if (left === 0) break;
      await rm(stay.profile, { recursive: true });
      await copy(sound, stay.profile);
      stay.model = model.copy();
      if (await damaged(stay, way, how)) left -= 1;
    }
    await drill.tidy();
  }
}

async function damaged(stay, way, { of, work, mayBeNone }) {
  const { drill } = stay;
  const all = (await readdir(stay.databases, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const files = of(all.map((entry) => join(entry.parentPath ?? entry.path, entry.name)));
  if (files.length === 0) {
    if (!mayBeNone) drill.fault("wrong", `${way}: there is no such file among ${all.map(({ name }) => name).join(" ")}`);
    return false;
  }
  for (const file of files) await work(file, drill.random);
  drill.count("damaged");
  drill.say(way);
  for (const when of [way, `${way}, opened again`]) {
    await stay.start();
    if ((await stay.open()).code === undefined) await named(stay, when);
    await stay.quit();
  }
  return true;
}

/** What cannot be read may be named instead, with a code. */
async function named(stay, when) {
  const { drill } = stay;
  const found = await stay.page.within(150_000, (ids) => stage.look(ids), stay.model.ids);
  for (const [kind, text] of stay.model.compare(found)) {
    if (kind === "unreadable" && !text.includes("untyped")) {
      drill.count("named");
      drill.say(`${when}: ${text}`);
    } else drill.fault(kind, `${when}: ${text}`);
  }
}

async function restart(stay) {
  await stay.quit();
  await stay.start();
  await stay.open();
  await stay.check("before any damage");
}

/** Everything of a profile that is worth it. */
export const copy = (from, to) => cp(from, to, { recursive: true, filter: (path) => !/Singleton|\/(lock|startupCache|cache2|Cache|Code Cache|GPUCache|ShaderCache|GrShaderCache|DawnGraphiteCache|DawnWebGPUCache)$/.test(path) });
