// Character cards: bytes in, bytes out, and the JSON text of the card in between.

import {
  RawAsset,
  RawPeek,
  rawCleanImage,
  rawConvertCard,
  rawCountTokens,
  rawDiffCards,
  rawEditCard,
  rawFingerprintCard,
  rawReadCard,
  rawValidateCard,
  rawWriteCard,
} from "./cardkeep.js";
import { ask, call } from "./loading.js";
import { bytes, documentOr, fields, limits, list, options, record, text } from "./options.js";
import { peek, sizeOf } from "./peek.js";
import type {
  CardDifference,
  CardDocument,
  CardFile,
  CardGiven,
  CardPatch,
  CardSpec,
  CardTokens,
  CardValidity,
  CleanedImage,
  PeekCardOptions,
  PeekedCard,
  ReadCardOptions,
  ValidateCardOptions,
  WriteCardOptions,
} from "./types/card.js";
import type { Loss } from "./types/reading.js";

type Head = Omit<CardFile, "document" | "assets"> & { assets: string[] };

const PNG = 0x89504e47;
const MOST_CHUNKS = 4096;

/** Length and kind of the first chunks of a PNG, as they lead from one to the next: the module would have to ask for each. */
function chunks(file: Uint8Array): Uint32Array {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  if (file.length < 8 || view.getUint32(0) !== PNG) return new Uint32Array();
  // Most chunks of pictures have 8 KB or more.
  const found = new Uint32Array(2 * Math.min(MOST_CHUNKS, 64 + (file.length >> 12)));
  let count = 0;
  for (let at = 8; at + 8 <= file.length && count < found.length; at += 12 + found[count - 2]!) {
    found[count++] = view.getUint32(at);
    found[count++] = view.getUint32(at + 4);
  }
  return found.subarray(0, count);
}

/**
 * Takes the card out of a file: PNG, CHARX, WebP, JPEG or JSON (also compressed with gzip), V1, V2 or V3. What is broken but
 * readable is read, and told in `warnings`.
 *
 * Throws `not-a-card`, `no-card`, `bad-png`, `bad-zip`, `cut-short`, `bad-json`, `bad-encoding`, `too-large`, `unsupported`,
 * `bad-option`, `not-ready`.
 */
export function readCard(file: Uint8Array, given?: ReadCardOptions): CardFile {
  return call("readCard", () => {
    const chosen = options(given, ["limits"]);
    const [head, document, ...contents] = rawReadCard(bytes(file), chunks(file), limits(chosen.limits)) as [string, Uint8Array, ...Uint8Array[]];
    const { card, spec, container, source, warnings, assets } = JSON.parse(head) as Head;
    const asset = (path: string, index: number) => ({ path, bytes: contents[index]! });
    return { document: { bytes: document }, card, spec, container, source, warnings, assets: assets.map(asset) };
  });
}

/**
 * Tells what a gallery shows of a card file, from the few parts of it that hold words: of a large picture about a
 * twentieth. The answer is the one that `readCard` gives of the whole file.
 *
 * Rejects with the codes of `readCard`, `medium` when the file cannot be read, `cancelled`.
 */
export function peekCard(file: Blob | Uint8Array, given?: PeekCardOptions): Promise<PeekedCard> {
  return ask("peekCard", async () => {
    const chosen = options(given, ["limits", "signal"]);
    const raw = new RawPeek(sizeOf(file), limits(chosen.limits));
    return JSON.parse(await peek(file, raw, chosen.signal, (known) => known.card())) as PeekedCard;
  });
}

/**
 * Changes fields of a card. Everything else stays as it was written, byte for byte; the given document is not changed.
 * Give the limits that the card was read with, if there were any.
 *
 * Throws `bad-option`, `invalid`, `bad-json`, `too-large`, `not-ready`.
 */
export function editCard(card: CardGiven, patch: CardPatch, given?: ReadCardOptions): CardDocument {
  return call("editCard", () => {
    const chosen = options(given, ["limits"]);
    return { bytes: rawEditCard(documentOr(card, "card"), fields(patch, "patch"), limits(chosen.limits)) };
  });
}

/**
 * Puts a card into a file. An image or archive whose card did not change comes back identical.
 *
 * Throws `bad-option`, `bad-json`, `bad-png`, `bad-zip`, `cut-short`, `invalid`, `too-large`, `unsupported`, `not-ready`.
 */
