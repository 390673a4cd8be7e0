// The second copy, seen from the page: calls to the worker, with an end.

import type { Call } from "./redo-worker.js";
import { type StartWorker, TrustedWorker } from "./script.js";

/** Append-only files beside the database. The module calls these by name. */
export interface RedoPort {
  files(): Promise<unknown>;
  read(file: string, from: number, length: number): Promise<unknown>;
  append(file: string, bytes: Uint8Array, durable: boolean): Promise<unknown>;
  remove(file: string): Promise<unknown>;
  note(): Promise<unknown>;
  setNote(bytes: Uint8Array): Promise<unknown>;
  /** Lets go of a file that was appended to. */
  release(file: string): Promise<unknown>;
  /** The folder beside this one for backups; it ends with this one. */
  backups(): RedoPort | undefined;
  close(): void;
}

interface Answer {
  id: number;
  value?: unknown;
  error?: unknown;
}

/** A small file that is no part of the log. */
const NOTE = "note";
const OPENING_MS = 5_000;
const CALL_MS = 20_000;

/**
 * Opens the second copy of a keep; `undefined` where the browser has no place for one. Its calls wait until the worker runs,
 * and are `NotSupportedError` when it finds that there is no place.
 * @internal
 */
export function openRedo(name: string, start: (worker: StartWorker) => Worker): RedoPort | undefined {
  if (typeof Worker === "undefined" || typeof navigator === "undefined" || !navigator.storage?.getDirectory) return undefined;
  let worker: Worker;
  try {
    worker = start(TrustedWorker);
  } catch {
    return undefined;
  }
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  let calls = 0;
  let ended: string | undefined;
  const settle = ({ id, value, error }: Answer) => {
    const one = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) one?.resolve(value);
    else one?.reject(error);
  };
  const end = (reason: string) => {
    ended = reason;
    worker.terminate();
    for (const id of [...waiting.keys()]) settle({ id, error: new DOMException(reason, "InvalidStateError") });
  };
  worker.onmessage = ({ data }: MessageEvent<Answer>) => settle(data);
  worker.onerror = () => end("the second copy's worker failed");
  const call = (verb: Call["verb"], given: Call["given"], limit = CALL_MS) =>
    new Promise<unknown>((resolve, reject) => {
      if (ended !== undefined) throw new DOMException(ended, "InvalidStateError");
      const id = ++calls;
      const late = setTimeout(() => settle({ id, error: new DOMException(`${verb} took longer than ${limit} ms`, "TimeoutError") }), limit);
      waiting.set(id, {
        resolve: (value) => (clearTimeout(late), resolve(value)),
        reject: (error) => (clearTimeout(late), reject(error)),
      });
      const transfer = given.flatMap((one) => (one instanceof Uint8Array ? [one.buffer as ArrayBuffer] : []));
      worker.postMessage({ id, verb, given } satisfies Call, transfer);
    });
  const opening = call("open", [name], OPENING_MS).catch(() => {
    end("the second copy cannot be used here");
    throw new DOMException("the second copy cannot be used here", "NotSupportedError");
  });
  // Whoever asks hears of it.
  opening.catch(() => undefined);
  const port = (folder: string, beside?: RedoPort): RedoPort => ({
    // What is asked first; the rest comes when it was answered.
    files: () => opening.then(() => call("files", [folder])),
    read: (file, from, length) => call("read", [`${folder}/${file}`, from, length]),
    append: (file, bytes, durable) => call("append", [`${folder}/${file}`, bytes, durable]),
    remove: (file) => call("remove", [`${folder}/${file}`]),
    note: () => call("note", [`${folder}/${NOTE}`]),
    setNote: (bytes) => call("setNote", [`${folder}/${NOTE}`, bytes]),
    release: (file) => call("release", [`${folder}/${file}`]),
    backups: () => beside,
    close: () => beside && end("the keep is closed"),
  });
  return port("redo", port("backups"));
}
