// Writes the cases into tests/fixtures/cases: each file, and beside it what a reader must find.
// `node tests/cases/write.mjs`

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import cards from "./cards.mjs";
import lorebooks from "./lorebooks.mjs";

/** Every file by its path below tests/fixtures/cases. */
export function files() {
  const all = new Map();
  for (const [area, cases] of Object.entries({ cards, lorebooks })) {
    for (const { name, file, expected } of cases) {
      if (all.has(`${area}/${name}`)) throw new Error(`two cases are called ${name}`);
      all.set(`${area}/${name}`, file);
      all.set(`${area}/${name}.expected.json`, Buffer.from(`${JSON.stringify(expected, null, 2)}\n`));
    }
  }
  return all;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("../fixtures/cases/", import.meta.url));
  rmSync(root, { recursive: true, force: true });
  for (const [path, file] of files()) {
    mkdirSync(dirname(root + path), { recursive: true });
    writeFileSync(root + path, file);
  }
}
