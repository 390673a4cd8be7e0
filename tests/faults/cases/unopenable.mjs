// LevelDB's manifest is gone: Chromium can neither open nor delete the database.

import { rm } from "node:fs/promises";
import { damage } from "./damage.mjs";

export default {
  open: "a database that cannot be opened at all needs another place to go on: a second storage bucket, or the second copy alone",
  about: "the backing store cannot be opened: the keep opens nevertheless, with everything",
  rounds: 2,
  short: 1,
  run: (drill) => damage(drill, { "the manifest deleted": { of: (files) => files.filter((file) => /MANIFEST-\d+$/.test(file)), work: (file) => rm(file) } }),
};
