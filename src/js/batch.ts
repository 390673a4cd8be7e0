// Several records at once: what callers give, item by item.

import type { CardkeepError } from "./errors.js";
import { fields, list, options, record, revision, text } from "./options.js";
import type { PatchItem, PutOptions, Target } from "./types/record.js";

/** Every item for the module; what is wrong with one names its place. */
export function items<T extends object, R>(given: readonly T[], name: string, known: readonly (keyof T & string)[], of: (item: T) => R): R[] {
  return list(given, name).map((item, index) => {
    try {
      return of(options(record(item, `${name}[${index}]`) as T, known));
    } catch (error) {
      throw Object.assign(error as Error, { index });
    }
  });
}

/** Records by their ids, or with the revisions that were read. */
export function targets(given: readonly (string | Target)[]): Target[] {
  const named = list(given, "ids").map((target) => (typeof target === "string" ? { id: target } : target));
  return items(named, "ids", ["id", "ifRev"], ({ id, ...rest }) => ({ id: text(id, "id"), ...revision(rest) }));
}

/** What is wrong with the only item of a list has its place too: the module does not tell it from a single record. */
export async function numbered<T>(given: readonly unknown[], answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (thrown) {
    const error = thrown as CardkeepError;
    if (Array.isArray(given) && given.length === 1 && (error.id !== undefined || OF_AN_ITEM.test(error.code))) error.index ??= 0;
    throw error;
  }
}

/** Codes of what is said of an item that has no id yet. */
const OF_AN_ITEM = /^(invalid|bad-json|not-a-.*)$/;

/** Some fields of a record. */
export function patch({ id, patch, ...rest }: PatchItem<object>): { id: string; patch: string; ifRev?: number } {
  return { id: text(id, "id"), patch: fields(patch, "patch"), ...revision(rest) };
}

/** Where a document goes. */
export function place({ id, ...rest }: Pick<PutOptions, "id" | "ifRev">): { id?: string; ifRev?: number } {
  return { ...(id !== undefined && { id: text(id, "id") }), ...revision(rest) };
}
