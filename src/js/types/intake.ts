// Files on their way into a keep, and what becomes of each.

import type { ChatEntry, ChatLinks } from "./chats.js";
import type { Limits, Warning } from "./reading.js";

/** What can be imported: one or many. */
export type ImportSource = File | Blob | Uint8Array | ReadableStream<Uint8Array>;

export interface ImportOptions {
  limits?: Limits;
  signal?: AbortSignal;
}

export type ImportEvent<E> =
  /**
   * `duplicate`: the same bytes are kept already, as `entry`. `updated`: a chat's file that begins with all of the chat `entry`, which
   * got the lines that came since; only where nothing of it was changed here, and the state before stays as an older one. `like`: other characters of which a model reads the same words.
   * `chats`: those that came in a character's file, linked to it.
   */
  | { type: "item"; name: string; entry: E; status: ImportStatus; warnings: Warning[]; like?: E[]; chats?: ImportedChat[] }
  | { type: "failed"; name: string; code: string; message: string; needed?: number; free?: number }
  | { type: "progress"; done: number; total: number }
  | { type: "done"; added: number; updated: number; duplicates: number; failed: number };

/** A chat that came in the file of a character. */
export interface ImportedChat {
  entry: ChatEntry;
  status: ImportStatus;
  warnings: Warning[];
}

export type ImportStatus = "added" | "updated" | "duplicate";

export interface ChatImportOptions extends ImportOptions, ChatLinks {
  /** In place of the one that the file has; at most 100 characters. */
  title?: string;
}
