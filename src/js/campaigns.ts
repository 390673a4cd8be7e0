// The campaigns of a keep: who plays whom in a channel of a guild.

import type { KeepHandle, RawKept } from "./cardkeep.js";
import { rawCampaignId } from "./cardkeep.js";
import { Documents } from "./documents.js";
import { type CardkeepError, failure, named } from "./errors.js";
import { call } from "./loading.js";
import { bytes, document, fields, flag, limits, list, options, record, safety, text, writing } from "./options.js";
import type {
  Campaign,
  CampaignAction,
  CampaignActor,
  CampaignDocument,
  CampaignFiles,
  CampaignNpc,
  CampaignPatch,
  CampaignScope,
} from "./types/campaign.js";
import type { BringCampaignsOptions, CampaignEntry, CampaignFilter, CampaignsBrought, KeptCampaign, PutCampaign } from "./types/campaigns.js";
import type { Validity } from "./types/reading.js";
import type { Listing, ListOptions, SafetyOptions, WriteOptions } from "./types/record.js";

export class Campaigns extends Documents<CampaignEntry, CampaignPatch, PutCampaign> {
  /** @internal */
  protected readonly content = "scope";
  /** @internal */
  protected readonly beside = [];

  /** @internal */
  constructor(handle: KeepHandle) {
    super(handle, "campaigns");
  }

  /** The record of a scope: made of its guild and channel. Throws `bad-option`. */
  idOf(scope: CampaignScope): string {
    const { guild, channel } = scopeOf(scope);
    return rawCampaignId(guild, channel);
  }

  /** What is in a scope, or `undefined` when nothing is or it is in the trash. Throws `corrupt`. */
  get(scope: string | CampaignScope): Promise<KeptCampaign | undefined> {
    return this.ask("get", async () => {
      const id = typeof scope === "string" ? scope : this.idOf(scope);
      const raw = (await this.handle.text(this.name, id)) as RawKept | undefined;
      try {
        return raw && { ...(JSON.parse(raw.view) as Omit<KeptCampaign, "document">), document: { bytes: raw.document } };
      } finally {
        raw?.free();
      }
    });
  }

  /** A scope as an older state of `history` has it, without bringing it back. Throws `not-found`, `corrupt`. */
  version(id: string, rev: number): Promise<KeptCampaign> {
    return this.older("version", id, rev, (at) => new Campaigns(at).get(id) as Promise<KeptCampaign>);
  }

  /** The scopes of a guild, a player or a leader, or all; newest change first, and what cannot be read. */
  override list(given?: ListOptions & CampaignFilter): Promise<Listing<CampaignEntry>> {
    return this.answer("list", () => {
      const { trashed, ...filter } = options(given, ["trashed", "guild", "player", "gm", "creator"]);
      return flag(trashed, "trashed") ? this.handle.list(this.name, true) : this.handle.listCampaigns(fields(filter, "options"));
    });
  }

  /** The NPCs of the scopes of a filter, or of all; with `creator` those that somebody made. Throws `corrupt`. */
  async npcs(given?: CampaignFilter): Promise<CampaignNpc[]> {
    const { items } = await this.list(given);
    const found: CampaignNpc[] = [];
    for (const { id } of items) {
      const kept = await this.get(id);
      if (kept === undefined) continue;
      const { guild, channel, scope } = kept;
      for (const [id, npc] of Object.entries(scope.npcs)) {
        if (given?.creator === undefined || npc.creator_id === given.creator) found.push({ guild, channel, id, npc });
      }
    }
    return found;
  }

  /**
   * Changes what is in a scope, and makes it where it is not there: objects are gone into, `null` removes, all else replaces.
   * Two that change two characters of a scope both find theirs.
   *
   * Throws `invalid`, `bad-option`, `conflict`.
   */
  change(scope: CampaignScope, patch: CampaignPatch, given?: WriteOptions): Promise<CampaignEntry> {
    return this.answer("change", () => {
      const { guild, channel } = scopeOf(scope);
      return this.handle.changeCampaign(guild, channel, fields(patch, "patch"), writing(given));
    });
  }

  /**
   * What is in a scope, made of `made` where nothing is. What is there stays as it is, whoever made it a moment ago.
   *
   * Throws `invalid`, `bad-option`, `conflict` when it is in the trash: `restore` brings it back.
   */
  async ensure(scope: CampaignScope, made: CampaignPatch = {}, given?: SafetyOptions): Promise<KeptCampaign> {
    const write = call(this.op("ensure"), () => ({ ...safety(given), ifRev: 0 }));
    const found = await this.get(scope);
    if (found !== undefined) return found;
    let refused: unknown;
    await this.change(scope, made, write).catch((thrown: unknown) => (refused = thrown));
    const there = refused === undefined || (refused as CardkeepError).code === "conflict" ? await this.get(scope) : undefined;
    if (there === undefined) throw refused;
    return there;
  }

  /** Puts what is in a scope: in the place of what is there, or as new. Throws `invalid`, `conflict`. */
  put(scope: CampaignDocument | Campaign, given?: WriteOptions): Promise<CampaignEntry> {
    return this.putOne(given, () => ({ scope }));
  }

  /** Says what `put` would say; stores nothing. */
  validate(scope: CampaignDocument | Campaign): Promise<Validity> {
    return this.validateOne(undefined, () => ({ scope }));
  }