export function writeCard(card: CardGiven, given: WriteCardOptions): Uint8Array {
  return call("writeCard", () => {
    const chosen = options(given, ["container", "image", "assets", "limits"]);
    const image = chosen.image && bytes(chosen.image, "image");
    const assets = list(chosen.assets ?? [], "assets").map((asset) => {
      const known = options(asset, ["path", "bytes"]);
      return new RawAsset(text(known.path, "path"), bytes(known.bytes));
    });
    return rawWriteCard(documentOr(card, "card"), text(chosen.container, "container"), image, assets, limits(chosen.limits));
  });
}

/**
 * Makes a card one of another specification, and tells what that one has no place for. A card that is of it already comes
 * back as it was, with what its specification requires besides; fields of other tools beside `data` stay.
 * What a lorebook's entry of V3 was stands in the `extensions["cardkeep/v3"]` of the one of V2, and is what it becomes as V3 again.
 *
 * Throws `bad-option`, `bad-json`, `too-large`, `not-ready`.
 */
export function convertCard(card: CardGiven, spec: CardSpec, given?: ReadCardOptions): { document: CardDocument; losses: Loss[] } {
  return call("convertCard", () => {
    const chosen = options(given, ["limits"]);
    const raw = rawConvertCard(documentOr(card, "card"), text(spec, "spec"), limits(chosen.limits));
    try {
      return { document: { bytes: raw.document }, losses: JSON.parse(raw.losses) as Loss[] };
    } finally {
      raw.free();
    }
  });
}

/**
 * Holds a card against its specification, to the letter. `readCard` takes far more than this; who publishes a card wants to
 * know what other tools may refuse. With `assets`, those that `readCard` gives, what the card names and is not among them is
 * told as well.
 *
 * Throws `bad-option`, `bad-json`, `too-large`, `not-ready`.
 */
export function validateCard(card: CardGiven, given?: ValidateCardOptions): CardValidity {
  return call("validateCard", () => {
    const chosen = options(given, ["assets", "limits"]);
    const paths = chosen.assets && list(chosen.assets, "assets").map((asset) => text(record(asset, "assets")["path"] as string, "assets.path"));
    return JSON.parse(rawValidateCard(documentOr(card, "card"), paths, limits(chosen.limits))) as CardValidity;
  });
}

/**
 * What two cards say differently, field by field, whatever specification and spelling each has.
 *
 * Throws `bad-option`, `bad-json`, `too-large`, `not-ready`.
 */
export function diffCards(before: CardGiven, after: CardGiven, given?: ReadCardOptions): CardDifference[] {
  return call("diffCards", () => {
    const chosen = options(given, ["limits"]);
    return JSON.parse(rawDiffCards(documentOr(before, "before"), documentOr(after, "after"), limits(chosen.limits))) as CardDifference[];
  });
}

/**
 * 32 hexadecimal digits that are the same for two cards of which a model reads the same words, whatever file, dialect, tags
 * or notes they have.
 *
 * Throws `bad-option`, `bad-json`, `too-large`, `not-ready`.
 */
export function fingerprintCard(card: CardGiven, given?: ReadCardOptions): string {
  return call("fingerprintCard", () => {
    const chosen = options(given, ["limits"]);
    return rawFingerprintCard(documentOr(card, "card"), limits(chosen.limits));
  });
}

/**
 * About how many tokens each of the card's texts has, without the vocabulary of any model.
 *
 * Throws `bad-option`, `bad-json`, `too-large`, `not-ready`.
 */
export function countTokens(card: CardGiven, given?: ReadCardOptions): CardTokens {
  return call("countTokens", () => {
    const chosen = options(given, ["limits"]);
    return JSON.parse(rawCountTokens(documentOr(card, "card"), limits(chosen.limits))) as CardTokens;
  });
}

/**
 * A PNG, JPEG or WebP without what it tells beside its pixels, its card and its assets: the prompts of an image generator, the
 * Exif of a camera, the name of an editor, and what stands behind the end of the picture and is no card. `removed` lists that. Everything else stays byte for byte; of the Exif of a JPEG it
 * stays how it has to be turned.
 *
 * Throws `unsupported` for what is none of these, `bad-png`, `cut-short`, `too-large`, `bad-option`, `not-ready`.
 */
export function cleanImage(image: Uint8Array, given?: ReadCardOptions): CleanedImage {
  return call("cleanImage", () => {
    const chosen = options(given, ["limits"]);
    const [cleaned, removed] = rawCleanImage(bytes(image, "image"), limits(chosen.limits)) as [Uint8Array, string];
    return { bytes: cleaned, removed: JSON.parse(removed) as CleanedImage["removed"] };
  });
}
