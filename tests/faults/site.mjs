// The pages of these tests and the built package, on one address for the whole run. Read once: a package that is
// built anew in the meantime does not mix with this one.

import { readFile, readdir } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json", ".wasm": "application/wasm" };
/** A host that the browsers of these tests find on this machine. */
export const INSECURE = "insecure.test";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

async function files(folder, prefix) {
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  const served = all.filter((entry) => entry.isFile() && extname(entry.name) in TYPES);
  return Promise.all(served.map(async (entry) => [prefix + join(entry.parentPath ?? entry.path, entry.name).slice(folder.length), await readFile(join(entry.parentPath ?? entry.path, entry.name))]));
}

export async function openSite() {
  const pages = new Map([...(await files(here("../../pkg"), "/pkg")), ...(await files(here("page"), "")), ...(await files(here("../fixtures/keeps"), "/keeps"))]);
  pages.set("/", pages.get("/index.html"));
  pages.set("/elsewhere.html", Buffer.from("<!doctype html><title>elsewhere</title>"));
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://here");
    const path = pathname === "/elsewhere" ? "/elsewhere.html" : pathname;
    const bytes = pages.get(path);
    if (bytes === undefined) return response.writeHead(404).end();
    // A held page in the back-forward cache is another case than a page that ends.
    response.writeHead(200, { "content-type": TYPES[extname(path)] ?? TYPES[".html"], "cache-control": "no-store" }).end(bytes);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    url: `${origin}/`,
    /** The same under a name that no browser takes for secure; they all are told where it is. */
    insecureUrl: `http://${INSECURE}:${server.address().port}/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
