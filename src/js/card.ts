// Character cards: bytes in, bytes out, and the JSON text of the card in between.

import { RawAsset, rawEditCard, rawReadCard, rawWriteCard } from "./cardkeep.js";
import { failure } from "./errors.js";
import { call } from "./loading.js";
import { bytes, document, fields, limits, list, options, text } from "./options.js";
import type { CardDocument, CardFile, CardPatch, ReadCardOptions, WriteCardOptions } from "./types.js";

type Head = Omit<CardFile, "document" | "assets"> & { assets: { path: string; length: number }[] };

/**
 * Takes the card out of a file: PNG, CHARX, WebP, JPEG or JSON, V1, V2 or V3. What is broken but readable is read, and told in
 * `warnings`.
 *
 * Throws `not-a-card`, `no-card`, `bad-png`, `bad-zip`, `cut-short`, `bad-json`, `bad-encoding`, `too-large`, `unsupported`,
 * `bad-option`, `not-ready`.
 */
export function readCard(file: Uint8Array, given?: ReadCardOptions): CardFile {
  return call("readCard", () => {
    const chosen = options(given, ["limits"]);
    const raw = rawReadCard(bytes(file), limits(chosen.limits));
    try {
      const { assets, ...head } = JSON.parse(raw.head) as Head;
      const asset = ({ path }: { path: string }, index: number) => {
        const content = raw.asset(index);
        if (!content) throw failure("bug", `asset ${index} is listed and not there`);
        return { path, bytes: content };
      };
      return { document: { bytes: raw.document }, ...head, assets: assets.map(asset) };
    } finally {
      raw.free();
    }
  });
}

/**
 * Changes fields of a card. Everything else stays as it was written, byte for byte; the given document is not changed.
 * Give the limits that the card was read with, if there were any.
 *
 * Throws `bad-option`, `invalid`, `bad-json`, `too-large`, `not-ready`.
 */
export function editCard(card: CardDocument, patch: CardPatch, given?: ReadCardOptions): CardDocument {
  return call("editCard", () => {
    const chosen = options(given, ["limits"]);
    return { bytes: rawEditCard(document(card), fields(patch, "patch"), limits(chosen.limits)) };
  });
}

/**
 * Puts a card into a file. An image or archive whose card did not change comes back identical.
 *
 * Throws `bad-option`, `bad-json`, `bad-png`, `bad-zip`, `cut-short`, `invalid`, `too-large`, `unsupported`, `not-ready`.
 */
export function writeCard(card: CardDocument, given: WriteCardOptions): Uint8Array {
  return call("writeCard", () => {
    const chosen = options(given, ["container", "image", "assets", "limits"]);
    const image = chosen.image && bytes(chosen.image, "image");
    const assets = list(chosen.assets ?? [], "assets").map((asset) => {
      const known = options(asset, ["path", "bytes"]);
      return new RawAsset(text(known.path, "path"), bytes(known.bytes));
    });
    return rawWriteCard(document(card), text(chosen.container, "container"), image, assets, limits(chosen.limits));
  });
}
