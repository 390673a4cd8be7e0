// The files of a folder, however it is given: an archive, a list of files, or a directory of the disk. Each is read when its
// turn comes, so that no more than one of them is in memory.

import { RawZip } from "./cardkeep.js";
import { failure, refuseIfAborted } from "./errors.js";
import { fromOutside, read } from "./intake.js";
import { text } from "./options.js";
import type { FolderSource } from "./types/folder.js";
import type { Warning } from "./types/reading.js";

/** A larger directory would be that of some hundred thousand files. */
const MOST_DIRECTORY_BYTES = 64 << 20;
/** Offsets in the module are of 32 bits. */
const MOST_ARCHIVE_BYTES = 2 ** 32 - 1;

/**
 * One file of a folder.
 * @internal
 */
export interface FolderFile {
  readonly path: string;
  /** Its content, and what was odd about how it was stored. */
  read(limit: { limit: number; name: string; signal: AbortSignal | undefined }): Promise<{ bytes: Uint8Array; warnings: Warning[] }>;
}

/** The part of a `FileSystemDirectoryHandle` that is needed; TypeScript's own lacks the iterator. */
interface Directory {
  readonly kind: "directory";
  readonly name: string;
  values(): AsyncIterable<Directory | FileSystemFileHandle>;
}

/**
 * Every file of a folder. What is no folder throws.
 * @internal
 */
export async function filesOf(source: FolderSource, signal: AbortSignal | undefined): Promise<FolderFile[]> {
  if (source instanceof Uint8Array) return archived(new Blob([source as Uint8Array<ArrayBuffer>]), signal);
  if (source instanceof Blob) return archived(source, signal);
  if (typeof source === "object" && source !== null) {
    if ("kind" in source && source.kind === "directory") return walked(source as unknown as Directory, signal);
    if (Symbol.iterator in source) return [...source].map(listed);
  }
  throw failure("bad-option", "a folder is an archive (Blob or Uint8Array), a list of files or a FileSystemDirectoryHandle");
}

function listed(given: File | { path: string; file: Blob | Uint8Array }): FolderFile {
  if (given instanceof Blob) return file(given.webkitRelativePath || given.name, given);
  if (typeof given === "object" && given !== null && (given.file instanceof Blob || given.file instanceof Uint8Array)) {
    return file(text(given.path, "path"), given.file);
  }
  throw failure("bad-option", "an item of the list is neither a File nor `{ path, file }`");
}

function file(path: string, content: Blob | Uint8Array): FolderFile {
  return { path, read: async (limit) => ({ bytes: await read(content, limit), warnings: [] }) };
}

async function walked(top: Directory, signal: AbortSignal | undefined): Promise<FolderFile[]> {
  const files: FolderFile[] = [];
  // Not by recursion: a disk may be as deep as it likes.
  const open: { path: string; directory: Directory }[] = [{ path: top.name, directory: top }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { path, directory } = next;
    const entries = directory.values()[Symbol.asyncIterator]();
    for (;;) {
      refuseIfAborted(signal);
      const { done, value: entry } = await fromOutside(entries.next());
      if (done) break;
      const at = `${path}/${entry.name}`;
      if (entry.kind === "directory") open.push({ path: at, directory: entry });
      else files.push({ path: at, read: async (limit) => ({ bytes: await read(await fromOutside(entry.getFile()), limit), warnings: [] }) });
    }
  }
  return files;
}

async function archived(blob: Blob, signal: AbortSignal | undefined): Promise<FolderFile[]> {
  if (blob.size > MOST_ARCHIVE_BYTES) {
    throw failure("too-large", `the archive has ${blob.size} bytes, 4 GiB can be read`, { hint: "Unpack it and choose the folder." });
  }
  const slice = async (from: number, to: number) => new Uint8Array(await fromOutside(blob.slice(from, to).arrayBuffer()));
  const at = Math.max(0, blob.size - RawZip.tail());
  const zip = new RawZip(await slice(at, blob.size), at);
  const [from = 0, to = 0] = zip.wants();
  if (to - from > MOST_DIRECTORY_BYTES) throw failure("too-large", `the archive's directory has ${to - from} bytes`);
  const entries = JSON.parse(zip.give(await slice(from, to))) as [name: string, size: number, from: number, to: number][];
  refuseIfAborted(signal);
  return entries.map(([path, size, begin, end], index) => ({
    path,
    read: async ({ limit, name, signal: within }) => {
      refuseIfAborted(within);
      const most = Math.max(size, end - begin);
      // What is stored deflated is never much larger than its content.
      if (size > limit) throw failure("too-large", `the file has ${most} bytes, the limit \`${name}\` allows ${limit}`);
      const bytes = zip.content(index, await slice(begin, end), limit);
      return { bytes, warnings: JSON.parse(zip.warnings()) as Warning[] };
    },
  }));
}
