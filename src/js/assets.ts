// The assets of a keep: pictures, sounds, films, texts and any other bytes.

import type { KeepHandle } from "./cardkeep.js";
import { Domain } from "./domain.js";
import { contentOf, intake, type ImportSources, type Taken, usualLimits } from "./intake.js";
import { options, record, text, writing } from "./options.js";
import type { Asset, AssetEntry, AssetPatch, PutAssetOptions } from "./types/assets.js";
import type { ImportEvent, ImportOptions, ImportSource } from "./types/intake.js";
import type { WriteOptions } from "./types/record.js";

export class Assets extends Domain<AssetEntry> {
  /** @internal */
  constructor(handle: KeepHandle) {
    super(handle, "assets");
  }

  /**
   * Puts some bytes, or a text: in the place of another asset with `id`, or as a new one. The first bytes say what it is;
   * `type` counts where they say nothing. A `File` brings its name along. The state before becomes an older one; an asset in
   * the trash comes out of it.
   *
   * Throws `conflict`, `not-found` when there is none for `ifRev`, `invalid` for a type that is none, `too-large`.
   */
  put(content: ImportSource | string, given?: PutAssetOptions): Promise<AssetEntry> {
    return this.answer("put", async () => {
      const { id, name, type, ...rest } = options(given, ["id", "name", "type", "ifRev", "durable", "verify"]);
      const write = writing(rest);
      const said: AssetPatch = content instanceof Blob ? { name: "name" in content ? String(content.name) : undefined, type: content.type || undefined } : {};
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : await contentOf(this.handle, content, { limit: usualLimits().file, name: "file" });
      return (await this.handle.putAsset(id === undefined ? undefined : text(id, "id"), bytes, known({ name: name ?? said.name, type: type ?? said.type }), write)) as string;
    });
  }

  /** Changes the name or the type. Throws `not-found`, `conflict`, `invalid`. */
  patch(id: string, patch: AssetPatch, given?: WriteOptions): Promise<AssetEntry> {
    return this.answer("patch", () => this.handle.patchAsset(text(id, "id"), known(options(record(patch, "patch") as AssetPatch, ["name", "type"])), writing(given)));
  }

  /** One asset with its bytes, or `undefined` when there is none or it is in the trash. Throws `corrupt`. */
  get(id: string): Promise<Asset | undefined> {
    return this.ask("get", async () => {
      const found = (await this.handle.asset(text(id, "id"))) as [entry: string, bytes: Uint8Array] | undefined;
      return found && { ...(JSON.parse(found[0]) as AssetEntry), bytes: found[1] };
    });
  }

  /** One asset as an older state of `history` has it, without bringing it back. Throws `not-found`, `corrupt`. */
  version(id: string, rev: number): Promise<Asset> {
    return this.older("version", id, rev, (at) => new Assets(at).get(id) as Promise<Asset>);
  }

  /** Adds files, as they are. What is kept already, byte for byte, is a duplicate. */
  import(sources: ImportSources, given?: ImportOptions): AsyncIterable<ImportEvent<AssetEntry>> {
    const take = (chosen: ImportOptions) => async (bytes: Uint8Array, name: string) =>
      JSON.parse((await this.handle.importAsset(bytes, name, chosen.limits)) as string) as Taken<AssetEntry>[];
    return intake({ handle: this.handle, op: this.op("import"), sources, given, size: "file", take });
  }
}

/** What is said of an asset, without what is not. */
function known(about: AssetPatch): AssetPatch {
  return Object.fromEntries(Object.entries(about).filter(([, value]) => value !== undefined).map(([name, value]) => [name, text(value, name)]));
}
