// Makes one module of the peers, in the folder that is named.

import { fileURLToPath } from "node:url";
import { build } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));
await build({
  root: here,
  configFile: false,
  logLevel: "warn",
  define: { "process.env.NODE_ENV": '"production"' },
  build: { outDir: process.argv[2], emptyOutDir: true, minify: true, target: "es2022", lib: { entry: "index.js", formats: ["es"], fileName: () => "peers.js" } },
});