  /**
   * Whether somebody should be let do something in a scope: `read` everyone, `play` its players, `lead` who leads it. It
   * guides what an app shows; in a browser it is no border. Throws `not-found`, `bad-option`.
   */
  can(actor: CampaignActor, action: CampaignAction, scope: CampaignScope): Promise<boolean> {
    return this.ask("can", () => {
      const { guild, channel } = scopeOf(scope);
      const { user, roles = [] } = options(actor, ["user", "roles"]);
      const named = list(roles, "roles").map((role) => text(role, "roles"));
      return this.handle.mayInCampaign(guild, channel, text(user, "user"), named, text(action, "action")) as Promise<boolean>;
    });
  }

  /**
   * Brings in the files that bots keep, all in one change. Nothing that is there is replaced: where both say something else,
   * the keep's stays and the place is among `conflicts`. With `base`, the files as they were exported before, what was changed
   * in them since goes in, and what the keep has had meanwhile stays. Addresses and tokens of webhooks are left out, with a
   * warning.
   *
   * Throws `bad-json`, `invalid` for a file of another shape, `too-large`, `conflict`, `bad-option`.
   */
  importFiles(files: CampaignFiles, given?: BringCampaignsOptions): Promise<CampaignsBrought> {
    return this.answer("importFiles", () => {
      const { base, limits: within, ...write } = options(given, ["base", "limits", "durable", "verify"]);
      const [mine, old] = [filesOf(files, "files"), base && filesOf(base, "base")];
      return this.handle.bringCampaigns(mine, old, limits(within), safety(write));
    });
  }

  /** The files that bots keep, of all scopes or of one guild's, spelled for people. Throws `corrupt`. */
  exportFiles(given?: { guild?: string }): Promise<Required<CampaignFiles>> {
    return this.ask("exportFiles", async () => {
      const { guild } = options(given, ["guild"]);
      const [campaigns, characters, npcs] = (await this.handle.campaignFiles(guild === undefined ? undefined : text(guild, "guild"))) as [Uint8Array, Uint8Array, Uint8Array];
      return { campaigns, characters, npcs };
    });
  }

  /** @internal */
  protected given({ scope }: PutCampaign): object {
    return "bytes" in record(scope, "scope") ? { document: document(scope as CampaignDocument) } : { values: fields(scope, "scope") };
  }
}

function scopeOf(scope: CampaignScope): CampaignScope {
  const { guild, channel } = options(record(scope, "scope") as unknown as CampaignScope, ["guild", "channel"]);
  return { guild: place(guild, "guild"), channel: place(channel, "channel") };
}

function place(given: string, name: string): string {
  // Two of them would become the same scope.
  if (/\p{Surrogate}/u.test(text(given, name))) throw failure("bad-option", `\`${name}\` has half a character`);
  return given;
}

function filesOf(files: CampaignFiles, name: string): (Uint8Array | undefined)[] {
  const { campaigns, characters, npcs } = options(record(files, name) as CampaignFiles, ["campaigns", "characters", "npcs"]);
  return [campaigns, characters, npcs].map((file) => (file === undefined ? undefined : bytes(file, name)));
}

type Ids<T> = { [id: string]: T };

/**
 * The data of a bot as it is used to have it: three tables that are changed at will, then saved. Only what was changed since
 * the last `loadData` or `saveData` is written, and what others wrote meanwhile stays.
 */
export class DataManager {
  /** By guild and channel. */
  campaigns: Ids<Ids<NonNullable<Campaign["campaign"]>>> = {};
  /** By guild, player and channel. */
  characters: Ids<Ids<Campaign["characters"]>> = {};
  /** By guild, channel and id. */
  npcs: Ids<Ids<Campaign["npcs"]>> = {};
  readonly #of: Campaigns;
  #base: Required<CampaignFiles>;

  private constructor(of: Campaigns, base: Required<CampaignFiles>) {
    this.#of = of;
    this.#base = base;
  }

  /** The data of a keep. Nothing there is nothing in the tables; what cannot be read is an error, never an empty table. Throws `corrupt`. */
  static async open(keep: { readonly campaigns: Campaigns }): Promise<DataManager> {
    const { campaigns } = Object(keep) as Partial<typeof keep>;
    if (typeof campaigns?.exportFiles !== "function") throw named(failure("bad-option", "`keep` is no open keep"), "DataManager.open");
    const files = await campaigns.exportFiles();
    const data = new DataManager(campaigns, files);
    data.#take(files);
    return data;
  }

  /** Reads all tables anew; what was changed in them and not saved is gone. Throws `corrupt`. */
  async loadData(): Promise<void> {
    this.#take(await this.#of.exportFiles());
  }

  /** Saves what was changed, all of it or nothing, and reads the tables anew. Throws what `importFiles` throws. */
  async saveData(given?: SafetyOptions): Promise<CampaignsBrought> {
    const files = call("DataManager.saveData", () => Object.fromEntries(TABLES.map((table) => [table, new TextEncoder().encode(fields(this[table], table))])));
    const brought = await this.#of.importFiles(files, { ...safety(given), base: this.#base });
    await this.loadData();
    return brought;
  }

  #take(files: Required<CampaignFiles>): void {
    this.#base = files;
    for (const table of TABLES) Object.assign(this, { [table]: JSON.parse(new TextDecoder().decode(files[table])) as unknown });
  }
}

const TABLES = ["campaigns", "characters", "npcs"] as const;
