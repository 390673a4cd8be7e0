// The worlds of a keep.

import type { KeepHandle } from "./cardkeep.js";
import { Documents } from "./documents.js";
import { intake, type ImportSources, type Taken } from "./intake.js";
import { fields, json, limits, list, options, safety, text, writing } from "./options.js";
import type {
  Dependents,
  ImportEvent,
  ImportOptions,
  Inhabitant,
  Json,
  LocationSuggestion,
  PutOptions,
  PutWorld,
  SafetyOptions,
  ValidateOptions,
  Validity,
  World,
  WorldEntry,
  WorldPatch,
  WorldState,
  WriteOptions,
} from "./types.js";

export class Worlds extends Documents<WorldEntry, WorldPatch, PutWorld> {
  /** @internal */
  protected readonly content = "state";
  /** @internal */
  protected readonly beside = [];

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

  /** Which entries of a character's lore may be locations; likely ones first, which say why. Throws `not-found`, `corrupt`. */
  suggestLocations(character: string): Promise<LocationSuggestion[]> {
    return this.answer("suggestLocations", () => this.handle.suggestLocations(text(character, "character")));
  }

  /**
   * A state made of a character and of entries of its lore, to be looked at and `put`: the character is where the map begins,
   * the lore waits beside it. Nothing is stored. Without `include` the likely entries of `suggestLocations` are in it.
   *
   * Throws `not-found`, `corrupt`, `invalid` for an entry that is not there.
   */
  fromCharacter(character: string, given?: { include?: readonly string[] }): Promise<WorldState> {
    return this.answer("fromCharacter", () => {
      const { include } = options(given, ["include"]);
      const chosen = include && list(include, "include").map((entry) => text(entry, "include"));
      return this.handle.worldFromCharacter(text(character, "character"), chosen);
    });
  }

  /** Who is in a world, each once; one that is gone or in the trash hides no other. Throws `not-found`, `corrupt`. */
  inhabitants(id: string): Promise<Inhabitant[]> {
    return this.answer("inhabitants", () => this.handle.inhabitants(text(id, "id")));
  }

  /** Makes a world with one location. */
  create(name: string, given?: SafetyOptions): Promise<WorldEntry> {
    return this.answer("create", () => this.handle.createWorld(text(name, "name"), safety(given)));
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

  /**
   * Puts a state: in the place of another one with `id`, or as a new world. What says the same as before keeps its spelling.
   * The state before becomes an older one; a world in the trash comes out of it.
   *
   * Throws `conflict`, `not-found` when there is none for `ifRev`, `not-a-world`, `invalid`.
   */
  put(state: WorldState, given?: PutOptions): Promise<WorldEntry> {
    return this.putOne(given, ({ id }) => ({ state, ...(id !== undefined && { id }) }));
  }

  /**
   * Says what `put` would say of a state, and what in it does not fit together; stores nothing. With `id` it is held against
   * that world.
   */
  validate(state: object, given?: ValidateOptions): Promise<Validity> {
    return this.validateOne(given, ({ id }) => ({ state: state as WorldState, ...(id !== undefined && { id }) }));
  }

  /** What hangs on a world: the chats in it. Throws `not-found`. */
  async links(id: string): Promise<Pick<Dependents, "chats">> {
    const { chats } = await this.dependents(id);
    return { chats };
  }

  /** @internal */
  protected given({ state }: PutWorld): object {
    return { values: fields(state, "state") };
  }
}
