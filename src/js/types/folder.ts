// Whole folders of other tools, in and out.

import type { ImportOptions, ImportStatus } from "./intake.js";
import type { Warning } from "./reading.js";
import type { Entry, RecordDomain } from "./record.js";
import type { ImportedSettings } from "./settings.js";

/**
 * A folder: an archive of it (ZIP), its files with their paths (such as those of an `<input webkitdirectory>`), or a directory
 * that somebody picked.
 */
export type FolderSource = Blob | Uint8Array | Iterable<File | { path: string; file: Blob | Uint8Array }> | FileSystemDirectoryHandle;

export interface FolderOptions extends ImportOptions {
  /** Only says what is in the folder: nothing is read but names, and nothing is stored. */
  preview?: boolean;
}

/** Where the files of a folder go. */
export type FolderDomain = "characters" | "chats" | "worlds" | "personas" | "lorebooks" | "templates" | "assets" | "settings";

/** What importing a folder tells. */
export type FolderEvent =
  /** First: how many files there are, and for which domains. */
  | { type: "found"; files: number; found: Partial<Record<FolderDomain, number>> }
  /**
   * Something is kept. `updated`: it was there already and got what it lacked, a chat its links or the lines that came to its file
   * since, a persona its picture, a setting its value. A character, world, lorebook or template whose file was changed is `added`
   * beside the one that is kept: nothing here is replaced.
   * `like`: ids of other characters of which a model reads the same words.
   */
  | { type: "item"; path: string; domain: Exclude<FolderDomain, "settings">; status: FolderStatus; entry: Entry; warnings: Warning[]; like?: string[] }
  /** What the settings say was taken over where nothing was set here. */
  | { type: "item"; path: string; domain: "settings"; status: FolderStatus; settings: ImportedSettings; warnings: Warning[] }
  /** The file is no record of its own, and what it says went into others. */
  | { type: "used"; path: string; message: string }
  | { type: "skipped"; path: string; reason: FolderReason; message: string }
  | { type: "failed"; path: string; code: string; message: string; needed?: number; free?: number }
  | { type: "progress"; done: number; total: number }
  /** Last: everything counted, and what became of each file. A file may hold several records. */
  | { type: "done"; added: number; updated: number; duplicates: number; repaired: number; failed: number; skipped: number; report: FolderOutcome[] };

export type FolderStatus = ImportStatus;

/**
 * Why a file is left: it holds secrets and is not read, there is nothing here that it could become, it is a copy of what stands
 * elsewhere, it belongs to the program, or nothing is known of it.
 */
export type FolderReason = "secret" | "no-place" | "copy" | "program" | "unknown";

/** What became of a file. */
export interface FolderOutcome {
  path: string;
  outcome: FolderStatus | "used" | "skipped" | "failed";
  domain?: FolderDomain;
  /** The record that it is. */
  id?: string;
  /** What was put right in it. */
  repaired?: Warning[];
  /** Why it failed or was left. */
  code?: string;
  message?: string;
}

export interface ExportFolderOptions {
  /** Whose folder it is to be. */
  layout: "sillytavern";
  signal?: AbortSignal;
}

/** The keep as the data folder of another tool, in an archive. */
export interface ExportedFolder {
  /** Safe on every file system. */
  filename: string;
  type: string;
  /** What has no place in that layout, could not be read, or lost something; complete when the archive was read to its end. */
  readonly told: { domain: RecordDomain; id: string; name: string; message: string }[];
  /** Makes the archive in pieces, each time anew. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Makes the archive as a blob. Rejects with what the stream fails with, and `medium` where the browser cannot hold it. */
  blob(): Promise<Blob>;
}
