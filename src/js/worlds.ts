// The worlds of a keep.

import type { KeepHandle } from "./cardkeep.js";
import { Documents } from "./documents.js";
import { failure } from "./errors.js";
import { intake, type ImportSources, type Taken } from "./intake.js";
import { bytes, fields, integer, json, list, options, safety, text, whole, writing } from "./options.js";
import type { ImportEvent, ImportOptions } from "./types/intake.js";
import type { Json, ValidateOptions, Validity } from "./types/reading.js";
import type { Exported, PutOptions, SafetyOptions, WriteOptions } from "./types/record.js";
import type { Dependents } from "./types/trash.js";
import type { WorldState } from "./types/world.js";
import type {
  FoundLocation,
  Inhabitant,
  LocationSuggestion,
  PutWorld,
  Viewport,
  World,
  WorldAsset,
  WorldContext,
  WorldContextOptions,
  WorldEntry,
  WorldPatch,
} from "./types/worlds.js";

/** What pictures are for, by their folders. */
const ROLES = [
  ["images/backgrounds/", "background"],
  ["images/objects/", "object"],
] as const;

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

  /** One world as an older state of `history` has it, without bringing it back. Throws `not-found`, `corrupt`. */
  version(id: string, rev: number): Promise<World> {
    return this.older("version", id, rev, (at) => new Worlds(at).get(id) as Promise<World>);
  }

  /**
   * Adds `world_state.json` files, and trees of worlds in archives, with their chats and what lies beside them: a world of its own
   * each, to which the chats are linked. Of CardShark also `.cardshark.zip` and the PNG of a world or a room.
   */
  import(sources: ImportSources, given?: ImportOptions): AsyncIterable<ImportEvent<WorldEntry>> {
    const take = (chosen: ImportOptions) => async (bytes: Uint8Array) =>
      [JSON.parse(await this.handle.importWorld(bytes, chosen.limits))] as Taken<WorldEntry>[];
    return intake({ handle: this.handle, op: this.op("import"), sources, given, size: "file", take });
  }

  /**
   * A world as `world_state.json`; `{ as: "tree" }`: as an archive with `world_state.json`, `metadata.json`,
   * `chats/{location}_chat.jsonl`, `events/{id}.json`, and the files that came beside them.
   *
   * Throws `not-found`, `corrupt`, `bad-option`.
   */
  override export(id: string, given?: { as?: "tree" }): Promise<Exported> {
    return this.handOut(async () => {
      const { as } = options(given, ["as"]);
      if (as === undefined) return this.handle.exportRecord(this.name, text(id, "id"));
      if (as === "tree") return this.handle.exportWorldTree(text(id, "id"));
      throw failure("bad-option", `\`as\` is ${String(as)}, \`"tree"\` was wanted`);
    });
  }

  /**
   * Puts a location that waits beside the map onto it, at `"x,y,z"`. Throws `invalid` when there is no such location or something is
   * there already, `not-found`, `conflict`.
   */
  place(id: string, location: string, position: string, given?: WriteOptions): Promise<WorldEntry> {
    return this.answer("place", () =>
      this.handle.placeLocation(text(id, "id"), text(location, "location"), text(position, "position"), writing(given)),
    );
  }

  /** The files that lie beside a world: pictures and whatever else came with its tree. Throws `not-found`. */
  files(id: string): Promise<WorldAsset[]> {
    return this.ask("files", async () => {
      const files = JSON.parse((await this.handle.worldFiles(text(id, "id"))) as string) as WorldAsset[];
      return files.map((file) => {
        const role = ROLES.find(([folder]) => file.path.startsWith(folder))?.[1];
        return role === undefined ? file : { ...file, role };
      });
    });
  }

  /** A file that lies beside a world, `undefined` where none does. Throws `not-found` when there is no such world, `corrupt`. */
  file(id: string, path: string): Promise<Uint8Array | undefined> {
    return this.ask("file", () => this.handle.worldFile(text(id, "id"), text(path, "path")) as Promise<Uint8Array | undefined>);
  }

  /**
   * Lays a file beside a world, or another in its place: a location's `background` may name its path. It goes out with the tree,
   * is shared with the older states, and the state before becomes one. Throws `invalid` for a path that leads out of the world's
   * folder or is that of its state or a chat, `not-found`, `conflict`, `too-new`, `too-large`.
   */
  putFile(id: string, path: string, content: Uint8Array, given?: WriteOptions): Promise<WorldEntry> {
    return this.answer("putFile", () =>
      this.handle.putWorldFile(text(id, "id"), text(path, "path"), bytes(content, "content"), writing(given)),
    );
  }

  /** Takes a file from beside a world; older states have it still. One that is not there is no error. Throws as `putFile`. */
  removeFile(id: string, path: string, given?: WriteOptions): Promise<WorldEntry> {
    return this.answer("removeFile", () => this.handle.putWorldFile(text(id, "id"), text(path, "path"), undefined, writing(given)));
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

  /**
   * One location, by its position or by its `location_id`; without `position` when it waits beside the map. `undefined` when
   * there is none. Of a large world only what is asked for is read. Throws `not-found` when there is no such world, `corrupt`.
   */
  location(id: string, place: string): Promise<FoundLocation | undefined> {
    return this.ask("location", async () => {
      const found = (await this.handle.worldLocation(text(id, "id"), text(place, "place"))) as string | undefined;
      return found === undefined ? undefined : (JSON.parse(found) as FoundLocation);
    });
  }

  /** The locations in a rectangle of a plane, its edges included, in the order of the file. Throws `not-found`, `corrupt`, `bad-option`. */
  viewport(id: string, within: Viewport): Promise<(FoundLocation & { position: string })[]> {
    return this.answer("viewport", () => {
      const { z, x, y } = options(within, ["z", "x", "y"]);
      return this.handle.worldViewport(text(id, "id"), new Float64Array([integer(z, "z"), ...edges(x, "x"), ...edges(y, "y")]));
    });
  }

  /**
   * What a model may know where the player of a run is: the place, who is there, and what their lore says of what is talked about.
   * What does not fit into `budget` tokens stays out and is in `left`. Throws `not-found`, `corrupt`, `bad-option`.
   */
  context(playthrough: string, given?: WorldContextOptions): Promise<WorldContext> {
    return this.answer("context", () => {
      const { messages = [], budget = 2000 } = options(given, ["messages", "budget"]);
      const said = list(messages, "messages").map((message) => text(message, "messages"));
      return this.handle.worldContext(text(playthrough, "playthrough"), json({ messages: said, budget: whole(budget, "budget") }, "options"));
    });
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
   * Says what `put` would say of a state, and what in it does not fit together; stores nothing. `errors` are broken rules of its
   * form, which `put` takes all the same; `warnings` what leads nowhere: characters, events, places, positions. With `id` it is
   * held against that world.
   */
  validate(state: object, given?: ValidateOptions): Promise<Validity> {
    return this.validateOne(given, ({ id }) => ({ state: state as WorldState, ...(id !== undefined && { id }) }));
  }

  /** What hangs on a world: the chats in it and its playthroughs. Throws `not-found`. */
  async links(id: string): Promise<Pick<Dependents, "chats" | "playthroughs">> {
    const { chats, playthroughs } = await this.dependents(id);
    return { chats, playthroughs };
  }

  /** @internal */
  protected given({ state }: PutWorld): object {
    return { values: fields(state, "state") };
  }
}

function edges(given: readonly [number, number], name: string): [number, number] {
  const [from, to, ...more] = list(given, name);
  if (more.length > 0) throw failure("bad-option", `\`${name}\` has ${more.length + 2} numbers, two were wanted`);
  return [integer(from as number, `${name}[0]`), integer(to as number, `${name}[1]`)];
}
