// The keep as a folder on the disk that somebody picked: written once, then only where something changed. What the folder holds
// of others stays: only a file whose bytes are those that were last written there is replaced or removed.

import type { KeepHandle } from "./cardkeep.js";
import { failure, named, refuseIfAborted } from "./errors.js";
import { folded, type From, type Laid, Layout, layoutOf } from "./layout.js";
import { call } from "./loading.js";
import { options } from "./options.js";
import type { ExportedFolder } from "./types/folder.js";
import type { MirrorEvent, MirrorOptions, MirrorOutcome } from "./types/mirror.js";
import type { RecordDomain } from "./types/record.js";

const OP = "Keep.mirrorFolder";
/** What was written last; a name with a dot before it is passed over by every reader of such folders. */
const NOTES = ".cardkeep.json";
const MOST_NOTES_BYTES = 64 << 20;
/** After so many files the notes are saved, so that an end in between leaves few files that they do not know. */
const FILES_BETWEEN_NOTES = 50;

/** Notes as they are in the folder. */
interface Saved {
  kind: "mirror";
  form: 1;
  /** The keep that wrote it: what another wrote is a stranger's. */
  keep: string;
  /** By path, the hash of the bytes that were written, and the record. */
  files: { [path: string]: [hash: string, of: string] };
}

/** A file as it was written last. */
interface Note {
  path: string;
  hash: string;
  of: string;
}

/** @internal */
export function mirrorFolder(keep: From, handle: KeepHandle, directory: FileSystemDirectoryHandle, given?: MirrorOptions): AsyncIterable<MirrorEvent> {
  return call(OP, () => {
    const { layout = "sillytavern", signal } = options(given, ["layout", "signal"]);
    layoutOf(layout);
    if ((directory as unknown) === null || typeof directory !== "object" || directory.kind !== "directory" || typeof directory.getFileHandle !== "function") {
      throw failure("bad-option", "`directory` is no FileSystemDirectoryHandle");
    }
    return walk(keep, handle, new Disk(directory as Top), signal);
  });
}

async function* walk(keep: From, handle: KeepHandle, disk: Disk, signal: AbortSignal | undefined): AsyncGenerator<MirrorEvent, void, undefined> {
  const asked = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      refuseIfAborted(signal);
      return await work();
    } catch (thrown) {
      throw named(thrown, OP);
    }
  };
  const mirror = await asked(async () => Mirror.begin(handle.id(), disk));
  const told: ExportedFolder["told"] = [];
  const count = { written: 0, unchanged: 0, removed: 0, conflicts: 0, failed: 0 };
  const report: MirrorOutcome[] = [];
  const counted = (outcome: MirrorOutcome): MirrorEvent => {
    count[outcome.outcome === "conflict" ? "conflicts" : outcome.outcome] += 1;
    report.push(outcome);
    return { type: "file", ...outcome };
  };
  const layout = new Layout(keep, told, mirror.notes());
  const files = layout.files();
  try {
    for (;;) {
      const next = await asked(() => files.next());
      if (next.done) break;
      const outcome = await asked(() => mirror.put(next.value));
      if (outcome !== undefined) yield counted(outcome);
      yield { type: "progress", done: layout.done, total: layout.total };
    }
    for (const note of mirror.unseen(layout)) {
      const outcome = await asked(() => mirror.remove(note));
      if (outcome !== undefined) yield counted(outcome);
    }
    await asked(() => mirror.save());
  } finally {
    await files.return();
    // What was written until it was given up is known the next time, where the folder takes that.
    await mirror.save().catch(() => undefined);
  }
  yield { type: "done", ...count, report, told };
}

/** What the folder holds of the keep. */
class Mirror {
  readonly #keep: string;
  readonly #disk: Disk;
  /** What was written last, by the path as every file system tells it from others. */
  readonly #notes: Map<string, Note>;
  readonly #seen = new Set<string>();
  #unsaved = 0;

  private constructor(keep: string, disk: Disk, notes: Map<string, Note>) {
    this.#keep = keep;
    this.#disk = disk;
    this.#notes = notes;
  }

  static async begin(keep: string, disk: Disk): Promise<Mirror> {
    await disk.refuseIfGone();
    return new Mirror(keep, disk, await notesOf(disk, keep));
  }

  notes(): Iterable<Note> {
    return this.#notes.values();
  }

