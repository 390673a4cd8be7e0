// Settings.

import type { Limits, Warning } from "./reading.js";

/** What was taken over from the settings of another tool. */
export interface ImportedSettings {
  tool: "sillytavern" | "cardshark";
  /** What is another here now. */
  applied: Partial<Settings>;
  /** The members of the file that have no counterpart, or not all of which have one. */
  rest: string[];
  /** What was odd, and which secrets were left out (`secret-left-out`): where they stand, never what they are. */
  warnings: Warning[];
}

export interface ImportSettingsOptions {
  limits?: Limits;
  /** Takes over only what was not set here. */
  keepMine?: boolean;
}

/** The settings of the library and its app, with their defaults. */
export interface Settings {
  /** `"system"` follows the device. Default `"system"`. */
  theme: "system" | "light" | "dark";
  /** What the user is called in new chats. Default `"You"`. */
  userName: string;
  /** The id of the world that was played last, in any tab; empty: none. It may be gone by now. */
  lastWorld: string;
  /** Ids of templates that come with the library and are not to be shown. Default none. */
  hiddenTemplates: string[];
  /** Messages loaded at once. 10 to 500, default 50. */
  pageSize: number;
  /**
   * Older states kept per record: so many of the last ones, then one an hour for a day, one a day for 30 days, one a
   * week for a year; none with 0. 0 to 100, default 10.
   */
  versionsKept: number;
  /** Compress texts over 16 KB when they are written; either way everything is read. Default true. */
  compress: boolean;
  /** How long a saver waits after the last change before it saves, in milliseconds. 0 to 60,000, default 500. */
  autosaveDelay: number;
  /** How long a saver waits at most while changes go on, in milliseconds. 100 to 600,000, default 5,000. */
  autosaveMaxWait: number;
  /** While something is unsaved, save it at least this often, in milliseconds. 0 (only by the two above) to 600,000, default 30,000. */
  autosaveInterval: number;
  /** Days after which what is in the trash is removed for good; 0: never. Default 30. */
  trashDays: number;
  /**
   * Days after which everything is compared with the second copy in idle time, checksums and all; 0: only when something is
   * amiss. 0 to 365, default 7.
   */
  compareDays: number;
  /** Hours after which the keep makes a backup by itself, in idle time, when something was changed; 0: never. Default 24. */
  backupHours: number;
  /** Saves after which it does so earlier; 0: however many. Default 1,000. */
  backupWrites: number;
  /**
   * Backups kept: so many of the last ones, then one an hour for a day, one a day for 30 days, one a week for a year. 1 to
   * 100, default 10.
   */
  backupsKept: number;
  /** Millions of bytes of all backups; the oldest give way, never the newest nor a pinned one. Default 500. */
  backupMegabytes: number;
}
