// Character cards, as documents and as views of them.
// Names are camelCase; what the card formats name themselves stays as they spell it.

import type { CardIssue, Json, Limits, Warning } from "./reading.js";

export type CardSpec = "v1" | "v2" | "v3";

/** `charx` is a ZIP, perhaps behind a picture; `byaf` one of Backyard, `yaml` of text-generation-webui. Of these WebP, JPEG, `byaf` and `yaml` are read, not written. */
export type CardContainer = "png" | "json" | "charx" | "webp" | "jpeg" | "byaf" | "yaml";

/**
 * A character card as it was written: the JSON text, byte for byte.
 * Plain data: it may be cloned, posted to a worker, kept in state. Change it with `editCard`.
 */
export interface CardDocument {
  readonly bytes: Uint8Array;
}

/** The card's fields, read tolerantly: always of these types, whatever the file held. */
export interface Card {
  name: string;
  description: string;
  personality: string;
  scenario: string;
  first_mes: string;
  mes_example: string;
  creator_notes: string;
  system_prompt: string;
  post_history_instructions: string;
  alternate_greetings: string[];
  group_only_greetings: string[];
  tags: string[];
  creator: string;
  character_version: string;
  nickname?: string;
  /** As the file has it; the lorebook functions read it. */
  character_book?: Json;
  extensions: { [key: string]: Json };
  /** V3, as the file has it: usually `{type, uri, name, ext}[]`. */
  assets?: Json;
  /** V3, as the file has it: usually texts by their languages. */
  creator_notes_multilingual?: Json;
  /** V3, as the file has it: usually a list of addresses. */
  source?: Json;
  /** V3, as the file has it: usually seconds since 1970. */
  creation_date?: Json;
  /** V3, as the file has it: usually seconds since 1970. */
  modification_date?: Json;
}

/** Fields of a card that `editCard` and `characters.patch` can change. Absent fields stay as they are. */
export type CardPatch = Partial<Omit<Card, "character_book">> & { character_book?: Json };

/** Which part of the file the card was taken from, and why that one. */
export interface CardSource {
  /**
   * `ccv3` or `chara` for a PNG, `card.json` for an archive, `UserComment` or `comment` for a WebP or JPEG, `manifest.json`
   * for an archive of Backyard, `text` for a bare JSON or YAML file.
   */
  chunk: string;
  /** `tEXt`, `zTXt`, `iTXt` or `eXIf` for a PNG, `Exif` or `COM` for a WebP or JPEG. */
  kind?: string;
  /** One sentence. */
  reason: string;
}

/** A binary that travels inside the card file. */
export interface CardAsset {
  /** As the card's `assets[].uri` names it. */
  path: string;
  bytes: Uint8Array;
}

export interface CardFile {
  document: CardDocument;
  card: Card;
  spec: CardSpec;
  container: CardContainer;
  source: CardSource;
  warnings: Warning[];
  assets: CardAsset[];
}

export interface ReadCardOptions {
  limits?: Limits;
}

export interface ValidateCardOptions extends ReadCardOptions {
  /** What came along with the card, as `readCard` gives it. */
  assets?: readonly { readonly path: string }[];
}

/** What a gallery shows of a card. */
export interface PeekedCard {
  name: string;
  creator: string;
  tags: string[];
  /** `character_version`. */
  version: string;
  spec: CardSpec;
  container: CardContainer;
  /** How many bytes of the file it took. */
  bytesRead: number;
}

export interface PeekCardOptions {
  limits?: Limits;
  signal?: AbortSignal;
}

export interface CardValidity {
  /** Whether there are no errors. */
  ok: boolean;
  /** The specification it was held against. */
  spec: CardSpec;
  /** What the specification forbids: at most 1,000, then one more, `too-many`, that says how many there are besides. */
  errors: CardIssue[];
  /** What it allows and is hardly meant, as many. */
  warnings: CardIssue[];
}

/** A place in which two cards say something else. */
export interface CardDifference {
  /** The field, and the way to the place within it: `character_book.entries.3.content`. */
  path: string;
  /** Absent where the first says nothing. */
  before?: Json;
  /** Absent where the second says nothing. */
  after?: Json;
}

/** About how many tokens a card has. */
export interface CardTokens {
  /** Of all texts that a model gets to read. */
  total: number;
  /** Of those that are in every prompt: name, description, personality and scenario. */
  permanent: number;
  fields: { [field: string]: number };
}

export interface WriteCardOptions {
  container: "png" | "json" | "charx";
  /**
   * What to write into. For `png` a PNG: every chunk but the card's own stays byte for byte; without it a plain portrait is
   * generated. For `charx` an archive, whose other entries stay, or a picture, which becomes the icon.
   */
  image?: Uint8Array;
  /**
   * Binaries that go into the archive, for `charx`, or into chunks beside the card, for `png`: the card names them as these
   * there. With `json` they are `unsupported`.
   */
  assets?: CardAsset[];
  limits?: Limits;
}

/** A picture without what it told beside its pixels and its card. */
export interface CleanedImage {
  bytes: Uint8Array;
  /**
   * What is not in it any more. `kind` is of a PNG `tEXt`, `zTXt`, `iTXt`, `eXIf`, `tIME` or `caBX`, of a JPEG `APP1` to `APP15`
   * or `COM`, of a WebP `EXIF`, `XMP` or `C2PA`, and `trailer` for what stood behind the picture's end; `name` the keyword of a
   * text, what a JPEG calls such a part: `Exif`, or the media type of a trailer where it is known: `video/mp4`.
   */
  removed: { kind: string; name: string; bytes: number }[];
}

/** A card to be made; what is left out is empty. */
export type NewCard = Partial<Card> & { name: string };

/** A card as `JSON.parse` gives it: of V2 and V3, of Pygmalion, of Agnai, or of V1 with what SillyTavern and others write beside it. */
export type ParsedCard =
  | { data: object; spec?: string; spec_version?: string | number }
  | { char_name: string }
  | { kind: "character"; name: string }
  | { name: string; description: string; avatar?: unknown; chat?: unknown; create_date?: unknown };

/** What is taken for a card: the document that was read, its fields, or the object of a parsed file. */
export type CardGiven = CardDocument | Card | NewCard | ParsedCard;
