// Checks, repairs, quarantine, usage and the log.

import type { Backup } from "./backups.js";
import type { Access, SecondCopy } from "./keep.js";
import type { DomainName } from "./record.js";

/** What can be wrong with what is stored. */
export type FindingCode =
  /** The record's bytes cannot be read. */
  | "rotten-record"
  /** The record is gone, or older than it was, and something still tells of it. */
  | "lost-record"
  /** The record was written by a newer version. */
  | "newer-record"
  /** The row is found under other keys than its record says. */
  | "wrong-index"
  /** A piece of the contents is missing or rotten. */
  | "lost-content"
  /** The messages are not the ones that the chat's manifest lists. */
  | "lost-messages"
  /** The record refers to another one that is not there. */
  | "broken-link"
  /** Saved records are not in the second copy. */
  | "uncopied-records"
  /** A scheduled edit cannot be read. */
  | "rotten-edit";

/**
 * What repairing does: it comes back from the `second-copy`; the newest sound older state (`version`) takes its place;
 * `salvage`, what can still be read is kept; `rewrite`, the row is written again; `unlink`, the link is taken out; `copy`,
 * a complete second copy is made; `quarantine`, it is taken out of the way, whole; `none`.
 */
export type Remedy = "second-copy" | "version" | "salvage" | "rewrite" | "unlink" | "copy" | "quarantine" | "none";

/** One thing that is wrong. */
export interface Finding {
  code: FindingCode;
  domain: string;
  id: string;
  /** Set for an older state: its revision. */
  rev?: number;
  /** For people. */
  message: string;
  /** What repairing would do, or did. */
  repair: Remedy;
}

/** How far a check or a repair is. */
export interface CheckProgress {
  phase: "records" | "journal" | "second-copy" | "done" | "repair";
  done: number;
  /** About so many. */
  total: number;
  findings: number;
}

export interface CheckOptions {
  /** Also every byte of all contents, of the older states too. Slower. */
  full?: boolean;
  /** Ends it with `cancelled`. */
  signal?: AbortSignal | undefined;
  /** Told after every step. While a promise that it gives is pending, the check waits: that is how to pause it. */
  onProgress?: ((progress: CheckProgress) => unknown) | undefined;
}

/** What a check found. */
export interface CheckReport {
  /** When it was done, milliseconds since 1970. */
  at: number;
  full: boolean;
  /** Records read. */
  records: number;
  /** Older states read. */
  versions: number;
  /** Contents read, each once. */
  contents: number;
  findings: Finding[];
}

export interface RepairOptions extends Omit<CheckOptions, "full"> {
  /** Say what would be done, and do nothing. */
  dryRun?: boolean;
}

/** What a repair did. */
export interface RepairReport {
  /** Id of the backup with everything as it stood before. */
  backup?: string;
  /** Every finding, what was done (`repair`), and what became of it. */
  items: (Finding & { outcome: "repaired" | "planned" | "sound" | "left" | "failed" })[];
}

/** Something that could not be read and was taken out of the way. */
export interface QuarantineEntry {
  id: string;
  /** The domain of the record that it was. */
  domain: string;
  /** That record's id. */
  record: string;
  /** Set for an older state: its revision. */
  rev?: number;
  /** The code of the error. */
  code: string;
  reason: string;
  bytes: number;
  /** When it was put here, milliseconds since 1970. */
  at: number;
}

/** How much there is of something. */
export interface Amount {
  count: number;
  bytes: number;
  /** When the oldest one was written or deleted, milliseconds since 1970. */
  oldest?: number;
  newest?: number;
}

/** How much space is taken, in bytes. */
export interface Usage {
  /** What is stored, by kind; absent is none. What several share counts with the first. */
  stored: Health["stored"];
  /** Scheduled edits that are not in their records yet. */
  journal: Health["journal"];
  /** The second copy. */
  secondCopy: number;
  /** The last save found no space. What is stored can be read. */
  full: boolean;
  /** Whether the browser promised not to remove anything by itself; absent where it does not tell. */
  persisted?: boolean;
  /** What the whole origin takes, may take, and has left, by the browser's estimate; absent where it does not tell. */
  usage?: number;
  quota?: number;
  free?: number;
}

/** What a `quota` event carries. */
export interface QuotaDetail {
  /** True when a save found no space, false when one is stored again. */
  full: boolean;
  /** So many bytes a backup had that was removed so that a save found space; `full` is false then. */
  freed?: number;
}

/** How the storage is. */
export interface Health {
  /** When this was looked up, milliseconds since 1970. */
  at: number;
  /** Schema of the stored records that this version writes. */
  schema: number;
  access: Access;
  secondCopy: SecondCopy;
  /** What is stored, by kind; absent is none. What several share counts with the first. */
  stored: { [kind in DomainName | "trash" | "versions" | "snapshots" | "quarantine" | "drafts" | "unreadable" | "other"]?: Amount };
  /** Scheduled edits that are not in their records yet. */
  journal: Amount;
  /** Whole backups, the bytes of all, and the newest. */
  backups: { count: number; bytes: number; newest?: Backup };
  /** When a backup was read as a file to its end, and of when it is. */
  lastExport?: { at: number; of: number };
  /** The upgrades of the data that were made, oldest first; `backup` is the id of the one made before. */
  migrations: { at: number; from: number; to: number; lifted: number; quarantined: number; backup: string }[];
  lastCheck?: { at: number; full: boolean; records: number; findings: number };
  /** How many pages have the keep open, this one too; absent where the browser does not tell. */
  tabs?: number;
  /**
   * The locks that pages hold of the keep: `open` by each, `writer:…` by each whose journal it is, `turn` by the one that
   * writes in `single-writer` mode. `page` is the browser's name for the page. Absent as `tabs` is.
   */
  locks?: { name: string; mode: "exclusive" | "shared"; page: string }[];
  /** Whether the browser promised not to remove anything by itself; absent where it does not tell. */
  persisted?: boolean;
  /** The browser's estimate for this origin, in bytes. */
  space?: { usage: number; quota: number };
  /** What is not here and a keep would use. */
  lacks: Lacked[];
  /** What somebody should look at. */
  warnings: { code: HealthWarningCode; message: string }[];
}

/**
 * What a browser, a worker or an address that is not secure may not have, and what a keep cannot do then: without
 * `private-files` there is no second copy; without `locks` a page that opens takes what another one is still
 * editing for left behind, and saves it; without `channel` other tabs are not told of changes; without `local-storage` the last keys before
 * a page ends rest on the database alone.
 */
export type Lacked = "private-files" | "locks" | "channel" | "local-storage";

export type HealthWarningCode =
  | "read-only" | "full" | "copy-incomplete" | "unreadable" | "second-copy-off" | "second-copy-failing" | "second-copy-catching-up" | "check-found" | "check-old"
  | "export-old" | "quarantine" | "drafts" | "not-persisted" | "nearly-full";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** One entry of the log. Nothing of what is stored is in it. */
export interface LogEntry {
  /** Milliseconds since 1970. */
  at: number;
  level: LogLevel;
  /** What happened, such as `opened`, `write-failed`, `read-healed`, `checked`. */
  event: string;
  domain?: string;
  id?: string;
  /** The code of the error. */
  code?: string;
  count?: number;
  /** How long it took, in milliseconds. */
  ms?: number;
}
