// The characters of a keep.

import type { KeepHandle } from "./cardkeep.js";
import { Domain } from "./domain.js";
import { intake, type ImportSources, type Taken } from "./intake.js";
import { fields, ifRev, limits, options, text } from "./options.js";
import type { CardPatch, Character, CharacterEntry, ImportEvent, ImportOptions, WriteOptions } from "./types.js";

export class Characters extends Domain<CharacterEntry> {
  /** @internal */
  constructor(handle: KeepHandle) {
    super(handle, "characters");
  }

  /** One character with its card, or `undefined` when there is none or it is in the trash. Throws `corrupt`. */
  get(id: string): Promise<Character | undefined> {
    return this.ask("get", async () => {
      const found = (await this.handle.character(text(id, "id"))) as string | undefined;
      if (found === undefined) return undefined;
      const document = { bytes: (await this.handle.documentBytes(id)) as Uint8Array };
      return { ...(JSON.parse(found) as Omit<Character, "document">), document };
    });
  }

  /** Adds cards. The same file twice is one character; a card of the same name is another character. */
  import(sources: ImportSources, given?: ImportOptions): AsyncIterable<ImportEvent<CharacterEntry>> {
    const { limits: within, signal } = options(given, ["limits", "signal"]);
    const take = async (bytes: Uint8Array) =>
      [JSON.parse(await this.handle.importCharacter(bytes, limits(within)))] as Taken<CharacterEntry>[];
    return intake({ handle: this.handle, op: this.op("import"), sources, limits: within, size: "file", signal, take });
  }

  /** Changes fields of the card; the rest of it stays as it was written. Throws `not-found`, `conflict`, `invalid`. */
  patch(id: string, patch: CardPatch, given?: WriteOptions): Promise<CharacterEntry> {
    return this.answer("patch", () => this.handle.patchCharacter(text(id, "id"), fields(patch, "patch"), ifRev(given)));
  }

  /** The portrait, if the card came as an image. */
  image(id: string): Promise<Uint8Array | undefined> {
    return this.ask("image", () => this.handle.image(text(id, "id")) as Promise<Uint8Array | undefined>);
  }

  /** A small PNG of the portrait, at most 192 by 288. */
  thumbnail(id: string): Promise<Uint8Array | undefined> {
    return this.ask("thumbnail", () => this.handle.thumbnail(text(id, "id")) as Promise<Uint8Array | undefined>);
  }
}
