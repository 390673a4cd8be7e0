// The keep: characters, chats, worlds, personas, lorebooks, templates, campaigns, assets, playthroughs and settings, stored so that nothing is lost.

/// <reference lib="esnext.disposable" preserve="true" />

import { Assets } from "./assets.js";
import { Backups } from "./backups.js";
import { Blockade } from "./blockade.js";
import { KeepHandle } from "./cardkeep.js";
import { type Channel, join } from "./channel.js";
import { Campaigns } from "./campaigns.js";
import { Characters } from "./characters.js";
import { Chats } from "./chats.js";
import { DOMAINS } from "./domain.js";
import { Drafts } from "./drafts.js";
import { erase } from "./erasure.js";
import { type ErrorCode, failure, named } from "./errors.js";
import { Journal } from "./journal.js";
import { Chronicle } from "./chronicle.js";
import { importFolder } from "./folder.js";
import { exportFolder } from "./layout.js";
import { mirrorFolder } from "./mirror.js";
import { check, health, KeepLog, Quarantine, repair } from "./health.js";
import { type LiveOptions, LiveQuery } from "./live.js";
import { ask, call } from "./loading.js";
import { GivenMedium } from "./medium.js";
import { options, text } from "./options.js";
import { restWithPage } from "./page.js";
import { Lorebooks } from "./lorebooks.js";
import { Personas } from "./personas.js";
import { Playthroughs } from "./playthroughs.js";
import { Presence } from "./presence.js";
import { keepReplies, lasting, leaveReplies } from "./reply.js";
import { Saver, type SaverOptions } from "./saver.js";
import { SettingsStore } from "./settings.js";
import { Templates } from "./templates.js";
import { persist, takesSpace, usage } from "./space.js";
import type { RedoPort } from "./redo.js";
import { Rescue } from "./rescue.js";
import { Turn } from "./turn.js";
import { type Transaction, transact } from "./transaction.js";
import { Trash } from "./trash.js";
import { callback, keepName, openingTime, upgrading } from "./upgrade.js";
import type { Restored } from "./types/backups.js";
import type { ExportedFolder, ExportFolderOptions, FolderEvent, FolderOptions, FolderSource } from "./types/folder.js";
import type { CheckOptions, CheckReport, Finding, Health, LogEntry, QuotaDetail, RepairOptions, RepairReport, Usage } from "./types/health.js";
import type { Access, EraseOptions, OpenOptions, OpenReport, Recovered, Replayed, SecondCopy } from "./types/keep.js";
import type { MirrorEvent, MirrorOptions } from "./types/mirror.js";
import type { ChangeDetail, DomainName, TransactionOptions } from "./types/record.js";
import { Worlds } from "./worlds.js";

/** The failures after which a keep in memory is better than none; what another tab causes passes. */
const WITHOUT_STORAGE: readonly ErrorCode[] = ["no-support", "timeout", "medium", "quota"];

/** The events of a keep. */
export interface KeepEventMap {
  /** Something was stored, here or in another tab. */
  change: CustomEvent<ChangeDetail>;
  /** The database had lost something that the second copy still had; it is back. */
  recovered: CustomEvent<Recovered>;
  /** A save found no space, or a backup went so that it found some, or one is stored again. */
  quota: CustomEvent<QuotaDetail>;
  /** `persist()` has asked the browser: whether it promised not to remove anything by itself. */
  persistence: CustomEvent<{ persisted: boolean }>;
  /** Something was added to the log. */
  log: CustomEvent<LogEntry>;
  /**
   * `access` is another one: a newer version of the app took the keep over, or another page rolled it back to an older format,
   * noticed at the first write that was refused, and this page only reads from now on; or, with `mode: "single-writer"`, another tab took the turn to write, or it is
   * here again.
   */
  access: CustomEvent<Access>;
  /** The storage had gone away and is there again; nothing has to be done. */
  reopened: Event;
  /** The storage is gone: the keep was closed, another tab upgrades it, or the browser took it away for good. */
  closed: Event;
  /** Another page ended before its last edits were saved, and they were found, here and now. */
  replayed: CustomEvent<Replayed>;
}

