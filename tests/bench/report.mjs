// What a bench found, as rows that compare, as a table, and as a file.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

export const rounded = (value) => Number(value.toPrecision(3));

/** What the first peer takes of each other's time, pass by pass. */
function compare(operation, found) {
  const [[, ours]] = Object.entries(found);
  return Object.entries(found).map(([peer, { passes, mean, samples }]) => {
    const ratios = passes.map((other, pass) => ours.passes[pass] / other);
    return { operation, peer, ms: rounded(median(passes)), mean: rounded(mean), samples, ratio: rounded(median(ratios)), lowest: rounded(Math.min(...ratios)), highest: rounded(Math.max(...ratios)) };
  });
}

/** What it was measured on. */
export function machineWith(browser) {
  return { browser, node: process.version, cpu: cpus()[0]?.model.trim(), cores: cpus().length, memoryGb: Math.round(totalmem() / 2 ** 30) };
}

/** The rows of a run: told when they come, and kept. */
export function gather() {
  const rows = [];
  const add = (operations) => {
    for (const [operation, found] of Object.entries(operations)) {
      const compared = compare(operation, found);
      rows.push(...compared);
      process.stderr.write(`${compared.map(({ peer, ms, ratio }) => `  ${operation}: ${peer} ${ms} ms, ${ratio}`).join("\n")}\n`);
    }
  };
  return { rows, add };
}

/** Prints the rows as a Markdown table, and writes them to `results/<name>.json` where that is asked. */
export async function report(name, rows, browser, write) {
  const machine = machineWith(browser);
  console.log(`${machine.browser}, ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB\n`);
  console.log("| operation | who | ms, median | ms, mean | first ÷ this | of passes | samples |\n|---|---|---:|---:|---:|---|---:|");
  let last;
  for (const { operation, peer, ms, mean, samples, ratio, lowest, highest } of rows) {
    const compared = operation === last ? `${ratio} | ${lowest}–${highest}` : "1 | ";
    console.log(`| ${operation === last ? "" : operation} | ${peer} | ${ms} | ${mean} | ${compared} | ${samples} |`);
    last = operation;
  }
  if (!write) return;
  const file = new URL(`results/${name}.json`, import.meta.url);
  await mkdir(new URL(".", file), { recursive: true });
  // What this run did not measure stays as an earlier one found it.
  const kept = await readFile(file, "utf8").then((text) => JSON.parse(text).rows, () => []);
  const others = kept.filter(({ operation }) => !rows.some((row) => row.operation === operation));
  await writeFile(file, `${JSON.stringify({ machine, rows: [...rows, ...others] }, undefined, 1)}\n`);
}
