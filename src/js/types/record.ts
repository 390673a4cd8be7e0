// What the records of all domains have in common.

import type { Json } from "./reading.js";

/** What every record of every domain has. */
export interface Entry {
  id: string;
  /** Grows by one with every write; give it back as `ifRev` to be told of other writers. */
  rev: number;
  /** Milliseconds since 1970. */
  created: number;
  /** Milliseconds since 1970. */
  changed: number;
  /** When it was put in the trash, milliseconds since 1970. */
  trashed?: number;
}

/** A record that is there but cannot be read. It hides no other. */
export interface Unreadable {
  domain: string;
  id: string;
  code: string;
  message: string;
}

/** What a list gives: the readable entries, and what could not be read. */
export interface Listing<E> {
  items: E[];
  unreadable: Unreadable[];
}

export interface ListOptions {
  /** List the trash instead. */
  trashed?: boolean;
}

/** How sure a write has to be before it counts. */
export interface SafetyOptions {
  /** Settle only when it is safe against a power cut. Slower. */
  durable?: boolean;
  /** Settle only when it was read back and is what was written, else `corrupt`. Slower. */
  verify?: boolean;
}

export interface RevOptions {
  /** The `rev` you read; another one in the store is a `conflict`. */
  ifRev?: number;
}

export interface WriteOptions extends RevOptions, SafetyOptions {}

export type TransactionOptions = SafetyOptions;

/** One of the records of `deleteMany` and `restoreMany`. */
export interface Target extends RevOptions {
  id: string;
}

/** One of the changes of `patchMany`. */
export interface PatchItem<P> extends Target {
  patch: P;
}

export interface PutOptions extends WriteOptions {
  /** Which record to replace, or make where there is none. Without it a new one is made. */
  id?: string;
}

/** What `merge` gives. */
export interface Merged<T> {
  /** The value with the changes of both sides; where they differ, mine. */
  merged: T;
  /** Where both sides changed the same and differently. A side that is absent has removed it. */
  conflicts: { path: string; base?: Json; mine?: Json; theirs?: Json }[];
}

export interface DeleteOptions extends WriteOptions {
  /**
   * What becomes of the chats of a character, a persona, a world or a playthrough: they stay as they are, or go into the trash with it, in one
   * change. A chat with several characters goes with the last of them. Default `"keep"`.
   */
  chats?: "keep" | "trash";
  /** What becomes of the playthroughs of a world, in the same way. Those that stay go on when the world is restored. */
  playthroughs?: "keep" | "trash";
  /** Removes the record and its older states for good instead of putting it in the trash. */
  permanent?: boolean;
}

export interface DeleteManyOptions extends SafetyOptions, Pick<DeleteOptions, "chats" | "playthroughs"> {}

/** An older state of a record. */
export interface Version {
  rev: number;
  changed: number;
  /** Stays when others give way. */
  pinned: boolean;
}

/** A file to hand out. */
export interface Exported {
  /** Safe on every file system. */
  filename: string;
  type: string;
  bytes: Uint8Array;
}

/** For what may take a while. */
export interface SignalOptions {
  signal?: AbortSignal | undefined;
}

/** What can be changed, and told of. */
export type DomainName = "characters" | "chats" | "worlds" | "personas" | "lorebooks" | "templates" | "campaigns" | "assets" | "playthroughs" | "settings";

/** A domain whose records have ids of their own. */
export type RecordDomain = Exclude<DomainName, "settings">;

/** What a `change` event carries. */
export interface ChangeDetail {
  domain: DomainName;
  /** Which records; none when it is not known which, since this page was asleep and heard nothing. */
  ids: string[];
  /** True when it was not this `Keep` that wrote, but another one on the same data: mostly another tab. */
  remote: boolean;
}
