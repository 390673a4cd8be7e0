// The one WebAssembly module behind every function, and whether it is there. Where its bytes come from is the
// business of the entries: index.ts for the web, node.ts for Node, inline.ts for the embedded copy.

import startModule, { initSync as startModuleSync } from "./cardkeep.js";
import { failure, named } from "./errors.js";

/** What the module can be loaded from: an address, a response to fetch it, its bytes, or the compiled module. */
export type InitInput = string | URL | Request | Response | BufferSource | WebAssembly.Module;

let ready = false;
let loading: Promise<void> | undefined;

/**
 * Loads the module once. A failed attempt is forgotten, so that the next one may succeed.
 * @internal
 */
export function load(source: () => InitInput | Promise<InitInput>): Promise<void> {
  if (ready) return Promise.resolve();
  loading ??= (async () => {
    try {
      await startModule({ module_or_path: await source() });
      ready = true;
    } catch (thrown) {
      throw notLoaded(thrown, "init");
    } finally {
      loading = undefined;
    }
  })();
  return loading;
}

/**
 * Loads the module at once, from its bytes or compiled. Browsers refuse this on the main thread for more than a few MB.
 *
 * Throws `not-ready` when it cannot be loaded.
 */
export function initSync(module: BufferSource | WebAssembly.Module): void {
  if (ready) return;
  try {
    startModuleSync({ module });
    ready = true;
  } catch (thrown) {
    throw notLoaded(thrown, "initSync");
  }
}

/**
 * Calls the module on behalf of a public function.
 * @internal
 */
export function call<T>(op: string, work: () => T): T {
  try {
    if (!ready) throw failure("not-ready", `${op} was called before init() finished`);
    return work();
  } catch (thrown) {
    throw named(thrown, op);
  }
}

/**
 * The same for what answers later.
 * @internal
 */
export async function ask<T>(op: string, work: () => Promise<T>): Promise<T> {
  try {
    if (!ready) throw failure("not-ready", `${op} was called before init() finished`);
    return await work();
  } catch (thrown) {
    throw named(thrown, op);
  }
}

function notLoaded(thrown: unknown, op: string) {
  const hint = "Check that cardkeep_bg.wasm is served and that the page's policy allows 'wasm-unsafe-eval'; then call init() again.";
  return named(failure("not-ready", `the module could not be loaded: ${String(thrown)}`, { hint, cause: thrown }), op);
}
