// The playthroughs of a keep: runs through its worlds.

import type { ChatHandle as RawHandle, KeepHandle } from "./cardkeep.js";
import { Documents } from "./documents.js";
import { failure } from "./errors.js";
import { messages } from "./messages.js";
import { fields, flag, json, options, text, writing } from "./options.js";
import type { Message } from "./types/chat.js";
import type { ChatEntry } from "./types/chats.js";
import type {
  KeptPlaythrough,
  NewPlaythrough,
  Played,
  PlaythroughEntry,
  PlaythroughFilter,
  PlaythroughPatch,
  PutPlaythrough,
} from "./types/playthroughs.js";
import type { Json, ValidateOptions, Validity } from "./types/reading.js";
import type { Listing, ListOptions, PutOptions, SafetyOptions, WriteOptions } from "./types/record.js";
import type { Dependents } from "./types/trash.js";
import type { EventTrigger, Playthrough, WorldState } from "./types/world.js";
import type { WorldEntry } from "./types/worlds.js";

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

  /** One playthrough as an older state of `history` has it, without bringing it back. Throws `not-found`, `corrupt`. */
  version(id: string, rev: number): Promise<KeptPlaythrough> {
    return this.older("version", id, rev, (at) => new Playthroughs(at).get(id) as Promise<KeptPlaythrough>);
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

  /**
   * Puts the player of a run where a chat has it: at the position in `extra.world_position` of the newest message with one, which
   * goes with its alternative, so that the position follows swipes, branches and messages that are taken out; where no message
   * has one, at that of the world. No event happens, nothing is written where it is the same. A move is noted by what is
   * appended with it: `fields: { extra: { world_position: "1,0,0" } }`. Throws `not-found`, also when the world is gone or in
   * the trash, `conflict`, `corrupt`.
   */
  follow(id: string, chat: string, given?: WriteOptions): Promise<PlaythroughEntry> {
    return this.ask("follow", async () => {
      const write = writing(given);
      const kept = (await this.get(text(id, "id"))) ?? (await this.#missing(id));
      const position = (await this.#noted(text(chat, "chat"))) ?? (await this.#start(kept));
      const { run, ...entry } = kept;
      if (position === run.position && (write?.ifRev ?? kept.rev) === kept.rev) return entry;
      return this.put({ ...run, position }, { ifRev: kept.rev, ...write, id });
    });
  }

  /** The position that the newest message of a chat notes. */
  async #noted(chat: string): Promise<string | undefined> {
    const raw = (await this.handle.openChat(chat)) as RawHandle;
    try {
      for (let to = (JSON.parse(raw.entry()) as ChatEntry).length; to > 0; to -= PAGE) {
        const page = messages((await raw.page(Math.max(0, to - PAGE), to)) as string);
        const found = page.map(noted).reverse().find((position) => position !== undefined);
        if (found !== undefined) return found;
      }
      return undefined;
    } finally {
      raw.free();
    }
  }

  async #start({ id, world }: KeptPlaythrough): Promise<string> {
    const found = (await this.handle.world(world)) as string | undefined;
    return found === undefined ? this.#missing(id) : (JSON.parse(found) as WorldEntry).position;
  }

  /** Says of a run or its world that it is not there. */
  async #missing(id: string): Promise<never> {
    await this.handle.playthroughState(id);
    throw failure("bug", `the playthrough ${id} was not there and is`);
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

/** How many messages are looked through at once. */
const PAGE = 100;

/** The position that a message notes, spelled as positions are. */
function noted({ fields }: Message): string | undefined {
  const extra = fields["extra"];
  const said = typeof extra === "object" && extra !== null && !Array.isArray(extra) ? extra["world_position"] : undefined;
  return typeof said === "string" && /^\s*[+-]?\d+\s*(,\s*[+-]?\d+\s*){2}$/.test(said) ? said : undefined;
}
