// Importing the data folder of another tool: every file in its turn, what others name before those that name it. One bad file
// never stops the others, and what is kept already does not come twice, so a folder that was cut short is given again.

import { type KeepHandle, RawArchive, rawFolderPlan, rawReadGroup } from "./cardkeep.js";
import { failure, named, refuseIfAborted } from "./errors.js";
import { filesOf, type FolderFile } from "./files.js";
import { type Taken, usualLimits } from "./intake.js";
import { call } from "./loading.js";
import { flag, limits as limitsOf, options } from "./options.js";
import type { Personas } from "./personas.js";
import { refuseWithoutSpace } from "./space.js";
import { drawn } from "./thumbnail.js";
import type { ChatEntry, ChatLinks } from "./types/chats.js";
import type { FolderDomain, FolderEvent, FolderOptions, FolderOutcome, FolderSource } from "./types/folder.js";
import type { PersonaEntry } from "./types/personas.js";
import type { Json, Limits, Warning } from "./types/reading.js";
import type { Entry } from "./types/record.js";
import type { ImportedSettings } from "./types/settings.js";

const OP = "Keep.importFolder";
/** So many files are worth a backup before. */
const MANY = 50;

/** Where a file stands, as `src/folder` tells it. */
interface Place {
  what: "character" | "lorebook" | "template" | "persona" | "settings" | "avatar" | "world" | "world-file" | "group" | "chat" | "group-chat" | "world-chat" | "asset" | "skipped";
  root: string;
  of: string;
  guess: boolean;
  reason?: "secret" | "no-place" | "copy" | "program" | "unknown";
}

const DOMAINS: Partial<Record<Place["what"], FolderDomain>> = {
  character: "characters",
  lorebook: "lorebooks",
  template: "templates",
  persona: "personas",
  settings: "settings",
  world: "worlds",
  chat: "chats",
  "group-chat": "chats",
  "world-chat": "chats",
  asset: "assets",
};

const REASONS: Record<NonNullable<Place["reason"]>, string> = {
  secret: "it holds keys or passwords and was not read",
  "no-place": "there is nothing here that it could become",
  copy: "it is a copy of what stands elsewhere in the folder",
  program: "it belongs to the program or the system",
  unknown: "nothing is known of such a file",
};

/** What a guess may turn out to be without being a failure. */
const NOT_THAT = ["no-card", "not-a-card", "not-a-chat", "not-a-template", "unsupported"];
/** What every other file would fail with, too. */
const ENDS = ["cancelled", "closed"];

interface Item {
  file: FolderFile;
  place: Place;
}

type Outcome = Exclude<FolderEvent, { type: "found" | "progress" | "done" }>;

/**
 * What an import needs of the keep.
 * @internal
 */
export interface Into {
  handle: KeepHandle;
  personas: Personas;
}

/** @internal */
export function importFolder(into: Into, source: FolderSource, given?: FolderOptions): AsyncIterable<FolderEvent> {
  return call(OP, () => {
    const { limits, signal, preview } = options(given, ["limits", "signal", "preview"]);
    return walk(new Folder(into, limits, signal), source, flag(preview, "preview"));
  });
}

async function* walk(folder: Folder, source: FolderSource, preview: boolean): AsyncGenerator<FolderEvent, void, undefined> {
  await folder.asked(() => folder.answers());
  const files = await folder.asked(() => filesOf(source, folder.signal));
  const plan = JSON.parse(rawFolderPlan(files.map(({ path }) => path))) as [number, Place][];
  const items = plan.map(([index, place]): Item => ({ file: files[index] as FolderFile, place }));
  const found: Partial<Record<FolderDomain, number>> = {};
  for (const { place } of items) {
    const domain = DOMAINS[place.what];
    if (domain !== undefined) found[domain] = (found[domain] ?? 0) + 1;
  }
  yield { type: "found", files: files.length, found };
  const count = { added: 0, updated: 0, duplicates: 0, repaired: 0, failed: 0, skipped: 0 };
  const report: FolderOutcome[] = [];
  if (!preview && items.length >= MANY) await folder.asked(() => folder.backup());
  folder.remember(items);
  const queue = items.map((item) => ({ item, last: false }));
  for (const [index, { item, last }] of queue.entries()) {
    if (preview) {
      if (item.place.reason === undefined) continue;
      const event = skipped(item);
      count.skipped += 1;
      report.push(outcome(event));
      yield event;
      continue;
    }
    for await (const event of folder.take(item, last)) {
      if (event.type === "item") {
        count[event.status === "duplicate" ? "duplicates" : event.status] += 1;
        if (event.warnings.some(({ repaired }) => repaired)) count.repaired += 1;
      } else if (event.type !== "used") count[event.type] += 1;
      report.push(outcome(event));
      yield event;
    }
    queue.push(...folder.later.splice(0).map((item) => ({ item, last: true })));
    yield { type: "progress", done: Math.min(index + 1, items.length), total: items.length };
  }
  yield { type: "done", ...count, report };
}