/** What a `Keep` is made of; only `open` gives it. */
export interface Opened {
  readonly name: string;
  /** @internal */
  readonly handle: KeepHandle;
  /** Sends the module's events to the listener, those that came before it first. @internal */
  listen(listener: (type: string, detail: string) => void): void;
  /** The other tabs. @internal */
  readonly channel: Channel | undefined;
  /** @internal */
  readonly journal: Journal;
  /** What opening replayed, and who is told of what is replayed later. @internal */
  readonly replayed: Replayed | undefined;
  /** Whether the database of old cannot be opened any more. @internal */
  readonly rescued: boolean;
  /** Whose turn it is to write, where one writes at a time. @internal */
  readonly turn: Turn | undefined;
  /** Which pages have the keep open. @internal */
  readonly presence: Presence;
  /** Why nothing is kept. @internal */
  readonly fallback: ErrorCode | undefined;
  /** Whether other pages may have the same keep. @internal */
  readonly shared: boolean;
  /** Where the caller puts it. @internal */
  readonly place: GivenMedium | undefined;
  readonly later: { replayed(replayed: Replayed): void };
}

/** An open keep. Several may be open at once, by name; close what you no longer need. */
export abstract class OpenKeep extends EventTarget {
  readonly name: string;
  /** What opening found and did. */
  readonly report: OpenReport;
  readonly characters: Characters;
  readonly chats: Chats;
  readonly worlds: Worlds;
  readonly personas: Personas;
  readonly lorebooks: Lorebooks;
  readonly templates: Templates;
  readonly campaigns: Campaigns;
  readonly assets: Assets;
  readonly playthroughs: Playthroughs;
  readonly settings: SettingsStore;
  readonly backups: Backups;
  readonly trash: Trash;
  /** Edits that are scheduled and not saved yet. */
  readonly journal: Journal;
  /** Edits of pages that ended, which did not fit their records any more. */
  readonly drafts: Drafts;
  readonly quarantine: Quarantine;
  readonly log: KeepLog;
  readonly #handle: KeepHandle;
  readonly #channel: Channel | undefined;
  readonly #turn: Turn | undefined;
  readonly #presence: Presence;
  readonly #place: GivenMedium | undefined;
  readonly #awake: () => void;
  #closed = false;

