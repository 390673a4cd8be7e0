// The lorebooks of a keep.

import type { KeepHandle, RawKept } from "./cardkeep.js";
import { Documents } from "./documents.js";
import { intake, type ImportSources, type Taken } from "./intake.js";
import { document, fields, json, record, text, writing } from "./options.js";
import type { ImportEvent, ImportOptions } from "./types/intake.js";
import type { LorebookDocument, LorebookGiven, LorebookPatch, LoreEntryPatch } from "./types/lore.js";
import type { KeptLorebook, LorebookEntry, PutLorebook } from "./types/lorebooks.js";
import type { ValidateOptions, Validity } from "./types/reading.js";
import type { PutOptions, SafetyOptions, WriteOptions } from "./types/record.js";

export class Lorebooks extends Documents<LorebookEntry, LorebookPatch, PutLorebook> {
  /** @internal */
  protected readonly content = "book";
  /** @internal */
  protected readonly beside = [];

  /** @internal */
  constructor(handle: KeepHandle) {
    super(handle, "lorebooks");
  }

  /** One lorebook, or `undefined` when there is none or it is in the trash. Throws `corrupt`. */
  get(id: string): Promise<KeptLorebook | undefined> {
    return this.ask("get", async () => {
      const raw = (await this.handle.text(this.name, text(id, "id"))) as RawKept | undefined;
      try {
        return raw && { ...(JSON.parse(raw.view) as Omit<KeptLorebook, "document">), document: { bytes: raw.document } };
      } finally {
        raw?.free();
      }
    });
  }

  /** One lorebook as an older state of `history` has it, without bringing it back. Throws `not-found`, `corrupt`. */
  version(id: string, rev: number): Promise<KeptLorebook> {
    return this.older("version", id, rev, (at) => new Lorebooks(at).get(id) as Promise<KeptLorebook>);
  }

  /**
   * Adds lorebooks: whatever `readLorebook` reads, the one in a card too. What is kept already, byte for byte, is a duplicate.
   * A book without a name of its own is called as its file.
   */
  import(sources: ImportSources, given?: ImportOptions): AsyncIterable<ImportEvent<LorebookEntry>> {
    const take = (chosen: ImportOptions) => async (bytes: Uint8Array, name: string) =>
      JSON.parse((await this.handle.importTexts(this.name, bytes, name, chosen.limits)) as string) as Taken<LorebookEntry>[];
    return intake({ handle: this.handle, op: this.op("import"), sources, given, size: "file", take });
  }

  /**
   * Puts a lorebook: in the place of another one with `id`, or as a new one of SillyTavern's shape (V3's where there is a `useRegex`, or ids are texts). A document is kept byte
   * for byte; of fields and entries those that say something else are changed in the document that is there. A lorebook as
   * `JSON.parse` gives it, of any dialect, is taken as a document of that text.
   *
   * Throws `conflict`, `not-found` when there is none for `ifRev`, `not-a-lorebook`, `invalid`, `unsupported` for what the
   * dialect has no place for.
   */
  put(book: LorebookGiven, given?: PutOptions): Promise<LorebookEntry> {
    return this.putOne(given, ({ id }) => ({ book, ...(id !== undefined && { id }) }));
  }

  /** Says what `put` would say of a lorebook; stores nothing. With `id` it is held against that one. */
  validate(book: LorebookGiven, given?: ValidateOptions): Promise<Validity> {
    return this.validateOne(given, ({ id }) => ({ book, ...(id !== undefined && { id }) }));
  }

  /**
   * Changes one entry, `null` in a field making it the usual one; all others and what others write into them stay. `entry` is
   * its id, or `#n` by its place where it has none.
   *
   * Throws `not-found`, `conflict`, `invalid` when there is no such entry, `unsupported` for what the dialect has no place for.
   */
  patchEntry(id: string, entry: string | number, patch: LoreEntryPatch, given?: WriteOptions): Promise<LorebookEntry> {
    return this.ask("patchEntry", () => this.patch(id, { entries: { [name(entry)]: record(patch, "patch") as LoreEntryPatch } }, given));
  }

  /** Adds an entry and tells what it is called. Throws as `patchEntry`, `invalid` when its id is taken. */
  addEntry(id: string, entry: LoreEntryPatch, given?: WriteOptions): Promise<{ entry: LorebookEntry; id: string }> {
    return this.answer("addEntry", () => this.handle.addLoreEntry(text(id, "id"), fields(entry, "entry"), writing(given)));
  }

  /** Takes an entry out; one that is not there is no error. The state before is an older one. Throws `not-found`, `conflict`. */
  removeEntry(id: string, entry: string | number, given?: WriteOptions): Promise<LorebookEntry> {
    return this.ask("removeEntry", () => this.patch(id, { entries: { [name(entry)]: null } }, given));
  }

  /** Keeps a copy, perhaps under another name. Throws `not-found`, `corrupt`. */
  duplicate(id: string, given?: SafetyOptions & { name?: string }): Promise<LorebookEntry> {
    return this.copy(id, given);
  }

  /** @internal */
  protected given({ book }: PutLorebook): object {
    if (Array.isArray(book)) return { values: json(book, "book") };
    return "bytes" in record(book, "book") ? { document: document(book as LorebookDocument) } : { values: fields(book, "book") };
  }
}

function name(entry: string | number): string {
  return text(typeof entry === "number" ? String(entry) : entry, "entry");
}