function skipped({ file, place }: Item): Extract<Outcome, { type: "skipped" }> {
  const reason = place.reason ?? "unknown";
  return { type: "skipped", path: file.path, reason, message: REASONS[reason] };
}

/** The event as the report has it at the end. */
function outcome(event: Outcome): FolderOutcome {
  const { path } = event;
  if (event.type === "item") {
    const repaired = event.warnings.filter((warning) => warning.repaired);
    const id = "entry" in event ? { id: event.entry.id } : {};
    return { path, outcome: event.status, domain: event.domain, ...id, ...(repaired.length > 0 && { repaired }) };
  }
  if (event.type === "used") return { path, outcome: "used", message: event.message };
  if (event.type === "skipped") return { path, outcome: "skipped", code: event.reason, message: event.message };
  return { path, outcome: "failed", code: event.code, message: event.message };
}

/** What is known of the folder while its files are taken one after the other. */
class Folder {
  readonly signal: AbortSignal | undefined;
  /** Files whose turn comes once more, behind all others. */
  readonly later: Item[] = [];
  readonly #into: Into;
  readonly #limits: Limits | undefined;
  readonly #most: Required<Limits>;
  /** Characters by the root and the name of their file, and by their own name. */
  readonly #files = new Map<string, string>();
  readonly #names = new Map<string, Set<string>>();
  /** Characters whose chats came in their file. */
  readonly #talked: string[] = [];
  /** Personas by the root and their picture's file name. */
  readonly #personas = new Map<string, string>();
  readonly #worlds = new Map<string, string>();
  readonly #groups = new Map<string, { name: string; characters: string[]; text?: string; metadata?: string }>();
  /** Pictures of personas that are in the folder, until they are used. */
  readonly #avatars = new Map<string, Item>();
  readonly #used = new Set<Item>();
  /** Characters and chats that came. */
  readonly #came = new Set<string>();
  /** What lies beside the state of a world, by the world's folder. */
  readonly #beside = new Map<string, Item[]>();

  constructor(into: Into, given: Limits | undefined, signal: AbortSignal | undefined) {
    this.#into = into;
    this.#limits = limitsOf(given);
    this.#most = { ...usualLimits(), ...this.#limits };
    this.signal = signal;
  }

