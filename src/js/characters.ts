// The characters of a keep.

import type { KeepHandle, RawKept } from "./cardkeep.js";
import { Documents } from "./documents.js";
import { intake, type ImportSources, type Taken } from "./intake.js";
import { bytes, document, fields, record, text } from "./options.js";
import { drawn } from "./thumbnail.js";
import type { CardDocument, CardGiven, CardPatch } from "./types/card.js";
import type { Character, CharacterEntry, PutCharacter, PutCharacterOptions } from "./types/characters.js";
import type { ImportEvent, ImportOptions } from "./types/intake.js";
import type { ValidateOptions, Validity } from "./types/reading.js";
import type { Dependents } from "./types/trash.js";

export class Characters extends Documents<CharacterEntry, CardPatch, PutCharacter> {
  /** @internal */
  protected readonly content = "card";
  /** @internal */
  protected readonly beside = ["image"] as const;

  /** @internal */
  constructor(handle: KeepHandle) {
    super(handle, "characters");
  }

  /** One character with its card, or `undefined` when there is none or it is in the trash. Throws `corrupt`. */
  get(id: string): Promise<Character | undefined> {
    return this.ask("get", async () => {
      const raw = (await this.handle.character(text(id, "id"))) as RawKept | undefined;
      try {
        return raw && { ...(JSON.parse(raw.view) as Omit<Character, "document">), document: { bytes: raw.document } };
      } finally {
        raw?.free();
      }
    });
  }

  /** One character as an older state of `history` has it, without bringing it back. Throws `not-found`, `corrupt`. */
  version(id: string, rev: number): Promise<Character> {
    return this.older("version", id, rev, (at) => new Characters(at).get(id) as Promise<Character>);
  }

  /**
   * Adds cards. The same file twice is one character; a card of the same name is another character. The chats in an archive of
   * Backyard come along, linked to their character.
   */
  import(sources: ImportSources, given?: ImportOptions): AsyncIterable<ImportEvent<CharacterEntry>> {
    const take = (chosen: ImportOptions) => {
      const talked: string[] = [];
      return async (bytes: Uint8Array) => {
        const taken = JSON.parse(await this.handle.importCharacter(bytes, chosen.limits, talked)) as Taken<CharacterEntry>;
        if (taken.chats !== undefined) talked.push(taken.entry.id);
        return [await drawn(this.handle, taken)];
      };
    };
    return intake({ handle: this.handle, op: this.op("import"), sources, given, size: "file", take });
  }

  /**
   * Puts a card: in the place of another one with `id`, or as a new character. A document is kept byte for byte; of a card's
   * fields those that say something else are changed in the document that is there, and the rest of it stays. A card as
   * `JSON.parse` gives it, of any dialect, is taken as a document of that text. The state
   * before becomes an older one; a character in the trash comes out of it. The picture stays unless one is given.
   *
   * Throws `conflict`, `not-found` when there is none for `ifRev`, `not-a-card`, `invalid`, `unsupported` for a picture
   * that is no PNG.
   */
  put(card: CardGiven, given?: PutCharacterOptions): Promise<CharacterEntry> {
    return this.putOne(given, ({ id, image }) => ({ card, ...(id !== undefined && { id }), ...(image && { image }) }));
  }

  /**
   * Says what `put` would say of a card, and what its specification forbids (`validateCard`); stores nothing. With `id` it is
   * held against that character.
   */
  validate(card: CardGiven, given?: ValidateOptions & Pick<PutCharacterOptions, "image">): Promise<Validity> {
    return this.validateOne(given, ({ id, image }) => ({ card, ...(id !== undefined && { id }), ...(image && { image }) }));
  }

  /** What hangs on a character: its chats, and the worlds it is in. Throws `not-found`. */
  links(id: string): Promise<Dependents> {
    return this.dependents(id);
  }

  /** @internal */
  protected given({ card, image }: PutCharacter): object {
    return {
      ...("bytes" in record(card, "card") ? { document: document(card as CardDocument) } : { values: fields(card, "card") }),
      ...(image && { image: bytes(image, "image") }),
    };
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
