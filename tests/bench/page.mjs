// A page of a browser that was just started, for benches that need no more: the options they share, and the machine they say.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { start } from "./chromium.mjs";
import { machineWith } from "./report.mjs";
import { serve } from "./serve.mjs";

/** `--quick` for a tenth of it, `--write` to keep the numbers where a bench does, `--package <folder>` for another build. */
export const { values: given } = parseArgs({ options: { quick: { type: "boolean" }, write: { type: "boolean" }, package: { type: "string" } } });

/** Runs `work` in a page and gives what it gives, the browser's version, and the machine in words. */
export async function onePage(work, ...values) {
  const folder = await mkdtemp(join(tmpdir(), "cardkeep-bench-"));
  const server = await serve(1, join(folder, "served"), given.package);
  const chromium = await start(join(folder, "profile"));
  try {
    const version = await chromium.version();
    await chromium.go(server.pages[0]);
    const result = await chromium.run(work, ...values);
    const { browser, cpu, cores, memoryGb } = machineWith(version);
    return { result, version, machine: `${browser}, ${cpu}, ${cores} cores, ${memoryGb} GB` };
  } finally {
    await chromium.close();
    server.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
