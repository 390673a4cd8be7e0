// The keep in the layout of SillyTavern's data folder, a file at a time, and the archive of it that is made while it is read.

import type { Assets } from "./assets.js";
import { RawArchive } from "./cardkeep.js";
import { writeCard } from "./card.js";
import { readChat } from "./chat.js";
import type { Characters } from "./characters.js";
import type { Campaigns } from "./campaigns.js";
import type { Chats } from "./chats.js";
import { failure, named, refuseIfAborted } from "./errors.js";
import { call } from "./loading.js";
import { writeLorebook } from "./lore.js";
import type { Lorebooks } from "./lorebooks.js";
import { options } from "./options.js";
import { blobOf } from "./outlet.js";
import { writePersonas } from "./persona.js";
import type { Personas } from "./personas.js";
import type { Templates } from "./templates.js";
import type { CharacterEntry } from "./types/characters.js";
import type { ChatEntry } from "./types/chats.js";
import type { ExportedFolder, ExportFolderOptions } from "./types/folder.js";
import type { PersonaDocument } from "./types/persona.js";
import type { PersonaEntry } from "./types/personas.js";
import type { Json } from "./types/reading.js";
import type { Entry, Listing, RecordDomain } from "./types/record.js";
import type { TemplateEntry } from "./types/templates.js";
import type { Worlds } from "./worlds.js";

const OP = "Keep.exportFolder";
const TYPE = "application/zip";

/** Where SillyTavern has its presets. */
const PRESETS: Partial<Record<TemplateEntry["kind"], string>> = {
  instruct: "instruct",
  context: "context",
  "system-prompt": "sysprompt",
  reasoning: "reasoning",
  "chat-completion": "OpenAI Settings",
  sampler: "TextGen Settings",
};

/** Whose the files of all personas are. */
const PERSONAS = "personas";

/** A folder of chats that no character has. */
const NOBODY = "No character";

/**
 * What is read of a keep.
 * @internal
 */
export interface From {
  readonly characters: Characters;
  readonly chats: Chats;
  readonly lorebooks: Lorebooks;
  readonly templates: Templates;
  readonly personas: Personas;
  readonly worlds: Worlds;
  readonly campaigns: Campaigns;
  readonly assets: Assets;
}

/** A group, and those of its chats that leave. */
interface Group {
  /** What tells it from other groups. */
  of: string;
  /** The file that it came in. */
  said: { [key: string]: Json };
  members: string[];
  chats: string[];
}

type File = [path: string, content: Uint8Array];

/**
 * One file of the folder.
 * @internal
 */
export interface Laid {
  readonly path: string;
  readonly content: Uint8Array;
  /** The record that it is, its domain and id; a group, or all personas. */
  readonly of: string;
  /** Whether something that belongs in it could not be read. */
  readonly partial: boolean;
}

/**
 * A file of the folder as it was made before.
 * @internal
 */
export interface Before {
  readonly path: string;
  readonly of: string;
}

/** @internal */
export function exportFolder(keep: From, given: ExportFolderOptions): ExportedFolder {
  return call(OP, () => {
    const { layout, signal } = options(given, ["layout", "signal"]);
    layoutOf(layout);
    const told: ExportedFolder["told"] = [];
    const stream = () => {
      told.length = 0;
      return archive(new Layout(keep, told).files(), signal);
    };
    const blob = () => blobOf(OP, TYPE, stream);
    return { filename: `sillytavern-${new Date().toISOString().slice(0, 10)}.zip`, type: TYPE, told, stream, blob };
  });
}

/** @internal */
export function layoutOf(layout: "sillytavern"): void {
  if (layout !== "sillytavern") throw failure("bad-option", `\`layout\` is \`${String(layout)}\`, \`sillytavern\` was wanted`);
}

function archive(files: AsyncGenerator<Laid, void, undefined>, signal: AbortSignal | undefined): ReadableStream<Uint8Array<ArrayBuffer>> {
  let raw: RawArchive | undefined = new RawArchive();
  return new ReadableStream({
    pull: async (controller) => {
      try {
        refuseIfAborted(signal);
        const { done, value } = await files.next();
        if (raw === undefined) return;
        if (done) {
          const end = raw.end();
          raw = undefined;
          controller.enqueue(end as Uint8Array<ArrayBuffer>);
          return controller.close();
        }
        const { path, content } = value;
        controller.enqueue(raw.entry(path, content) as Uint8Array<ArrayBuffer>);
        if (content.length > 0) controller.enqueue(content as Uint8Array<ArrayBuffer>);
      } catch (thrown) {
        raw?.free();
        raw = undefined;
        throw named(thrown, OP);
      }
    },
    cancel: async () => {
      raw?.free();
      raw = undefined;
      await files.return();
    },
  }, { highWaterMark: 1 });
}

