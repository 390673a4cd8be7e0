// Opening a keep, and what an opening tells.

import type { ErrorCode } from "../errors.js";
import type { Medium } from "./medium.js";

export interface OpenOptions {
  /** Which keep of this origin. Letters, digits, `-` and `_`. Default `"cardkeep"`. */
  name?: string;
  /**
   * Where the data lives. `"memory"` keeps nothing after closing; a `Medium` of your own keeps it where that puts it, without
   * a second copy beside it. `"second-copy"` is what the second copy of a keep has, read into memory: for reading and exporting
   * while another tab blocks the database or it cannot be opened. It takes no changes (`access`), and shows none that come
   * later; `report.incomplete` says when it lacks something; close it when the keep itself is open. Then `open` throws `not-found` where there is no second copy, `corrupt` when
   * nothing in it can be read, `too-large` over 256 MiB, `no-support`. Default `"indexeddb"`.
   */
  medium?: "indexeddb" | "memory" | "second-copy" | Medium;
  /**
   * `"single-writer"`: of all tabs that open the keep so, one writes at a time, the others read until it ends or they
   * `takeOver()`. Default `"shared"`: all of them write, guarded by revisions.
   */
  mode?: "shared" | "single-writer";
  /**
   * What to do where there is no storage, as in some private windows: `"memory"` opens a keep that ends with the page, and
   * `report.fallback` says why. Show that to whoever types. Default: `open` rejects.
   */
  fallback?: "memory";
  /** Called once when another tab does not let go of the storage and opening has to wait for it, or behind a third one that does. */
  onBlocked?: () => void;
  /** Called while records of an older version are lifted: at the beginning and after each step. */
  onUpgrade?: (upgrade: Upgrade) => void;
  /** How long opening may take, in milliseconds. Default 15,000. */
  timeout?: number;
}

/** What may be asked of removing a keep. */
export interface EraseOptions {
  /** How long other pages may take to let go of it, in milliseconds. Default 15,000. */
  timeout?: number;
}

export interface PlanOptions {
  /** How long opening the database may take, in milliseconds. Default 15,000. */
  timeout?: number;
}

/** How far an upgrade of older data has come. */
export interface Upgrade {
  /** The schema before. */
  from: number;
  /** The schema after. */
  to: number;
  /** Rows looked at: records and their older states. */
  done: number;
  /** Rows there are. */
  total: number;
}

/** What opening a keep would do to older data. */
export interface UpgradePlan {
  /** The schema that the keep has. Above `to`: it would open read-only. */
  from: number;
  /** The schema that this version writes. */
  to: number;
  /** What would be done, in order; empty when nothing is. */
  steps: { schema: number; title: string }[];
  /** Rows there are: records and their older states. */
  rows: number;
  /** Records that would be lifted. */
  lifted: number;
  /** Records that could not be lifted; they would go to quarantine, whole. */
  odd: { domain: string; id: string; message: string }[];
}

/** Whether the keep can be written, and if not, why. */
export type Access =
  | { mode: "read-write" }
  | { mode: "read-only"; reason: "too-new" | "rolled-back" | "second-copy"; stored: number; supported: number }
  | { mode: "read-only"; reason: "locked" };

/** What opening found and did. */
export interface OpenReport {
  /** True when there was nothing and an empty keep was made. */
  created: boolean;
  /** Set when nothing is kept after the page's end: why the storage could not be opened. */
  fallback?: ErrorCode;
  /** Set when records were lifted from an older schema. */
  migrated?: { from: number; to: number; lifted: number; quarantined: number; backup: string };
  /** Set when the database had lost something and it was put back from the second copy. */
  recovered?: Recovered;
  /**
   * Set when a page had ended in the middle of a restore: the keep is what the backup holds (`finished`), what it was before
   * (`undone`) or, where neither backup can be read, something of both (`mixed`).
   */
  restore?: "finished" | "undone" | "mixed";
  /** True with `medium: "second-copy"` when that lacks something that was saved, as far as it can tell: say so to whoever reads it. */
  incomplete?: true;
  /** Set when a page had ended before its last edits were saved, and they were found. */
  replayed?: Replayed;
  /**
   * True when the browser could not open the database any more, at this opening or an earlier one, and the keep lives in
   * another place since, filled from the second copy. The old database is left as it is.
   */
  rescued?: boolean;
}

/** What the database had lost and has again, from the second copy. */
export interface Recovered {
  /** It had lost everything. */
  wiped: boolean;
  /** Records put back. */
  rows: number;
  /** Pieces of larger contents put back. */
  pages: number;
}

/** What became of the unsaved edits of pages that ended. */
export interface Replayed {
  /** Saved now, or found to be saved already. */
  applied: number;
  /** Put aside as recovered drafts, since they do not fit their records any more. */
  drafts: number;
  /** Left for the next opening, since the storage failed or they are of a newer form. */
  left: number;
}

/**
 * How the second copy is doing: `on`, every save is in both; `off`, the browser has no place for one (or the entry is
 * `cardkeep/inline`); `failing`, saves are in the database only; `catching-up`, it takes saves, but one of before may
 * be missing there until a complete copy is made, which happens by itself.
 */
export type SecondCopy = { state: "on" } | { state: "off" } | { state: "failing"; message: string } | { state: "catching-up" };
