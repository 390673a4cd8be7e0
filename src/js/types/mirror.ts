// A folder on the disk that follows a keep.

import type { ExportedFolder } from "./folder.js";
import type { RecordDomain } from "./record.js";

export interface MirrorOptions {
  /** Whose folder it is. Default `"sillytavern"`, the only one. */
  layout?: "sillytavern";
  signal?: AbortSignal;
}

/** What writing the keep into a folder tells. */
export type MirrorEvent =
  | ({ type: "file" } & MirrorOutcome)
  /** Records that were looked at. */
  | { type: "progress"; done: number; total: number }
  /**
   * Last: everything counted, what became of each file, and in `told` what of the keep has no place in that layout, could not be
   * read, or lost something.
   */
  | { type: "done"; written: number; unchanged: number; removed: number; conflicts: number; failed: number; report: MirrorOutcome[]; told: ExportedFolder["told"] };

/** What became of a file of the folder. */
export interface MirrorOutcome {
  path: string;
  /** `conflict`: somebody else put or changed the file, and it was left as it is. */
  outcome: "written" | "unchanged" | "removed" | "conflict" | "failed";
  /** The record that it is of; groups and personas are of several. */
  domain?: RecordDomain;
  id?: string;
  /** Why it failed. */
  code?: string;
  message?: string;
}
