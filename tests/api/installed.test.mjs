// The package as others get it: packed, installed from the archive, run in Node, bundled, and opened in a browser.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { path, run } from "./fixtures.mjs";

const execute = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const npm = process.platform === "win32" ? "npm.cmd" : "npm";
let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "cardkeep-installed-"));
  const { stdout } = await execute(npm, ["pack", "--json", "--pack-destination", folder], { cwd: join(root, "pkg") });
  const [{ filename }] = JSON.parse(stdout);
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "installed", private: true, type: "module" }));
  await execute(npm, ["install", "--offline", "--no-audit", "--no-fund", join(folder, filename)], { cwd: folder });
});

after(() => rm(folder, { recursive: true, force: true }));

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm", ".png": "image/png" };

/** Serves a folder until `work` is done. */
async function serving(served, work) {
  const server = createServer(async (request, response) => {
    const name = decodeURIComponent(new URL(request.url, "http://localhost").pathname).replace(/\/$/, "/index.html");
    try {
      const content = await readFile(join(served, name));
      response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/octet-stream" }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await work(`http://127.0.0.1:${server.address().port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** What a page says in its title, once it says `ok` or `failed`. */
async function titleOf(url) {
  const profile = await mkdtemp(join(tmpdir(), "cardkeep-profile-"));
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking"];
  try {
    const { stdout } = await execute(
      await browser(),
      [...flags, `--user-data-dir=${profile}`, "--virtual-time-budget=20000", "--timeout=30000", "--dump-dom", url],
      { timeout: 60_000, maxBuffer: 1 << 24 },
    );
    return stdout.match(/<title>([^]*?)<\/title>/)?.[1] ?? stdout;
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function browser() {
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    const found = await execute("which", [name]).then(({ stdout }) => stdout.trim(), () => undefined);
    if (found) return found;
  }
  assert.fail("there is no Chromium");
}

const PROGRAM = `
  import { Keep, init, readCard } from "cardkeep";
  const show = (text) => { document.title = text; };
  try {
    await init();
    const card = readCard(new TextEncoder().encode('{"name":"Zoë","description":"","first_mes":"Hi"}'));
    const keep = await Keep.open({ name: "installed" });
    for await (const event of keep.characters.import(card.document.bytes)) if (event.type === "failed") throw new Error(event.message);
    const { items } = await keep.characters.list();
    await keep.close();
    show("ok " + items[0].name);
  } catch (error) {
    show("failed " + error);
  }
`;

test("the archive holds what is needed and nothing else", async () => {
  const files = await readdir(join(folder, "node_modules/cardkeep"));
  const known = /^(LICENSE-(APACHE|MIT)|(README|CHANGELOG)\.md|package\.json|cardkeep_bg\.wasm|(cardkeep|embedded)\.js|[a-z]+\.(js|d\.ts))$/;
  assert.deepEqual(files.filter((name) => !known.test(name)), []);
  for (const name of ["index.js", "index.d.ts", "node.js", "inline.js", "inline.d.ts", "cardkeep_bg.wasm", "README.md", "LICENSE-MIT", "LICENSE-APACHE"]) {
    assert.ok(files.includes(name), name);
  }
  const manifest = JSON.parse(await readFile(join(folder, "node_modules/cardkeep/package.json"), "utf8"));
  assert.equal(manifest.sideEffects, false);
  assert.equal(manifest.license, "MIT OR Apache-2.0");
  for (const field of ["dependencies", "peerDependencies", "scripts"]) assert.equal(manifest[field], undefined);
  const types = await Promise.all(files.filter((name) => name.endsWith(".d.ts")).map((name) => readFile(join(folder, "node_modules/cardkeep", name), "utf8")));
  for (const text of types) assert.doesNotMatch(text, /\.\/(cardkeep|embedded)\.js/);
});

test("plain Node imports and requires it", async () => {
  const read = `readCard(readFileSync(${JSON.stringify(path("cards/01_v1_before_idat.png"))})).card.name`;
  const text = `import { readFileSync } from "node:fs"; import init, { readCard } from "cardkeep"; await init(); console.log(${read})`;
  assert.equal(await run(text, folder), "Zoë 東京 \u{1F988}");
  await writeFile(join(folder, "required.cjs"), `const { readFileSync } = require("node:fs"); const { init, readCard } = require("cardkeep"); init().then(() => console.log(${read}))`);
  const { stdout } = await execute(process.execPath, ["--no-warnings", "required.cjs"], { cwd: folder });
  assert.equal(stdout.trim(), "Zoë 東京 \u{1F988}");
});

test("an empty Vite project builds with it, and runs", async () => {
  await writeFile(join(folder, "index.html"), `<!doctype html><meta charset="utf-8"><title>waiting</title><script type="module" src="./main.js"></script>`);
  await writeFile(join(folder, "main.js"), PROGRAM);
  await execute(process.execPath, [join(root, "node_modules/vite/bin/vite.js"), "build", "--target", "es2022", "--logLevel", "warn"], { cwd: folder });
  const assets = await readdir(join(folder, "dist/assets"));
  assert.equal(assets.filter((name) => name.endsWith(".wasm")).length, 1);
  assert.equal(await serving(join(folder, "dist"), titleOf), "ok Zoë");
});

test("a page without any bundler runs it", async () => {
  const site = join(folder, "plain");
  await mkdir(site);
  await cp(join(folder, "node_modules/cardkeep"), join(site, "cardkeep"), { recursive: true });
  for (const entry of ["index.js", "inline.js"]) {
    const program = PROGRAM.replace('"cardkeep"', `"./cardkeep/${entry}"`);
    await writeFile(join(site, "index.html"), `<!doctype html><meta charset="utf-8"><title>waiting</title><script type="module">${program}</script>`);
    if (entry === "inline.js") await rm(join(site, "cardkeep/cardkeep_bg.wasm"));
    assert.equal(await serving(site, titleOf), "ok Zoë", entry);
  }
});
