// What every domain of a keep can do.

import type { KeepHandle, RawExport } from "./cardkeep.js";
import { numbered, targets } from "./batch.js";
import { subscribe } from "./changes.js";
import { failure } from "./errors.js";
import { ask } from "./loading.js";
import { flag, kindOf, list, options, revision, safety, text, whole, writing } from "./options.js";
import type {
  ChangeDetail,
  DeleteManyOptions,
  DeleteOptions,
  Entry,
  Exported,
  Listing,
  ListOptions,
  RecordDomain,
  SafetyOptions,
  Target,
  Version,
} from "./types/record.js";
import type { Dependents } from "./types/trash.js";

/** What changes are told of, once each. */
export const DOMAINS = Object.keys({
  characters: true,
  chats: true,
  worlds: true,
  personas: true,
  lorebooks: true,
  templates: true,
  campaigns: true,
  assets: true,
  playthroughs: true,
  settings: true,
} satisfies Record<ChangeDetail["domain"], true>) as readonly ChangeDetail["domain"][];

/** Some of the domains, as a caller names them. */
export function domains(given: readonly ChangeDetail["domain"][], name: string): readonly ChangeDetail["domain"][] {
  for (const domain of list(given, name)) {
    if (DOMAINS.includes(domain)) continue;
    const found = typeof domain === "string" ? `\`${domain as string}\`` : kindOf(domain);
    throw failure("bad-option", `\`${name}\` has ${found}, some of ${DOMAINS.join(", ")} were wanted`);
  }
  return given;
}

/** What goes into the trash with a record: its chats, its playthroughs. */
function along(given: { chats: DeleteOptions["chats"] | undefined; playthroughs: DeleteOptions["playthroughs"] | undefined }): [boolean, boolean] {
  const goes = (name: "chats" | "playthroughs") => {
    const said = given[name];
    if (said === undefined || said === "keep" || said === "trash") return said === "trash";
    throw failure("bad-option", `\`${name}\` is \`${String(said)}\`, \`keep\` or \`trash\` was wanted`);
  };
  return [goes("chats"), goes("playthroughs")];
}

function fileOf(raw: RawExport): Exported {
  try {
    return { filename: raw.filename, type: raw.type, bytes: raw.bytes() };
  } finally {
    raw.free();
  }
}

/** The verbs that all domains share. */
export abstract class Domain<E extends Entry> {
  /** @internal */
  protected readonly handle: KeepHandle;
  /** @internal */
  protected readonly name: RecordDomain;
  /** Where changes are told; nowhere in a transaction. @internal */
  changes: EventTarget | undefined;

  /** @internal */
  constructor(handle: KeepHandle, name: RecordDomain) {
    this.handle = handle;
    this.name = name;
  }

  /** Every entry, newest change first, and what cannot be read. */
  list(given?: ListOptions): Promise<Listing<E>> {
    return this.answer("list", () => {
      const { trashed = false } = options(given, ["trashed"]);
      return this.handle.list(this.name, flag(trashed, "trashed"));
    });
  }

  /** The entries one after the other, newest change first. What cannot be read is told by `list`. */
  async *iterate(given?: ListOptions): AsyncGenerator<E, void, undefined> {
    const { items } = await this.list(given);
    yield* items;
  }

  /**
   * Hears what was stored in this domain, here or in another tab, until the function that it returns is called. Throws
   * `bad-option`, also in a transaction.
   */
  subscribe(listener: (change: ChangeDetail) => void): () => void {
    return subscribe(this.changes, this.name, listener);
  }

  /**
   * Puts a record in the trash; `restore` undoes it. With `permanent` it is gone for good, with its older states, also
   * from the trash, and what was linked to it forgets it. Throws `not-found`, `conflict`, `bad-option` for `chats` and
   * `playthroughs` with `permanent` or where nothing of the kind is linked to the domain.
   */
  delete(id: string, given?: DeleteOptions): Promise<void> {
    return this.ask("delete", () => {
      const { permanent = false, chats, playthroughs, ...rest } = options(given, ["ifRev", "durable", "verify", "permanent", "chats", "playthroughs"]);
      const { ifRev, ...write } = writing(rest) ?? {};
      const others = along({ chats, playthroughs });
      if (!flag(permanent, "permanent")) return this.handle.trashMany(this.name, targets([{ id, ...revision({ ifRev }) }]), ...others, write);
      if (others.includes(true)) throw failure("bad-option", "`chats` and `playthroughs` go without `permanent`: delete them themselves for good");
      return this.handle.erase(this.name, text(id, "id"), ifRev);
    });
  }

