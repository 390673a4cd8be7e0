// What every reader says: JSON, warnings, faults, losses and limits.

/** Anything JSON can say. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What a tolerant reader noticed. `repaired: false` means something was left out or left as it is. */
export interface Warning {
  /** Stable and kebab-case, such as `crc-mismatch`. */
  code: string;
  /** A path in the document (`data.tags`), a chunk (`chunk 3 tEXt`) or a line (`line 7`). */
  path: string;
  message: string;
  repaired: boolean;
}

/** How much input is accepted; bytes unless said otherwise. */
export interface Limits {
  /** A whole card file. Default 64 MiB. */
  file?: number;
  /** One chunk as stored. Default 32 MiB. */
  chunk?: number;
  /** Inflated or decoded text. Default 32 MiB. */
  text?: number;
  /** Number of text chunks of one image, beside those of its card and its assets. Default 64. */
  textChunks?: number;
  /** Nesting of a JSON document, in levels. Default 64. */
  depth?: number;
  /** Files of one archive. Default 10,000. */
  entries?: number;
  /** All contents of an archive together. Default 256 MiB. */
  archive?: number;
  /** How many times its stored size one content of an archive may have. Default 200. */
  ratio?: number;
  /** Pixels of an image that is decoded for a thumbnail. Default 64,000,000. */
  pixels?: number;
  /** A whole chat log. Default 1 GiB. */
  chat?: number;
}

/** One thing about a card that is not as its specification asks. */
export interface CardIssue {
  /** Such as `data.character_book.entries.3.keys`; empty for the whole card. */
  path: string;
  /** Stable and kebab-case: `missing-field`, `wrong-type`, `bad-value`, `duplicate-id`, … */
  code: string;
  message: string;
}

/** What is wrong with a value that is to be stored, and what is odd about it. */
export interface Validity {
  /** Whether there are no errors. */
  ok: boolean;
  /** What would be refused, or is against the rules of its form. `path` is empty for all of it. */
  errors: CardIssue[];
  /** What is taken and is hardly meant. */
  warnings: CardIssue[];
}

export interface ValidateOptions {
  /** The record in whose place it is to be put. */
  id?: string | undefined;
}

/** Something that the other specification or dialect has no place for. */
export interface Loss {
  /** Such as `data.nickname` or `entries.3.probability`. */
  path: string;
  message: string;
}

/** One line that could not be read. The others can. */
export interface Fault {
  /** Counted from 1; in a `PeekedChat` that is not complete from the end. */
  line: number;
  code: string;
  message: string;
}
