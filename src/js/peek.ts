// A file that is read in parts: the module says which, and tells what they say.

import { failure, refuseIfAborted } from "./errors.js";
import { fromOutside } from "./intake.js";
import { bytes } from "./options.js";

/** What the module knows of a file so far. */
interface Known {
  /** Where the wanted parts begin and end. */
  wants(): Float64Array;
  give(at: number, part: Uint8Array): void;
  free(): void;
}

/**
 * Gives the module the parts that it wants, and then has it tell, which ends it.
 * @internal
 */
export async function peek<K extends Known>(file: Blob | Uint8Array, known: K, signal: AbortSignal | undefined, tell: (known: K) => string): Promise<string> {
  let told = false;
  try {
    for (;;) {
      refuseIfAborted(signal);
      const ends = known.wants();
      if (ends.length === 0) break;
      const starts = Array.from(ends).filter((_, n) => n % 2 === 0);
      const reading = starts.map((start, n) => part(file, start, ends[2 * n + 1]!));
      for (const [n, read] of (await Promise.all(reading)).entries()) {
        if (read.length !== ends[2 * n + 1]! - starts[n]!) throw failure("medium", "the file ended before its time while it was read");
        known.give(starts[n]!, read);
      }
    }
    told = true;
    return tell(known);
  } finally {
    // The telling takes it.
    if (!told) known.free();
  }
}

/** How many bytes a file has. Refuses what is none. */
export function sizeOf(given: Blob | Uint8Array): number {
  if (given instanceof Blob) return given.size;
  if (given instanceof Uint8Array) return bytes(given, "file").length;
  throw failure("bad-option", "`file` is no Blob, File or Uint8Array");
}

async function part(file: Blob | Uint8Array, start: number, end: number): Promise<Uint8Array> {
  if (file instanceof Uint8Array) return file.subarray(start, end);
  return new Uint8Array(await fromOutside(file.slice(start, end).arrayBuffer()));
}
