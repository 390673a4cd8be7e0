// Takes in a data folder of SillyTavern, 500 cards and 1,000 chats of 40 messages, and gives it again. `--quick` for a tenth of
// it, `--package <folder>` for another build.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { start } from "./chromium.mjs";
import { machineWith } from "./report.mjs";
import { serve } from "./serve.mjs";

const { values: given } = parseArgs({ options: { quick: { type: "boolean" }, package: { type: "string" } } });
const [characters, chats] = given.quick ? [50, 100] : [500, 1_000];
const MESSAGES = 40;

const folder = await mkdtemp(join(tmpdir(), "cardkeep-bench-"));
const server = await serve(1, join(folder, "served"), given.package);
const chromium = await start(join(folder, "profile"));
try {
  const version = await chromium.version();
  await chromium.go(server.pages[0]);
  const { files, bytes, first, again } = await chromium.run(async (...all) => (await import("./folder.js")).folder(...all), characters, chats, MESSAGES);
  const machine = machineWith(version);
  console.log(`${machine.browser}, ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB; ${files} files, ${(bytes / 1e6).toFixed(1)} MB\n`);
  console.log("| a folder of SillyTavern | seconds | ms a file | added | kept already |\n|---|---:|---:|---:|---:|");
  for (const [name, { milliseconds, added, duplicates }] of [["taken in", first], ["given again", again]]) {
    console.log(`| ${name} | ${(milliseconds / 1000).toFixed(1)} | ${(milliseconds / files).toFixed(1)} | ${added} | ${duplicates} |`);
  }
} finally {
  await chromium.close();
  server.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
