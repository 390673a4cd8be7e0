// What characters, worlds, personas, lorebooks, templates, campaigns and playthroughs have in common: records that are one document each.

import { items, numbered, patch as patchOf, place } from "./batch.js";
import { Domain } from "./domain.js";
import { options, revision, safety, text, writing } from "./options.js";
import type { ValidateOptions, Validity } from "./types/reading.js";
import type { Entry, PatchItem, PutOptions, SafetyOptions, WriteOptions } from "./types/record.js";

/** Entries `E` of documents that are patched with `P` and put as `I`. */
export abstract class Documents<E extends Entry, P extends object, I extends Pick<PutOptions, "id" | "ifRev">> extends Domain<E> {
  /** @internal Under which name an item to put has its document. */
  protected abstract readonly content: keyof I & string;

  /** @internal What else it may have beside its place. */
  protected abstract readonly beside: readonly (keyof I & string)[];

  /** @internal What is put, for the module. */
  protected abstract given(item: I): object;

  /** Changes fields of the document; the rest of it stays as it was written. Throws `not-found`, `conflict`, `invalid`. */
  async patch(id: string, patch: P, given?: WriteOptions): Promise<E> {
    const [entry] = await this.#patch("patch", () => {
      const { ifRev, ...write } = writing(given) ?? {};
      return [[{ id, patch, ...revision({ ifRev }) }], write];
    });
    return entry as E;
  }

  /**
   * Changes several records, all or none, and reads them back. An error names the `id`, and the `index` in the list.
   * Throws as `patch` does, `invalid` when an id comes twice, `too-large` over 10,000 of them or 64 MiB.
   */
  patchMany(patches: readonly PatchItem<P>[], given?: SafetyOptions): Promise<E[]> {
    return numbered(patches, this.#patch("patchMany", () => [patches, safety(given)]));
  }

  /** Puts several documents, all or none, and reads them back. Throws as `put` and `patchMany` do. */
  putMany(puts: readonly I[], given?: SafetyOptions): Promise<E[]> {
    return numbered(puts, this.#put("putMany", () => [puts, safety(given)]));
  }

  /** @internal */
  protected async putOne<O extends PutOptions>(given: O | undefined, of: (given: Partial<O>) => I): Promise<E> {
    const [entry] = await this.#put("put", () => {
      const { ifRev, ...write } = writing(given, ["id", ...this.beside]) ?? {};
      return [[{ ...of(given ?? {}), ...revision({ ifRev }) }], write];
    });
    return entry as E;
  }

  /** @internal */
  protected validateOne<O extends ValidateOptions>(given: O | undefined, of: (given: Partial<O>) => I): Promise<Validity> {
    return this.answer("validate", () => {
      const item = of(options<Partial<O>>(given, ["id", ...this.beside] as (keyof O & string)[]));
      return this.handle.validate(this.name, { ...this.given(item), ...place(item) });
    });
  }

  /** @internal */
  protected copy(id: string, given: (SafetyOptions & { name?: string }) | undefined): Promise<E> {
    return this.answer("duplicate", () => {
      const { name, ...write } = options(given, ["name", "durable", "verify"]);
      return this.handle.copyText(this.name, text(id, "id"), name === undefined ? undefined : text(name, "name"), safety(write));
    });
  }

  #patch(verb: string, given: () => [readonly PatchItem<P>[], SafetyOptions | undefined]): Promise<E[]> {
    return this.answer(verb, () => {
      const [patches, write] = given();
      return this.handle.patchMany(this.name, items(patches, "patches", ["id", "patch", "ifRev"], patchOf), write);
    });
  }

  #put(verb: string, given: () => [readonly I[], SafetyOptions | undefined]): Promise<E[]> {
    return this.answer(verb, () => {
      const [puts, write] = given();
      const item = (item: I) => ({ ...this.given(item), ...place(item) });
      return this.handle.putMany(this.name, items(puts, "puts", [this.content, ...this.beside, "id", "ifRev"], item), write);
    });
  }
}
