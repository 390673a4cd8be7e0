// Which world was open last, so that it can be offered. Each tab has its own in its address; this is the one to go on with.

import type { Keep } from "./library";

export async function remember(keep: Keep, id: string): Promise<void> {
  // Not worth a word when it fails: the world is there all the same.
  try {
    const { lastWorld } = await keep.settings.get();
    if (lastWorld !== id) await keep.settings.patch({ lastWorld: id });
  } catch {
    return;
  }
}
