// The fixtures that all tests share, and a clean process where one is needed.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const path = (name) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
export const fixture = (name) => new Uint8Array(readFileSync(path(name)));
export const expected = (area) => JSON.parse(readFileSync(path(`${area}/expected.json`), "utf8"));
export const utf8 = (bytes) => new TextDecoder().decode(bytes);
export const bytes = (text) => new TextEncoder().encode(text);

/** Runs a module's text in a Node of its own, and gives what it prints. */
export async function run(text, cwd = fileURLToPath(new URL(".", import.meta.url))) {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", text], { cwd });
  return stdout.trim();
}
