// Runs the card bench and prints it as a table. `--quick` for a first look, `--only reads,writes` for some
// parts, `--package <folder>` for another build, `--write` to keep the numbers in results/cards.json.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { start } from "./chromium.mjs";
import { gather, report } from "./report.mjs";
import { serve } from "./serve.mjs";

const { values: given } = parseArgs({ options: { quick: { type: "boolean" }, write: { type: "boolean" }, only: { type: "string" }, package: { type: "string" } } });
const PARTS = ["reads", "writes", "gallery"];
const parts = given.only?.split(",") ?? PARTS;
const unknown = parts.find((part) => !PARTS.includes(part));
if (unknown !== undefined) throw new Error(`--only knows ${PARTS.join(", ")}; ${unknown} is none of them`);
const effort = given.quick ? { passes: 3, share: 0.3 } : { passes: 5, share: 1 };
const FILES = given.quick ? 50 : 500;

// The peers are installed and bundled for this bench alone.
const peers = fileURLToPath(new URL("peers/", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "cardkeep-bench-"));
if (!existsSync(join(peers, "node_modules"))) execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: peers, stdio: "inherit" });
execFileSync(process.execPath, [join(peers, "bundle.mjs"), join(folder, "beside")], { stdio: "inherit" });

const server = await serve(1, join(folder, "served"), given.package, join(folder, "beside"));
const { rows, add } = gather();
let version = "";
const chromium = await start(join(folder, "profile"));
try {
  version = await chromium.version();
  await chromium.go(server.pages[0]);
  const ask = (name, ...values) => chromium.run(async (verb, all) => (await import("./cards.js"))[verb](...all), name, values);
  if (parts.includes("reads")) add(await ask("reads", effort));
  if (parts.includes("writes")) add(await ask("writes", effort));
  if (parts.includes("gallery")) {
    const { operations, share } = await ask("gallery", FILES, effort);
    add(operations);
    console.log(`peekCard read ${(share * 100).toFixed(1)} % of the files\n`);
  }
} finally {
  await chromium.close();
  server.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
await report("cards", rows, version, given.write);
