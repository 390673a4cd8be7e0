// The worlds of a keep.

import type { KeepHandle } from "./cardkeep.js";
import { items, patch, place } from "./batch.js";
import { Domain } from "./domain.js";
import { intake, type ImportSources, type Taken } from "./intake.js";
import { fields, json, limits, options, revision, safety, text, writing } from "./options.js";
import type {
  ImportEvent,
  ImportOptions,
  Json,
  PatchItem,
  PutOptions,
  PutWorld,
  SafetyOptions,
  World,
  WorldEntry,
  WorldPatch,
  WorldState,
  WriteOptions,
} from "./types.js";

export class Worlds extends Domain<WorldEntry> {
  /** @internal */
  constructor(handle: KeepHandle) {
    super(handle, "worlds");
  }

  /** One world with its state, or `undefined` when there is none or it is in the trash. Throws `corrupt`. */
  get(id: string): Promise<World | undefined> {
    return this.ask("get", async () => {
      const found = (await this.handle.world(text(id, "id"))) as string | undefined;
      return found === undefined ? undefined : (JSON.parse(found) as World);
    });
  }

  /** Adds `world_state.json` files. */
  import(sources: ImportSources, given?: ImportOptions): AsyncIterable<ImportEvent<WorldEntry>> {
    const { limits: within, signal } = options(given, ["limits", "signal"]);
    const take = async (bytes: Uint8Array) => [JSON.parse(await this.handle.importWorld(bytes, limits(within)))] as Taken<WorldEntry>[];
    return intake({ handle: this.handle, op: this.op("import"), sources, limits: within, size: "file", signal, take });
  }

  /** Makes a world with one location. */
  create(name: string): Promise<WorldEntry> {
    return this.answer("create", () => this.handle.createWorld(text(name, "name")));
  }

  /** Moves the player to `"x,y,z"`. Throws `invalid` when there is no such location, `not-found`, `conflict`. */
  moveTo(id: string, position: string, given?: WriteOptions): Promise<World> {
    return this.answer("moveTo", () => this.handle.moveWorld(text(id, "id"), text(position, "position"), writing(given)));
  }

  /** Sets one of the player's stats. Throws `not-found`, `conflict`, `invalid`. */
  setStat(id: string, stat: string, value: Json, given?: WriteOptions): Promise<World> {
    return this.answer("setStat", () =>
      this.handle.setStat(text(id, "id"), text(stat, "stat"), json(value, "value"), writing(given)),
    );
  }

  /** Changes position and stats at once. Throws `not-found`, `conflict`, `invalid`. */
  async patch(id: string, patch: WorldPatch, given?: WriteOptions): Promise<WorldEntry> {
    const [entry] = await this.#patch("patch", () => {
      const { ifRev, ...write } = writing(given) ?? {};
      return [[{ id, patch, ...revision({ ifRev }) }], write];
    });
    return entry as WorldEntry;
  }

  /**
   * Changes several worlds, all or none, and reads them back. An error names the `id`, and the `index` in the list.
   * Throws as `patch` does, `invalid` when an id comes twice, `too-large` over 10,000 of them or 64 MiB.
   */
  patchMany(patches: readonly PatchItem<WorldPatch>[], given?: SafetyOptions): Promise<WorldEntry[]> {
    return this.#patch("patchMany", () => [patches, safety(given)]);
  }

  /**
   * Puts a state: in the place of another one with `id`, or as a new world. What says the same as before keeps its spelling.
   * The state before becomes an older one; a world in the trash comes out of it.
   *
   * Throws `conflict`, `not-found` when there is none for `ifRev`, `not-a-world`, `invalid`.
   */
  async put(state: WorldState, given?: PutOptions): Promise<WorldEntry> {
    const [entry] = await this.#put("put", () => {
      const { ifRev, ...write } = writing(given, ["id"]) ?? {};
      return [[{ state, ...(given?.id !== undefined && { id: given.id }), ...revision({ ifRev }) }], write];
    });
    return entry as WorldEntry;
  }

  /** Puts several states, all or none. Throws as `put` and `patchMany` do. */
  putMany(puts: readonly PutWorld[], given?: SafetyOptions): Promise<WorldEntry[]> {
    return this.#put("putMany", () => [puts, safety(given)]);
  }

  #patch(verb: string, given: () => [readonly PatchItem<WorldPatch>[], SafetyOptions | undefined]): Promise<WorldEntry[]> {
    return this.answer(verb, () => {
      const [patches, write] = given();
      return this.handle.patchMany("worlds", items(patches, "patches", ["id", "patch", "ifRev"], patch), write);
    });
  }

  #put(verb: string, given: () => [readonly PutWorld[], SafetyOptions | undefined]): Promise<WorldEntry[]> {
    return this.answer(verb, () => {
      const [puts, write] = given();
      const item = ({ state, ...where }: PutWorld) => ({ values: fields(state, "state"), ...place(where) });
      return this.handle.putMany("worlds", items(puts, "puts", ["state", "id", "ifRev"], item), write);
    });
  }
}
