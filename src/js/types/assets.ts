// Assets in a keep.

import type { Entry, PutOptions } from "./record.js";

/** What is known of an asset. */
export interface AssetEntry extends Entry {
  name: string;
  /** Its media type: what its first bytes say, else what was said of it. */
  type: string;
  /** In bytes. */
  size: number;
  /** It may run scripts where it is opened as a document of yours: HTML, SVG, PDF and the like. Show it from another origin, or as a text. */
  active?: true;
}

/** An asset with its content. */
export interface Asset extends AssetEntry {
  bytes: Uint8Array;
}

/** What is said of an asset. */
export interface AssetPatch {
  name?: string | undefined;
  /** A media type; the first bytes of pictures, sounds and films know better. */
  type?: string | undefined;
}

export interface PutAssetOptions extends PutOptions, AssetPatch {}
