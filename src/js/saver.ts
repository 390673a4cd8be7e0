// Saving a little later: changes of a record are collected while somebody types and saved together. Journalled before
// that, so that an end of the page in between loses nothing.

import { type CardkeepError, failure, named, report } from "./errors.js";
import { type Edit, type Journal, type Source, whenIdle } from "./journal.js";
import { fields, ifRev, options, text } from "./options.js";
import type { RevOptions } from "./types/record.js";
import type { Saved, SaverDomain, SaverPatches, SaveState, Unsaved } from "./types/saver.js";

const DOMAINS = Object.keys({ characters: true, chats: true, worlds: true, personas: true, lorebooks: true, templates: true, campaigns: true, playthroughs: true, settings: true } satisfies Record<SaverDomain, true>);

/** A version is kept of what was there before somebody began to type, and again after so long. */
const SITTING_MS = 5 * 60_000;
/** The wait after a failure that may pass, doubled up to the second one. */
const [FIRST_RETRY_MS, LAST_RETRY_MS] = [1_000, 30_000];
/** Timers take no more; a longer wait would end at once. */
const LONGEST_MS = 2 ** 31 - 1;
/** A keep that is closed waits no longer for its last saves; what is unsaved then is in the journal. */
const CLOSING_MS = 5_000;

export interface SaverOptions {
  /** Milliseconds after the last change. Default: the setting `autosaveDelay`, as it is at the time. */
  delay?: number;
  /** Milliseconds at most while changes go on. Default: the setting `autosaveMaxWait`. */
  maxWait?: number;
  /** `high`: at once, and durable against power cuts; `low`: waits also until the page is idle. Default `normal`. */
  priority?: "high" | "normal" | "low";
  /** Told of every save that failed. The edit stays pending. */
  onError?: (error: CardkeepError, unsaved: Unsaved) => void;
}

/** The events of a saver. */
export interface SaverEventMap {
  /** `state` is another one. */
  state: Event;
  /** A record was saved. */
  saved: CustomEvent<Saved>;
}

/** How the last save of a record went, for the next one. */
interface Sitting {
  began: number;
  /** From the first revision that was saved over, without one of another writer between, up to the last that was made. */
  from: number;
  rev: number;
}

/** A `pending` edit with what went wrong. */
interface Waiting {
  edit: Edit;
  error: CardkeepError | undefined;
  tries: number;
}

/** Collects changes and saves them a little later. Changes of one record become one save; of each field the last value counts. */
export class Saver extends EventTarget {
  readonly #journal: Journal;
  readonly #source: Source = { unsaved: () => this.#unsaved(), save: () => this.#saveAll(), end: () => this.#end(), overtaken: (saved) => this.#overtaken(saved), stop: () => this.#stop() };
  readonly #given: Pick<SaverOptions, "delay" | "maxWait">;
  readonly #priority: "high" | "normal" | "low";
  readonly #onError: SaverOptions["onError"];
  readonly #pending = new Map<string, Waiting>();
  readonly #saving = new Map<string, { edit: Edit; settled: Promise<CardkeepError | undefined> }>();
  readonly #sittings = new Map<string, Sitting>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the oldest pending change was made. */
  #since: number | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #told: SaveState = "saved";
  #closed = false;

