// Looks things up in 1,000 campaigns, 20 channels in each of 50 guilds, against a table with indexes made by hand. `--quick` for a
// tenth of it, `--package <folder>` for another build.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { start } from "./chromium.mjs";
import { machineWith } from "./report.mjs";
import { serve } from "./serve.mjs";

const { values: given } = parseArgs({ options: { quick: { type: "boolean" }, package: { type: "string" } } });
const [guilds, channels, rounds] = given.quick ? [10, 10, 20] : [50, 20, 100];

const folder = await mkdtemp(join(tmpdir(), "cardkeep-bench-"));
const server = await serve(1, join(folder, "served"), given.package);
const chromium = await start(join(folder, "profile"));
try {
  const version = await chromium.version();
  await chromium.go(server.pages[0]);
  const measured = await chromium.run(async (...all) => (await import("./campaigns.js")).campaigns(...all), guilds, channels, rounds);
  const machine = machineWith(version);
  console.log(`${machine.browser}, ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB; ${guilds * channels} campaigns\n`);
  console.log("| looked up | cardkeep, ms | indexes by hand, ms | ratio |\n|---|---:|---:|---:|");
  for (const { name, ours, raw } of measured) console.log(`| ${name} | ${ours.toFixed(2)} | ${raw.toFixed(2)} | ${(ours / raw).toFixed(1)} |`);
} finally {
  await chromium.close();
  server.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
