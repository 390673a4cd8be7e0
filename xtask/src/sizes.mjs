// What the package weighs, as a table. Fails when the module, by gzip, is over the ceiling given.

import { readdirSync, readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

const scripts = readdirSync("pkg").filter((name) => name.endsWith(".js"));
const shared = scripts.filter((name) => !["index.js", "node.js", "inline.js", "embedded.js"].includes(name));
const rows = {
  "cardkeep_bg.wasm": ["cardkeep_bg.wasm"],
  "JavaScript": ["index.js", ...shared],
  "both": ["cardkeep_bg.wasm", "index.js", ...shared],
  "inline": ["inline.js", "embedded.js", ...shared],
};
const line = (...cells) => console.log(cells[0].padEnd(18) + cells.slice(1).map((cell) => String(cell).padStart(10)).join(""));
line("bytes", "raw", "gzip", "brotli");
const ceiling = Number(process.argv[1]);
for (const [name, files] of Object.entries(rows)) {
  const contents = files.map((file) => readFileSync(`pkg/${file}`));
  const sum = (weigh) => contents.reduce((total, content) => total + weigh(content), 0);
  const gzip = sum((it) => gzipSync(it, { level: 9 }).length);
  line(name, sum((it) => it.length), gzip, sum((it) => brotliCompressSync(it).length));
  if (name === "cardkeep_bg.wasm" && gzip > ceiling) {
    console.error(`the module weighs ${gzip} bytes by gzip; the ceiling is ${ceiling} (CEILING in xtask/src/package.rs)`);
    process.exitCode = 1;
  }
}
