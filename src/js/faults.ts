// A medium that fails when it is told to, in the ways in which storage really fails.

import { ERROR_CODES, type ErrorCode, failure } from "./errors.js";
import { TABLES } from "./memory.js";
import { list, options, whole } from "./options.js";
import type { Medium, MediumBurst, MediumEntry, MediumKey, MediumScan, MediumTable, MediumValue } from "./types/medium.js";

/** The calls of a medium that can fail. */
export type MediumCallName = "open" | "read" | "scan" | "count" | "keys" | "moment" | "find" | "write";

/** Which calls a fault meets. Of those that fit, it meets all, or those that `nth`, `lasting` and `chance` choose. */
export interface MediumFaultWhere {
  /** Only calls of this name, or of these. */
  call?: MediumCallName | readonly MediumCallName[];
  /** Only calls that touch this table. */
  table?: MediumTable;
  /** Only calls that touch a key that begins with these parts; values elsewhere stay as they are. */
  key?: MediumKey;
  /** Only writes with which more than so many bytes would be stored since the medium was wrapped; what is removed counts no more. */
  beyond?: number;
  /** The n-th of these calls, counted from 1. */
  nth?: number;
  /** And all behind it. */
  lasting?: boolean;
  /** Each of these calls with this chance, from 0 to 1. */
  chance?: number;
}

/** What a fault does. */
export type MediumFaultWhat =
  /** It fails with this code, and nothing was done; with `done`, although it was done. */
  | { fails: ErrorCode; done?: boolean }
  /** A write answers as if it were done, and is not. */
  | { lies: true }
  /** It takes so many milliseconds longer; `Infinity`: it never answers, and is never done. */
  | { waits: number }
  /** Of each value that is read this bit is another one: counted from the first byte's lowest, around the end. */
  | { flips: number }
  /** Each value that is read ends after so many bytes. */
  | { cuts: number };

/** One way to fail. */
export type MediumFault = MediumFaultWhere & MediumFaultWhat;

export interface FaultsOptions {
  /** What `chance` begins with: the same seed, the same faults. Default 1. */
  seed?: number;
}

/** A call that was made. */
export interface MediumCall {
  call: MediumCallName | "close";
  /** The tables that it touches, in the order of its request. */
  tables: MediumTable[];
  /** The bytes of the values that it writes. */
  bytes: number;
  /** The fault that it met: its position in the plan. */
  fault?: number;
  /** How it ended; missing while it has not. */
  ended?: "done" | "refused" | "failed";
}

/** A medium that fails as planned. */
export interface FaultyMedium extends Medium {
  /** Every call since the beginning or `reset`, oldest first. */
  readonly calls: readonly MediumCall[];
  /** Forgets the calls and counts anew, by another plan if one is given; `reset([])` ends all faults. What waits for ever, waits. */
  reset(plan?: MediumFault | readonly MediumFault[]): void;
}

const CALLS = ["open", "read", "scan", "count", "keys", "moment", "find", "write"] as const satisfies readonly MediumCallName[];
/** The calls that give values. */
const READING: readonly MediumCallName[] = ["read", "scan", "moment", "find"];
const WHAT = ["fails", "lies", "waits", "flips", "cuts"] as const;
const KNOWN = ["call", "table", "key", "beyond", "nth", "lasting", "chance", "done", ...WHAT] as const;

/**
 * A medium that is `medium`, but for the faults of the plan. Of several that meet a call the first one counts.
 *
 * Throws `bad-option`.
 */
export function faults(medium: Medium, plan: MediumFault | readonly MediumFault[] = [], given?: FaultsOptions): FaultyMedium {
  const { seed = 1 } = options(given, ["seed"]);
  return new Faulty(medium, new Plan(plan, whole(seed, "seed")));
}

/** What is asked in a call. */
interface Request {
  call: MediumCallName;
  tables: MediumTable[];
  /** Whether it touches a key that begins so. */
  touches(prefix: MediumKey): boolean;
  burst?: MediumBurst;
}

/** The faults and how far they are. */
class Plan {
  readonly #faults: readonly MediumFault[];
  readonly #seed: number;
  readonly #met: number[];
  /** Sizes of what was written, by table and key. */
  readonly #stored: Map<string, number>;
  readonly #chance: () => number;

  constructor(plan: MediumFault | readonly MediumFault[], seed: number, stored = new Map<string, number>()) {
    this.#faults = Array.isArray(plan) ? (plan as readonly MediumFault[]) : [plan as MediumFault];
    this.#faults.forEach(checkFault);
    this.#seed = seed;
    this.#met = this.#faults.map(() => 0);
    this.#stored = stored;
    this.#chance = random(seed);
  }

