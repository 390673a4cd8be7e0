// Takes files in. What a file is, its bytes decide, never its name.

import { codeOf, sentence, withoutCode } from "../failure";
import { isCardkeepError, readCard, readChat, readLorebook, readPersonas, readTemplates, readWorld, type ChatEntry, type Entry, type FolderSource, type ImportEvent, type ImportStatus, type Keep, type Warning } from "../library";

export type Kind = "card" | "chat" | "world" | "persona" | "lorebook" | "template";

/** Another record that says the same. */
export interface Like {
  id: string;
  title: string;
}

/** What became of one file. */
export type Outcome = { name: string } & (
  | { was: ImportStatus; kind: Kind; id: string; title: string; warnings: Warning[]; like: Like[] }
  | { was: "failed"; message: string; code: string | undefined }
  /** A backup: it lies with the others, and nothing is restored yet. */
  | { was: "backup"; complete: boolean }
  /** The folder of an app, or an archive of it: looked at on a screen of its own before anything is imported. */
  | { was: "folder"; source: FolderSource }
  /** The person stopped before its turn. */
  | { was: "left" }
);

export interface Progress {
  done: number;
  total: number;
  name: string;
  /** Nothing is imported yet: it is looked at. */
  looking?: boolean;
}

/**
 * Imports every file it can. One bad file stops no other, and what was imported before a cancellation stays.
 * Chats are linked to `characters`, or else to the only character that has the name of their speaker.
 */
export async function intake(
  keep: Keep,
  files: File[],
  options: { characters?: string[]; progress?: (progress: Progress) => void; signal?: AbortSignal } = {},
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const cast = new Cast(keep);
  for (const [done, file] of files.entries()) {
    if (options.signal?.aborted) {
      outcomes.push({ name: file.name, was: "left" });
      continue;
    }
    options.progress?.({ done, total: files.length, name: file.name });
    try {
      outcomes.push(...(await one(keep, file, cast, options.characters)));
    } catch (error) {
      outcomes.push(refused(file.name, error));
    }
  }
  return outcomes;
}

async function one(keep: Keep, file: File, cast: Cast, characters: string[] | undefined): Promise<Outcome[]> {
  const { name } = file;
  const what = await known(keep, file);
  if (what.is === "backup") return [{ name, was: "backup", complete: (await keep.backups.import(file)).complete }];
  if (what.is === "folder") return [{ name, was: "folder", source: file }];
  const { kind, bytes } = what;
  const links = kind === "chat" ? characters ?? [...(await cast.meant(speakersOf(bytes))).values()] : undefined;
  const outcomes = await records(keep, kind, bytes, name, links);
  for (const outcome of outcomes) if ("id" in outcome && outcome.kind === "card") cast.enter({ id: outcome.id, name: outcome.title });
  return outcomes;
}

/** What a file is; of one of records all its bytes. Throws what its reader says of one that is nothing. */
export async function known(keep: Keep, file: File): Promise<{ is: "backup" } | { is: "folder" } | { is: "records"; kind: Kind; bytes: Uint8Array<ArrayBuffer> }> {
  const whole = file.size <= LARGE ? new Uint8Array(await file.arrayBuffer()) : undefined;
  const head = whole ?? new Uint8Array(await file.slice(0, 64).arrayBuffer());
  if (isBackup(head)) return { is: "backup" };
  const archive = isArchive(head);
  if (archive && whole === undefined && (await holdsFolder(keep, file))) return { is: "folder" };
  const bytes = whole ?? new Uint8Array(await file.arrayBuffer());
  try {
    return { is: "records", kind: sniff(bytes), bytes };
  } catch (error) {
    if (archive && whole !== undefined && (await holdsFolder(keep, file))) return { is: "folder" };
    throw error;
  }
}

/** The domains that files of records go to. */
export const INTO = ["characters", "chats", "worlds", "personas", "lorebooks", "templates"] as const;

/** Takes a file of records into a keep, or into a transaction of one. */
export function records(into: Pick<Keep, (typeof INTO)[number]>, kind: Kind, bytes: Uint8Array<ArrayBuffer>, name: string, characters: string[] | undefined): Promise<Outcome[]> {
  // A file by its bytes alone: what was read is what is imported, whatever happens to the file meanwhile.
  const source = new File([bytes], name);
  if (kind === "card") return drain(kind, into.characters.import(source), (entry) => entry.name);
  if (kind === "persona") return drain(kind, into.personas.import(source), (entry) => entry.name);
  if (kind === "world") return drain(kind, into.worlds.import(source), (entry) => entry.name);
  if (kind === "lorebook") return drain(kind, into.lorebooks.import(source), (entry) => entry.name);
  if (kind === "template") return drain(kind, into.templates.import(source), (entry) => entry.name);
  return drain(kind, into.chats.import(source, characters && { characters }), (entry: ChatEntry) => entry.title);
}

