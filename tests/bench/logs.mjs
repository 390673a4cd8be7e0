// Reads chat logs that are in memory: what a first screen shows of them, and every message. `--quick` for one length alone,
// `--write` also writes results/logs.json, `--package <folder>` for another build.

import { given, onePage } from "./page.mjs";
import { gather, report } from "./report.mjs";

const rows = gather();
let browser;
for (const length of given.quick ? [10_000] : [1_000, 10_000, 100_000]) {
  const { result, version } = await onePage(async (...all) => (await import("./logs.js")).read(...all), length, given.quick ? 3 : 5);
  rows.add(result);
  browser = version;
}
await report("logs", rows.rows, browser, given.write);
