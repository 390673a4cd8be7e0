// Space: how much there is, whether the browser may take it away, and refusing what cannot fit before anything is written.

import type { KeepHandle } from "./cardkeep.js";
import { failure } from "./errors.js";
import { health } from "./health.js";
import { ask } from "./loading.js";
import type { Usage } from "./types/health.js";

const storage = (): StorageManager | undefined => (globalThis.navigator as Navigator | undefined)?.storage as StorageManager | undefined;

/** Keeps whose data lies in the browser's storage. */
const stored = new WeakSet<KeepHandle>();

/**
 * Says that a keep takes space of the browser's storage.
 * @internal
 */
export function takesSpace(handle: KeepHandle): void {
  stored.add(handle);
}

/**
 * Refuses a file that cannot fit. A browser that does not say how much space there is says so when it is written.
 * @internal
 */
export async function refuseWithoutSpace(handle: KeepHandle, size: "file" | "chat", bytes: number): Promise<void> {
  if (!stored.has(handle)) return;
  const estimate = await storage()?.estimate?.().catch(() => undefined);
  if (estimate?.usage === undefined || estimate.quota === undefined) return;
  const free = Math.max(0, estimate.quota - estimate.usage);
  const needed = handle.spaceFor(size === "chat", bytes);
  if (needed > free) throw failure("quota", `importing the file takes ${needed} bytes or more, ${free} are free`, { needed, free });
}

/** @internal */
export function usage(handle: KeepHandle): Promise<Usage> {
  return ask("Keep.usage", async () => {
    const { stored: kinds, journal, persisted, space } = await health(handle);
    const secondCopy = (await handle.secondCopyBytes()) as number;
    return {
      stored: kinds,
      journal,
      secondCopy,
      full: handle.isFull(),
      ...(persisted !== undefined && { persisted }),
      ...(space && { usage: space.usage, quota: space.quota, free: Math.max(0, space.quota - space.usage) }),
    };
  });
}

/** @internal */
export function persist(): Promise<boolean> {
  return ask("Keep.persist", async () => {
    const there = storage();
    try {
      return (await there?.persisted?.()) === true || (await there?.persist?.()) === true;
    } catch {
      // Opaque origins refuse the question itself.
      return false;
    }
  });
}
