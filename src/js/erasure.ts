// Removing a keep with all that belongs to it: its databases, its files, and what it left in localStorage. Nothing of a
// keep is looked at, so one that cannot be opened any more can be removed as well.

import { Blockade } from "./blockade.js";
import { failure } from "./errors.js";
import { ask } from "./loading.js";
import { options } from "./options.js";
import { type Place, Rescue } from "./rescue.js";
import { localStore } from "./slot.js";
import type { EraseOptions } from "./types/keep.js";
import { keepName, openingTime } from "./upgrade.js";

/** How long after one attempt to remove what another page holds comes the next. */
const AGAIN_MS = 100;

/**
 * The work behind `Keep.erase`.
 * @internal
 */
export function erase(given?: string, chosen?: EraseOptions): Promise<void> {
  return ask("Keep.erase", async () => {
    const { timeout } = options(chosen, ["timeout"]);
    const name = keepName(given);
    const until = performance.now() + openingTime(timeout);
    const { indexedDB } = globalThis as { indexedDB?: IDBFactory };
    if (indexedDB === undefined) throw failure("no-support", "there is no IndexedDB here");
    // The databases first: other pages let go of the files with them. A page that ends before the files are gone leaves
    // the keep as it was, since the second copy brings it back.
    const rescued = await new Rescue(name).there();
    const blockade = new Blockade(name);
    try {
      for (const place of [{ factory: indexedDB, name }, ...(rescued ? [rescued] : [])]) await dropped(place, until, blockade);
    } finally {
      blockade.end();
    }
    await unlinked(name, until);
    forget(name);
    // Whoever opened it anew meanwhile has made it again.
    const left = (await indexedDB.databases?.())?.some((one) => one.name === name) === true;
    if (left) throw failure("blocked", `another page has made the keep \`${name}\` again`);
  });
}

/** Removes a database. Pages that have it open are told, and let go. */
function dropped({ factory, name }: Place, until: number, { meet }: Blockade): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = factory.deleteDatabase(name);
    const late = setTimeout(() => reject(failure("blocked", `another page does not let go of \`${name}\``)), Math.max(0, until - performance.now()));
    request.onblocked = meet;
    const settle = (work: () => void) => () => (clearTimeout(late), work());
    request.onsuccess = settle(resolve);
    request.onerror = settle(() => reject(failure("medium", `the database \`${name}\` cannot be removed: ${request.error?.message ?? ""}`)));
  });
}

/** Removes the files: the second copy and the backups. */
async function unlinked(name: string, until: number): Promise<void> {
  const storage = (globalThis.navigator as Navigator | undefined)?.storage as StorageManager | undefined;
  if (!storage?.getDirectory) return;
  for (;;) {
    try {
      const root = await storage.getDirectory();
      await (await root.getDirectoryHandle("cardkeep")).removeEntry(name, { recursive: true });
      return;
    } catch (thrown) {
      const { name: reason, message } = thrown as DOMException;
      if (reason === "NotFoundError") return;
      // Where the page must not look at files it has never written any.
      if (reason === "SecurityError") return;
      if (performance.now() > until) throw failure("blocked", `files of \`${name}\` cannot be removed: ${message}`);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

/** Removes what pages left in localStorage. */
function forget(name: string): void {
  const storage = localStore();
  if (storage === undefined) return;
  try {
    const keys = Array.from({ length: storage.length }, (_, at) => storage.key(at));
    for (const key of keys) if (key?.startsWith(`cardkeep:${name}:`)) storage.removeItem(key);
  } catch {
    // A page that must not look at it has left nothing there.
  }
}
