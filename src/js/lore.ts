// Lorebooks: bytes in, entries out, and which of them a text calls for.

import { rawEditLorebook, rawMatchLorebook, rawReadLorebook, rawWriteLorebook } from "./cardkeep.js";
import { call } from "./loading.js";
import { bytes, documentOr, fields, limits, list, options, text } from "./options.js";
import type {
  LorebookDialect,
  LorebookDocument,
  LorebookFile,
  LorebookGiven,
  LorebookMatch,
  LorebookPatch,
  MatchLorebookOptions,
} from "./types/lore.js";
import type { Limits, Loss } from "./types/reading.js";

/**
 * Reads a lorebook: of SillyTavern, the V2 and V3 specifications, Agnai, NovelAI (also in a PNG, a scenario or a story), RisuAI,
 * AI Dungeon and its relatives (also in what is exported of a scenario, an adventure or a story), a list of keys and texts between
 * tabs, or the one in a card: as JSON, PNG, CHARX, WebP or JPEG. Its document is the card then. JSON may be compressed with gzip.
 *
 * Throws `not-a-lorebook`, `bad-json`, `bad-encoding`, `bad-png`, `cut-short`, `too-large`, `bad-option`, `not-ready`.
 */
export function readLorebook(file: Uint8Array, given?: { limits?: Limits }): LorebookFile {
  return call("readLorebook", () => {
    const chosen = options(given, ["limits"]);
    const raw = rawReadLorebook(bytes(file), limits(chosen.limits));
    try {
      return { document: { bytes: raw.document }, ...(JSON.parse(raw.head) as Omit<LorebookFile, "document">) };
    } finally {
      raw.free();
    }
  });
}

/**
 * Changes fields and entries of a lorebook, in the words of its dialect; the rest of its text stays as it was written.
 *
 * Throws `invalid` for an entry that is not there or an id that is taken, `unsupported` for what the dialect has no place for,
 * `not-a-lorebook`, `bad-json`, `bad-option`, `too-large`, `not-ready`.
 */
export function editLorebook(book: LorebookGiven, patch: LorebookPatch, given?: { limits?: Limits }): LorebookDocument {
  return call("editLorebook", () => {
    const chosen = options(given, ["limits"]);
    return { bytes: rawEditLorebook(documentOr(book, "book"), fields(patch, "patch"), limits(chosen.limits)) };
  });
}

/**
 * Puts a lorebook into the file of another tool, and tells what has no place there.
 *
 * Throws `not-a-lorebook`, `invalid`, `bad-json`, `too-large`, `unsupported`, `bad-option`, `not-ready`.
 */
export function writeLorebook(book: LorebookGiven, given: { dialect: LorebookDialect; limits?: Limits }): { bytes: Uint8Array; losses: Loss[] } {
  return call("writeLorebook", () => {
    const chosen = options(given, ["dialect", "limits"]);
    const raw = rawWriteLorebook(documentOr(book, "book"), text(chosen.dialect, "dialect"), limits(chosen.limits));
    try {
      return { bytes: raw.bytes, losses: JSON.parse(raw.losses) as Loss[] };
    } finally {
      raw.free();
    }
  });
}

/**
 * Tells which entries some messages call for, the newest message last, and why the others stay out. A pure function: chance
 * comes from `seed`, and what lasts longer than a message is in `timed`, to be given with the next one.
 *
 * What fires is what fires in SillyTavern, but for this: no key is found across two messages; words end where a letter of any
 * script ends; `tokenBudget` is shared out at the end, passing over what is too long; entries of one order stand as in the book;
 * who stays in a group is not thrown out by the rest that follows. Macros in keys are to be filled before.
 *
 * Throws `not-a-lorebook`, `bad-json`, `too-large`, `bad-option`, `not-ready`.
 */
export function matchLorebook(book: LorebookGiven, messages: string | readonly string[], given?: MatchLorebookOptions): LorebookMatch {
  return call("matchLorebook", () => {
    const { limits: within, ...chosen } = options(given, [
      "scanDepth",
      "tokenBudget",
      "recursive",
      "maxRecursion",
      "caseSensitive",
      "matchWholeWords",
      "seed",
      "messages",
      "timed",
      "charactersPerToken",
      "character",
      "trigger",
      "groupScoring",
      "minActivations",
      "minActivationsDepth",
      "about",
      "greeting",
      "userIcon",
      "limits",
    ]);
    const said = typeof messages === "string" ? [messages] : list(messages, "messages").map((message) => text(message, "messages"));
    const named = Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined));
    return JSON.parse(rawMatchLorebook(documentOr(book, "book"), said, named, limits(within))) as LorebookMatch;
  });
}