  protected constructor(opened: Opened) {
    super();
    const { name, handle, listen, channel, journal, replayed } = opened;
    this.name = name;
    this.#handle = handle;
    this.#channel = channel;
    this.#place = opened.place;
    this.report = { ...(JSON.parse(handle.report()) as OpenReport), ...(replayed && { replayed }), ...(opened.rescued && { rescued: true }), ...(opened.fallback && { fallback: opened.fallback }) };
    this.characters = new Characters(handle);
    if (opened.shared) lasting(handle, name);
    this.chats = new Chats(handle, name);
    this.worlds = new Worlds(handle);
    this.personas = new Personas(handle);
    this.lorebooks = new Lorebooks(handle);
    this.templates = new Templates(handle);
    this.campaigns = new Campaigns(handle);
    this.assets = new Assets(handle);
    this.playthroughs = new Playthroughs(handle);
    this.settings = new SettingsStore(handle);
    for (const domain of DOMAINS) this[domain].changes = this;
    this.backups = new Backups(handle);
    this.trash = new Trash(handle);
    this.journal = journal;
    this.drafts = new Drafts(handle);
    opened.later.replayed = (detail) => this.#closed || this.dispatchEvent(new CustomEvent("replayed", { detail }));
    this.quarantine = new Quarantine(handle);
    const chronicle = new Chronicle(name, opened.shared);
    this.log = new KeepLog(handle, chronicle);
    handle.listenToLog((entry: string) => {
      const detail = JSON.parse(entry) as LogEntry;
      chronicle.note(detail);
      queueMicrotask(() => {
        this.dispatchEvent(new CustomEvent("log", { detail }));
        if (detail.event === "read-only") this.#accessed();
        else if (detail.event === "turn-lost") void this.#turn?.refused();
        const full = detail.event === "full";
        const freed = detail.event === "backup-gave-room" ? { freed: detail.count ?? 0 } : undefined;
        if (full || freed || detail.event === "room-again") this.dispatchEvent(new CustomEvent("quota", { detail: { full, ...freed } }));
      });
    });
    // The module is in the middle of something when it tells; a listener may call it again only afterwards.
    listen((type, detail) => {
      if (type === "closed") queueMicrotask(() => this.#end());
      else if (type === "recovered") queueMicrotask(() => this.dispatchEvent(new CustomEvent(type, { detail: JSON.parse(detail) as Recovered })));
      else if (type === "reopened") queueMicrotask(() => this.#reopened());
      else this.#stored(JSON.parse(detail) as Omit<ChangeDetail, "remote">);
    });
    channel?.listen((change) => {
      if (change.domain === "settings") void journal.refresh();
      this.#dispatch({ ...change, remote: true });
    });
    this.#turn = opened.turn;
    if (opened.turn) opened.turn.onchange = () => this.#accessed();
    this.#awake = restWithPage(handle);
    this.#presence = opened.presence;
    this.#presence.look(handle);
  }

  /**
   * Removes a keep for good, with all that belongs to it: records, trash, older states, backups, the second copy, what was
   * not saved yet, and the log. Pages that have it open are told with `closed`. Cut short, it leaves the keep whole or not
   * there. Other keeps, and files that were exported, stay. One that is not there is no error.
   *
   * Throws `blocked` when a page does not let go within `timeout`, `no-support`, `medium`, `bad-option`.
   */
  static erase(name?: string, given?: EraseOptions): Promise<void> {
    return erase(name, given);
  }

  /** Whether the keep can be written, and if not, why. */
  get access(): Access {
    const access = JSON.parse(this.#handle.access()) as Access;
    return access.mode === "read-write" && this.#turn?.locked ? { mode: "read-only", reason: "locked" } : access;
  }

  /**
   * Takes the turn to write away from the tab that has it, where the keep was opened with `mode: "single-writer"`. What that
   * tab has not saved stays in its journal. Of several at the same moment one has it in the end, which `access` tells.
   *
   * Throws `bad-option` in another mode, `closed`.
   */
  takeOver(): Promise<void> {
    return ask("Keep.takeOver", async () => {
      if (this.#closed) throw failure("closed", "the keep is closed");
      if (this.#turn === undefined) throw failure("bad-option", "the keep was not opened with `mode: \"single-writer\"`");
      await this.#turn.takeOver();
    });
  }

  /** How the second copy is doing, which outlives damage of the database. */
  get secondCopy(): SecondCopy {
    return JSON.parse(this.#handle.secondCopy()) as SecondCopy;
  }

  /**
   * Saves changes later: they are collected while somebody types, journalled at once, and saved together.
   *
   * Throws `bad-option`, `closed`.
   */
  saver(given?: SaverOptions): Saver {
    return call("Keep.saver", () => {
      if (this.#closed) throw failure("closed", "the keep is closed");
      return new Saver(this.journal, given);
    });
  }

  /**
   * Reads everything that is stored and says what is wrong with it: every record, its keys and links, the lists of a chat,
   * scheduled edits, the second copy against all of it; with `full` also every byte of the contents. Changes nothing.
   *
   * Throws `bad-option`, `cancelled`.
   */
  check(given?: CheckOptions): Promise<CheckReport> {
    return check(this.#handle, given);
  }

  /**
   * Mends what a check found, or `"all"` that a full check finds now. All records are kept as they stand before it, and
   * what is replaced or taken out is in quarantine.
   *
   * Throws `bad-option`, `cancelled`, `read-only`.
   */
  repair(findings: readonly Finding[] | "all", given?: RepairOptions): Promise<RepairReport> {
    return repair(this.#handle, findings, given);
  }

  /**
   * Brings back what was there before an upgrade of the data, in its older format, from the backup made then
   * (`report.migrated.backup`), and closes the keep: now the older app can be used again. What came since is in the
   * backup `before`. Opened by this version, everything is upgraded anew; pages of this version that are open only read from
   * their next write on (`access`).
   *
   * Throws `bad-option` when the backup is of no older format, and what `backups.restore` throws.
   */
  rollback(id: string): Promise<Restored> {
    return ask("Keep.rollback", async () => {
      const restored = JSON.parse(await this.#handle.rollBack(text(id, "id"))) as Restored;
      this.#end();
      return restored;
    });
  }

  /**
   * Imports the data folder of SillyTavern or CardShark, or a part of it: characters, chats and those of groups with their links,
   * lorebooks, presets, personas with their pictures, worlds, and what the settings have in common. Secrets are not read. What
   * is kept already does not come twice, so an import that was cut short is made again. Never more than one file is in memory.
   *
   * Throws `bad-zip`, `too-large` over 4 GiB, `medium` when the folder cannot be read, `cancelled`, `bad-option`.
   */
  importFolder(source: FolderSource, given?: FolderOptions): AsyncIterable<FolderEvent> {
    return importFolder({ handle: this.#handle, personas: this.personas }, source, given);
  }

  /**
   * The keep as SillyTavern's data folder, in an archive that is made while it is read: characters as PNG, chats under their
   * characters, those of groups, lorebooks, presets, and a backup of the personas with their pictures. Imported into an empty
   * keep it gives the same documents. Worlds, campaigns and CardShark's templates have no place there, and are told.
   *
   * Throws `bad-option`; the stream fails with `cancelled` or `closed`.
   */
  exportFolder(given: ExportFolderOptions): ExportedFolder {
    return exportFolder(this, given);
  }

  /**
   * Writes the keep into a folder that somebody picked, in the layout of `exportFolder`, and later only what has changed since:
   * call it again whenever the folder should follow. The folder is a copy, never the only one. What others put or changed there
   * stays: a file is replaced or removed only while its bytes are those that were written there last, which the folder's
   * `.cardkeep.json` remembers; all else is told as a `conflict`, to be imported, or removed so that the next call writes it.
   * Files of deleted records go. A record that cannot be read keeps its file. A file is replaced at once, when all of it is written.
   *
   * Throws `medium` when the folder is gone or may not be written to, `quota` when its notes do not fit, `no-support` where the
   * browser cannot write into folders, `too-new` after a newer version, `cancelled`, `closed`, `bad-option`.
   */
  mirrorFolder(directory: FileSystemDirectoryHandle, given?: MirrorOptions): AsyncIterable<MirrorEvent> {
    return mirrorFolder(this, this.#handle, directory, given);
  }

  /** How much space is taken, by what, and how much is left. */
  usage(): Promise<Usage> {
    return usage(this.#handle);
  }

  /**
   * Asks the browser not to remove anything by itself, and says whether it promised. Some ask the user, so call it from
   * a click; some decide by themselves, by how much the site is used.
   */
  async persist(): Promise<boolean> {
    const persisted = await persist();
    if (!this.#closed) this.dispatchEvent(new CustomEvent("persistence", { detail: { persisted } }));
    return persisted;
  }

  /** How much is stored, how safe it is, and what somebody should look at. */
  health(): Promise<Health> {
    return ask("Keep.health", async () => {
      const pages = await this.#presence.pages();
      return { ...(await health(this.#handle)), ...pages };
    });
  }

  /**
   * Saves what savers hold, keeps what has come of replies for `chats.interrupted`, and lets go of the storage. Other saves that
   * were not awaited may not have happened. May be called again.
   */
  async close(): Promise<void> {
    const replies = keepReplies(this.#handle);
    if (replies) await replies;
    if (this.journal.dirty) await this.journal.close();
    this.#end();
    await this.#place?.closed();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Makes a live query: it is asked again when something was stored, here or in another tab, and its listeners hear of
   * results that differ. Nothing runs before somebody listens.
   *
   * Throws `bad-option`.
   */
  live<T>(query: () => T | Promise<T>, given?: LiveOptions): LiveQuery<T> {
    return call("Keep.live", () => new LiveQuery(this, () => this.#closed, query, given));
  }

  /**
   * Does several things at once: everything that `work` stores through its `tx` is stored when it is done, all of it or,
   * when it throws, nothing. Nothing is locked meanwhile: what was changed or read by its id inside and is another in the
   * end is a `conflict`, and nothing was stored then. Inside, await only calls of `tx`, which is limited to the scope.
   *
   * Throws what `work` throws, `conflict`, `foreign-await`, `bad-option`, `corrupt` when it does not read back.
   */
  transaction<const S extends readonly DomainName[], T>(
    scope: S,
    work: (tx: Pick<Transaction, S[number]>) => T | Promise<T>,
    given?: TransactionOptions,
  ): Promise<T> {
    if (this.#closed) return Promise.reject(named(failure("closed", "the keep is closed"), "Keep.transaction"));
    return transact(this.#handle, scope, work, given);
  }

  override addEventListener<K extends keyof KeepEventMap>(
    type: K,
    listener: ((this: this, event: KeepEventMap[K]) => unknown) | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
  override addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void {
    super.addEventListener(type, listener, options);
  }

  override removeEventListener<K extends keyof KeepEventMap>(
    type: K,
    listener: ((this: this, event: KeepEventMap[K]) => unknown) | null,
    options?: boolean | EventListenerOptions,
  ): void;
  override removeEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | EventListenerOptions): void;
  override removeEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | EventListenerOptions): void {
    super.removeEventListener(type, listener, options);
  }

  #stored(change: Omit<ChangeDetail, "remote">): void {
    if (!this.#closed) this.#channel?.tell(change);
    if (change.domain === "settings") void this.journal.refresh();
    queueMicrotask(() => this.#dispatch({ ...change, remote: false }));
  }

  #accessed(): void {
    if (!this.#closed) this.dispatchEvent(new CustomEvent("access", { detail: this.access }));
  }

  #dispatch(detail: ChangeDetail): void {
    if (!this.#closed) this.dispatchEvent(new CustomEvent("change", { detail }));
  }

  /** What was stored meanwhile by others is not known. */
  #reopened(): void {
    if (this.#closed) return;
    this.dispatchEvent(new Event("reopened"));
    for (const domain of DOMAINS) this.#dispatch({ domain, ids: [], remote: true });
  }

  /** Also when the storage went away by itself: the second copy and the channel are still held then. */
  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.journal.end();
    leaveReplies(this.#handle);
    this.#turn?.end();
    this.#presence.end();
    this.#awake();
    this.#channel?.close();
    call("close", () => this.#handle.close());
    this.dispatchEvent(new Event("closed"));
  }
}

/** What the second copy has. */
async function copied(redo: RedoPort | undefined): Promise<KeepHandle> {
  if (redo === undefined) throw failure("no-support", "there is no place for a second copy here");
  const handle = (await KeepHandle.openCopy(redo)) as KeepHandle;
  redo.close();
  return handle;
}

/**
 * Opens what a `Keep` is made of. The module is loaded.
 * @internal
 */
export function open(given: OpenOptions | undefined, secondCopy?: (name: string) => RedoPort | undefined): Promise<Opened> {
  return ask("Keep.open", async () => {
    const chosen = options(given, ["name", "medium", "mode", "fallback", "onBlocked", "onUpgrade", "timeout"]);
    const name = keepName(chosen.name);
    const { medium = "indexeddb" } = chosen;
    if (typeof medium !== "object" && medium !== "indexeddb" && medium !== "memory" && medium !== "second-copy") {
      throw failure("bad-option", `\`medium\` is \`${String(medium)}\`, \`indexeddb\`, \`memory\`, \`second-copy\` or a medium was wanted`);
    }
    const own = typeof medium === "object" ? new GivenMedium(medium) : undefined;
    const mode = chosen.mode ?? "shared";
    if (mode !== "shared" && mode !== "single-writer") {
      throw failure("bad-option", `\`mode\` is \`${String(mode)}\`, \`shared\` or \`single-writer\` was wanted`);
    }
    if (chosen.fallback !== undefined && chosen.fallback !== "memory") {
      throw failure("bad-option", `\`fallback\` is \`${String(chosen.fallback)}\`, \`memory\` was wanted`);
    }
    const timeout = openingTime(chosen.timeout);
    const onUpgrade = callback(chosen.onUpgrade, "onUpgrade");
    const onBlocked = callback(chosen.onBlocked, "onBlocked");
    const early: [type: string, detail: string][] = [];
    let tell = (type: string, detail: string): void => void early.push([type, detail]);
    const told = (type: string, detail: string) => (type === "upgrade" ? upgrading(onUpgrade, detail) : tell(type, detail));
    const redo = medium === "indexeddb" || medium === "second-copy" ? secondCopy?.(name) : undefined;
    const rescue = new Rescue(name);
    const isShared = medium === "indexeddb" || own?.shared === true;
    let presence = new Presence(name, isShared);
    await presence.begin();
    const blockade = medium === "indexeddb" ? new Blockade(name, onBlocked) : undefined;
    const opening = medium === "second-copy" ? copied(redo) : (KeepHandle.open(name, own ?? medium, timeout, blockade?.meet, told, redo, rescue) as Promise<KeepHandle>);
    let fallback: ErrorCode | undefined;
    const handle = await opening.catch(async (failed: unknown) => {
      const thrown = blockade?.explain(failed) ?? failed;
      redo?.close();
      presence.end();
      const { code } = thrown as { code?: ErrorCode };
      if (chosen.fallback !== "memory" || medium === "second-copy" || code === undefined || !WITHOUT_STORAGE.includes(code)) throw thrown;
      fallback = code;
      presence = new Presence(name, false);
      console.error("cardkeep: nothing will be kept after this page ends, since the storage cannot be opened:", thrown);
      return (await KeepHandle.open(name, "memory", timeout, undefined, told, undefined, rescue)) as KeepHandle;
    }).finally(() => blockade?.end());
    if (medium === "indexeddb") takesSpace(handle);
    const listen: Opened["listen"] = (listener) => {
      tell = listener;
      for (const event of early) listener(...event);
    };
    const shared = isShared && fallback === undefined;
    const place = fallback === undefined ? own : undefined;
    const turn = mode === "single-writer" && shared ? new Turn(handle, name) : undefined;
    await turn?.begin();
    const journal = new Journal(handle, name, { shared, lasting: shared || place !== undefined });
    const later: Opened["later"] = { replayed: () => undefined };
    // A journal that cannot be replayed hides nothing that is saved; it is replayed the next time.
    const replayed = await journal.replay((detail) => later.replayed(detail)).catch(() => undefined);
    return { name, handle, listen, channel: shared ? join(name) : undefined, journal, replayed, later, rescued: rescue.used, turn, presence, fallback, shared, place };
  });
}
