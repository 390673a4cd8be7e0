// How the module comes to be there.

import assert from "node:assert/strict";
import { test } from "node:test";
import init, { init as named, readCard, version } from "cardkeep";
import { fixture, path, run } from "./fixtures.mjs";

test("importing does nothing, and a call before init says so", () => {
  assert.throws(() => readCard(fixture("cards/80_v2.json")), { name: "CardkeepError", code: "not-ready", op: "readCard", retryable: true });
});

test("a failed attempt is forgotten", async () => {
  await assert.rejects(init(new Uint8Array([1, 2, 3])), { name: "CardkeepError", code: "not-ready", op: "init" });
  await assert.rejects(init(new URL("file:///nowhere/cardkeep_bg.wasm")), { code: "not-ready" });
  await init();
  assert.equal(readCard(fixture("cards/80_v2.json")).container, "json");
});

test("init may be called at once from everywhere, and again", async () => {
  assert.equal(init, named);
  await Promise.all([init(), init(), init(new Uint8Array())]);
  await init();
});

test("the version is the one of the manifest", async () => {
  const manifest = await run(`import manifest from "cardkeep/package.json" with { type: "json" }; console.log(manifest.version)`);
  assert.equal(version, manifest);
});

const card = JSON.stringify(path("cards/80_v2.json"));
const read = `import { readFileSync } from "node:fs"; console.log(readCard(readFileSync(${card})).spec)`;

test("initSync takes the bytes that the sub-path `wasm` names", async () => {
  const text = `import { initSync, readCard } from "cardkeep";
    initSync(readFileSync(new URL(import.meta.resolve("cardkeep/wasm")))); ${read}`;
  assert.equal(await run(text), "v2");
});

test("initSync refuses what is no module", async () => {
  const text = `import { initSync } from "cardkeep"; try { initSync(new Uint8Array(4)) } catch (error) { console.log(error.name, error.code, error.op) }`;
  assert.equal(await run(text), "CardkeepError not-ready initSync");
});

test("a compiled module serves as well", async () => {
  const text = `import { init, readCard } from "cardkeep";
    await init(WebAssembly.compile(readFileSync(new URL(import.meta.resolve("cardkeep/wasm"))))); ${read}`;
  assert.equal(await run(text), "v2");
});

test("the inline entry needs no file and no network", async () => {
  const text = `import init, { readCard } from "cardkeep/inline";
    globalThis.fetch = () => { throw new Error("fetched") }; await init(); ${read}`;
  assert.equal(await run(text), "v2");
});

test("all entries share one module", async () => {
  const text = `import { init } from "cardkeep/inline"; import { readCard } from "cardkeep"; await init(); ${read}`;
  assert.equal(await run(text), "v2");
});
