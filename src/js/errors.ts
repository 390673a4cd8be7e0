// What can go wrong, as programs see it. The codes are published: more may come, none changes.

/** Every code, once. */
export const ERROR_CODES = [
  /** The bytes are no card container that is known here. */
  "not-a-card",
  /** A well-formed file that carries no card. */
  "no-card",
  /** The file starts like a PNG but its structure cannot be followed. */
  "bad-png",
  /** The file is an archive whose entries cannot be followed. */
  "bad-zip",
  /** The file ends before it should. */
  "cut-short",
  /** The text is no JSON, however tolerantly it is read. */
  "bad-json",
  /** The encoded payload (base64, zlib, UTF-16) cannot be decoded. */
  "bad-encoding",
  /** A limit on size, depth or count was reached. */
  "too-large",
  /** A known format that this version does not read. */
  "unsupported",
  /** The text is no chat log that is known here. */
  "not-a-chat",
  /** The JSON is no world state. */
  "not-a-world",
  /** The file holds no persona that is known here. */
  "not-a-persona",
  /** The text is no lorebook that is known here. */
  "not-a-lorebook",
  /** The file holds no template that is known here. */
  "not-a-template",
  "not-a-backup",
  /** A value breaks the rules of its domain. */
  "invalid",
  /** An option has an unknown name or value. */
  "bad-option",
  /** A path leads nowhere in the document. */
  "no-such-path",
  /** No record with this id, or it is in the trash. */
  "not-found",
  /** Somebody else changed the record in between. */
  "conflict",
  /** Inside a transaction something else than the transaction's own calls was awaited. */
  "foreign-await",
  /** A transaction was used after its end. */
  "transaction-over",
  /** A stored record or page does not match its checksum or shape. */
  "corrupt",
  /** The keep was written by a newer version; it opens read-only. */
  "too-new",
  /** A write was asked of a keep that is open read-only. */
  "read-only",
  /** Another tab writes this keep, which was opened for one writer at a time. */
  "locked",
  "restoring",
  /** The stored schema cannot be reached from here: a rung is missing or failed. */
  "migration",
  /** The disk or the browser's quota is full. */
  "quota",
  /** Another tab holds an old version of the storage open. */
  "blocked",
  /** The keep is closed. */
  "closed",
  /** The storage did not answer in time. */
  "timeout",
  /** The storage aborted the write; nothing of it was stored. */
  "aborted",
  /** The caller's signal cancelled the operation. */
  "cancelled",
  /** The environment lacks what the call needs, such as IndexedDB. */
  "no-support",
  /** A function was called before `init()` finished, or loading failed. */
  "not-ready",
  /** The storage failed in a way that has no name of its own. */
  "medium",
  /** A promise of this library does not hold. Please report it. */
  "bug",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** What stood against each other, as far as it is known: cards of characters, states of worlds, personas, lorebooks, templates, campaigns, playthroughs, messages of chats. */
export interface Conflict<T = unknown> {
  /** What your change began with, if that state is kept. */
  base?: T;
  /** What your change makes of it. */
  mine?: T;
  /** What is stored. */
  theirs?: T;
}

/** Everything this library throws, and every rejection of its promises. A real `Error`, with a stack. */
export interface CardkeepError extends Error {
  name: "CardkeepError";
  /** For programs. The message is for people and may change. */
  code: ErrorCode;
  /** Whether the same call may succeed later without any change by the caller. */
  retryable: boolean;
  /** What a person or a program can do about it. */
  hint: string;
  /** The function that failed, such as `readCard` or `characters.patch`. */
  op?: string;
  /** The domain of the record it was about, such as `characters`. */
  domain?: string;
  /** The id of the record it was about. */
  id?: string;
  /** The revision that the record has in the store, for `conflict`. */
  rev?: number;
  /** For a `conflict`: what stood against each other. Give it to `merge`. */
  conflict?: Conflict;
  /** Which item of the list that was given, counted from 0. */
  index?: number;
  /** Bytes of space that it takes, for `quota` where that is known beforehand. */
  needed?: number;
  /** Bytes of space that there were. */
  free?: number;
  /** Where in a text file, counted from 1. */
  line?: number;
  /** Where in the input, in bytes. */
  offset?: number;
  /** The failure beneath this one. */
  cause?: unknown;
}

/** Tells errors of this library from others. */
export function isCardkeepError(value: unknown): value is CardkeepError {
  // By name, because an error of another realm is no instance of this one's Error.
  const { name, code } = Object(value) as { name?: unknown; code?: unknown };
  return name === "CardkeepError" && typeof code === "string";
}

// The codes that are thrown on this side of the module, some of them before it is loaded.
const OWN = {
  "bad-option": { retryable: false, hint: "The message names the option and its possible values." },
  "too-large": { retryable: false, hint: "Raise the limit named in the message if you trust the file." },
  "foreign-await": { retryable: false, hint: "Fetch, read and wait before the transaction; inside, await only calls of its `tx`." },
  "transaction-over": { retryable: false, hint: "Do everything inside the function given to `transaction`, and await it there." },
  "too-new": { retryable: false, hint: "Reload the page, or update the app. Reading and exporting work meanwhile." },
  quota: { retryable: true, hint: "Free some space, then try again; what was stored is intact." },
  blocked: { retryable: true, hint: "Close the other tabs of this app." },
  closed: { retryable: true, hint: "Open the keep again." },
  cancelled: { retryable: true, hint: "Nothing to do: it was asked for." },
  "no-support": { retryable: false, hint: "Open with `medium: \"memory\"`, or use a browser with IndexedDB." },
  "not-ready": { retryable: true, hint: "Await `init()` first." },
  medium: { retryable: true, hint: "Reload the page; the message carries the browser's own words." },
  bug: { retryable: false, hint: "Please report this with the message." },
} as const;

/** @internal */
export function failure(code: keyof typeof OWN, detail: string, more: { hint?: string; cause?: unknown; needed?: number; free?: number } = {}): CardkeepError {
  const error = new Error(`${code}: ${detail}`) as CardkeepError;
  error.name = "CardkeepError";
  return Object.assign(error, { code, ...OWN[code], ...more });
}

/** @internal */
export function refuseIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw failure("cancelled", "the signal was aborted", { cause: signal.reason });
}

/**
 * Says which function failed. What is no error of ours is a broken promise: the module never throws anything else.
 * @internal
 */
export function named(thrown: unknown, op: string): CardkeepError {
  const error = isCardkeepError(thrown) ? thrown : failure("bug", String(thrown), { cause: thrown });
  error.op ??= op;
  return error;
}

/**
 * What a listener threw, as the browser reports what nobody caught: it does not undo what the listener was told of.
 * @internal
 */
export function report(thrown: unknown): void {
  if (typeof reportError === "function") reportError(thrown);
  else console.error(thrown);
}