  /** The same from the beginning, or another one; what is stored stays stored. */
  again(plan?: MediumFault | readonly MediumFault[]): Plan {
    return new Plan(plan ?? this.#faults, this.#seed, this.#stored);
  }

  /** The fault that a call meets. Every fault counts the calls that fit it, whichever one is met. */
  meet(request: Request): number | undefined {
    const met = this.#faults.map((fault, n) => {
      if (!this.#fits(fault, request)) return false;
      const count = (this.#met[n] = (this.#met[n] as number) + 1);
      const { nth, lasting, chance } = fault;
      const isItsTurn = nth === undefined || (lasting === true ? count >= nth : count === nth);
      return isItsTurn && (chance === undefined || this.#chance() < chance);
    });
    const first = met.indexOf(true);
    return first < 0 ? undefined : first;
  }

  fault(n: number): MediumFault {
    return this.#faults[n] as MediumFault;
  }

  /** A burst was stored. */
  stored({ puts, deletes }: MediumBurst): void {
    for (const { table, key, value } of puts) this.#stored.set(JSON.stringify([table, key]), value.bytes.length);
    for (const { table, key } of deletes) this.#stored.delete(JSON.stringify([table, key]));
  }

  #fits(fault: MediumFault, { call, tables, touches, burst }: Request): boolean {
    const { call: calls, table, key, beyond } = fault;
    if (calls !== undefined && !(typeof calls === "string" ? [calls] : calls).includes(call)) return false;
    if ("lies" in fault && burst === undefined) return false;
    if (("flips" in fault || "cuts" in fault) && !READING.includes(call)) return false;
    if (table !== undefined && !tables.includes(table)) return false;
    if (key !== undefined && !touches(key)) return false;
    return beyond === undefined || (burst !== undefined && this.#with(burst) > beyond);
  }

  /** How much would be stored with a burst. */
  #with({ puts, deletes }: MediumBurst): number {
    const sizes = new Map(this.#stored);
    for (const { table, key, value } of puts) sizes.set(JSON.stringify([table, key]), value.bytes.length);
    for (const { table, key } of deletes) sizes.delete(JSON.stringify([table, key]));
    let sum = 0;
    for (const size of sizes.values()) sum += size;
    return sum;
  }
}

class Faulty implements FaultyMedium {
  readonly #medium: Medium;
  #plan: Plan;
  #calls: MediumCall[] = [];
  // Where the medium has none, there is none.
  readonly count?: (scan: MediumScan) => Promise<number>;
  readonly keys?: (scan: MediumScan) => Promise<MediumKey[]>;

  readonly moment?: (scans: MediumScan[]) => Promise<MediumEntry[][]>;

  constructor(medium: Medium, plan: Plan) {
    this.#medium = medium;
    this.#plan = plan;
    if (medium.count) this.count = (scan) => this.#call(ranged("count", scan), async () => medium.count?.(scan) as Promise<number>);
    if (medium.moment) {
      this.moment = (scans) => {
        const tables = [...new Set(scans.map(({ table }) => table))];
        const touches = (key: MediumKey) => scans.some((scan) => ranged("scan", scan).touches(key));
        return this.#call({ call: "moment", tables, touches }, async () => medium.moment?.(scans) as Promise<MediumEntry[][]>, (found, fault) => found.map((entries) => spoiltEntries(entries, fault)));
      };
    }
    if (medium.keys) this.keys = (scan) => this.#call(ranged("keys", scan), async () => medium.keys?.(scan) as Promise<MediumKey[]>);
  }

  get shared(): boolean {
    return this.#medium.shared === true;
  }

  get calls(): readonly MediumCall[] {
    return this.#calls;
  }

  reset(plan?: MediumFault | readonly MediumFault[]): void {
    this.#plan = this.#plan.again(plan);
    this.#calls = [];
  }

  open(): Promise<void> {
    return this.#call({ call: "open", tables: [], touches: () => false }, async () => this.#medium.open());
  }

  read(table: MediumTable, keys: MediumKey[]): Promise<(MediumValue | undefined)[]> {
    const touches = (prefix: MediumKey) => keys.some((key) => begins(key, prefix));
    return this.#call({ call: "read", tables: [table], touches }, async () => this.#medium.read(table, keys), (found, fault) =>
      found.map((value, n) => value && spoilt(keys[n] as MediumKey, value, fault)),
    );
  }

  scan(scan: MediumScan): Promise<MediumEntry[]> {
    return this.#call(ranged("scan", scan), async () => this.#medium.scan(scan), spoiltEntries);
  }

  find(by: string): Promise<MediumEntry[]> {
    return this.#call({ call: "find", tables: ["rows"], touches: () => true }, async () => this.#medium.find(by), spoiltEntries);
  }

  write(burst: MediumBurst): Promise<number | undefined> {
    const named = [...burst.checks, ...burst.puts, ...burst.deletes];
    const tables = [...new Set(named.map(({ table }) => table))];
    const touches = (prefix: MediumKey) => named.some(({ key }) => begins(key, prefix));
    return this.#call({ call: "write", tables, touches, burst }, async () => this.#medium.write(burst));
  }

  async close(): Promise<void> {
    this.#calls.push({ call: "close", tables: [], bytes: 0, ended: "done" });
    await this.#medium.close();
  }

  async #call<T>(request: Request, work: () => Promise<T>, spoil?: (found: T, fault: MediumFault) => T): Promise<T> {
    const bytes = request.burst?.puts.reduce((sum, { value }) => sum + value.bytes.length, 0) ?? 0;
    const plan = this.#plan;
    const met = plan.meet(request);
    const call: MediumCall = { call: request.call, tables: request.tables, bytes, ...(met !== undefined && { fault: met }) };
    this.#calls.push(call);
    const really = async () => {
      const answer = await work();
      if (request.burst && answer === undefined) plan.stored(request.burst);
      return answer;
    };
    try {
      const answer = met === undefined ? await really() : await faulty(plan.fault(met), request, really, spoil);
      call.ended = request.call === "write" && answer !== undefined ? "refused" : "done";
      return answer;
    } catch (thrown) {
      call.ended = "failed";
      throw thrown;
    }
  }
}