  /** What was written for records that are not there any more; one that cannot be read is there. */
  unseen(layout: Layout): Note[] {
    return [...this.#notes].filter(([key, { of }]) => !this.#seen.has(key) && !layout.misses(of)).map(([, note]) => note);
  }

  async put({ path, content, of, partial }: Laid): Promise<MirrorOutcome | undefined> {
    const key = folded(path);
    this.#seen.add(key);
    const known = this.#notes.get(key);
    const about = { path, ...recordOf(of) };
    return this.#each(about, async () => {
      const there = await this.#disk.read(path);
      if (there === "folder") return conflict(about, "something else of this name is there");
      const hash = await digest(content);
      const found = there && (await digest(there));
      if (found === hash) {
        this.#note({ path, hash, of }, known);
        return { ...about, outcome: "unchanged" };
      }
      // Nothing is lost where nothing was in it; a browser that ended while it began a file leaves such ones.
      if (there !== undefined && there.length > 0) {
        if (found !== known?.hash) {
          return conflict(about, known === undefined ? "another file is there, which is not the keep's" : "somebody changed the file since it was written");
        }
        if (partial) return { ...about, outcome: "failed", code: "corrupt", message: "some of what belongs in it cannot be read; it stays as it was" };
      }
      // On disks that do not tell cases apart it is this very file.
      if (known !== undefined && known.path !== path && (await this.#is(known))) await this.#disk.remove(known.path);
      await this.#disk.write(path, content);
      this.#note({ path, hash, of }, known);
      return { ...about, outcome: "written" };
    });
  }

  async remove(note: Note): Promise<MirrorOutcome | undefined> {
    const about = { path: note.path, ...recordOf(note.of) };
    return this.#each(about, async () => {
      const there = await this.#disk.read(note.path);
      if (there !== undefined && (there === "folder" || (await digest(there)) !== note.hash)) {
        return conflict(about, "its record is gone, but somebody changed the file since it was written");
      }
      if (there !== undefined) await this.#disk.remove(note.path);
      this.#notes.delete(folded(note.path));
      this.#unsaved += 1;
      return there && { ...about, outcome: "removed" };
    });
  }

  async save(): Promise<void> {
    if (this.#unsaved === 0) return;
    const files = Object.fromEntries([...this.#notes.values()].map(({ path, hash, of }): [string, [string, string]] => [path, [hash, of]]));
    const saved: Saved = { kind: "mirror", form: 1, keep: this.#keep, files };
    await this.#disk.write(NOTES, new TextEncoder().encode(JSON.stringify(saved)));
    this.#unsaved = 0;
  }

  /** One file that fails stops no other; a folder that is gone stops all. */
  async #each(about: Pick<MirrorOutcome, "path">, work: () => Promise<MirrorOutcome | undefined>): Promise<MirrorOutcome | undefined> {
    let outcome: MirrorOutcome | undefined;
    try {
      outcome = await work();
    } catch (thrown) {
      this.#disk.forget();
      await this.#disk.refuseIfGone();
      const { code, message } = named(thrown, OP);
      if (code === "no-support") throw thrown;
      outcome = { ...about, outcome: "failed", code, message };
    }
    if (this.#unsaved >= FILES_BETWEEN_NOTES) await this.save();
    return outcome;
  }

  async #is({ path, hash }: Note): Promise<boolean> {
    const there = await this.#disk.read(path);
    return there instanceof Uint8Array && (await digest(there)) === hash;
  }

  #note(note: Note, known: Note | undefined): void {
    if (known?.path === note.path && known.hash === note.hash && known.of === note.of) return;
    this.#notes.set(folded(note.path), note);
    this.#unsaved += 1;
  }
}

/** What this keep wrote into the folder. Notes that cannot be read are none: then all that differs is a stranger's. */
async function notesOf(disk: Disk, keep: string): Promise<Map<string, Note>> {
  const notes = new Map<string, Note>();
  const bytes = await disk.read(NOTES, MOST_NOTES_BYTES);
  if (!(bytes instanceof Uint8Array)) return notes;
  let saved: Partial<Saved>;
  try {
    saved = Object(JSON.parse(new TextDecoder().decode(bytes))) as Partial<Saved>;
  } catch {
    return notes;
  }
  if (saved.kind !== "mirror") return notes;
  if (saved.form !== 1) throw failure("too-new", "the folder was written by a newer version");
  if (saved.keep !== keep) return notes;
  for (const [path, note] of Object.entries(Object(saved.files) as Saved["files"])) {
    const [hash, of] = Array.isArray(note) ? note : [];
    if (typeof hash === "string" && typeof of === "string") notes.set(folded(path), { path, hash, of });
  }
  return notes;
}

function conflict(about: Pick<MirrorOutcome, "path">, message: string): MirrorOutcome {
  return { ...about, outcome: "conflict", message };
}

/** The record of a file, where it is one. */
function recordOf(of: string): { domain?: RecordDomain; id?: string } {
  const at = of.indexOf("/");
  const domain = of.slice(0, Math.max(0, at));
  return domain === "" || domain === "groups" ? {} : { domain: domain as RecordDomain, id: of.slice(at + 1) };
}

async function digest(bytes: Uint8Array): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The parts of a directory's handle that TypeScript's own lacks. */
type Top = FileSystemDirectoryHandle & {
  values(): AsyncIterable<unknown>;
  queryPermission?(asked: { mode: "readwrite" }): Promise<PermissionState>;
};

/** The files of a folder, by paths. */
class Disk {
  readonly #top: Top;
  readonly #folders = new Map<string, FileSystemDirectoryHandle>();

  constructor(top: Top) {
    this.#top = top;
  }

  /** Looks for folders anew. */
  forget(): void {
    this.#folders.clear();
  }

  /** Refuses to go on where nothing can be done in the folder any more. */
  async refuseIfGone(): Promise<void> {
    const permission = await onDisk(async () => this.#top.queryPermission?.({ mode: "readwrite" }));
    if (permission !== undefined && permission !== "granted") {
      const hint = "Ask for it from a click, with `directory.requestPermission({ mode: \"readwrite\" })`.";
      throw failure("medium", "the folder may not be written to", { hint });
    }
    await onDisk(async () => {
      // A directory that is gone has no first entry either.
      for await (const _ of this.#top.values()) return;
    });
  }

  async read(path: string, limit = Number.POSITIVE_INFINITY): Promise<Uint8Array | "folder" | undefined> {
    try {
      const { folder, name } = await this.#at(path, false);
      const file = await (await folder.getFileHandle(name)).getFile();
      if (file.size > limit) return undefined;
      return new Uint8Array(await file.arrayBuffer());
    } catch (thrown) {
      const { name } = Object(thrown) as { name?: unknown };
      if (name === "NotFoundError") return undefined;
      if (name === "TypeMismatchError") return "folder";
      throw onDiskError(thrown);
    }
  }

  /** Puts a file in the place of another at once, when all of it is written; it stays as it was when that fails. */
  write(path: string, content: Uint8Array): Promise<void> {
    return onDisk(async () => {
      const { folder, name } = await this.#at(path, true);
      const replaces = await folder.getFileHandle(name).then(() => true, () => false);
      const file = await folder.getFileHandle(name, { create: true });
      try {
        if (typeof file.createWritable !== "function") {
          throw failure("no-support", "this browser cannot write files into folders", { hint: "Give out an archive with `exportFolder`." });
        }
        const stream = await file.createWritable();
        try {
          await stream.write(content as Uint8Array<ArrayBuffer>);
          await stream.close();
        } catch (thrown) {
          await stream.abort().catch(() => undefined);
          throw thrown;
        }
      } catch (thrown) {
        // An empty one was made for it.
        if (!replaces) await folder.removeEntry(name).catch(() => undefined);
        throw thrown;
      }
    });
  }

  /** Removes a file, and the folders that are empty without it. */
  remove(path: string): Promise<void> {
    return onDisk(async () => {
      const { folder, name } = await this.#at(path, false);
      await folder.removeEntry(name);
      const parts = path.split("/").slice(0, -1);
      // Those that every folder of SillyTavern has stay.
      for (; parts.length > 1; parts.pop()) {
        const above = await this.#folder(parts.slice(0, -1), false);
        try {
          await above.removeEntry(parts.at(-1) as string);
        } catch {
          return;
        }
        this.#folders.delete(parts.join("/"));
      }
    });
  }

  async #at(path: string, create: boolean): Promise<{ folder: FileSystemDirectoryHandle; name: string }> {
    const parts = path.split("/");
    const name = parts.pop() as string;
    return { folder: await this.#folder(parts, create), name };
  }

  async #folder(parts: readonly string[], create: boolean): Promise<FileSystemDirectoryHandle> {
    let folder: FileSystemDirectoryHandle = this.#top;
    for (const [index, part] of parts.entries()) {
      const at = parts.slice(0, index + 1).join("/");
      const known = this.#folders.get(at);
      folder = known ?? (await folder.getDirectoryHandle(part, { create }));
      this.#folders.set(at, folder);
    }
    return folder;
  }
}

async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw onDiskError(thrown);
  }
}

/** What the browser says of a folder, as an error of the table. */
function onDiskError(cause: unknown): Error {
  const { name, code } = Object(cause) as { name?: unknown; code?: unknown };
  if (name === "CardkeepError") return cause as Error;
  if (name === "QuotaExceededError" || code === 22) return failure("quota", "the disk has no room for the file", { cause });
  const gone = name === "NotFoundError";
  const hint = gone ? "Pick the folder again; what is kept is intact." : "Repeat it; what is kept is intact.";
  return failure("medium", gone ? "the folder is not there any more" : `the folder could not be read or written: ${String(cause)}`, { cause, hint });
}