/** A file that is not imported, and why. */
export function refused(name: string, error: unknown): Outcome {
  return { name, was: "failed", message: isForeign(error) ? FOREIGN : sentence(error), code: codeOf(error) };
}

/** What is larger may be a backup or an archive of a folder, of which only the directory is read to know it. */
const LARGE = 256 << 20;

function isArchive(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4;
}

/** Backups are archives whose first entry says so. */
function isBackup(head: Uint8Array): boolean {
  const first = "cardkeep.json";
  return isArchive(head) && head[26] === first.length && head[27] === 0 && new TextDecoder().decode(head.subarray(30, 30 + first.length)) === first;
}

/** Whether something in a folder or an archive of one is known. */
export async function holdsFolder(keep: Keep, source: FolderSource): Promise<boolean> {
  try {
    for await (const event of keep.importFolder(source, { preview: true })) {
      if (event.type === "found") return Object.values(event.found).some((n) => n > 0);
    }
  } catch {
    // Then each file says for itself what is wrong.
  }
  return false;
}

/**
 * What the bytes are.
 * Worlds, personas and cards are easily told; then come chats, and lorebooks and templates last, of which other files have
 * parts too. If nothing fits, the card reader's error is the answer: most files that come are meant to be cards.
 */
export function sniff(bytes: Uint8Array): Kind {
  const world = attempt(() => readWorld(bytes));
  if (world === undefined) return "world";
  let persona = false;
  // Whatever is a card can be taken for a persona; then the reader says so.
  attempt(() => (persona = !readPersonas(bytes).warnings.some(({ code }) => code === "card-as-persona")));
  if (persona) return "persona";
  const card = attempt(() => readCard(bytes));
  if (card === undefined) return "card";
  let lines = 0;
  const chat = attempt(() => {
    for (const session of readChat(bytes).sessions) {
      lines += session.length + (session.header === undefined ? 0 : 1);
      session.free();
    }
  });
  // A file without a line is an empty chat to the library, and a mistake to a person.
  if (chat === undefined && lines > 0) return "chat";
  if (attempt(() => readLorebook(bytes)) === undefined) return "lorebook";
  if (attempt(() => readTemplates(bytes)) === undefined) return "template";
  const telling = [card, chat].find((error) => !isForeign(error));
  throw telling ?? card;
}

/** Each reader speaks of its own kind; what none of them knows is told in words for all of them. */
const FOREIGN = "it is none of the files that come in here: no character card, chat, world, persona, lorebook, template or backup, or a chat without a message";

function isForeign(error: unknown): boolean {
  return ["not-a-card", "not-a-chat"].includes(codeOf(error) ?? "");
}

function attempt(read: () => unknown): unknown {
  try {
    read();
    return undefined;
  } catch (error) {
    if (!isCardkeepError(error)) throw error;
    return error;
  }
}

/** The characters by their names: read once for many files, and those among the files as they come in. */
export class Cast {
  #ids: Map<string, Set<string>> | undefined;

  /** With `there`, what is in the keep is known already. */
  constructor(private readonly keep: Keep, there?: readonly { id: string; name: string }[]) {
    if (there) this.#fill(there);
  }

  #fill(there: readonly { id: string; name: string }[]): void {
    this.#ids = new Map();
    for (const entry of there) this.enter(entry);
  }

  enter({ id, name }: { id: string; name: string }): void {
    const same = this.#ids?.get(name);
    if (same) same.add(id);
    else this.#ids?.set(name, new Set([id]));
  }

  /** The characters that a chat is with, by what they are called: those whose names say so without doubt. */
  async meant(names: Iterable<string>): Promise<Map<string, string>> {
    if (this.#ids === undefined) this.#fill((await this.keep.characters.list()).items);
    const meant = new Map<string, string>();
    for (const name of names) {
      const [id, ...others] = this.#ids?.get(name) ?? [];
      if (id !== undefined && others.length === 0) meant.set(name, id);
    }
    return meant;
  }
}

/** Who speaks in a chat beside the user. */
export function speakersOf(bytes: Uint8Array): Set<string> {
  const names = new Set<string>();
  for (const session of readChat(bytes).sessions) {
    for (const message of session.page(0, 200)) if (message.role === "character") names.add(message.name);
    session.free();
  }
  return names;
}

async function drain<E extends Entry>(kind: Kind, events: AsyncIterable<ImportEvent<E>>, title: (entry: E) => string): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for await (const event of events) {
    if (event.type === "item") {
      outcomes.push({ name: event.name, was: event.status, kind, id: event.entry.id, title: title(event.entry), warnings: event.warnings, like: (event.like ?? []).map((other) => ({ id: other.id, title: title(other) })) });
      for (const { entry, status, warnings } of event.chats ?? []) {
        outcomes.push({ name: event.name, was: status, kind: "chat", id: entry.id, title: entry.title, warnings, like: [] });
      }
    } else if (event.type === "failed") {
      outcomes.push({ name: event.name, was: "failed", message: withoutCode(event.message, event.code), code: event.code });
    }
  }
  return outcomes;
}