/**
 * Where everything of a keep stands in the folder.
 * @internal
 */
export class Layout {
  /** How many records were looked at, and how many there are. */
  done = 0;
  total = 0;
  /** Records that could not be read. */
  readonly #failed = new Set<string>();
  readonly #keep: From;
  readonly #told: ExportedFolder["told"];
  /** The file name of each character without its extension. */
  readonly #stems = new Map<string, string>();
  /** Whose each name in a folder is, in one case and spelling, and which are given away by now. */
  readonly #taken = new Map<string, string>();
  readonly #given = new Set<string>();
  /** The name that a record had in a folder. */
  readonly #before = new Map<string, string>();
  #count = 0;
  /** What groups say of chats without a header, by the chats' files. */
  readonly #metadata = new Map<string, Json>();

  /** What was made `before` keeps its name as long as its record has it, whatever else comes and goes. */
  constructor(keep: From, told: ExportedFolder["told"], before: Iterable<Before> = []) {
    this.#keep = keep;
    this.#told = told;
    for (const { path, of } of before) {
      const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
      const stem = stemOf(path.slice(folder.length + 1));
      // The chats of a character stand in a folder of its file's name.
      const within = folder === "characters" ? "chats" : folder;
      this.#before.set(`${within}\n${of}`, stem);
      this.#taken.set(folded(`${within}/${stem}`), of);
    }
  }

  async *files(): AsyncGenerator<Laid, void, undefined> {
    const { characters, chats, lorebooks, templates, personas, worlds, campaigns, assets } = this.#keep;
    this.#taken.set(folded(`chats/${NOBODY}`), NOBODY);
    const listed = {
      characters: this.#listed("characters", await characters.list()),
      chats: [...this.#listed("chats", await chats.list({ archived: false })), ...this.#listed("chats", await chats.list({ archived: true }))],
      lorebooks: this.#listed("lorebooks", await lorebooks.list()),
      templates: this.#listed("templates", await templates.list()),
      personas: this.#listed("personas", await personas.list()),
      assets: this.#listed("assets", await assets.list()),
    };
    this.total = Object.values(listed).reduce((sum, { length }) => sum + length, 0);
    for (const entry of listed.characters) yield* this.#one("characters", entry, entry.name, () => this.#character(entry));
    const groups = new Map<string, Group>();
    for (const entry of listed.chats) yield* this.#one("chats", entry, entry.title, () => this.#chat(entry, groups));
    yield* this.#groups(groups);
    for (const entry of listed.lorebooks) {
      const of = `lorebooks/${entry.id}`;
      yield* this.#one("lorebooks", entry, entry.name, async () => {
        if (entry.dialect === "silly-tavern") return this.#file("worlds", await lorebooks.export(entry.id), of);
        const kept = await lorebooks.get(entry.id);
        if (kept === undefined) return undefined;
        const { bytes, losses } = writeLorebook(kept.document, { dialect: "silly-tavern" });
        if (losses.length > 0) this.#tell("lorebooks", entry, entry.name, `SillyTavern has no place for ${losses.map(({ path }) => path).join(", ")}`);
        return [`worlds/${this.#free("worlds", stemOf((await lorebooks.export(entry.id)).filename), of)}.json`, bytes];
      });
    }
    for (const entry of listed.templates) {
      const folder = PRESETS[entry.kind];
      if (folder === undefined) this.#tell("templates", entry, entry.name, "SillyTavern has no such template");
      yield* this.#one("templates", entry, entry.name, async () => (folder === undefined ? undefined : this.#file(folder, await templates.export(entry.id), `templates/${entry.id}`)));
    }
    yield* this.#personas(listed.personas);
    for (const entry of listed.assets) {
      const shown = /^(image|video)\//.test(entry.type) && !entry.active;
      if (!shown) this.#tell("assets", entry, entry.name, "SillyTavern has backgrounds, and no other such files");
      yield* this.#one("assets", entry, entry.name, async () => (shown ? this.#file("backgrounds", await assets.export(entry.id), `assets/${entry.id}`) : undefined));
    }
    for (const entry of this.#listed("worlds", await worlds.list())) this.#tell("worlds", entry, entry.name, "SillyTavern has no worlds");
    for (const entry of this.#listed("campaigns", await campaigns.list())) this.#tell("campaigns", entry, entry.name, "SillyTavern has no campaigns");
  }

  /** Whether something of what belongs in a file could not be read. */
  misses(of: string): boolean {
    const parts = of === PERSONAS ? ["personas/"] : of.startsWith("groups/") ? ["characters/", "chats/"] : [];
    return this.#failed.has(of) || [...this.#failed].some((failed) => parts.some((part) => failed.startsWith(part)));
  }

  async #character(entry: CharacterEntry): Promise<File | undefined> {
    const { characters } = this.#keep;
    const file = await characters.export(entry.id);
    const stem = this.#free("chats", stemOf(file.filename), `characters/${entry.id}`);
    this.#stems.set(entry.id, stem);
    if (file.type === "image/png") return [`characters/${stem}.png`, file.bytes];
    const kept = await characters.get(entry.id);
    if (kept === undefined) return undefined;
    const picture = await characters.image(entry.id);
    const image = picture !== undefined && isPng(picture) ? { image: picture } : {};
    if (kept.container !== "json") this.#tell("characters", entry, entry.name, `a PNG has only the card of the ${kept.container} file`);
    return [`characters/${stem}.png`, writeCard(kept.document, { container: "png", ...image })];
  }

