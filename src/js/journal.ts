// The journal of a keep, seen from the page: when entries are written, what goes into the redo slot when the page ends,
// and whose entries are replayed at opening. What an edit means is known to the module alone.

import { rawDefaults, type KeepHandle } from "./cardkeep.js";
import { followPage, followUnload, type Stop } from "./lifecycle.js";
import { ask } from "./loading.js";
import { type SlotEdit, type Slots, slotsOf } from "./slot.js";
import type { Access, Replayed } from "./types/keep.js";
import type { JournalListing, SaverDomain } from "./types/saver.js";
import type { Settings } from "./types/settings.js";
import { claim, claimLater, live, newWriter, type Release } from "./writer.js";

/** At most one write in so many milliseconds, however fast somebody types. */
const PACE_MS = 100;
/** A journal that cannot be written is tried again after so long. */
const RETRY_MS = 1_000;
/** More unsaved edits than this are saved at once. */
const MOST_EDITS = 5_000;
/** Their size, in characters. */
const MOST_LENGTH = 20_000_000;

/** One edit on its way, and how far it is. */
export interface Edit {
  readonly seq: number;
  readonly domain: SaverDomain;
  readonly id: string;
  /** The merged patch, and the same as JSON text. */
  patch: object;
  text: string;
  /** When it began, and when it was changed last; milliseconds since 1970. */
  readonly since: number;
  at: number;
  ifRev: number | undefined;
  /** When each field was changed last, by the journal's count. */
  readonly changed: Map<string, number>;
  /** The revision that it began on, once that was looked up. */
  base: number | undefined;
  /** What the journal has of it. */
  written: string | undefined;
  /** What the redo slot has of it. */
  slotted: string | undefined;
  /** Sent to the journal when the page seemed to end, past every other write. */
  burst: Promise<boolean> | undefined;
}

/** What the journal asks of a saver. */
export interface Source {
  /** Every edit that is not in its record. */
  unsaved(): Iterable<Edit>;
  /** Saves what there is, now. Never rejects. */
  save(): void;
  /** Saves and ends. Never rejects. */
  end(): Promise<void>;
  /** Another source has saved this: what was scheduled before it for the same fields is not to be saved any more. */
  overtaken(saved: Edit): void;
  /** Ends without saving: the storage is gone. */
  stop(): void;
}

/** The journal: edits that are scheduled and not in their records yet. */
export class Journal {
  readonly #handle: KeepHandle;
  readonly #name: string;
  readonly #slots: Slots | undefined;
  readonly #lasting: boolean;
  readonly #writer = newWriter();
  readonly #sources = new Set<Source>();
  /** To be journalled with the next write. */
  readonly #due = new Set<Edit>();
  /** The save of each record that is under way. */
  readonly #making = new Map<string, Promise<number>>();
  #changes = 0;
  /** How many writes of an edit are under way: the one that was begun first may be there last. */
  readonly #sending = new Map<Edit, number>();
  /** In the redo slot. */
  readonly #slotted = new Set<Edit>();
  readonly #stops: Stop[] = [];
  readonly #waiting = new AbortController();
  #settings: Settings;
  #seq = 0;
  #next = 0;
  #writing: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #interval: ReturnType<typeof setTimeout> | undefined;
  #unload: Stop | undefined;
  #alive: Promise<Release> | undefined;
  #ended = false;

  /** `lasting`: whether what is journalled outlives this page; `shared`: whether the keep is known by its name. @internal */
  constructor(handle: KeepHandle, name: string, { shared, lasting }: { shared: boolean; lasting: boolean }) {
    this.#handle = handle;
    this.#name = name;
    this.#lasting = lasting;
    this.#slots = shared ? slotsOf(name) : undefined;
    this.#settings = JSON.parse(rawDefaults()) as Settings;
  }

