// Backups.

import type { Entry, RecordDomain } from "./record.js";

/** A copy of everything, in one file. */
export interface Backup {
  id: string;
  /** Of when it is. */
  created: number;
  /** Why it was made. */
  reason: string;
  /** Schema of the records in it. */
  schema: number;
  /** Records and their older states. */
  records: number;
  /** Pieces of what is larger: pictures, files, messages. */
  pages: number;
  /** Length of the file. */
  bytes: number;
  /** Stays however many there are. */
  pinned: boolean;
  /** It was written to its end; one that is not is damaged, or still being made. */
  complete: boolean;
  /** There was no room for pictures, files and messages: they are where they were, and only this keep can be restored from it. */
  rowsOnly: boolean;
}

/** What may be asked of a new backup. */
export interface NewBackup {
  /** For people. */
  reason?: string | undefined;
  /** Whether it stays however many there are. */
  pin?: boolean | undefined;
}

/** What reading all of a backup found. */
export interface BackupReport {
  /** Everything is there and sound. */
  ok: boolean;
  /** Sound records by their domain; older states are `versions`. */
  records: Record<string, number>;
  /** Sound pages. */
  pages: number;
  /** How many values should be there and are not among the sound ones. */
  lost: number;
  /** What is damaged: a value, or all of an entry of the file. */
  damage: { entry: string; table?: string; key?: (string | number)[] }[];
}

/** An entry of a record that a backup holds. */
export type BackedUp = Entry & { domain: RecordDomain; name?: string; title?: string };

/** What becomes of what is there, and what comes back. */
export interface RestoreOptions {
  mode: "replace" | "copy";
  /** With `copy`: these records and no others. */
  only?: readonly { domain: RecordDomain; id: string }[] | undefined;
}

/** What a restore did. */
export interface Restored {
  /** Id of the backup that was restored. */
  backup: string;
  /** Id of the backup of what was there before. */
  before: string;
  /** With `copy`: how many records were gone and are back … */
  added?: number;
  /** … how many came with new ids … */
  copies?: number;
  /** … how many are there as the backup has them … */
  same?: number;
  /** … and how many cannot be read. */
  unreadable?: number;
  /** Ids that were written or removed, by their domain. */
  changed: Record<string, string[]>;
}

/** A backup to hand out. */
export interface BackupFile {
  /** Safe on every file system. */
  filename: string;
  type: string;
  /** Length in bytes. */
  size: number;
  /** Reads the file in pieces, from its start. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Reads the file into a blob. Rejects with what the stream fails with, and `medium` where the browser cannot hold it. */
  blob(): Promise<Blob>;
}
