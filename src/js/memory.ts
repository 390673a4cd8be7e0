// A medium in the memory of JavaScript, for tests: its content outlives the keeps on it, and can be taken out and put in.

import { failure } from "./errors.js";
import { flag, options, record } from "./options.js";
import type { Medium, MediumBurst, MediumCheck, MediumEntry, MediumKey, MediumScan, MediumTable, MediumValue } from "./types/medium.js";

/** @internal */
export const TABLES = ["rows", "pages", "journal", "meta"] as const satisfies readonly MediumTable[];

/** Everything in a medium, as JSON takes it: `bytes` are base64. */
export type MediumContent = { [table in MediumTable]?: { key: MediumKey; rev: number; by: string[]; bytes: string }[] };

export interface MemoryMediumOptions {
  /** Whether keeps of the same name on the same content hear of each other, as tabs do. Default false. */
  shared?: boolean;
}

/** A medium in memory. */
export interface MemoryMedium extends Medium {
  /** Everything in it, for a fixture or for comparing. */
  dump(): MediumContent;
  /** Puts a content in the place of what is there, as another program would. Throws `bad-option`. */
  load(content: MediumContent): void;
  /** Another way to the same content, as another tab has one: closed for itself. */
  beside(): MemoryMedium;
}

/**
 * Compares two keys as every medium has to.
 * @returns below 0 when `a` comes first, above 0 when `b` does, 0 when they are the same.
 */
export function compareKeys(a: MediumKey, b: MediumKey): number {
  for (const [at, one] of a.entries()) {
    const other = b[at];
    if (other === undefined) return 1;
    if (one === other) continue;
    if (typeof one !== typeof other) return typeof one === "number" ? -1 : 1;
    return one < other ? -1 : 1;
  }
  return a.length - b.length;
}

/** Whether two arrays hold the same bytes. @internal */
export function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/**
 * A medium in memory, with what `content` holds. What was written stays after `close`: open it again, also with another
 * keep, and everything is there.
 *
 * Throws `bad-option`.
 */
export function memoryMedium(content?: MediumContent, given?: MemoryMediumOptions): MemoryMedium {
  const shared = flag(options(given, ["shared"]).shared, "shared");
  const tables = new Tables();
  if (content !== undefined) tables.load(content);
  return new Memory(tables, shared);
}

/** The content of some media. */
class Tables {
  #tables = empty();

  /** The entries of a table, in order. */
  entries(table: MediumTable): MediumEntry[] {
    const entries = this.#tables.get(table);
    if (entries === undefined) throw failure("bad-option", `there is no table \`${String(table)}\``);
    return entries;
  }

  /** Where a key stands, or would. */
  at(table: MediumTable, key: MediumKey): { entries: MediumEntry[]; at: number; found: MediumEntry | undefined } {
    const entries = this.entries(table);
    let [from, to] = [0, entries.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (compareKeys((entries[middle] as MediumEntry).key, key) < 0) from = middle + 1;
      else to = middle;
    }
    const there = entries[from];
    return { entries, at: from, found: there !== undefined && compareKeys(there.key, key) === 0 ? there : undefined };
  }

  get(table: MediumTable, key: MediumKey): MediumValue | undefined {
    return this.at(table, key).found?.value;
  }

  put(table: MediumTable, key: MediumKey, value: MediumValue): void {
    const { entries, at, found } = this.at(table, key);
    entries.splice(at, found ? 1 : 0, { key: [...key], value: copied(value) });
  }

  remove(table: MediumTable, key: MediumKey): void {
    const { entries, at, found } = this.at(table, key);
    if (found) entries.splice(at, 1);
  }

  dump(): MediumContent {
    const frozen = ({ key, value: { rev, by, bytes } }: MediumEntry) => ({ key: [...key], rev, by: [...by], bytes: base64(bytes) });
    return Object.fromEntries(TABLES.map((table) => [table, this.entries(table).map(frozen)]));
  }

