// The personas of a keep.

import type { KeepHandle, RawKept } from "./cardkeep.js";
import { Documents } from "./documents.js";
import { intake, type ImportSources, type Taken } from "./intake.js";
import { bytes, document, fields, record, text } from "./options.js";
import type { ImportEvent, ImportOptions } from "./types/intake.js";
import type { PersonaDocument, PersonaGiven, PersonaPatch } from "./types/persona.js";
import type { KeptPersona, PersonaEntry, PutPersona, PutPersonaOptions } from "./types/personas.js";
import type { ValidateOptions, Validity } from "./types/reading.js";
import type { Dependents } from "./types/trash.js";

export class Personas extends Documents<PersonaEntry, PersonaPatch, PutPersona> {
  /** @internal */
  protected readonly content = "persona";
  /** @internal */
  protected readonly beside = ["image"] as const;

  /** @internal */
  constructor(handle: KeepHandle) {
    super(handle, "personas");
  }

  /** One persona, or `undefined` when there is none or it is in the trash. Throws `corrupt`. */
  get(id: string): Promise<KeptPersona | undefined> {
    return this.ask("get", async () => {
      const raw = (await this.handle.persona(text(id, "id"))) as RawKept | undefined;
      try {
        return raw && { ...(JSON.parse(raw.view) as Omit<KeptPersona, "document">), document: { bytes: raw.document } };
      } finally {
        raw?.free();
      }
    });
  }

  /** One persona as an older state of `history` has it, without bringing it back. Throws `not-found`, `corrupt`. */
  version(id: string, rev: number): Promise<KeptPersona> {
    return this.older("version", id, rev, (at) => new Personas(at).get(id) as Promise<KeptPersona>);
  }

  /** Adds personas; a backup of SillyTavern gives an item for each. What is kept already, byte for byte, is a duplicate. */
  import(sources: ImportSources, given?: ImportOptions): AsyncIterable<ImportEvent<PersonaEntry>> {
    const take = (chosen: ImportOptions) => async (bytes: Uint8Array) =>
      JSON.parse(await this.handle.importPersonas(bytes, chosen.limits)) as Taken<PersonaEntry>[];
    return intake({ handle: this.handle, op: this.op("import"), sources, given, size: "file", take });
  }

  /**
   * Puts a persona: in the place of another one with `id`, or as a new one. A document is kept byte for byte; of fields those
   * that say something else are changed in the document that is there. The state before becomes an older one; a persona in
   * the trash comes out of it. The picture stays unless one is given.
   *
   * Throws `conflict`, `not-found` when there is none for `ifRev`, `not-a-persona`, `invalid`, `unsupported` for a picture
   * that is no PNG.
   */
  put(persona: PersonaGiven, given?: PutPersonaOptions): Promise<PersonaEntry> {
    return this.putOne(given, ({ id, image }) => ({ persona, ...(id !== undefined && { id }), ...(image && { image }) }));
  }

  /** Says what `put` would say of a persona; stores nothing. With `id` it is held against that one. */
  validate(persona: PersonaGiven, given?: ValidateOptions & Pick<PutPersonaOptions, "image">): Promise<Validity> {
    return this.validateOne(given, ({ id, image }) => ({ persona, ...(id !== undefined && { id }), ...(image && { image }) }));
  }

  /** What hangs on a persona: the chats in which the user is it. Throws `not-found`. */
  async links(id: string): Promise<Pick<Dependents, "chats">> {
    const { chats } = await this.dependents(id);
    return { chats };
  }

  /** @internal */
  protected given({ persona, image }: PutPersona): object {
    return {
      ...("bytes" in record(persona, "persona") ? { document: document(persona as PersonaDocument) } : { values: fields(persona, "persona") }),
      ...(image && { image: bytes(image, "image") }),
    };
  }

  /** The picture, a PNG, if there is one. */
  image(id: string): Promise<Uint8Array | undefined> {
    return this.ask("image", () => this.handle.personaImage(text(id, "id")) as Promise<Uint8Array | undefined>);
  }

  /** A small PNG of the picture, at most 192 by 288. */
  thumbnail(id: string): Promise<Uint8Array | undefined> {
    return this.ask("thumbnail", () => this.handle.personaThumbnail(text(id, "id")) as Promise<Uint8Array | undefined>);
  }
}
