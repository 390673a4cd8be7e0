// Small pictures of those that the module does not decode: the browser draws them. It decodes nothing else.

import type { KeepHandle } from "./cardkeep.js";
import { holdOf, type Taken } from "./intake.js";
import type { Entry } from "./types/record.js";

/** Twice the box that a thumbnail fits in: the module makes it fit. */
const WIDTH = 384;
const HEIGHT = 576;

/**
 * An imported character with its thumbnail, where only the browser could make one. A picture that cannot be drawn is no reason
 * to refuse a card, and what has no browser around it has none.
 * @internal
 */
export async function drawn<E extends Entry & { thumbnail?: boolean }>(handle: KeepHandle, taken: Taken<E>): Promise<Taken<E>> {
  const { id, rev, thumbnail } = taken.entry;
  if (taken.status === "duplicate" || thumbnail === true || typeof createImageBitmap !== "function" || typeof OffscreenCanvas !== "function") return taken;
  try {
    const found = (await handle.undrawn(id)) as [bytes: Uint8Array<ArrayBuffer>, type: string] | undefined;
    if (found === undefined) return taken;
    const small = await holdOf(handle)(() => draw(new Blob([found[0]], { type: found[1] })));
    if (small === undefined) return taken;
    return { ...taken, entry: JSON.parse((await handle.draw(id, rev, small)) as string) as E };
  } catch {
    // The character is kept, whatever became of its thumbnail.
    return taken;
  }
}

async function draw(picture: Blob): Promise<Uint8Array | undefined> {
  let bitmap: ImageBitmap | undefined;
  try {
    bitmap = await createImageBitmap(picture);
    const scale = Math.min(1, WIDTH / bitmap.width, HEIGHT / bitmap.height);
    const canvas = new OffscreenCanvas(Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale)));
    const context = canvas.getContext("2d");
    if (context === null) return undefined;
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
  } catch {
    return undefined;
  } finally {
    bitmap?.close();
  }
}