  /**
   * Puts several records in the trash, all or none, and reads them back. An error names the `id`, and the `index` in the list.
   * Throws `not-found`, `conflict`, `corrupt`, `invalid` when an id comes twice.
   */
  deleteMany(ids: readonly (string | Target)[], given?: DeleteManyOptions): Promise<void> {
    const deleted = this.ask("deleteMany", () => {
      const { chats, playthroughs, ...write } = options(given, ["durable", "verify", "chats", "playthroughs"]);
      return this.handle.trashMany(this.name, targets(ids), ...along({ chats, playthroughs }), safety(write));
    });
    return numbered(ids, deleted);
  }

  /** Takes a record out of the trash, with what went with it: undoes `delete`. Throws `not-found`. */
  async restore(id: string): Promise<E> {
    const [entry] = await this.answer<[E]>("restore", () => this.handle.restoreMany(this.name, targets([{ id }]), undefined));
    return entry;
  }

  /** Takes several records out of the trash, all or none, and reads them back. Throws as `deleteMany` does. */
  restoreMany(ids: readonly (string | Target)[], given?: SafetyOptions): Promise<E[]> {
    return numbered(ids, this.answer("restoreMany", () => this.handle.restoreMany(this.name, targets(ids), safety(given))));
  }

  /** The older states of a record that are kept; none of one that is not there. */
  history(id: string): Promise<Version[]> {
    return this.answer("history", () => this.handle.history(this.name, text(id, "id")));
  }

  /**
   * Brings an older state of a record back, as a new revision; the state before it becomes one of the older ones.
   * Throws `not-found` when there is no such record or revision.
   */
  restoreVersion(id: string, rev: number): Promise<E> {
    return this.answer("restoreVersion", () => this.handle.restoreVersion(this.name, text(id, "id"), whole(rev, "rev")));
  }

  /** An older state as a file, without bringing it back. Throws `not-found`, `corrupt`. */
  exportVersion(id: string, rev: number): Promise<Exported> {
    return this.older("exportVersion", id, rev, async (at) => fileOf((await at.exportRecord(this.name, id)) as RawExport));
  }

  /** Makes an older state stay whatever happens to the others. Throws `not-found`. */
  pinVersion(id: string, rev: number): Promise<E> {
    return this.answer("pinVersion", () => this.handle.pinVersion(this.name, text(id, "id"), whole(rev, "rev"), true));
  }

  /** Lets an older state give way again, as the others do. Throws `not-found`. */
  unpinVersion(id: string, rev: number): Promise<E> {
    return this.answer("unpinVersion", () => this.handle.pinVersion(this.name, text(id, "id"), whole(rev, "rev"), false));
  }

  /** The record as a file: what was imported and never changed comes back identical. Throws `not-found`, `corrupt`. */
  export(id: string): Promise<Exported> {
    return this.handOut(() => this.handle.exportRecord(this.name, text(id, "id")));
  }

  /** @internal A file of the module's. */
  protected handOut(exported: () => Promise<unknown>): Promise<Exported> {
    return this.ask("export", async () => fileOf((await exported()) as RawExport));
  }

  /** Asks a keep in which a record is as an older state was. @internal */
  protected older<T>(verb: string, id: string, rev: number, work: (at: KeepHandle) => Promise<T>): Promise<T> {
    return this.ask(verb, async () => {
      const at = (await this.handle.atVersion(this.name, text(id, "id"), whole(rev, "rev"))) as KeepHandle;
      try {
        return await work(at);
      } finally {
        at.free();
      }
    });
  }

  /** @internal */
  protected dependents(id: string): Promise<Dependents> {
    return this.answer("links", () => this.handle.dependents(this.name, text(id, "id")));
  }

  /** @internal */
  protected op(verb: string): string {
    return `${this.name}.${verb}`;
  }

  /** @internal */
  protected ask<T>(verb: string, work: () => Promise<T>): Promise<T> {
    return ask(this.op(verb), work);
  }

  /** @internal */
  protected answer<T>(verb: string, work: () => Promise<string>): Promise<T> {
    return ask(this.op(verb), async () => JSON.parse(await work()) as T);
  }
}
