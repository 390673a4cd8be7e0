// The templates of a keep.

import type { KeepHandle, RawKept } from "./cardkeep.js";
import { Documents } from "./documents.js";
import { intake, type ImportSources, type Taken } from "./intake.js";
import { document, fields, record, text } from "./options.js";
import type { ImportEvent, ImportOptions } from "./types/intake.js";
import type { ValidateOptions, Validity } from "./types/reading.js";
import type { PutOptions, SafetyOptions } from "./types/record.js";
import type { TemplateDocument, TemplateGiven, TemplatePatch } from "./types/template.js";
import type { KeptTemplate, PutTemplate, TemplateEntry } from "./types/templates.js";
import type { Dependents } from "./types/trash.js";

export class Templates extends Documents<TemplateEntry, TemplatePatch, PutTemplate> {
  /** @internal */
  protected readonly content = "template";
  /** @internal */
  protected readonly beside = [];

  /** @internal */
  constructor(handle: KeepHandle) {
    super(handle, "templates");
  }

  /**
   * One template, or `undefined` when there is none or it is in the trash; those of `builtInTemplates` by their ids too.
   * Throws `corrupt`.
   */
  get(id: string): Promise<KeptTemplate | undefined> {
    return this.ask("get", async () => {
      const raw = (await this.handle.text(this.name, text(id, "id"))) as RawKept | undefined;
      try {
        return raw && { ...(JSON.parse(raw.view) as Omit<KeptTemplate, "document">), document: { bytes: raw.document } };
      } finally {
        raw?.free();
      }
    });
  }

  /** One template as an older state of `history` has it, without bringing it back. Throws `not-found`, `corrupt`. */
  version(id: string, rev: number): Promise<KeptTemplate> {
    return this.older("version", id, rev, (at) => new Templates(at).get(id) as Promise<KeptTemplate>);
  }

  /**
   * Adds templates: whatever `readTemplates` reads; an export of all of SillyTavern's gives an item for each. What is kept
   * already, byte for byte, is a duplicate. What has no name of its own is called as its file.
   */
  import(sources: ImportSources, given?: ImportOptions): AsyncIterable<ImportEvent<TemplateEntry>> {
    const take = (chosen: ImportOptions) => async (bytes: Uint8Array, name: string) =>
      JSON.parse((await this.handle.importTexts(this.name, bytes, name, chosen.limits)) as string) as Taken<TemplateEntry>[];
    return intake({ handle: this.handle, op: this.op("import"), sources, given, size: "file", take });
  }

  /**
   * Puts a template: in the place of another one with `id`, or as a new one. A document is kept byte for byte; of fields those
   * that say something else are changed in the document that is there.
   *
   * Throws `conflict`, `not-found` when there is none for `ifRev`, `not-a-template`, `invalid`, also for an id of those that come
   * with the library: `duplicate` them.
   */
  put(template: TemplateGiven, given?: PutOptions): Promise<TemplateEntry> {
    return this.putOne(given, ({ id }) => ({ template, ...(id !== undefined && { id }) }));
  }

  /** Says what `put` would say of a template; stores nothing. With `id` it is held against that one. */
  validate(template: TemplateGiven, given?: ValidateOptions): Promise<Validity> {
    return this.validateOne(given, ({ id }) => ({ template, ...(id !== undefined && { id }) }));
  }

  /** Keeps a copy, also of one that comes with the library, perhaps under another name. Throws `not-found`, `corrupt`. */
  duplicate(id: string, given?: SafetyOptions & { name?: string }): Promise<TemplateEntry> {
    return this.copy(id, given);
  }

  /** What hangs on a template: the chats that took their text from it, which stays theirs. Throws `not-found`. */
  async links(id: string): Promise<Pick<Dependents, "chats">> {
    const { chats } = await this.dependents(id);
    return { chats };
  }

  /** @internal */
  protected given({ template }: PutTemplate): object {
    return "bytes" in record(template, "template")
      ? { document: document(template as TemplateDocument) }
      : { values: fields(template, "template") };
  }
}