async function faulty<T>(fault: MediumFault, { call }: Request, work: () => Promise<T>, spoil?: (found: T, fault: MediumFault) => T): Promise<T> {
  if ("fails" in fault) {
    if (fault.done === true) await work();
    throw Object.assign(new Error(`${fault.fails}: ${call} fails as planned`), { code: fault.fails });
  }
  // The one answer that a write has.
  if ("lies" in fault) return undefined as T;
  if ("waits" in fault) {
    await new Promise<void>((resolve) => void (fault.waits === Infinity || setTimeout(resolve, fault.waits)));
    return work();
  }
  const found = await work();
  return spoil ? spoil(found, fault) : found;
}

function ranged(call: "scan" | "count" | "keys", { table, prefix }: MediumScan): Request {
  return { call, tables: [table], touches: (key) => begins(prefix, key) || begins(key, prefix) };
}

function begins(key: MediumKey, prefix: MediumKey): boolean {
  return prefix.every((part, n) => key[n] === part);
}

function spoiltEntries(entries: MediumEntry[], fault: MediumFault): MediumEntry[] {
  return entries.map(({ key, value }) => ({ key, value: spoilt(key, value, fault) }));
}

function spoilt(key: MediumKey, value: MediumValue, fault: MediumFault): MediumValue {
  if (fault.key !== undefined && !begins(key, fault.key)) return value;
  const bytes = value.bytes.slice("cuts" in fault ? 0 : undefined, "cuts" in fault ? fault.cuts : undefined);
  if ("flips" in fault && bytes.length > 0) {
    const bit = fault.flips % (bytes.length * 8);
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
  }
  return { ...value, bytes };
}

function checkFault(fault: MediumFault): void {
  const given = options(fault as Partial<Record<(typeof KNOWN)[number], unknown>>, KNOWN);
  const bad = (what: string) => failure("bad-option", `a fault has ${what}`);
  const what = WHAT.filter((name) => given[name] !== undefined);
  if (what.length !== 1) throw bad(`${what.length === 0 ? "none" : what.map((name) => `\`${name}\``).join(" and ")} of ${WHAT.join(", ")}; one was wanted`);
  if (given.fails !== undefined && !(ERROR_CODES as readonly unknown[]).includes(given.fails)) throw bad(`the code \`${String(given.fails)}\`, which is none`);
  if (given.lies !== undefined && given.lies !== true) throw bad("`lies`, which is not true");
  if (given.waits !== undefined && !(typeof given.waits === "number" && given.waits >= 0)) throw bad("`waits`, which is no time in milliseconds");
  for (const name of ["flips", "cuts", "beyond", "nth"] as const) if (given[name] !== undefined) whole(given[name] as number, name);
  if (given.nth === 0) throw bad("`nth` 0; the first one is 1");
  if (given.lasting !== undefined && given.nth === undefined) throw bad("`lasting` without `nth`: it begins nowhere");
  if (given.done !== undefined && given.fails === undefined) throw bad("`done` without `fails`");
  const chance = given.chance;
  if (chance !== undefined && !(typeof chance === "number" && chance >= 0 && chance <= 1)) throw bad("a `chance` that is not between 0 and 1");
  if (given.table !== undefined && !(TABLES as readonly unknown[]).includes(given.table)) throw bad(`the table \`${String(given.table)}\`, there are ${TABLES.join(", ")}`);
  if (given.key !== undefined) list(given.key as MediumKey, "key");
  const calls = given.call === undefined ? [] : typeof given.call === "string" ? [given.call] : list(given.call as readonly string[], "call");
  const unknown = calls.find((name) => !(CALLS as readonly string[]).includes(name));
  if (unknown !== undefined) throw bad(`the call \`${unknown}\`, there are ${CALLS.join(", ")}`);
}

/** Numbers from 0 up to 1, the same for the same seed. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
