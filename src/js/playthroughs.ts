// The playthroughs of a keep: runs through its worlds.

import type { KeepHandle } from "./cardkeep.js";
import { Documents } from "./documents.js";
import { fields, flag, json, options, text, writing } from "./options.js";
import type {
  Dependents,
  EventTrigger,
  Json,
  KeptPlaythrough,
  ListOptions,
  Listing,
  NewPlaythrough,
  Played,
  Playthrough,
  PlaythroughEntry,
  PlaythroughFilter,
  PlaythroughPatch,
  PutOptions,
  PutPlaythrough,
  SafetyOptions,
  ValidateOptions,
  Validity,
  WorldState,
  WriteOptions,
} from "./types.js";

export class Playthroughs extends Documents<PlaythroughEntry, PlaythroughPatch, PutPlaythrough> {
  /** @internal */
  protected readonly content = "run";
  /** @internal */
  protected readonly beside = [];

  /** @internal */
  constructor(handle: KeepHandle) {
    super(handle, "playthroughs");
  }

  /**
   * The playthroughs of a world, a persona, or all; newest change first, each with what has become of its world, and what cannot
   * be read.
   */
  override list(given?: ListOptions & PlaythroughFilter): Promise<Listing<PlaythroughEntry>> {
    return this.answer("list", () => {
      const { trashed, ...filter } = options(given, ["trashed", "world", "persona"]);
      return flag(trashed, "trashed") ? this.handle.list(this.name, true) : this.handle.listPlaythroughs(fields(filter, "options"));
    });
  }

  /**
   * Begins a playthrough where the state of a world stands; the world stays as it is, whatever happens in the run. Throws
   * `not-found` when there is no such world, `corrupt`, `bad-option`.
   */
  create(given: NewPlaythrough, write?: SafetyOptions): Promise<PlaythroughEntry> {
    return this.answer("create", () => {
      const { world, persona, name } = options(given, ["world", "persona", "name"]);
      const begun = {
        world: text(world, "world"),
        ...(persona !== undefined && { persona: text(persona, "persona") }),
        ...(name !== undefined && { name: text(name, "name") }),
      };
      return this.handle.createPlaythrough(fields(begun, "given"), writing(options(write, ["durable", "verify"])));
    });
  }

  /** One playthrough, or `undefined` when there is none or it is in the trash. Throws `corrupt`. */
  get(id: string): Promise<KeptPlaythrough | undefined> {
    return this.ask("get", async () => {
      const found = (await this.handle.playthrough(text(id, "id"))) as string | undefined;
      return found === undefined ? undefined : (JSON.parse(found) as KeptPlaythrough);
    });
  }

  /** What hangs on a playthrough: its chats. Throws `not-found`. */
  async links(id: string): Promise<Pick<Dependents, "chats">> {
    const { chats } = await this.dependents(id);
    return { chats };
  }

  /**
   * Moves the player of a run to `"x,y,z"`, and has happen what follows from leaving and coming. It writes the run and nothing of
   * its world. Throws `invalid` when the world has no location there, `not-found`, also when the world is gone or in the trash,
   * `conflict`.
   */
  moveTo(id: string, position: string, given?: WriteOptions): Promise<Played> {
    return this.answer("moveTo", () => this.handle.movePlaythrough(text(id, "id"), text(position, "position"), writing(given)));
  }

  /**
   * Has happen what follows where the player of a run is: `talk` to somebody, `turns` for a turn that was taken, `manual` for an
   * event that the app wants, `enter`, `leave`. What is to be said is in `fired`; posting it is the app's. Throws as `moveTo`.
   */
  trigger(id: string, trigger: EventTrigger, given?: WriteOptions): Promise<Played> {
    return this.answer("trigger", () => this.handle.triggerPlaythrough(text(id, "id"), fields(trigger, "trigger"), writing(given)));
  }

  /** Sets one of the stats of a run's player. Throws `not-found`, `conflict`, `invalid`. */
  setStat(id: string, stat: string, value: Json, given?: WriteOptions): Promise<PlaythroughEntry> {
    return this.answer("setStat", () =>
      this.handle.setPlaythroughStat(text(id, "id"), text(stat, "stat"), json(value, "value"), writing(given)),
    );
  }

  /** The state of a run: its world's, with the run laid over it, which `export` gives as `world_state.json`. Throws `not-found`, `corrupt`. */
  state(id: string): Promise<WorldState> {
    return this.answer("state", () => this.handle.playthroughState(text(id, "id")));
  }

  /** Puts a run: in the place of another one of the same world with `id`, or as a new one. Throws `invalid`, `conflict`, `not-found`. */
  put(run: Playthrough, given?: PutOptions): Promise<PlaythroughEntry> {
    return this.putOne(given, ({ id }) => ({ run, ...(id !== undefined && { id }) }));
  }

  /** Says what `put` would say of a run; stores nothing. */
  validate(run: object, given?: ValidateOptions): Promise<Validity> {
    return this.validateOne(given, ({ id }) => ({ run: run as Playthrough, ...(id !== undefined && { id }) }));
  }

  /** @internal */
  protected given({ run }: PutPlaythrough): object {
    return { values: fields(run, "run") };
  }
}
