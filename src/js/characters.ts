// The characters of a keep.

import type { KeepHandle, RawCharacter } from "./cardkeep.js";
import { items, patch, place } from "./batch.js";
import { Domain } from "./domain.js";
import { intake, type ImportSources, type Taken } from "./intake.js";
import { bytes, document, fields, limits, options, record, revision, safety, text, writing } from "./options.js";
import type {
  Card,
  CardDocument,
  CardPatch,
  Character,
  CharacterEntry,
  ImportEvent,
  ImportOptions,
  NewCard,
  PatchItem,
  PutCharacter,
  PutCharacterOptions,
  SafetyOptions,
  WriteOptions,
} from "./types.js";

export class Characters extends Domain<CharacterEntry> {
  /** @internal */
  constructor(handle: KeepHandle) {
    super(handle, "characters");
  }

  /** One character with its card, or `undefined` when there is none or it is in the trash. Throws `corrupt`. */
  get(id: string): Promise<Character | undefined> {
    return this.ask("get", async () => {
      const raw = (await this.handle.character(text(id, "id"))) as RawCharacter | undefined;
      try {
        return raw && { ...(JSON.parse(raw.view) as Omit<Character, "document">), document: { bytes: raw.document } };
      } finally {
        raw?.free();
      }
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
  async patch(id: string, patch: CardPatch, given?: WriteOptions): Promise<CharacterEntry> {
    const [entry] = await this.#patch("patch", () => {
      const { ifRev, ...write } = writing(given) ?? {};
      return [[{ id, patch, ...revision({ ifRev }) }], write];
    });
    return entry as CharacterEntry;
  }

  /**
   * Changes several characters, all or none, and reads them back. An error names the `id`, and the `index` in the list.
   * Throws as `patch` does, `invalid` when an id comes twice, `too-large` over 10,000 of them or 64 MiB.
   */
  patchMany(patches: readonly PatchItem<CardPatch>[], given?: SafetyOptions): Promise<CharacterEntry[]> {
    return this.#patch("patchMany", () => [patches, safety(given)]);
  }

  /**
   * Puts a card: in the place of another one with `id`, or as a new character. A document is kept byte for byte; of a card's
   * fields those that say something else are changed in the document that is there, and the rest of it stays. The state
   * before becomes an older one; a character in the trash comes out of it. The picture stays unless one is given.
   *
   * Throws `conflict`, `not-found` when there is none for `ifRev`, `not-a-card`, `invalid`, `unsupported` for a picture
   * that is no PNG.
   */
  async put(card: CardDocument | Card | NewCard, given?: PutCharacterOptions): Promise<CharacterEntry> {
    const [entry] = await this.#put("put", () => {
      const { ifRev, ...write } = writing(given, ["id", "image"]) ?? {};
      const { id, image } = given ?? {};
      return [[{ card, ...(id !== undefined && { id }), ...(image && { image }), ...revision({ ifRev }) }], write];
    });
    return entry as CharacterEntry;
  }

  /** Puts several cards, all or none. Throws as `put` and `patchMany` do. */
  putMany(puts: readonly PutCharacter[], given?: SafetyOptions): Promise<CharacterEntry[]> {
    return this.#put("putMany", () => [puts, safety(given)]);
  }

  #patch(verb: string, given: () => [readonly PatchItem<CardPatch>[], SafetyOptions | undefined]): Promise<CharacterEntry[]> {
    return this.answer(verb, () => {
      const [patches, write] = given();
      return this.handle.patchMany("characters", items(patches, "patches", ["id", "patch", "ifRev"], patch), write);
    });
  }

  #put(verb: string, given: () => [readonly PutCharacter[], SafetyOptions | undefined]): Promise<CharacterEntry[]> {
    return this.answer(verb, () => {
      const [puts, write] = given();
      const item = ({ card, image, ...where }: PutCharacter) => ({
        ...("bytes" in record(card, "card") ? { document: document(card as CardDocument) } : { values: fields(card, "card") }),
        ...place(where),
        ...(image && { image: bytes(image, "image") }),
      });
      return this.handle.putMany("characters", items(puts, "puts", ["card", "id", "image", "ifRev"], item), write);
    });
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
