// Files and folders that are dropped anywhere on the page, and files that are pasted outside of a field.

import type { ReactiveController, ReactiveControllerHost } from "lit";

/** Files by their path: in a folder that was dropped, below its name. */
export type Dropped = { path: string; file: File };

/** Browsers say every third of a second that files are still held. */
const GONE_MS = 1_000;

export class Drop implements ReactiveController {
  /** Files are held over the page: the host lays an element of the class `drop` over all of it, which takes them. */
  hovering = false;
  #stop: AbortController | undefined;
  #gone: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly take: (files: Dropped[]) => void,
    /** What was dropped cannot be read: it lies where it may not be, or is gone again. */
    private readonly failed: (error: unknown) => void,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    const { signal } = (this.#stop = new AbortController());
    addEventListener("dragenter", this.#held, { signal });
    addEventListener("dragover", this.#held, { signal });
    addEventListener("dragleave", (event) => {
      if (event.target instanceof Element && event.target.matches(".drop")) this.#set(false);
    }, { signal });
    addEventListener("drop", (event) => {
      if (!carriesFiles(event)) return;
      // Otherwise the browser leaves the app and opens the file.
      event.preventDefault();
      this.#set(false);
      if (event.dataTransfer) void dropped(event.dataTransfer).then(this.take, this.failed);
    }, { signal });
    addEventListener("paste", (event) => {
      if (isField(event.target)) return;
      const files = pasted(event.clipboardData);
      if (files.length === 0) return;
      event.preventDefault();
      this.take(files);
    }, { signal });
  }

  hostDisconnected(): void {
    this.#stop?.abort();
    clearTimeout(this.#gone);
  }

  /**
   * Entering has to be accepted as well as being held: where what lies under the pointer changes just before files are
   * let go, it is the last that is said of them. What was there is gone then, and its leaving is told to nobody.
   */
  readonly #held = (event: DragEvent): void => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    this.#set(true);
    this.#gone = setTimeout(() => this.#set(false), GONE_MS);
  };

  #set(hovering: boolean): void {
    clearTimeout(this.#gone);
    if (hovering === this.hovering) return;
    this.hovering = hovering;
    this.host.requestUpdate();
  }
}

function carriesFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

function isField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}

/** Copied files, or the text of one. */
function pasted(data: DataTransfer | null): Dropped[] {
  const files = [...(data?.files ?? [])];
  const text = data?.getData("text/plain").trim() ?? "";
  if (files.length === 0 && /^[{[]/.test(text)) files.push(new File([text], "pasted.json"));
  return files.map((file) => ({ path: file.name, file }));
}

/** What was dropped is only there while the event is, so all of it is taken before anything is awaited. */
async function dropped(data: DataTransfer): Promise<Dropped[]> {
  const given = [...data.items].map((item) => {
    const entry = item.kind === "file" ? item.webkitGetAsEntry() : null;
    return entry?.isDirectory ? (entry as FileSystemDirectoryEntry) : item.getAsFile();
  });
  const files: Dropped[] = [];
  for (const one of given) {
    if (one instanceof File) files.push({ path: one.name, file: one });
    else if (one !== null) files.push(...(await within(one, one.name)));
  }
  return files;
}

async function within(folder: FileSystemDirectoryEntry, path: string): Promise<Dropped[]> {
  const files: Dropped[] = [];
  for (const entry of await entries(folder)) {
    // Such as the notes of an operating system.
    if (entry.name.startsWith(".")) continue;
    const at = `${path}/${entry.name}`;
    if (entry.isDirectory) files.push(...(await within(entry as FileSystemDirectoryEntry, at)));
    else files.push({ path: at, file: await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)) });
  }
  return files;
}

/** A reader gives a part of them at a time, and none when there are no more. */
async function entries(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}
