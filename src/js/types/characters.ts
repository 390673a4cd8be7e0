// Characters in a keep.

import type { Card, CardContainer, CardDocument, CardGiven, CardSpec } from "./card.js";
import type { Warning } from "./reading.js";
import type { Entry, PutOptions, SafetyOptions } from "./record.js";

export interface PutCharacterOptions extends PutOptions {
  /** A PNG to be the picture. Without it the picture stays. */
  image?: Uint8Array;
}

/** One of the characters of `putMany`. */
export interface PutCharacter extends Omit<PutCharacterOptions, keyof SafetyOptions> {
  card: CardGiven;
}

export interface CharacterEntry extends Entry {
  name: string;
  creator: string;
  tags: string[];
  spec: CardSpec;
  /** Whether `characters.thumbnail` has a picture: of a PNG always, of a JPEG or WebP where a browser was there when it came. */
  thumbnail: boolean;
}

export interface Character extends CharacterEntry {
  document: CardDocument;
  card: Card;
  container: CardContainer;
  warnings: Warning[];
}
