// Chromium can neither open nor delete a database whose manifest is gone: the keep goes on in a storage bucket. It notices rotten tables only while it
// reads: the first transactions are aborted, and the next opening finds nothing. Firefox can do neither with a folder in the place of the file: the keep
// goes on in another database.

import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { damage, endsWith, flip, within } from "./damage.mjs";

const folderInstead = async (file) => {
  await rm(file);
  await mkdir(file);
  await writeFile(join(file, "x"), "x");
};

const SQLITE = { "a folder in the place of the database": { of: within("idb", /\.sqlite$/), work: folderInstead } };

const LEVELDB = {
  "the manifest deleted": { of: (files) => files.filter((file) => /MANIFEST-\d+$/.test(file)), work: (file) => rm(file) },
  "bytes flipped in every table file": { of: endsWith(".ldb"), work: flip },
};

export default {
  about: "the database cannot be opened, or breaks while it is: the keep opens nevertheless, with everything",
  engines: ["chromium", "firefox"],
  rounds: 2,
  short: 1,
  run: (drill) => damage(drill, drill.chromium ? LEVELDB : SQLITE),
};