  load(content: MediumContent): void {
    const before = this.#tables;
    this.#tables = empty();
    try {
      const given = record(content, "content");
      const unknown = Object.keys(given).find((name) => !(TABLES as readonly string[]).includes(name));
      if (unknown !== undefined) throw failure("bad-option", `\`content\` has a table \`${unknown}\`, there are ${TABLES.join(", ")}`);
      for (const table of TABLES) {
        for (const { key, rev, by, bytes } of content[table] ?? []) this.put(table, key, { rev, by, bytes: unbase64(bytes) });
      }
    } catch (thrown) {
      this.#tables = before;
      throw thrown instanceof TypeError ? failure("bad-option", `\`content\` is no content of a medium: ${thrown.message}`, { cause: thrown }) : thrown;
    }
  }
}

class Memory implements MemoryMedium {
  readonly shared: boolean;
  readonly #tables: Tables;
  #open = false;

  constructor(tables: Tables, shared: boolean) {
    this.#tables = tables;
    this.shared = shared;
  }

  async open(): Promise<void> {
    this.#open = true;
  }

  async read(table: MediumTable, keys: MediumKey[]): Promise<(MediumValue | undefined)[]> {
    this.#opened();
    return keys.map((key) => {
      const value = this.#tables.get(table, key);
      return value && copied(value);
    });
  }

  async scan(scan: MediumScan): Promise<MediumEntry[]> {
    this.#opened();
    return this.#range(scan);
  }

  async moment(scans: MediumScan[]): Promise<MediumEntry[][]> {
    this.#opened();
    return scans.map((scan) => this.#range(scan));
  }

  #range({ table, prefix, after, limit = Infinity }: MediumScan): MediumEntry[] {
    const { entries, at, found } = this.#tables.at(table, after ?? prefix);
    const from = after !== undefined && found ? at + 1 : at;
    const range: MediumEntry[] = [];
    for (let at = from; at < entries.length && range.length < limit; at += 1) {
      const { key, value } = entries[at] as MediumEntry;
      if (!prefix.every((part, n) => key[n] === part)) break;
      range.push({ key: [...key], value: copied(value) });
    }
    return range;
  }

  async find(by: string): Promise<MediumEntry[]> {
    this.#opened();
    const rows = this.#tables.entries("rows").filter(({ value }) => value.by.includes(by));
    return rows.map(({ key, value }) => ({ key: [...key], value: copied(value) }));
  }

  async write({ checks, puts, deletes }: MediumBurst): Promise<number | undefined> {
    this.#opened();
    const unmet = checks.findIndex((check) => !this.#holds(check));
    if (unmet >= 0) return unmet;
    for (const { table, key, value } of puts) this.#tables.put(table, key, value);
    for (const { table, key } of deletes) this.#tables.remove(table, key);
    return undefined;
  }

  async close(): Promise<void> {
    this.#open = false;
  }

  dump(): MediumContent {
    return this.#tables.dump();
  }

  load(content: MediumContent): void {
    this.#tables.load(content);
  }

  beside(): MemoryMedium {
    return new Memory(this.#tables, this.shared);
  }

  #opened(): void {
    if (!this.#open) throw failure("closed", "the medium is closed");
  }

  #holds(check: MediumCheck): boolean {
    const there = this.#tables.get(check.table, check.key);
    return check.is === "rev" ? there?.rev === check.rev : sameBytes(there?.bytes, check.bytes);
  }
}

function empty(): Map<MediumTable, MediumEntry[]> {
  return new Map(TABLES.map((table) => [table, []]));
}

function copied({ rev, by, bytes }: MediumValue): MediumValue {
  return { rev, by: [...by], bytes: bytes.slice() };
}

function base64(bytes: Uint8Array): string {
  let text = "";
  // More at once would be more arguments than a call takes.
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

function unbase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch (cause) {
    throw failure("bad-option", "`content` has bytes that are no base64", { cause });
  }
}
