// Serves the package, its peers and the pages of the bench, cross-origin isolated: only then is the
// page's clock finer than 100 microseconds. Every port is an origin of its own, with storage of its own.

import { cp, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SHOWN = ["pkg", "node_modules/idb/build", "node_modules/dexie/dist/modern", "tests/bench/page"];
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };
const HEADERS = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

async function answer(request, response, folder) {
  const path = normalize(decodeURIComponent(new URL(request.url, "http://here").pathname));
  try {
    const bytes = await readFile(join(folder, path));
    response.writeHead(200, { ...HEADERS, "content-type": TYPES[extname(path)] ?? "application/octet-stream" }).end(bytes);
  } catch {
    response.writeHead(404, HEADERS).end();
  }
}

/**
 * Serves on this many free ports, out of a folder that all of it is copied into first, so that a build or
 * an installation under way changes nothing. `pkg` is another build of the package, `beside` a folder with more.
 */
export async function serve(count, folder, pkg, beside) {
  if (beside) await cp(beside, join(folder, "beside"), { recursive: true });
  for (const shown of SHOWN) await cp((shown === "pkg" && pkg) || join(ROOT, shown), join(folder, shown), { recursive: true, dereference: true });
  const servers = Array.from({ length: count }, () => createServer((request, response) => answer(request, response, folder)));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))));
  return {
    pages: servers.map((server) => `http://127.0.0.1:${server.address().port}/tests/bench/page/index.html`),
    close() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}
