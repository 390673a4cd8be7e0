// Runs the storage bench and prints it as a table. `--quick` for a first look, `--only saves,chats` for
// some parts, `--package <folder>` for another build, `--write` to keep the numbers in results/storage.json.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { start } from "./chromium.mjs";
import { gather, median, report } from "./report.mjs";
import { serve } from "./serve.mjs";

const { values: given } = parseArgs({ options: { quick: { type: "boolean" }, write: { type: "boolean" }, only: { type: "string" }, package: { type: "string" } } });
const PARTS = ["opening", "library", "saves", "chats", "batches", "worlds"];
const parts = given.only?.split(",") ?? PARTS;
const unknown = parts.find((part) => !PARTS.includes(part));
if (unknown !== undefined) throw new Error(`--only knows ${PARTS.join(", ")}; ${unknown} is none of them`);
const effort = given.quick ? { passes: 3, share: 0.3 } : { passes: 5, share: 1 };
const CHARACTERS = given.quick ? 1_000 : 10_000;
const MESSAGES = given.quick ? 10_000 : 100_000;
const LENGTHS = given.quick ? [100, 10_000] : [100, 1_000, 10_000, 100_000];
const PLACES = 5_000;
const COLD_STARTS = given.quick ? 3 : 7;

/** Calls one function of the page's module. */
const call = (chromium, name, ...values) => chromium.run(async (verb, all) => (await import("./storage.js"))[verb](...all), name, values);

/** Starts the browser anew for every single opening: full and empty keep take turns. */
async function coldStarts(profile, [full, empty]) {
  const kinds = { "cardkeep, full": [full, "keep", "full"], "cardkeep, empty": [empty, "keep", "empty"], "raw, full": [full, "raw", "full"], "raw, empty": [empty, "raw", "empty"] };
  const taken = Object.fromEntries(Object.keys(kinds).map((name) => [name, []]));
  for (let round = 0; round < COLD_STARTS; round += 1) {
    for (const [name, [page, what, keep]] of Object.entries(kinds)) {
      const chromium = await start(profile);
      await chromium.go(page);
      taken[name].push(await call(chromium, "openOnce", what, keep));
      await chromium.close();
    }
  }
  // One start is one sample: the ratio is that of the medians.
  return Object.fromEntries(Object.entries(taken).map(([name, all]) => [name, { passes: [median(all)], mean: all.reduce((a, b) => a + b) / all.length, samples: all.length }]));
}

const folder = await mkdtemp(join(tmpdir(), "cardkeep-bench-"));
const profile = join(folder, "profile");
// What is large has an origin of its own, so that it weighs on nothing else: Chromium keeps one LevelDB an origin.
const server = await serve(6, join(folder, "served"), given.package);
const [full, empty, saves, chats, batches, worlds] = server.pages;
const told = (text) => process.stderr.write(`${text}\n`);
const { rows, add } = gather();
let version = "";
async function visit(page, work) {
  const chromium = await start(profile);
  try {
    version = await chromium.version();
    await chromium.go(page);
    return await work((name, ...values) => call(chromium, name, ...values));
  } finally {
    await chromium.close();
  }
}
try {
  if (parts.includes("opening") || parts.includes("library")) {
    told(`seeding ${CHARACTERS} characters and ${MESSAGES} messages`);
    const seeded = await visit(full, (ask) => ask("seedLibrary", "full", CHARACTERS, MESSAGES));
    if (seeded.characters !== CHARACTERS || seeded.messages !== MESSAGES) throw new Error(`seeded ${JSON.stringify(seeded)}`);
    await visit(empty, (ask) => ask("seedLibrary", "empty", 0, 0));
  }
  if (parts.includes("opening")) {
    told("opening");
    add({ "open in a browser just started": await coldStarts(profile, [full, empty]) });
    await visit(full, async (ask) => add(await ask("openings", "full", "empty", effort)));
  }
  if (parts.includes("library")) {
    told("library");
    await visit(full, async (ask) => add(await ask("library", "full", CHARACTERS, effort)));
  }
  if (parts.includes("saves")) {
    told("saves");
    await visit(saves, async (ask) => add(await ask("saves", effort)));
  }
  if (parts.includes("chats")) {
    told("chats");
    await visit(chats, async (ask) => {
      const { append, opened } = await ask("chats", LENGTHS, effort);
      add(append);
      add(opened);
      const [first, ...longer] = Object.values(append);
      const growth = { "shortest chat": first.cardkeep, ...Object.fromEntries(longer.map((one, n) => [`${LENGTHS[n + 1]} messages`, one.cardkeep])) };
      add({ "append, shortest chat against longer ones": growth });
    });
  }
  if (parts.includes("batches")) {
    told("batches");
    await visit(batches, async (ask) => add(await ask("batches", 1_000, effort)));
  }
  if (parts.includes("worlds")) {
    told("worlds");
    await visit(worlds, async (ask) => add(await ask("worlds", PLACES, effort)));
  }
} finally {
  server.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

await report("storage", rows, version, given.write);