  /** Names what fails. */
  async asked<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      throw named(thrown, OP);
    }
  }

  answers(): Promise<void> {
    return this.#into.handle.answers() as Promise<void>;
  }

  backup(): Promise<void> {
    return this.#into.handle.backupBefore("before a folder is imported") as Promise<void>;
  }

  remember(items: readonly Item[]): void {
    for (const item of items) {
      const { what, of } = item.place;
      if (what === "avatar") this.#avatars.set(key(item, base(item.file.path)), item);
      if (what !== "world-file") continue;
      const beside = this.#beside.get(key(item, of));
      if (beside === undefined) this.#beside.set(key(item, of), [item]);
      else beside.push(item);
    }
  }

  /** Takes a file; `last`: it was put off already. */
  async *take(item: Item, last: boolean): AsyncGenerator<Outcome, void, undefined> {
    const { path } = item.file;
    try {
      refuseIfAborted(this.signal);
      switch (item.place.what) {
        case "skipped":
          yield skipped(item);
          return;
        case "avatar":
          yield this.#avatar(item);
          return;
        case "settings":
          yield* this.#settings(item);
          return;
        case "persona":
          yield* this.#personasOf(item, await this.#read(item));
          return;
        case "world-file":
          yield await this.#besideWorld(item);
          return;
        case "group":
          yield this.#group(item, await this.#read(item));
          return;
        case "chat":
        case "group-chat":
        case "world-chat":
          yield* this.#chats(item, last);
          return;
        default:
          yield* this.#documents(item, item.place.what);
      }
    } catch (thrown) {
      const error = named(thrown, OP);
      if (ENDS.includes(error.code)) throw error;
      if (item.place.guess && NOT_THAT.includes(error.code)) {
        yield { type: "skipped", path, reason: "unknown", message: error.message };
        return;
      }
      const { code, message, needed, free } = error;
      yield { type: "failed", path, code, message, ...(needed !== undefined && { needed }), ...(free !== undefined && { free }) };
    }
  }

  async #read(item: Item, size: "file" | "chat" = "file"): Promise<{ bytes: Uint8Array; warnings: Warning[] }> {
    const read = await item.file.read({ limit: this.#most[size], name: size, signal: this.signal });
    await refuseWithoutSpace(this.#into.handle, size, read.bytes.length);
    return read;
  }

  /** Characters, lorebooks, templates, worlds and assets. */
  async *#documents(item: Item, what: "character" | "lorebook" | "template" | "world" | "asset"): AsyncGenerator<Outcome, void, undefined> {
    const { handle } = this.#into;
    const { bytes, warnings } = await this.#read(item);
    const { path } = item.file;
    if (what === "character") {
      const taken = await drawn(handle, JSON.parse(await handle.importCharacter(bytes, this.#limits, this.#talked)) as Taken<Entry & { name: string }>);
      const { id, name } = taken.entry;
      this.#files.set(key(item, item.place.of), id);
      const known = key(item, name.toLowerCase());
      const called = this.#names.get(known) ?? new Set();
      this.#names.set(known, called.add(id));
      this.#came.add(id);
      if (taken.chats !== undefined) this.#talked.push(id);
      yield told(path, "characters", taken, warnings);
      for (const chat of taken.chats ?? []) yield told(path, "chats", chat, []);
    } else if (what === "world") {
      const taken = JSON.parse(await handle.importWorld(await this.#tree(item, bytes), this.#limits)) as Taken<Entry>;
      this.#worlds.set(key(item, item.place.of), taken.entry.id);
      yield told(path, "worlds", taken, warnings);
    } else if (what === "asset") {
      const all = JSON.parse((await handle.importAsset(bytes, base(path), this.#limits)) as string) as Taken<Entry>[];
      for (const taken of all) yield told(path, "assets", taken, warnings.splice(0));
    } else {
      const domain = what === "lorebook" ? "lorebooks" : "templates";
      const all = JSON.parse((await handle.importTexts(domain, bytes, base(path), this.#limits)) as string) as Taken<Entry>[];
      for (const taken of all) yield told(path, domain, taken, warnings.splice(0));
    }
  }

  /** The settings, and the personas that SillyTavern keeps among them. */
  async *#settings(item: Item): AsyncGenerator<Outcome, void, undefined> {
    const { bytes, warnings } = await this.#read(item);
    const { path } = item.file;
    const settings = JSON.parse((await this.#into.handle.importSettings(bytes, true, this.#limits)) as string) as ImportedSettings;
    const status = Object.keys(settings.applied).length > 0 ? "updated" : "duplicate";
    yield { type: "item", path, domain: "settings", status, settings, warnings: [...warnings, ...settings.warnings] };
    try {
      yield* this.#personasOf(item, { bytes, warnings: [] });
    } catch (thrown) {
      // Settings without personas are settings all the same.
      if (named(thrown, OP).code !== "not-a-persona") throw thrown;
    }
  }

  async *#personasOf(item: Item, { bytes, warnings }: { bytes: Uint8Array; warnings: Warning[] }): AsyncGenerator<Outcome, void, undefined> {
    const { handle } = this.#into;
    const all = JSON.parse(await handle.importPersonas(bytes, this.#limits)) as Taken<PersonaEntry>[];
    for (const taken of all) {
      const pictured = await this.#picture(item, taken.entry);
      const status = pictured.entry.rev !== taken.entry.rev && taken.status === "duplicate" ? "updated" : taken.status;
      yield {
        type: "item", path: item.file.path, domain: "personas", status, entry: pictured.entry,
        warnings: [...warnings.splice(0), ...taken.warnings, ...pictured.warnings],
      };
      if (pictured.used) yield { type: "used", path: pictured.used.file.path, message: `it is the picture of the persona ${taken.entry.name}` };
    }
  }

  /** Gives a persona its picture, where it is in the folder and the persona has none. */
  async #picture(item: Item, entry: PersonaEntry): Promise<{ entry: PersonaEntry; warnings: Warning[]; used?: Item }> {
    const { personas } = this.#into;
    const kept = await personas.get(entry.id);
    const picture = kept?.persona.picture;
    if (kept === undefined || picture === undefined) return { entry, warnings: [] };
    this.#personas.set(key(item, picture), entry.id);
    const avatar = this.#avatars.get(key(item, picture));
    if (avatar === undefined || this.#used.has(avatar)) return { entry, warnings: [] };
    this.#used.add(avatar);
    if (entry.image) return { entry, warnings: [], used: avatar };
    try {
      const { bytes, warnings } = await this.#read(avatar);
      const put = await personas.put(kept.document, { id: entry.id, image: bytes, ifRev: entry.rev });
      return { entry: put, warnings, used: avatar };
    } catch (thrown) {
      const { code, message } = named(thrown, OP);
      if (code === "cancelled") throw thrown;
      this.#used.delete(avatar);
      return { entry, warnings: [{ code: "no-picture", path: avatar.file.path, message, repaired: false }] };
    }
  }

  #avatar(item: Item): Outcome {
    const { path } = item.file;
    // It was told with its persona.
    if (this.#used.has(item)) return { type: "used", path, message: "it is the picture of a persona" };
    return { type: "skipped", path, reason: "no-place", message: "no persona has this picture, or it cannot be one" };
  }

  /** The tree of a world in an archive, where pictures or events lie beside its state; else the state. */
  async #tree(item: Item, state: Uint8Array): Promise<Uint8Array> {
    const beside = this.#beside.get(key(item, item.place.of)) ?? [];
    if (beside.length === 0) return state;
    const parts: Uint8Array[] = [];
    let length = state.length;
    const raw = new RawArchive();
    try {
      parts.push(raw.entry("world_state.json", state), state);
      for (const one of [...beside].sort((a, b) => (withinWorld(a) < withinWorld(b) ? -1 : 1))) {
        refuseIfAborted(this.signal);
        // What cannot be read fails when its turn comes.
        const read = await this.#read(one).catch(() => undefined);
        if (read === undefined || length + read.bytes.length > this.#most.file * 0.9) continue;
        length += read.bytes.length;
        parts.push(raw.entry(withinWorld(one), read.bytes), read.bytes);
        this.#used.add(one);
      }
      parts.push(raw.end());
    } catch (thrown) {
      raw.free();
      throw thrown;
    }
    return new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  }

  async #besideWorld(item: Item): Promise<Outcome> {
    const { file: { path }, place: { of } } = item;
    if (!this.#worlds.has(key(item, of))) return { type: "skipped", path, reason: "no-place", message: "no world came from its folder" };
    if (this.#used.has(item)) return { type: "used", path, message: "it lies beside its world" };
    const { bytes } = await this.#read(item);
    throw failure("too-large", `the file has ${bytes.length} bytes, with which its world is larger than the limit \`file\` allows`);
  }

  #group(item: Item, { bytes }: { bytes: Uint8Array }): Outcome {
    const { name, members, chats } = JSON.parse(rawReadGroup(bytes, this.#limits)) as { name: string; members: string[]; chats: { id: string; metadata?: string }[] };
    const found = members.map((file) => this.#files.get(key(item, stem(file)))).filter((id) => id !== undefined);
    const characters = [...new Set(found)];
    const group = { name: name || item.place.of, characters, ...worded(bytes) };
    for (const { id, metadata } of chats) this.#groups.set(key(item, id), { ...group, ...(metadata !== undefined && { metadata }) });
    return { type: "used", path: item.file.path, message: `its chats are with ${characters.length} of ${members.length} characters` };
  }

  async *#chats(item: Item, last: boolean): AsyncGenerator<Outcome, void, undefined> {
    const { handle } = this.#into;
    const { bytes, warnings } = await this.#read(item, "chat");
    const { path } = item.file;
    const { title, ...links } = this.#linksOf(item, bytes);
    const limits = this.#limits === undefined ? {} : { limits: this.#limits };
    // SillyTavern's groups of before 2025 have what stands in a header elsewhere.
    const { metadata, text } = (item.place.what === "group-chat" ? this.#groups.get(key(item, item.place.of)) : undefined) ?? {};
    const said = { ...(metadata !== undefined && { metadata }), ...(text !== undefined && { group: text }) };
    const all = JSON.parse(await handle.importChat(bytes, base(path).normalize("NFC"), { ...links, ...said, title, ...limits }, this.#came)) as Taken<ChatEntry>[];
    if (!last && all.every(({ alike }) => alike)) {
      // A branch without words of its own and what it branched off are equal until that goes on, which may be in this folder.
      this.later.push(item);
      return;
    }
    for (const taken of all) {
      this.#came.add(taken.entry.id);
      const loose = taken.status !== "added" && linked(links) && !linked(taken.entry);
      if (!loose) {
        yield told(path, "chats", taken, warnings.splice(0));
        continue;
      }
      // It came before what it belongs to.
      const entry = JSON.parse((await handle.linkChat(taken.entry.id, links, { ifRev: taken.entry.rev })) as string) as ChatEntry;
      yield { type: "item", path, domain: "chats", status: "updated", entry, warnings: [...warnings.splice(0), ...taken.warnings] };
    }
  }

  /** The only character of a name. */
  #named(item: Item, name: string): string | undefined {
    const [only, ...others] = this.#names.get(key(item, name.toLowerCase())) ?? [];
    return others.length === 0 ? only : undefined;
  }

  /** What a chat belongs to: by its folder, by its group, by its world, and where these do not say, by what it begins with. */
  #linksOf(item: Item, bytes: Uint8Array): ChatLinks & { title: string } {
    const { what, of } = item.place;
    const title = titleOf(item);
    if (what === "world-chat") {
      const world = this.#worlds.get(key(item, of));
      return { title, characters: [], ...(world !== undefined && { world, location: title.replace(/_chat$/, "") }) };
    }
    const header = opening(bytes);
    const meta = header.chat_metadata;
    const picture = typeof meta === "object" && meta !== null && !Array.isArray(meta) ? meta.persona : undefined;
    const persona = typeof picture === "string" ? this.#personas.get(key(item, picture)) : undefined;
    const links = persona === undefined ? {} : { persona };
    if (what === "group-chat") {
      const group = this.#groups.get(key(item, of));
      // SillyTavern calls the chats of groups by moments or numbers.
      const dated = /^\d{4}-\d|^\d{8,}/.test(title);
      const full = group !== undefined && dated ? cut(`${group.name} - ${title}`) : title;
      return { ...links, title: full, characters: group?.characters ?? [] };
    }
    const told = header.character_name;
    const character =
      (of === "" ? undefined : (this.#files.get(key(item, of)) ?? this.#named(item, of))) ??
      (typeof told === "string" ? this.#named(item, told) : undefined);
    return { ...links, title, characters: character ? [character] : [] };
  }
}

function told(path: string, domain: Exclude<FolderDomain, "settings">, { entry, status, warnings, like }: Taken<Entry>, before: Warning[]): Outcome {
  return { type: "item", path, domain, status, entry, warnings: [...before, ...warnings], ...(like && { like: like.map(({ id }) => id) }) };
}

function linked({ characters, persona, world }: ChatLinks): boolean {
  return (characters?.length ?? 0) > 0 || persona !== undefined || world !== undefined;
}

/** The text of a file, where it is one whose bytes it is again. */
function worded(bytes: Uint8Array): { text?: string } {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return {};
  }
}

/** A chat's header; empty where it has none. */
function opening(bytes: Uint8Array): { [key: string]: Json } {
  const end = bytes.indexOf(0x0a);
  // The whole of a chat in one value has no header that says whose it is.
  if (end === -1) return {};
  try {
    const first = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))) as Json;
    return typeof first === "object" && first !== null && !Array.isArray(first) ? first : {};
  } catch {
    return {};
  }
}

/** Where a file stands in the folder of its world. */
function withinWorld({ file, place: { root } }: Item): string {
  const parts = file.path.split(/[\\/]/).filter((part) => part !== "" && part !== ".");
  return parts.slice((root === "" ? 0 : root.split("/").length) + 2).join("/");
}

/** Disks spell letters with marks in two ways, and archives keep them so. */
const key = ({ place }: Item, name: string) => `${place.root}\n${name}`.normalize("NFC");
const base = (path: string) => path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
const stem = (name: string) => name.replace(/(?<=\.jsonl?)\.gz$/i, "").replace(/(?<=.)\.[^.]*$/, "");

/** The title of a chat. */
const titleOf = ({ file }: Item) => cut(stem(base(file.path)));

/** As much of a title as a chat may have, without half a character at its end. */
function cut(title: string): string {
  return [...title].slice(0, 100).join("");
}
