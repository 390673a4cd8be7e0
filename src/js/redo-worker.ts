// The second copy's worker: appends to files of the origin's private file system, which only a worker can do
// in small pieces. It knows files and bytes, and nothing of what they mean.

/** What a worker alone has; the types for pages leave it out. */
interface AccessHandle {
  write(bytes: Uint8Array, options: { at: number }): number;
  read(bytes: Uint8Array, options: { at: number }): number;
  getSize(): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

interface WorkerFile extends FileSystemFileHandle {
  createSyncAccessHandle(): Promise<AccessHandle>;
}

interface Scope {
  onmessage: ((event: MessageEvent<Call>) => void) | null;
  postMessage(message: unknown, transfer: Transferable[]): void;
}

/** One call from the page. */
export interface Call {
  id: number;
  verb: keyof typeof verbs;
  given: [string?, (Uint8Array | number)?, (number | boolean)?];
}

const NOTE = "note";
const scope = self as unknown as Scope;
const held = new Map<string, AccessHandle>();
const ATTEMPTS = 40;
const AGAIN_MS = 10;
const PATIENCE_MS = 1_000;
let keep = "";
let root: FileSystemDirectoryHandle;
const folders = new Map<string, FileSystemDirectoryHandle>();

/** Only what writes makes a folder: where the disk is full, even an empty one may have no room. */
async function folderOf(path: string, create = false): Promise<FileSystemDirectoryHandle> {
  const [name = ""] = path.split("/");
  const folder = folders.get(name) ?? (await root.getDirectoryHandle(name, { create }));
  folders.set(name, folder);
  return folder;
}

function absent(thrown: unknown): undefined {
  if (!(thrown instanceof DOMException && thrown.name === "NotFoundError")) throw thrown;
}

/** Others write the same folder: a file that changes while it is read, or is held for a moment, is asked for again. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let left = ATTEMPTS; ; left -= 1) {
    try {
      return await work();
    } catch (thrown) {
      const { name } = thrown as DOMException;
      if (left === 0 || (name !== "NotReadableError" && name !== "NoModificationAllowedError")) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

/** The note is one file for all tabs: nobody reads half of one. Who cannot have the lock for too long goes on without it. */
async function alone<T>(mode: LockMode, work: () => Promise<T>): Promise<T> {
  const locks = (navigator as { locks?: LockManager }).locks;
  if (locks === undefined) return work();
  let begun = false;
  try {
    return await locks.request(`cardkeep:${keep}:note`, { mode, signal: AbortSignal.timeout(PATIENCE_MS) }, () => {
      begun = true;
      return work();
    });
  } catch (thrown) {
    if (begun) throw thrown;
    return work();
  }
}

const fileName = (path: string) => path.slice(path.indexOf("/") + 1);

async function access(name: string): Promise<AccessHandle> {
  const known = held.get(name);
  if (known) return known;
  const file = (await (await folderOf(name, true)).getFileHandle(fileName(name), { create: true })) as WorkerFile;
  const handle = await file.createSyncAccessHandle();
  held.set(name, handle);
  return handle;
}

function append(handle: AccessHandle, bytes: Uint8Array, at: number): void {
  const written = bytes.length === 0 ? 0 : handle.write(bytes, { at });
  if (written !== bytes.length) {
    // Half a frame at the end would hide what is appended behind it.
    handle.truncate(at);
    throw new DOMException(`${written} of ${bytes.length} bytes were written`, "QuotaExceededError");
  }
}

const verbs = {
  async open(name = "") {
    let at = await navigator.storage.getDirectory();
    for (const part of ["cardkeep", name]) at = await at.getDirectoryHandle(part, { create: true });
    [root, keep] = [at, name];
    await folderOf("redo", true);
  },

  async files(name = "") {
    const found: { name: string; bytes: number; modified: number }[] = [];
    const folder = await folderOf(name).catch(absent);
    if (folder === undefined) return found;
    for await (const entry of folder.values()) {
      if (entry.kind !== "file" || entry.name === NOTE) continue;
      // It may have gone since it was listed.
      const file = await (entry as FileSystemFileHandle).getFile().catch(absent);
      if (file !== undefined) found.push({ name: entry.name, bytes: file.size, modified: file.lastModified });
    }
    return found;
  },

  async read(name = "", from: unknown, length: unknown) {
    const own = held.get(name);
    if (own) {
      const bytes = new Uint8Array(Math.max(0, Math.min(Number(length), own.getSize() - Number(from))));
      own.read(bytes, { at: Number(from) });
      return bytes;
    }
    const other = await (await folderOf(name)).getFileHandle(fileName(name));
    return patiently(async () => {
      const file = await other.getFile();
      return new Uint8Array(await file.slice(Number(from), Number(from) + Number(length)).arrayBuffer());
    });
  },

  async append(name = "", bytes: unknown, durable: unknown) {
    const handle = await access(name);
    append(handle, bytes as Uint8Array, handle.getSize());
    if (durable) handle.flush();
  },

  async remove(name = "") {
    held.get(name)?.close();
    held.delete(name);
    // A file that another tab appends to is locked, and stays.
    const folder = await folderOf(name).catch(absent);
    await folder?.removeEntry(fileName(name)).catch(() => undefined);
  },

  async release(name = "") {
    held.get(name)?.flush();
    held.get(name)?.close();
    held.delete(name);
  },

  async note(name = "") {
    const folder = await folderOf(name).catch(absent);
    const file = await folder?.getFileHandle(fileName(name)).catch(() => undefined);
    return file && alone("shared", () => patiently(async () => new Uint8Array(await (await file.getFile()).arrayBuffer())));
  },

  async setNote(name = "", bytes: unknown) {
    await alone("exclusive", async () => {
      const handle = await patiently(() => access(name));
      try {
        handle.truncate(0);
        append(handle, bytes as Uint8Array, 0);
        handle.flush();
      } finally {
        handle.close();
        held.delete(name);
      }
    });
  },
};

/** These go on where somebody removed the folder, as erasing the keep does while it is opened; the others find nothing there. */
const ANEW: readonly Call["verb"][] = ["files", "read", "append", "setNote"];
const MADE_ANEW = 3;

async function made(verb: Call["verb"], given: Call["given"]): Promise<unknown> {
  for (let left = ANEW.includes(verb) ? MADE_ANEW : 0; ; left -= 1) {
    try {
      return await verbs[verb](...given);
    } catch (thrown) {
      if (left === 0) throw thrown;
      absent(thrown);
      folders.clear();
      await verbs.open(keep);
    }
  }
}

// One after the other: two appends to one file must not overtake each other.
let last: Promise<void> = Promise.resolve();

scope.onmessage = ({ data: { id, verb, given } }) => {
  last = last.then(async () => {
    try {
      const value = await made(verb, given);
      scope.postMessage({ id, value }, value instanceof Uint8Array ? [value.buffer as ArrayBuffer] : []);
    } catch (error) {
      scope.postMessage({ id, error }, []);
    }
  });
};
