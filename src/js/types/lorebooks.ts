// Lorebooks in a keep.

import type { Lorebook, LorebookDialect, LorebookDocument, LorebookGiven } from "./lore.js";
import type { Entry, PutOptions, SafetyOptions } from "./record.js";

/** One of the lorebooks of `putMany`. */
export interface PutLorebook extends Omit<PutOptions, keyof SafetyOptions> {
  book: LorebookGiven;
}

export interface LorebookEntry extends Entry {
  name: string;
  dialect: LorebookDialect;
  /** How many entries it has. */
  entries: number;
}

export interface KeptLorebook extends LorebookEntry {
  document: LorebookDocument;
  book: Lorebook;
}