  /** @internal */
  constructor(journal: Journal, given?: SaverOptions) {
    super();
    const { delay, maxWait, priority = "normal", onError } = options(given, ["delay", "maxWait", "priority", "onError"]);
    for (const [name, value] of Object.entries({ delay, maxWait })) {
      if (value !== undefined && !(typeof value === "number" && value >= 0)) throw failure("bad-option", `\`${name}\` is \`${String(value)}\`, milliseconds were wanted`);
    }
    if (!["high", "normal", "low"].includes(priority)) throw failure("bad-option", `\`priority\` is \`${String(priority)}\`, \`high\`, \`normal\` or \`low\` was wanted`);
    if (onError !== undefined && typeof onError !== "function") throw failure("bad-option", "`onError` is no function");
    this.#journal = journal;
    this.#given = { ...(delay !== undefined && { delay }), ...(maxWait !== undefined && { maxWait }) };
    this.#priority = priority;
    this.#onError = onError;
    journal.join(this.#source);
  }

  /** `failed` while a save has failed and was not made good, `saving`, `pending`, or `saved`. */
  get state(): SaveState {
    if ([...this.#pending.values()].some(({ error }) => error !== undefined)) return "failed";
    return this.#saving.size > 0 ? "saving" : this.#pending.size > 0 ? "pending" : "saved";
  }

  /** What is not in its record yet, oldest first. */
  get pending(): Unsaved[] {
    const waiting = [...this.#saving.values(), ...this.#pending.values()] as { edit: Edit; error?: CardkeepError }[];
    return waiting.map(({ edit, error }) => unsaved(edit, error)).sort((a, b) => a.since - b.since);
  }

  /**
   * Saves a change later. A patch of `characters`, `worlds`, `personas`, `lorebooks`, `templates`, `campaigns` or `playthroughs` is one of their `patch`; of
   * `settings` `{ value }`, the id being the setting's name; of `chats` `{ draft }`, its unsent message. With `ifRev`,
   * the record has to have that revision, or the one that this saver made of it.
   *
   * Throws `bad-option`, `closed`, and `too-large` when there is too much to wait and saving fails.
   */
  schedule<D extends SaverDomain>(domain: D, id: string, patch: SaverPatches[D], given?: RevOptions): void {
    try {
      this.#schedule(domain, id, patch, given);
    } catch (thrown) {
      throw named(thrown, "Saver.schedule");
    }
  }

  #schedule(domain: SaverDomain, id: string, patch: object, given: RevOptions | undefined): void {
    if (this.#closed) throw failure("closed", "the saver is closed");
    if (!DOMAINS.includes(domain)) throw failure("bad-option", `\`domain\` is \`${String(domain)}\`, one of ${DOMAINS.join(", ")} was wanted`);
    // As it is now, whatever the caller does with it later; what is absent in it changes nothing.
    const said = JSON.parse(fields(patch, "patch")) as object;
    const rev = ifRev(given);
    const key = keyOf(domain, text(id, "id"));
    const known = this.#pending.get(key);
    if (known === undefined && this.#journal.full && this.state === "failed") throw failure("too-large", "there are too many unsaved changes");
    const now = Date.now();
    const waiting = known ?? { edit: newEdit(this.#journal.seq(), domain, id, now), error: undefined, tries: 0 };
    const { edit } = waiting;
    edit.patch = merged(edit.patch, said);
    edit.text = JSON.stringify(edit.patch);
    edit.at = now;
    const count = this.#journal.count();
    for (const place of places(said)) edit.changed.set(JSON.stringify(place), count);
    // The first revision is the one that the edit began on; after a conflict, a new one says that it was seen.
    if (rev !== undefined && (known === undefined || known.error?.code === "conflict")) edit.ifRev = this.#followed(key, rev);
    waiting.error = undefined;
    this.#pending.set(key, waiting);
    // What follows a save under way is journalled after it, with the revision that it makes.
    if (!this.#saving.has(key)) this.#journal.note(edit);
    this.#since ??= now;
    this.#tell();
    if (this.#priority === "high" || this.#journal.full) queueMicrotask(() => this.#saveAll());
    else this.#arm();
  }

  /** Saves everything that is pending now, also what has failed before. Rejects with the first failure. */
  async flush(): Promise<void> {
    const settle = async (key: string) => {
      // What was changed while it was being saved is saved once more.
      if (this.#saving.has(key)) await this.#saving.get(key)?.settled;
      return this.#pending.has(key) ? this.#save(key) : undefined;
    };
    const errors = await Promise.all([...new Set([...this.#saving.keys(), ...this.#pending.keys()])].map(settle));
    const error = errors.find((one) => one !== undefined);
    if (error !== undefined) throw named(error, "Saver.flush");
  }

  /** Forgets changes that are not saved yet: all, those of a domain, or of a record. What is being saved just now is saved. */
  async cancel(domain?: SaverDomain, id?: string): Promise<void> {
    const found = [...this.#pending].filter(([, { edit }]) => (domain === undefined || edit.domain === domain) && (id === undefined || edit.id === id));
    for (const [key] of found) this.#pending.delete(key);
    this.#arm();
    this.#tell();
    try {
      await this.#journal.forget(found.map(([, { edit }]) => edit));
    } catch (thrown) {
      throw named(thrown, "Saver.cancel");
    }
  }

  /** Saves what is pending and ends. What could not be saved is told to `onError` and stays in the journal. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.flush().catch(() => undefined);
    this.#stop();
    await this.#journal.leave(this.#source);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  override addEventListener<K extends keyof SaverEventMap>(
    type: K,
    listener: ((this: this, event: SaverEventMap[K]) => unknown) | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
  override addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void {
    super.addEventListener(type, listener, options);
  }

  /** The keep is closing: the last saves, within a limit. */
  async #end(): Promise<void> {
    let late: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([this.close(), new Promise<void>((resolve) => (late = setTimeout(resolve, CLOSING_MS)))]);
    clearTimeout(late);
  }

  *#unsaved(): Generator<Edit> {
    for (const { edit } of this.#saving.values()) yield edit;
    for (const { edit } of this.#pending.values()) yield edit;
  }

  #saveAll(): void {
    for (const [key, { error }] of this.#pending) if (error === undefined || error.retryable) void this.#save(key);
  }

  #stop(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#retry);
  }

  /** Starts the wait for the next save anew. */
  #arm(): void {
    clearTimeout(this.#timer);
    if (![...this.#pending.values()].some(({ error }) => error === undefined)) return void (this.#since = undefined);
    const { autosaveDelay, autosaveMaxWait } = this.#journal.settings;
    const { delay = autosaveDelay, maxWait = autosaveMaxWait } = this.#given;
    const now = Date.now();
    const due = Math.min(now + delay, (this.#since ?? now) + Math.max(delay, maxWait));
    this.#timer = setTimeout(() => (this.#priority === "low" ? whenIdle(() => this.#saveAll(), maxWait) : this.#saveAll()), Math.min(LONGEST_MS, Math.max(0, due - now)));
  }

  /** Saves one record; what went wrong, if something did. One after the other for each record. */
  #save(key: string): Promise<CardkeepError | undefined> {
    const under = this.#saving.get(key);
    if (under !== undefined) return under.settled;
    const waiting = this.#pending.get(key);
    if (waiting === undefined) return Promise.resolve(undefined);
    this.#pending.delete(key);
    const settled = this.#make(key, waiting);
    this.#saving.set(key, { edit: waiting.edit, settled });
    this.#arm();
    this.#tell();
    return settled;
  }

  async #make(key: string, waiting: Waiting): Promise<CardkeepError | undefined> {
    const { edit } = waiting;
    const sitting = this.#sittings.get(key);
    // A clock that was set back ends a sitting, too.
    const age = Date.now() - (sitting?.began ?? 0);
    const going = age >= 0 && age < SITTING_MS ? sitting : undefined;
    try {
      await this.#journal.quiet(edit);
      const rev = await this.#journal.make(edit, { follows: going?.rev, durable: this.#priority === "high" });
      const from = sitting !== undefined && edit.ifRev === sitting.rev ? sitting.from : (edit.ifRev ?? rev);
      this.#sittings.set(key, { began: going?.began ?? Date.now(), from, rev });
      this.#saving.delete(key);
      this.#journal.done(edit);
      // A page that seemed to end may have journalled it behind its own save.
      if (edit.burst !== undefined) void this.#journal.forget([edit]).catch(() => undefined);
      const next = this.#pending.get(key);
      if (next !== undefined) {
        if (next.edit.ifRev !== undefined) next.edit.ifRev = this.#followed(key, next.edit.ifRev);
        this.#journal.note(next.edit);
        if (this.#priority === "high") queueMicrotask(() => this.#saveAll());
      }
      this.dispatchEvent(new CustomEvent("saved", { detail: { domain: edit.domain, id: edit.id, rev } satisfies Saved }));
      this.#tell();
      return undefined;
    } catch (thrown) {
      const error = named(thrown, "Saver.save");
      this.#saving.delete(key);
      this.#failed(key, { edit, error, tries: waiting.tries + 1 });
      return error;
    }
  }

  /** An edit that failed is pending again, with what was changed meanwhile. */
  #failed(key: string, failed: Waiting): void {
    const { edit, error, tries } = failed;
    const next = this.#pending.get(key);
    if (next !== undefined) {
      edit.patch = merged(edit.patch, next.edit.patch);
      edit.text = JSON.stringify(edit.patch);
      edit.at = next.edit.at;
      for (const [place, count] of next.edit.changed) edit.changed.set(place, count);
      void this.#journal.forget([next.edit]).catch(() => undefined);
    }
    this.#pending.set(key, failed);
    this.#journal.note(edit);
    this.#tell();
    if (error === undefined) return;
    if (error.retryable && !this.#closed) {
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.#saveAll(), Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (tries - 1)));
    }
    try {
      this.#onError?.(error, unsaved(edit, error));
    } catch (thrown) {
      report(thrown);
    }
  }

  /** Another saver was later with a change and earlier with saving it. */
  #overtaken(saved: Edit): void {
    const key = keyOf(saved.domain, saved.id);
    const [pending, saving] = [this.#pending.get(key)?.edit, this.#saving.get(key)?.edit];
    for (const edit of [pending, saving]) {
      if (edit === undefined || edit === saved || !forgotten(edit, saved)) continue;
      edit.text = JSON.stringify(edit.patch);
      if (edit === saving) continue;
      if (edit.changed.size > 0) {
        if (saving === undefined) this.#journal.note(edit);
        continue;
      }
      this.#pending.delete(key);
      void this.#journal.forget([edit]).catch(() => undefined);
      this.#arm();
      this.#tell();
    }
  }

  /** A revision that this saver has saved over meanwhile is the one that it made. */
  #followed(key: string, rev: number): number {
    const sitting = this.#sittings.get(key);
    return sitting !== undefined && sitting.from <= rev && rev <= sitting.rev ? sitting.rev : rev;
  }

  #tell(): void {
    const { state } = this;
    if (state === this.#told) return;
    this.#told = state;
    this.dispatchEvent(new Event("state"));
  }
}

const keyOf = (domain: string, id: string) => `${domain} ${id}`;

function newEdit(seq: number, domain: SaverDomain, id: string, now: number): Edit {
  return { seq, domain, id, patch: {}, text: "{}", since: now, at: now, changed: new Map(), ifRev: undefined, base: undefined, written: undefined, slotted: undefined, burst: undefined };
}

/** The last value of each field; a world's stats are fields of their own. */
/** How deep a field of a patch is a patch itself. */
const BELOW: { [field: string]: number } = { player: 1, entries: 2, fields: 1, campaign: 1, characters: 2, npcs: 2, events: 2, places: 2, locations: 2, unconnected_locations: 2 };

function merged(old: object, patch: object): object {
  const all = overlaid(old, patch);
  for (const [field, depth] of Object.entries(BELOW)) {
    const [had, has] = [Reflect.get(old, field) as unknown, Reflect.get(patch, field) as unknown];
    if (plain(had) && plain(has)) Object.assign(all, { [field]: overlaid(had, has, depth - 1) });
  }
  const [adds, more] = [Reflect.get(old, "add") as unknown, Reflect.get(patch, "add") as unknown];
  return Array.isArray(adds) && Array.isArray(more) ? { ...all, add: [...(adds as unknown[]), ...(more as unknown[])] } : all;
}

function overlaid(old: object, patch: object, depth = 0): object {
  if (depth === 0) return { ...old, ...patch };
  const both = Object.entries(patch).map(([key, has]) => {
    const had = Reflect.get(old, key) as unknown;
    return [key, plain(had) && plain(has) ? overlaid(had, has, depth - 1) : (has as unknown)];
  });
  return { ...old, ...(Object.fromEntries(both) as object) };
}

/** The fields that a patch changes, each by the names that lead to it. What is only added overtakes nothing. */
function places(patch: object): string[][] {
  const below = (value: object, path: string[], depth: number): string[][] =>
    Object.entries(value).flatMap(([name, has]) => (depth > 0 && plain(has) ? below(has, [...path, name], depth - 1) : [[...path, name]]));
  return Object.entries(patch).flatMap(([field, value]) => (plain(value) ? below(value, [field], BELOW[field] ?? 0) : [[field]]));
}

/** Takes out of an edit what was changed again later by one that is saved; whether there was such a thing. */
function forgotten(edit: Edit, saved: Edit): boolean {
  let some = false;
  for (const [place, count] of edit.changed) {
    const path = JSON.parse(place) as string[];
    if (path[0] === "add" || (saved.changed.get(place) ?? 0) < count) continue;
    some = true;
    edit.changed.delete(place);
    edit.patch = without(edit.patch, path) ?? {};
  }
  return some;
}

/** The same without the value at a path; nothing when nothing is left. */
function without(patch: object, [name = "", ...path]: string[]): object | undefined {
  const { [name]: value, ...rest } = patch as { [name: string]: unknown };
  const left = path.length > 0 && plain(value) ? without(value, path) : undefined;
  if (left !== undefined) return { ...rest, [name]: left };
  return Object.keys(rest).length > 0 ? rest : undefined;
}

function plain(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unsaved({ domain, id, patch, since, text, written }: Edit, error: CardkeepError | undefined): Unsaved {
  return { domain, id, patch, since, journalled: text === written, ...(error && { error }) };
}