  /** What is in the journal, of this tab and others, oldest first. */
  list(): Promise<JournalListing> {
    return ask("journal.list", async () => {
      type Raw = JournalListing["items"][number] & { seq: number; writer: string };
      const { items, unreadable } = JSON.parse(await this.#handle.journalList()) as { items: Raw[]; unreadable: number };
      const now = Date.now();
      return { items: items.map(({ domain, id, at, bytes, writer }) => ({ domain, id, at, age: Math.max(0, now - at), bytes, own: writer === this.#writer })), unreadable };
    });
  }

  /**
   * Makes what writers who are gone left behind. Those who live are waited for; `later` is told of what they left.
   * @internal
   */
  async replay(later: (replayed: Replayed) => void): Promise<Replayed | undefined> {
    if (!this.#lasting || (JSON.parse(this.#handle.access()) as Access).mode !== "read-write") return undefined;
    const writers = new Set([...(JSON.parse(await this.#handle.journalWriters()) as string[]), ...(this.#slots?.all().keys() ?? [])]);
    let sum: Replayed | undefined;
    for (const writer of writers) {
      const release = await claim(this.#name, writer);
      if (release === undefined) {
        const { signal } = this.#waiting;
        void claimLater(this.#name, writer, signal).then(async (release) => {
          if (release === undefined) return;
          const made = signal.aborted ? undefined : await this.#replayOf(writer, release).catch(() => undefined);
          if (made !== undefined) later(made);
        });
        continue;
      }
      const made = await this.#replayOf(writer, release);
      if (made !== undefined) sum = { applied: (sum?.applied ?? 0) + made.applied, drafts: (sum?.drafts ?? 0) + made.drafts, left: (sum?.left ?? 0) + made.left };
    }
    return sum;
  }

  async #replayOf(writer: string, release: Release): Promise<Replayed | undefined> {
    try {
      const made = JSON.parse(await this.#handle.journalReplay(writer, this.#slots?.all().get(writer))) as Replayed & { unreadable: number };
      const { applied, drafts, left, unreadable } = made;
      if (left === 0) this.#slots?.remove(writer);
      return applied + drafts + left + unreadable > 0 ? { applied, drafts, left: left + unreadable } : undefined;
    } finally {
      release();
    }
  }

  /** The settings as of their last change. @internal */
  get settings(): Settings {
    return this.#settings;
  }

  /** Reads the settings again. @internal */
  async refresh(): Promise<void> {
    try {
      this.#settings = JSON.parse(await this.#handle.settings()) as Settings;
      this.#pace();
    } catch {
      // What was read before goes on to hold; whoever needs the settings is told by his own call.
    }
  }

  /** @internal */
  join(source: Source): void {
    if (this.#sources.size === 0 && this.#stops.length === 0) {
      void this.refresh();
      const alive = () => (this.#alive ??= live(this.#name, this.#writer));
      if (this.#lasting) void alive();
      this.#stops.push(
        followPage({
          ending: () => this.ending(),
          away: () => {
            void this.#alive?.then((release) => release());
            this.#alive = undefined;
          },
          back: () => void (this.#lasting && alive()),
        }),
      );
    }
    this.#sources.add(source);
  }

  /** What is still unsaved stays for the next one who opens the keep. @internal */
  async leave(source: Source): Promise<void> {
    const left = [...source.unsaved()].filter(({ text, written }) => text !== written);
    await this.#writing;
    if (left.length > 0 && !(await this.#send(left, false))) this.#slot(left);
    for (const edit of left) this.#due.delete(edit);
    this.#sources.delete(source);
  }

  /** A number that no other edit of this writer has, after those before. @internal */
  seq(): number {
    return (this.#seq = Math.max(this.#seq + 1, Date.now()));
  }

  /** Counts the changes of all savers. @internal */
  count(): number {
    return (this.#changes += 1);
  }

  /** Whether there are too many unsaved edits for waiting. @internal */
  get full(): boolean {
    let [count, length] = [0, 0];
    for (const edit of this.#unsaved()) [count, length] = [count + 1, length + edit.text.length];
    return count > MOST_EDITS || length > MOST_LENGTH;
  }

  /** Journals an edit soon. @internal */
  note(edit: Edit): void {
    if (this.#ended) return;
    this.#unload ??= followUnload(() => this.ending());
    if (edit.text !== edit.written) this.#due.add(edit);
    this.#arm();
    this.#pace();
  }

  /** Settles when the journal has nothing to do with an edit any more: it is about to be made. @internal */
  async quiet(edit: Edit): Promise<void> {
    await this.#writing;
    this.#due.delete(edit);
  }

  /** Makes an edit; the record's revision. @internal */
  async make(edit: Edit, making: { follows: number | undefined; durable: boolean }): Promise<number> {
    const record = `${edit.domain} ${edit.id}`;
    const send = () => this.#handle.journalMake(this.#writer, JSON.stringify(raw(edit)), JSON.stringify({ ifRev: edit.ifRev, ...making })) as Promise<number>;
    // Of two savers the first to save a record is the first to be there.
    const made = this.#making.get(record)?.then(send, send) ?? send();
    this.#making.set(record, made);
    try {
      const rev = await made;
      for (const source of this.#sources) source.overtaken(edit);
      return rev;
    } finally {
      if (this.#making.get(record) === made) this.#making.delete(record);
    }
  }

  /** An edit is in its record, or not wanted any more. @internal */
  done(edit: Edit): void {
    this.#due.delete(edit);
    this.#unslot(edit);
    if (this.dirty) return;
    this.#unload?.();
    this.#unload = undefined;
    clearTimeout(this.#interval);
    this.#interval = undefined;
  }

  /** Removes entries. @internal */
  async forget(edits: readonly Edit[]): Promise<void> {
    for (const edit of edits) this.done(edit);
    await Promise.all([this.#writing, ...edits.map(({ burst }) => burst)]);
    const seqs = edits.filter(({ written }) => written !== undefined).map(({ seq }) => seq);
    if (seqs.length > 0) await this.#handle.journalForget(this.#writer, JSON.stringify(seqs));
  }

  /**
   * The page may be gone after this call. What the journal does not have yet goes into the redo slot, which is written
   * when the call returns, and into the journal with what else can be sent off now; then everything is saved, as far
   * as the page lives on.
   * @internal
   */
  ending(): void {
    if (this.#ended) return;
    this.#leaveBehind();
    for (const source of this.#sources) source.save();
  }

  #leaveBehind(): void {
    const open = [...this.#unsaved()].filter(({ text, written }) => text !== written);
    const newer = open.filter(({ text, slotted }) => text !== slotted);
    if (newer.length > 0) {
      this.#slot(open);
      const burst = this.#send(newer, true);
      for (const edit of newer) edit.burst = burst;
    }
  }

  /** The keep is about to be closed: everything is saved, as far as that is possible. @internal */
  async close(): Promise<void> {
    await Promise.all([...this.#sources].map((source) => source.end()));
  }

  /** Whether there is anything that is not in its record. @internal */
  get dirty(): boolean {
    return !this.#unsaved().next().done;
  }

  /** The keep is closed; what is unsaved now stays in the journal and the slot for the next one. @internal */
  end(): void {
    if (this.#ended) return;
    this.#leaveBehind();
    this.#ended = true;
    for (const source of this.#sources) source.stop();
    this.#waiting.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#interval);
    this.#unload?.();
    for (const stop of this.#stops) stop();
    void this.#alive?.then((release) => release());
  }

  *#unsaved(): Generator<Edit> {
    for (const source of this.#sources) yield* source.unsaved();
  }

  #slot(edits: readonly Edit[]): void {
    for (const edit of edits) {
      edit.slotted = edit.text;
      this.#slotted.add(edit);
    }
    this.#slots?.write(this.#writer, [...this.#slotted].map(raw));
  }

  #unslot(edit: Edit): void {
    edit.slotted = undefined;
    if (this.#slotted.delete(edit) && this.#slotted.size === 0) this.#slots?.remove(this.#writer);
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#writing !== undefined || this.#due.size === 0 || this.#ended) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const batch = [...this.#due].filter(({ text, written }) => text !== written);
      this.#due.clear();
      if (batch.length === 0) return;
      this.#writing = this.#send(batch, false).then((sent) => {
        this.#writing = undefined;
        this.#next = Date.now() + (sent ? PACE_MS : RETRY_MS);
        // The save itself is still to come, and says what is wrong.
        if (!sent) for (const edit of batch) this.#due.add(edit);
        this.#arm();
      });
    }, Math.min(RETRY_MS, Math.max(0, this.#next - Date.now())));
  }

  /** Writes entries; whether that went well. */
  async #send(edits: readonly Edit[], ending: boolean): Promise<boolean> {
    const texts = edits.map(({ text }) => text);
    for (const edit of edits) this.#sending.set(edit, (this.#sending.get(edit) ?? 0) + 1);
    try {
      const written = this.#handle.journalWrite(this.#writer, JSON.stringify(edits.map(raw)), ending) as Promise<string>;
      const bases = JSON.parse(await written) as (number | null)[];
      edits.forEach((edit, index) => {
        edit.written = texts[index];
        edit.base ??= bases[index] ?? undefined;
        if (edit.text === edit.written && this.#sending.get(edit) === 1) this.#unslot(edit);
      });
      return true;
    } catch {
      return false;
    } finally {
      for (const edit of edits) {
        const others = (this.#sending.get(edit) ?? 1) - 1;
        if (others > 0) this.#sending.set(edit, others);
        else this.#sending.delete(edit);
      }
    }
  }

  /** Saves at least this often while something is unsaved. */
  #pace(): void {
    const { autosaveInterval } = this.#settings;
    if (this.#interval !== undefined || autosaveInterval === 0 || this.#ended || !this.dirty) return;
    this.#interval = setTimeout(() => {
      this.#interval = undefined;
      whenIdle(() => {
        for (const source of this.#sources) source.save();
        this.#pace();
      });
    }, autosaveInterval);
  }
}

/** The edit as the module reads it. */
function raw({ seq, domain, id, base, ifRev, text }: Edit): SlotEdit {
  return { seq, domain, id, base: ifRev ?? base, at: Date.now(), patch: text };
}

/**
 * Runs something when the page has nothing better to do, at the latest after a while.
 * @internal
 */
export function whenIdle(work: () => void, timeout = 1_000): void {
  if (typeof requestIdleCallback === "function") requestIdleCallback(work, { timeout });
  else setTimeout(work, 0);
}