  async #chat(entry: ChatEntry, groups: Map<string, Group>): Promise<File> {
    const { chats } = this.#keep;
    const of = `chats/${entry.id}`;
    const file = await chats.export(entry.id, entry.dialect === "sillytavern" ? undefined : { as: "sillytavern" });
    if (file.losses.length > 0) this.#tell("chats", entry, entry.title, `SillyTavern has no place for ${file.losses.map(({ path }) => path).join(", ")}`);
    const members = entry.characters.map((id) => this.#stems.get(id)).filter((stem) => stem !== undefined);
    const came = await chats.group(entry.id);
    if (members.length > 1 || came !== undefined) {
      const stem = this.#free("group chats", stemOf(file.filename), of);
      const key = came ?? JSON.stringify(members);
      const group = groups.get(key) ?? groupOf(came, members);
      group.members = [...new Set([...group.members, ...members])];
      group.chats.push(stem);
      groups.set(key, group);
      if ((await chats.open(entry.id)).header === undefined) {
        // The file stays as it came: SillyTavern takes what its group says into a header.
        const [session] = readChat((await chats.export(entry.id, { as: "sillytavern" })).bytes).sessions;
        const said = session?.header?.chat_metadata;
        session?.free();
        if (said !== undefined) this.#metadata.set(stem, said);
      }
      return [`group chats/${stem}.jsonl`, file.bytes];
    }
    const folder = members[0] ?? NOBODY;
    return [`chats/${folder}/${this.#free(`chats/${folder}`, stemOf(file.filename), of)}.jsonl`, file.bytes];
  }

