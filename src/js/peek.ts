// A file that is read in parts: the module says which, and tells what they say.

import { failure, refuseIfAborted } from "./errors.js";
import { fromOutside } from "./intake.js";

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
export async function peek<K extends Known>(file: Blob, known: K, signal: AbortSignal | undefined, tell: (known: K) => string): Promise<string> {
  let told = false;
  try {
    for (;;) {
      refuseIfAborted(signal);
      const ends = known.wants();
      if (ends.length === 0) break;
      const starts = Array.from(ends).filter((_, n) => n % 2 === 0);
      const reading = starts.map((start, n) => fromOutside(file.slice(start, ends[2 * n + 1]).arrayBuffer()));
      for (const [n, part] of (await Promise.all(reading)).entries()) {
        if (part.byteLength !== ends[2 * n + 1]! - starts[n]!) throw failure("medium", "the file ended before its time while it was read");
        known.give(starts[n]!, new Uint8Array(part));
      }
    }
    told = true;
    return tell(known);
  } finally {
    // The telling takes it.
    if (!told) known.free();
  }
}

/** Refuses what is no file. */
export function blob(given: Blob): Blob {
  if (given instanceof Blob) return given;
  throw failure("bad-option", "`file` is no Blob or File");
}
