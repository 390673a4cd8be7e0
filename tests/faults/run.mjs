// Runs the cases with real faults, and ends with a table and the line `N passed, N failed`.
//
//   node tests/faults/run.mjs [--engine chromium|firefox] [--seed N] [--count N] [--short] [--keep] [--list] [case …]

import { parseArgs } from "node:util";
import * as chromium from "./chromium.mjs";
import * as firefox from "./firefox.mjs";
import { openSite } from "./site.mjs";
import { random } from "./page/workload.mjs";

const NAMES = ["kill", "wipe", "silent", "exit", "typing", "quota", "clear", "damage", "unopenable", "tabs", "frozen", "upgrade", "restore", "reply", "rotten", "missing", "helpers", "power", "lift", "evicted"];
const ENGINES = { chromium, firefox };

const { values, positionals } = parseArgs({
  options: { engine: { type: "string" }, seed: { type: "string" }, count: { type: "string" }, short: { type: "boolean" }, keep: { type: "boolean" }, list: { type: "boolean" }, verbose: { type: "boolean", short: "v" } },
  allowPositionals: true,
});
const whole = (text, name) => {
  if (!/^\d+$/.test(text)) throw new Error(`--${name} is \`${text}\`, a whole number was wanted`);
  return Number(text);
};
for (const name of positionals) if (!NAMES.includes(name)) throw new Error(`\`${name}\` is no case; these are: ${NAMES.join(", ")}`);
if (values.engine !== undefined && !(values.engine in ENGINES)) throw new Error(`\`${values.engine}\` is no engine; these are: ${Object.keys(ENGINES).join(", ")}`);
const seed = values.seed === undefined ? Date.now() % 1_000_000 : whole(values.seed, "seed");
const named = await Promise.all((positionals.length > 0 ? positionals : NAMES).map(async (name) => [name, (await import(`./cases/${name}.mjs`)).default]));
// In Chromium first, then in each other browser that a case knows.
const cases = Object.keys(ENGINES)
  .filter((engine) => (values.engine ?? engine) === engine)
  .flatMap((engine) => named.filter(([, { engines = ["chromium"] }]) => engines.includes(engine)).map(([name, it]) => [name, engine, it]));
if (cases.length === 0) throw new Error(`${positionals.join(", ")}: not in ${values.engine}`);
const missing = (engine) => ENGINES[engine].binary === undefined;
if (missing(values.engine ?? "chromium")) throw new Error(`the browser is not here; ${(values.engine ?? "chromium").toUpperCase()} names its path`);

if (values.list) {
  for (const [name, { about, rounds, short, open, engines = ["chromium"] }] of named) console.log(`${name.padEnd(10)} ${about}\n           ${engines.join(", ")}; ${rounds} rounds, ${open ? `left out of the short form` : `${short} in short`}${open ? `\n           NOT YET: ${open}` : ""}`);
  process.exit(0);
}

const site = await openSite();
console.log(`seed ${seed}`);
const lines = [];
let [ran, failed] = [0, 0];
let told = () => undefined;
// Who stops a long run wants to know what it has seen so far.
for (const signal of ["SIGINT", "SIGTERM"]) {
  // Before the listener that ends the browsers, and this program with them.
  process.prependOnceListener(signal, () => {
    told("ended");
    console.log("stopped before the end");
    process.exit(1);
  });
}
for (const [name, engine, { run, rounds, short, open }] of cases) {
  // What was not run never passes for done.
  if (missing(engine)) {
    lines.push(`left out ${name.padEnd(8)} ${engine} is not here; ${engine.toUpperCase()} names its path`);
    continue;
  }
  // What is known to fail is run by name and in full, and never passes for done.
  if (open && values.short && positionals.length === 0) {
    lines.push(`not yet ${name.padEnd(9)} ${open}`);
    continue;
  }
  const begun = Date.now();
  const counts = new Map();
  const endings = [];
  let numbers = 0;
  const drill = {
    name,
    engine: ENGINES[engine],
    chromium: engine === "chromium",
    seed,
    site,
    keep: values.keep,
    short: values.short === true,
    // Another browser's short form is there to show that it goes.
    rounds: values.count === undefined ? (values.short ? (engine === "chromium" ? short : 1) : rounds) : whole(values.count, "count"),
    faults: [],
    random: random(seed, name),
    number: () => (numbers += 1),
    count: (what, by = 1) => void counts.set(what, (counts.get(what) ?? 0) + by),
    longest: (what, value) => void counts.set(what, Math.max(counts.get(what) ?? 0, Math.round(value))),
    later: (work) => void endings.push(work),
    say: (text) => void (values.verbose && console.log(`  ${text}`)),
    fault(kind, text) {
      drill.faults.push(kind);
      // The first ones say what is wrong; a keep that lost everything would say it a hundred times.
      if (drill.faults.length <= 12) console.log(`  ${kind.toUpperCase()} ${name}: ${text}`);
    },
    /** Ends what was begun so far. */
    async tidy() {
      for (const work of endings.splice(0).reverse()) await work();
    },
  };
  told = (verdict) => {
    const kinds = [...new Set(["lost", "torn", "unreadable", "hang", ...drill.faults])];
    const seen = [...[...counts].map(([what, value]) => `${what} ${value}`), ...kinds.map((kind) => `${kind} ${drill.faults.filter((it) => it === kind).length}`)];
    const line = `${verdict} ${name.padEnd(10)} ${engine.padEnd(8)} ${String(drill.rounds).padStart(4)} rounds ${((Date.now() - begun) / 1000).toFixed(0).padStart(5)} s  ${seen.join(", ")}`;
    console.log(line);
    lines.push(line);
  };
  try {
    await run(drill);
  } catch (error) {
    drill.fault("broken", error.stack ?? String(error));
  }
  await drill.tidy();
  told(drill.faults.length === 0 ? "ok    " : "FAILED");
  told = () => undefined;
  ran += 1;
  if (drill.faults.length > 0) failed += 1;
}
site.close();
if (lines.length > ran || ran > 1) console.log(`\n${lines.join("\n")}`);
console.log(`${ran - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
