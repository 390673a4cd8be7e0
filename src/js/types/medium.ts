// Where a keep rests: what a medium has to do.

/** The four tables of a medium. */
export type MediumTable = "rows" | "pages" | "journal" | "meta";

/**
 * A key: whole numbers and texts. Keys are compared part by part: numbers by value, before all texts; texts by their UTF-16
 * code units, as `<` does; a key before the longer ones that begin with it.
 */
export type MediumKey = (number | string)[];

/** What stands under a key, usually under 64 KB. Outside of `rows`, `rev` is 0 and `by` is empty. */
export interface MediumValue {
  /** The revision, for the check of the next writer. */
  rev: number;
  /** Index keys: `find` finds a row by each of them. */
  by: string[];
  bytes: Uint8Array;
}

export interface MediumEntry {
  key: MediumKey;
  value: MediumValue;
}

/** A range of a table, in the order of its keys. */
export interface MediumScan {
  table: MediumTable;
  /** Only keys that begin with these parts; all keys when it is empty. */
  prefix: MediumKey;
  /** Only keys behind this one. */
  after?: MediumKey;
  /** At most so many. */
  limit?: number;
}

/** What must hold when a burst is written. */
export type MediumCheck =
  /** The row has this revision; without `rev`: there is no row. */
  | { is: "rev"; table: "rows"; key: MediumKey; rev?: number }
  /** The value has these bytes; without `bytes`: there is no value. */
  | { is: "same"; table: MediumTable; key: MediumKey; bytes?: Uint8Array };

/** Everything that one transaction does: all of it or nothing. */
export interface MediumBurst {
  /** Looked at first. When one does not hold, everything stays as it was. */
  checks: MediumCheck[];
  /** Then written; a value under the key is replaced, with its index keys. */
  puts: { table: MediumTable; key: MediumKey; value: MediumValue }[];
  /** Then removed; a key that is not there is no error. */
  deletes: { table: MediumTable; key: MediumKey }[];
  /** Whether it has to outlive a power cut. */
  durable: boolean;
}

/**
 * A place for a keep: four tables of keys and small values. `conformance` of `cardkeep/testing` proves one.
 *
 * A call that fails rejects, or throws; an error's `code` of the published ones counts, above all `quota` (no space), `aborted`
 * (nothing of the burst was stored), `closed` (the place is gone: the keep ends) and `timeout`; every other one is `medium`,
 * after which nobody knows what was stored. Nothing is repeated.
 *
 * One keep at a time stands on a medium, unless it is `shared`.
 */
export interface Medium {
  /** Whether other pages of this origin open keeps of the same name on the same content. They hear of each other then. */
  readonly shared?: boolean;
  /** Called first, also after `close`: then everything is there again. */
  open(): void | Promise<void>;
  /** The values under some keys, in their order, of one moment; `undefined` where there is none. */
  read(table: MediumTable, keys: MediumKey[]): (MediumValue | undefined)[] | Promise<(MediumValue | undefined)[]>;
  /** A range, in the order of its keys, of one moment. */
  scan(scan: MediumScan): MediumEntry[] | Promise<MediumEntry[]>;
  /** How many keys a range has; told from `scan` where this is missing. */
  count?(scan: MediumScan): number | Promise<number>;
  /** The keys of a range, in order; told from `scan` where this is missing. */
  keys?(scan: MediumScan): MediumKey[] | Promise<MediumKey[]>;
  /**
   * Ranges of one moment, each as `scan` gives it. Where this is missing they are told from scans, and the keep's own writes
   * wait meanwhile; a `shared` one must have it.
   */
  moment?(scans: MediumScan[]): MediumEntry[][] | Promise<MediumEntry[][]>;
  /** The rows that carry an index key, in the order of their keys. */
  find(by: string): MediumEntry[] | Promise<MediumEntry[]>;
  /**
   * Writes a burst: all of it or nothing, also when the process ends meanwhile, and nobody sees a part of it. Answers when it
   * is stored, with `undefined`; or with the position in `checks` of the first that does not hold, and nothing was written.
   */
  write(burst: MediumBurst): (number | undefined) | Promise<number | undefined>;
  /** Lets go of the place. Every other call is `closed` then; another `close` does nothing. */
  close(): void | Promise<void>;
}
