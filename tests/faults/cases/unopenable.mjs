// Chromium can neither open nor delete a database whose manifest is gone: the keep goes on in a storage bucket. It notices rotten tables only while it
// reads: the first transactions are aborted, and the next opening finds nothing.

import { rm } from "node:fs/promises";
import { damage, endsWith, flip } from "./damage.mjs";

const WAYS = {
  "the manifest deleted": { of: (files) => files.filter((file) => /MANIFEST-\d+$/.test(file)), work: (file) => rm(file) },
  "bytes flipped in every table file": { of: endsWith(".ldb"), work: flip },
};

export default {
  about: "the database cannot be opened, or breaks while it is: the keep opens nevertheless, with everything",
  rounds: 2,
  short: 1,
  run: (drill) => damage(drill, WAYS),
};
