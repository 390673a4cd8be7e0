// Builds the app into dist/, and the service worker's list of what it has to keep from what was really written.

import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Writes sw.js: every built file with the hash of its bytes. */
function serviceWorker(): Plugin {
  return {
    name: "service-worker",
    apply: "build",
    async writeBundle() {
      const dist = here("dist");
      const entries = await readdir(dist, { recursive: true, withFileTypes: true });
      const files = entries
        .filter((entry) => entry.isFile() && entry.name !== "sw.js" && !entry.name.endsWith(".map"))
        .map((entry) => relative(dist, join(entry.parentPath, entry.name)).split(sep).join("/"))
        .sort();
      const list: [string, string][] = [];
      for (const file of files) {
        const hash = createHash("sha256").update(await readFile(join(dist, file)));
        list.push([file, hash.digest("hex").slice(0, 16)]);
      }
      const source = await readFile(here("src/sw.js"), "utf8");
      await writeFile(join(dist, "sw.js"), source.replace("__FILES__", () => JSON.stringify(list)));
    },
  };
}

export default defineConfig({
  root: here("."),
  base: "./",
  resolve: { alias: { cardkeep: here("../pkg/index.js") } },
  // The package lies outside of the app's root; the development server may read both.
  server: { fs: { allow: [here("."), here("../pkg"), here("../node_modules")] } },
  build: {
    outDir: here("dist"),
    emptyOutDir: true,
    target: "es2022",
    // Inlined files would be data: URLs, which the page's policy refuses for everything but images.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  plugins: [serviceWorker()],
});