  *#groups(groups: Map<string, Group>): Generator<Laid, void, undefined> {
    for (const { of, said: came, members, chats } of groups.values()) {
      const pictures = members.map((stem) => `${stem}.png`);
      const known = Array.isArray(came.members) ? came.members : [];
      // Somebody who is not here any more is still in a group that nobody else left.
      const same = pictures.every((picture) => known.includes(picture));
      const id = this.#free("groups", typeof came.id === "string" && /^[\w-]+$/.test(came.id) ? came.id : String(1 + this.#count++), of);
      const open = typeof came.chat_id === "string" && chats.includes(came.chat_id) ? came.chat_id : (chats[0] ?? "");
      const said = chats.filter((chat) => this.#metadata.has(chat)).map((chat) => [chat, this.#metadata.get(chat) as Json] as const);
      const { past_metadata: _past, chat_metadata: _present, ...rest } = came;
      const past = said.length === 0 ? {} : { past_metadata: Object.fromEntries(said), chat_metadata: this.#metadata.get(open) ?? {} };
      const group: Json = {
        name: members.join(", "), disabled_members: [], ...rest,
        id, members: same && known.length > 0 ? known : pictures, chat_id: open, chats, ...past,
      };
      yield { path: `groups/${id}.json`, content: json(group), of, partial: this.misses(of) };
    }
  }

  async *#personas(listed: readonly PersonaEntry[]): AsyncGenerator<Laid, void, undefined> {
    const { personas } = this.#keep;
    const documents: PersonaDocument[] = [];
    const pictures: (Uint8Array | undefined)[] = [];
    for (const entry of listed) {
      // Nothing of it is a file of its own yet.
      yield* this.#one("personas", entry, entry.name, async () => {
        const kept = await personas.get(entry.id);
        const picture = entry.image ? await personas.image(entry.id) : undefined;
        if (kept !== undefined) pictures[documents.push(kept.document) - 1] = picture;
        return undefined;
      });
    }
    if (documents.length === 0) return;
    const { bytes } = writePersonas(documents, { dialect: "silly-tavern" });
    const one = { of: PERSONAS, partial: this.misses(PERSONAS) };
    yield { path: "personas.json", content: bytes, ...one };
    const { personas: names } = JSON.parse(new TextDecoder().decode(bytes)) as { personas: { [picture: string]: string } };
    for (const [index, name] of Object.keys(names).entries()) {
      const picture = pictures[index];
      if (picture !== undefined) yield { path: `User Avatars/${name}`, content: picture, ...one };
    }
  }

  /** The file of one record; one that cannot be made hides no other. */
  async *#one(domain: RecordDomain, entry: Entry, name: string, make: () => Promise<File | undefined>): AsyncGenerator<Laid, void, undefined> {
    const of = `${domain}/${entry.id}`;
    let file: File | undefined;
    try {
      file = await make();
    } catch (thrown) {
      const error = named(thrown, OP);
      if (error.code === "closed") throw error;
      // What was deleted meanwhile is no failure.
      if (error.code !== "not-found") this.#fails(of);
      this.#tell(domain, entry, name, error.message);
    }
    this.done += 1;
    if (file !== undefined) yield { path: file[0], content: file[1], of, partial: false };
  }

  #listed<E extends Entry>(domain: RecordDomain, { items, unreadable }: Listing<E>): E[] {
    for (const { id, message } of unreadable) {
      this.#fails(`${domain}/${id}`);
      this.#told.push({ domain, id, name: "", message });
    }
    // Oldest first, so that names that are taken twice are given as they came.
    return [...items].reverse();
  }

  #fails(of: string): void {
    this.#failed.add(of);
    const stem = this.#before.get(`chats\n${of}`);
    // Its chats stay in their folder.
    if (of.startsWith("characters/") && stem !== undefined) this.#stems.set(of.slice("characters/".length), stem);
  }

  #file(folder: string, { filename, bytes }: { filename: string; bytes: Uint8Array }, of: string): File {
    const at = filename.lastIndexOf(".");
    return [`${folder}/${this.#free(folder, stemOf(filename), of)}${filename.slice(at)}`, bytes];
  }

  /** The name, or another one where it is somebody else's in the folder, in whatever case. */
  #free(folder: string, stem: string, of: string): string {
    const before = this.#before.get(`${folder}\n${of}`);
    const same = before !== undefined && before.startsWith(stem) && /^\d*$/.test(before.slice(stem.length));
    for (let n = same ? -1 : 0; ; n += 1) {
      const name = n < 0 && same ? before : n <= 0 ? stem : `${stem}${n}`;
      const key = folded(`${folder}/${name}`);
      if ((this.#taken.get(key) ?? of) !== of || this.#given.has(key)) continue;
      this.#taken.set(key, of);
      this.#given.add(key);
      return name;
    }
  }

  #tell(domain: RecordDomain, { id }: Entry, name: string, message: string): void {
    this.#told.push({ domain, id, name, message });
  }
}

function groupOf(came: string | undefined, members: readonly string[]): Group {
  const said = came === undefined ? {} : object(came);
  return { of: `groups/${typeof said.id === "string" ? said.id : members.join("|")}`, said, members: [], chats: [] };
}

/** What a JSON text says, where it is an object. */
function object(text: string): { [key: string]: Json } {
  try {
    const value = JSON.parse(text) as Json;
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}

/**
 * What two names share that some file system takes for one.
 * @internal
 */
export const folded = (name: string) => name.normalize("NFC").toLowerCase();
const stemOf = (filename: string) => filename.slice(0, filename.lastIndexOf("."));
const isPng = (bytes: Uint8Array) => [0x89, 0x50, 0x4e, 0x47].every((byte, n) => bytes[n] === byte);
const json = (value: Json) => new TextEncoder().encode(JSON.stringify(value, null, 4));
