// Importing: files of any kind are read one after the other, and one bad file never stops the others.

import { type KeepHandle, rawLimits } from "./cardkeep.js";
import { failure, named, refuseIfAborted } from "./errors.js";
import { ask, call } from "./loading.js";
import { limits, options } from "./options.js";
import { refuseWithoutSpace } from "./space.js";
import type { ImportedChat, ImportEvent, ImportOptions, ImportSource, ImportStatus } from "./types/intake.js";
import type { Limits, Warning } from "./types/reading.js";

/** So many files are worth a backup before. */
const MANY = 50;

/** One file as the module takes it. */
export interface Taken<E> {
  entry: E;
  status: ImportStatus;
  warnings: Warning[];
  like?: E[];
  chats?: ImportedChat[];
  /** Of a folder's file that is a kept chat by its bytes and is called otherwise. */
  alike?: boolean;
}

/** One source or several, such as the files of an `<input>` or a drop. */
export type ImportSources = ImportSource | Iterable<ImportSource>;

/** What every import needs to know. */
export interface Intake<E, O extends ImportOptions = ImportOptions> {
  op: string;
  sources: ImportSources;
  given: O | undefined;
  /** The options beside those of every import. */
  beside?: readonly (keyof O & string)[];
  /** The limit that is for the size of these files. */
  size: "file" | "chat";
  /** Where it goes. @internal */
  handle: KeepHandle;
  /** What takes a file, as the options say. */
  take(chosen: Omit<O, "signal">): Take<E>;
}

type Take<E> = (bytes: Uint8Array, name: string) => Promise<Taken<E>[]>;

/** An import whose options and sources are understood. */
interface Task<E> {
  op: string;
  handle: KeepHandle;
  sources: ImportSource[];
  limit: number;
  size: "file" | "chat";
  signal: AbortSignal | undefined;
  take: Take<E>;
}

/** Waits for a file on behalf of whatever must not end meanwhile. */
type Hold = <T>(work: () => Promise<T>) => Promise<T>;

const holds = new WeakMap<KeepHandle, Hold>();

/**
 * Says what has to know that imports through this handle wait for files.
 * @internal
 */
export function holding(handle: KeepHandle, hold: Hold): void {
  holds.set(handle, hold);
}

/** @internal */
export function holdOf(handle: KeepHandle): Hold {
  return holds.get(handle) ?? ((work) => work());
}

/**
 * The bytes of one source.
 * @internal
 */
export function contentOf(handle: KeepHandle, source: ImportSource, size: { limit: number; name: string }): Promise<Uint8Array> {
  return holdOf(handle)(() => read(source, { ...size, signal: undefined }));
}

/**
 * The limits where none are given.
 * @internal
 */
export function usualLimits(): Required<Limits> {
  return JSON.parse(rawLimits()) as Required<Limits>;
}

export function intake<E, O extends ImportOptions = ImportOptions>(intake: Intake<E, O>): AsyncIterable<ImportEvent<E>> {
  const { op, handle, size } = intake;
  const task = call(op, () => {
    const { signal, ...rest } = options<O>(intake.given, ["limits", "signal", ...(intake.beside ?? [])]);
    const chosen = { ...rest, limits: limits(rest.limits) };
    const limit = chosen.limits?.[size] ?? usualLimits()[size];
    return { op, handle, size, signal, limit, take: intake.take(chosen), sources: listed(intake.sources) };
  });
  return walk(task);
}

async function* walk<E>(task: Task<E>): AsyncGenerator<ImportEvent<E>, void, undefined> {
  const { limit, sources } = task;
  const hold = holdOf(task.handle);
  const count = { added: 0, updated: 0, duplicates: 0, failed: 0 };
  if (sources.length === 0) await hold(() => ask(task.op, () => task.handle.answers() as Promise<void>));
  if (sources.length >= MANY) await hold(() => ask(task.op, () => task.handle.backupBefore("before many files are imported") as Promise<void>));
  for (const [index, source] of sources.entries()) {
    const name = source instanceof Blob && "name" in source ? String(source.name) : "";
    try {
      refuseIfAborted(task.signal);
      const bytes = await hold(() => read(source, { limit, name: task.size, signal: task.signal }));
      await hold(() => refuseWithoutSpace(task.handle, task.size, bytes.length));
      for (const taken of await task.take(bytes, name)) {
        count[taken.status === "duplicate" ? "duplicates" : taken.status] += 1;
        yield { type: "item", name, ...taken };
      }
    } catch (thrown) {
      const error = named(thrown, task.op);
      if (error.code === "cancelled" || error.code === "closed") throw error;
      count.failed += 1;
      const { code, message, needed, free } = error;
      yield { type: "failed", name, code, message, ...(needed !== undefined && { needed }), ...(free !== undefined && { free }) };
    }
    yield { type: "progress", done: index + 1, total: sources.length };
  }
  yield { type: "done", ...count };
}

function listed(sources: ImportSources): ImportSource[] {
  // A Uint8Array is iterable, and a stream may be.
  if (sources instanceof Uint8Array || sources instanceof Blob || sources instanceof ReadableStream) return [sources];
  if (typeof sources === "object" && sources !== null && Symbol.iterator in sources) return [...sources];
  throw failure("bad-option", "what is imported is neither a source nor a list of sources");
}

/**
 * All bytes of a source.
 * @internal
 */
export async function read(source: ImportSource, size: { limit: number; name: string; signal: AbortSignal | undefined }): Promise<Uint8Array> {
  const refuseOver = (length: number) => {
    if (length > size.limit) throw failure("too-large", `the file has ${length} bytes or more, the limit \`${size.name}\` allows ${size.limit}`);
  };
  if (source instanceof Uint8Array) return source;
  if (source instanceof Blob) {
    refuseOver(source.size);
    return new Uint8Array(await fromOutside(source.arrayBuffer()));
  }
  if (!(source instanceof ReadableStream)) {
    throw failure("bad-option", "a source is no File, Blob, Uint8Array or ReadableStream");
  }
  const reader = readerOf(source, size.signal);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      refuseIfAborted(size.signal);
      const { done, value } = await reader.read();
      if (done) break;
      if (!(value instanceof Uint8Array)) throw failure("bad-option", "a stream gives something other than Uint8Array");
      length += value.length;
      refuseOver(length);
      chunks.push(value);
    }
  } catch (thrown) {
    reader.cancel(thrown);
    throw thrown;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/**
 * Reads a stream piece by piece. A signal ends also the wait for a piece that does not come.
 * @internal
 */
export function readerOf(stream: ReadableStream<unknown>, signal: AbortSignal | undefined) {
  if (stream.locked) throw failure("bad-option", "the stream is being read by somebody else");
  const reader = stream.getReader();
  return {
    async read(): Promise<ReadableStreamReadResult<unknown>> {
      const reading = fromOutside(reader.read());
      if (signal === undefined) return reading;
      let stop = (): void => undefined;
      const stopped = new Promise<never>((_, reject) => {
        stop = () => reject(failure("cancelled", "the signal was aborted", { cause: signal.reason }));
        signal.addEventListener("abort", stop);
      });
      try {
        return await Promise.race([reading, stopped]);
      } finally {
        signal.removeEventListener("abort", stop);
      }
    },
    /** Whoever gives the stream may take any time for that. */
    cancel(reason: unknown): void {
      void reader.cancel(reason).catch(() => undefined);
    },
  };
}

/**
 * What the browser or the caller's stream says when a file cannot be read.
 * @internal
 */
export async function fromOutside<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    throw failure("medium", `the file could not be read: ${String(cause)}`, { cause, hint: "Pick the file again." });
  }
}
