// The package as others get it: packed, installed from the archive, run in Node, served, bundled, and opened in a browser.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build, createServer } from "vite";
import { serve } from "../app/serve.mjs";
import { open } from "../app/webdriver.mjs";
import { path, run } from "./fixtures.mjs";

const execute = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const npm = process.platform === "win32" ? "npm.cmd" : "npm";
const portrait = path("cards/01_v1_before_idat.png");
let folder;
let browser;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "cardkeep-installed-"));
  const { stdout } = await execute(npm, ["pack", "--json", "--pack-destination", folder], { cwd: join(root, "pkg") });
  const [{ filename }] = JSON.parse(stdout);
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "installed", private: true, type: "module" }));
  await execute(npm, ["install", "--offline", "--no-audit", "--no-fund", join(folder, filename)], { cwd: folder });
  browser = await open({ downloads: folder });
});

after(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Reads a card and keeps it; the page's title tells how that went. */
const program = (name) => `
  import { Keep, init, readCard } from ${JSON.stringify(name)};
  try {
    await init();
    const { document: card } = readCard(new TextEncoder().encode('{"name":"Zoë","description":"","first_mes":"Hi"}'));
    const keep = await Keep.open({ name: "installed" });
    for await (const event of keep.characters.import(card.bytes)) if (event.type === "failed") throw new Error(event.message);
    const { items } = await keep.characters.list();
    await keep.close();
    document.title = "ok " + items[0].name;
  } catch (error) {
    document.title = "failed " + error;
  }
`;
const page = (script) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>waiting</title>${script}</html>`;

async function titleOf(url) {
  await browser.go(url);
  return browser.until(() => document.title !== "waiting" && document.title);
}

/** What a folder's page says, served as it is. */
async function titleOfSite(site) {
  const server = await serve(site);
  try {
    return await titleOf(server.url);
  } finally {
    await server.close();
  }
}

/** A folder with files in it. */
async function site(files) {
  const made = await mkdtemp(join(folder, "site-"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(made, name), text);
  return made;
}

test("the archive holds what is needed and nothing else", async () => {
  const installed = join(folder, "node_modules/cardkeep");
  const files = await readdir(installed);
  const known = /^(LICENSE-(APACHE|MIT)|(README|CHANGELOG)\.md|package\.json|cardkeep_bg\.wasm|[a-z-]+\.js|[a-z-]+\.d\.ts|schema|types)$/;
  assert.deepEqual(files.filter((name) => !known.test(name)), []);
  assert.deepEqual((await readdir(join(installed, "schema"))).filter((name) => !/^[a-z0-9-]+\.json$/.test(name)), []);
  assert.deepEqual((await readdir(join(installed, "types"))).filter((name) => !/^[a-z]+\.d\.ts$/.test(name)), []);
  for (const name of ["index.js", "index.d.ts", "node.js", "redo-worker.js", "inline.js", "inline.d.ts", "client.js", "client.d.ts", "worker.js", "testing.js", "testing.d.ts", "cardkeep_bg.wasm", "README.md", "LICENSE-MIT", "LICENSE-APACHE"]) {
    assert.ok(files.includes(name), name);
  }
  const manifest = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
  // Loading it is what a worker does with it.
  assert.deepEqual(manifest.sideEffects, ["./worker.js"]);
  assert.equal(manifest.license, "MIT OR Apache-2.0");
  assert.equal(Object.keys(manifest.exports["."])[0], "types");
  for (const field of ["dependencies", "peerDependencies", "scripts"]) assert.equal(manifest[field], undefined);
  for (const name of files.filter((name) => name.endsWith(".d.ts"))) {
    assert.doesNotMatch(await readFile(join(installed, name), "utf8"), /\.\/(cardkeep|embedded)\.js/, `${name} names what is internal`);
  }
});

test("plain Node imports and requires it", async () => {
  const read = `readCard(readFileSync(${JSON.stringify(portrait)})).card.name`;
  const text = `import { readFileSync } from "node:fs"; import init, { readCard } from "cardkeep"; await init(); console.log(${read})`;
  assert.equal(await run(text, folder), "Zoë 東京 \u{1F988}");
  await writeFile(join(folder, "required.cjs"), `const { readFileSync } = require("node:fs"); const { init, readCard } = require("cardkeep"); init().then(() => console.log(${read}))`);
  const { stdout } = await execute(process.execPath, ["--no-warnings", "required.cjs"], { cwd: folder });
  assert.equal(stdout.trim(), "Zoë 東京 \u{1F988}");
});

test("an empty Vite project builds with it, and runs", async () => {
  const project = await site({ "index.html": page(`<script type="module" src="/main.js"></script>`), "main.js": program("cardkeep") });
  await build({ root: project, configFile: false, logLevel: "warn", build: { target: "es2022" } });
  const assets = await readdir(join(project, "dist/assets"));
  assert.equal(assets.filter((name) => name.endsWith(".wasm")).length, 1);
  assert.equal(await titleOfSite(join(project, "dist")), "ok Zoë");
});

test("an empty Vite project builds with the client of a worker, and runs", async () => {
  const text = `import { connect } from "cardkeep/client";
    const cardkeep = connect();
    const keep = await cardkeep.Keep.open({ name: "afar" });
    document.title = (await keep.secondCopy).state + " " + (await keep.worlds.list()).items.length;`;
  const project = await site({ "index.html": page(`<script type="module" src="/main.js"></script>`), "main.js": text });
  await build({ root: project, configFile: false, logLevel: "warn", build: { target: "es2022" } });
  assert.equal(await titleOfSite(join(project, "dist")), "on 0");
});

test("an empty Vite project runs while it is developed", async () => {
  const project = await site({ "index.html": page(`<script type="module" src="/main.js"></script>`), "main.js": program("cardkeep") });
  const server = await createServer({ root: project, configFile: false, logLevel: "warn", server: { host: "127.0.0.1", port: 0, fs: { allow: [folder] } } });
  await server.listen();
  try {
    assert.equal(await titleOf(server.resolvedUrls.local[0]), "ok Zoë");
  } finally {
    await server.close();
  }
});

test("a page without any bundler runs it", async () => {
  for (const entry of ["index.js", "inline.js"]) {
    const plain = await site({ "index.html": page(`<script type="module">${program(`./cardkeep/${entry}`)}</script>`) });
    await cp(join(folder, "node_modules/cardkeep"), join(plain, "cardkeep"), { recursive: true });
    if (entry === "inline.js") await rm(join(plain, "cardkeep/cardkeep_bg.wasm"));
    assert.equal(await titleOfSite(plain), "ok Zoë", entry);
  }
});

test("the README's programs run as they are printed", async () => {
  const readme = await readFile(join(root, "README.md"), "utf8");
  // What imports nothing goes on where the page's program before it ended.
  const programs = [];
  let page_ = "";
  for (const [, text] of readme.matchAll(/```js\n([^]*?)```/g)) {
    if (text.includes("node:fs")) programs.push(text);
    else programs.push((page_ = text.includes("import ") ? text : page_ + text));
  }
  assert.ok(programs.length >= 2);
  for (const text of programs) {
    const site_ = await site({});
    await cp(portrait, join(site_, "zoe.png"));
    if (text.includes("node:fs")) {
      assert.equal(await run(text, site_), "Zoë 東京 \u{1F988}");
      continue;
    }
    const shown = text.replaceAll('"cardkeep"', '"./cardkeep/index.js"').replaceAll('"cardkeep/client"', '"./cardkeep/client.js"').replaceAll('"cardkeep/testing"', '"./cardkeep/testing.js"');
    const told = `for (const type of ["error", "unhandledrejection"]) addEventListener(type, (event) => { document.title = "failed " + (event.message ?? event.reason); });`;
    await cp(join(folder, "node_modules/cardkeep"), join(site_, "cardkeep"), { recursive: true });
    await writeFile(join(site_, "index.html"), page(`<script>${told}</script><script type="module">${shown}\n;globalThis.document.title = "ok";</script>`));
    assert.equal(await titleOfSite(site_), "ok", text);
  }
});
