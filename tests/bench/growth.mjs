// How the price of one message grows with its chat: prints a table and, with `--write`, keeps the numbers in
// results/growth.json and the picture of them in results/growth.svg. `--quick` for a first look, `--package <folder>` for
// another build.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { start } from "./chromium.mjs";
import { chart } from "./chart.mjs";
import { machineWith, median, rounded } from "./report.mjs";
import { serve } from "./serve.mjs";

const { values: given } = parseArgs({ options: { quick: { type: "boolean" }, write: { type: "boolean" }, package: { type: "string" } } });
const LENGTHS = given.quick ? [100, 10_000] : [100, 1_000, 10_000, 100_000];
const HEAVY = 2_457;
const passes = given.quick ? 2 : 3;
/** Memory is told at once instead of at the browser's next rest. */
const EAGER = ["--enable-blink-features=ForceEagerMeasureMemory"];

const call = (chromium, name, ...values) => chromium.run(async (verb, all) => (await import("./growth.js"))[verb](...all), name, values);

const told = (text) => process.stderr.write(`${text}\n`);

const folder = await mkdtemp(join(tmpdir(), "cardkeep-bench-"));
const server = await serve(1, join(folder, "served"), given.package);
const chats = [];
let weight, version;
try {
  const chromium = await start(join(folder, "profile"), EAGER);
  version = await chromium.version();
  await chromium.go(server.pages[0]);
  for (const [length, heavy] of [...LENGTHS.map((length) => [length, false]), [HEAVY, true]]) {
    const { bytes, operations } = await call(chromium, "grow", length, heavy, passes);
    const times = Object.entries(operations).map(([name, peers]) => [name, Object.fromEntries(Object.entries(peers).map(([peer, taken]) => [peer, rounded(median(taken.passes))]))]);
    chats.push({ length, heavy, bytes, ...Object.fromEntries(times) });
    told(JSON.stringify(chats.at(-1)));
  }
  await chromium.close();
  const fresh = await start(join(folder, "profile"), EAGER);
  await fresh.go(server.pages[0]);
  weight = await call(fresh, "weigh", LENGTHS.at(-1));
  await fresh.close();
} finally {
  server.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

const machine = machineWith(version);
console.log(`${machine.browser}, ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB; medians in milliseconds\n`);
for (const operation of ["save a message", "open at the end", "find a word", "look into its file"]) {
  const peers = Object.keys(chats[0][operation]);
  console.log(`| ${operation} | ${peers.join(" | ")} |\n|---|${peers.map(() => "---:|").join("")}`);
  for (const chat of chats) {
    const name = `${chat.length.toLocaleString("en")} messages, ${(chat.bytes / 1e6).toFixed(1)} MB${chat.heavy ? ", heavy" : ""}`;
    console.log(`| ${name} | ${peers.map((peer) => chat[operation][peer]).join(" | ")} |`);
  }
  console.log("");
}
const mb = ({ page, module }) => `${(page / 2 ** 20).toFixed(1)} + ${(module / 2 ** 20).toFixed(1)} MB`;
console.log(`Memory of page and module with ${weight.length.toLocaleString("en")} messages: empty page ${mb(weight.empty)}, keep open ${mb(weight.opened)}, 400 pages read ${mb(weight.paged)}, all of it searched ${mb(weight.searched)}.`);
if (given.write) {
  const results = new URL("results/", import.meta.url);
  await mkdir(results, { recursive: true });
  await writeFile(new URL("growth.json", results), `${JSON.stringify({ machine, chats, weight }, undefined, 1)}\n`);
  const lines = Object.keys(chats[0]["save a message"]).map((peer) => ({
    name: peer,
    points: chats.filter(({ heavy }) => !heavy).map((chat) => [chat.length, chat["save a message"][peer]]),
  }));
  await writeFile(new URL("growth.svg", results), chart({ title: "Saving one message", across: "messages in the chat", up: "milliseconds", lines }));
}
