// Bringing two changes of one value together.

import { rawMerge } from "./cardkeep.js";
import { call } from "./loading.js";
import { json } from "./options.js";
import type { Merged } from "./types/record.js";

/**
 * Brings the changes of two sides together that began with the same value, such as the sides of a `conflict`. Objects are
 * merged key by key, lists of objects with an `id` (or `uid`) of their own item by item; any other value is one. What one
 * side changed is taken. Where both changed it differently the place is listed in `conflicts`, and `merged` has mine,
 * unless mine removes what theirs changed: a change wins over a removal. Without a base, what only one side has is taken.
 *
 * Throws `bad-option`, `too-large`, `not-ready`.
 */
export function merge<T>(base: T | undefined, mine: T, theirs: T): Merged<T> {
  return call("merge", () => {
    const before = base === undefined ? undefined : json(base, "base");
    return JSON.parse(rawMerge(before, json(mine, "mine"), json(theirs, "theirs"))) as Merged<T>;
  });
}
