// Whether everything that is stored is whole, what is done about what is not, and how the storage is.

import type { Chronicle } from "./chronicle.js";
import type { CheckRun, KeepHandle, RawExport, RepairRun } from "./cardkeep.js";
import { failure, refuseIfAborted, report } from "./errors.js";
import { ask, call } from "./loading.js";
import { flag, json, list, options, text } from "./options.js";
import { localStore } from "./slot.js";
import { callback } from "./upgrade.js";
import type {
  CheckOptions,
  CheckProgress,
  CheckReport,
  Finding,
  Health,
  Lacked,
  LogEntry,
  LogLevel,
  QuarantineEntry,
  RepairOptions,
  RepairReport,
} from "./types/health.js";
import type { Exported } from "./types/record.js";

/** What could not be read: whole, with the reason, until somebody decides. */
export class Quarantine {
  readonly #handle: KeepHandle;

  /** @internal */
  constructor(handle: KeepHandle) {
    this.#handle = handle;
  }

  /** Everything in it, newest first. */
  list(): Promise<QuarantineEntry[]> {
    return ask("quarantine.list", async () => JSON.parse(await this.#handle.quarantineList()) as QuarantineEntry[]);
  }

  /** The bytes as they stood, damaged or not. Throws `not-found`, `corrupt`. */
  get(id: string): Promise<Uint8Array> {
    return ask("quarantine.get", () => this.#handle.quarantineBytes(text(id, "id")) as Promise<Uint8Array>);
  }

  /** The bytes as a file. Throws `not-found`, `corrupt`. */
  export(id: string): Promise<Exported> {
    return ask("quarantine.export", async () => exported((await this.#handle.quarantineExport(text(id, "id"))) as RawExport));
  }

  /**
   * Reads it again and puts it back where it stood, such as after an update of the app. What is still broken stays here.
   * Throws `corrupt`, `migration` or `too-new` then, `conflict` when something else stands there by now, `not-found`.
   */
  retry(id: string): Promise<QuarantineEntry> {
    return ask("quarantine.retry", async () => JSON.parse(await this.#handle.quarantineRetry(text(id, "id"))) as QuarantineEntry);
  }

  /** Removes it for good. Throws `not-found`. */
  delete(id: string): Promise<void> {
    return ask("quarantine.delete", () => this.#handle.quarantineDelete(text(id, "id")) as Promise<void>);
  }
}

const LEVELS = ["debug", "info", "warn", "error"] as const satisfies readonly LogLevel[];

/** What the engine did and what went wrong since the keep was opened: the last 2,000 entries, without contents. */
export class KeepLog {
  readonly #handle: KeepHandle;
  readonly #chronicle: Chronicle;

  /** @internal */
  constructor(handle: KeepHandle, chronicle: Chronicle) {
    this.#handle = handle;
    this.#chronicle = chronicle;
    for (const entry of this.list({ level: "info" })) chronicle.note(entry);
  }

  /** From which level on entries are kept. Default `"info"`. Throws `bad-option`. */
  get level(): LogLevel {
    return JSON.parse(this.#handle.logLevel()) as LogLevel;
  }

  set level(level: LogLevel) {
    call("log.level", () => this.#handle.setLogLevel(levelOf(level)));
  }

  /** The entries from a level on, oldest first. Throws `bad-option`. */
  list(given?: { level?: LogLevel }): LogEntry[] {
    return call("log.list", () => {
      const { level = "debug" } = options(given, ["level"]);
      return JSON.parse(this.#handle.logEntries(levelOf(level))) as LogEntry[];
    });
  }

  /** What pages before this one and other tabs noted, oldest first: the last 300 entries of all of them, where there is localStorage. */
  earlier(): LogEntry[] {
    return this.#chronicle.others();
  }

  /** Removes all entries, those of `earlier` too. */
  clear(): void {
    this.#handle.clearLog();
    this.#chronicle.clear();
  }

  /** A JSON file for whoever helps: health and log, with ids hashed and nothing of what is stored. */
  export(): Promise<Exported> {
    return ask("log.export", async () => exported((await this.#handle.diagnostics(JSON.stringify(this.earlier()))) as RawExport));
  }
}

function levelOf(level: LogLevel): LogLevel {
  if (LEVELS.includes(level)) return level;
  throw failure("bad-option", `\`level\` is \`${String(level)}\`, one of ${LEVELS.map((known) => `\`${known}\``).join(", ")} was wanted`);
}

function exported(raw: RawExport): Exported {
  try {
    return { filename: raw.filename, type: raw.type, bytes: raw.bytes() };
  } finally {
    raw.free();
  }
}

type Watched = Pick<CheckOptions, "signal" | "onProgress">;

/**
 * Runs what goes on step by step. A listener that gives a promise makes it wait: so it pauses, until the signal ends it. One
 * that throws ends nothing.
 */
async function run(it: CheckRun | RepairRun, { signal, onProgress }: Watched): Promise<void> {
  refuseIfAborted(signal);
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  signal?.addEventListener("abort", end);
  try {
    for (let more = true; more; ) {
      more = (await it.step()) as boolean;
      try {
        const pause: unknown = onProgress?.(JSON.parse(it.progress()) as CheckProgress);
        if (pause !== undefined) await Promise.race([pause, ended]);
      } catch (thrown) {
        report(thrown);
      }
      refuseIfAborted(signal);
    }
  } finally {
    signal?.removeEventListener("abort", end);
  }
}

/** @internal */
export function check(handle: KeepHandle, given?: CheckOptions): Promise<CheckReport> {
  return ask("Keep.check", async () => {
    const { full, signal, onProgress } = options(given, ["full", "signal", "onProgress"]);
    callback(onProgress, "onProgress");
    const it = (await handle.check({ full: flag(full, "full") })) as CheckRun;
    try {
      await run(it, { signal, onProgress });
      return JSON.parse(it.report()) as CheckReport;
    } finally {
      it.free();
    }
  });
}

/** @internal */
export function repair(handle: KeepHandle, findings: readonly Finding[] | "all", given?: RepairOptions): Promise<RepairReport> {
  return ask("Keep.repair", async () => {
    const { dryRun, signal, onProgress } = options(given, ["dryRun", "signal", "onProgress"]);
    const watched = { signal, onProgress: callback(onProgress, "onProgress") };
    const found = findings === "all" ? (await check(handle, { full: true, ...watched })).findings : list(findings, "findings");
    const it = (await handle.repair(json(found, "findings"), { dryRun: flag(dryRun, "dryRun") })) as RepairRun;
    try {
      await run(it, watched);
      return JSON.parse(it.report()) as RepairReport;
    } finally {
      it.free();
    }
  });
}

/** A nearly full storage refuses saves soon. */
const NEARLY_FULL = 0.8;

function lacking({ secondCopy }: Health): Lacked[] {
  const there: Record<Lacked, boolean> = {
    "private-files": secondCopy.state !== "off",
    locks: (globalThis.navigator as Partial<Navigator> | undefined)?.locks !== undefined,
    channel: typeof BroadcastChannel !== "undefined",
    "local-storage": localStore() !== undefined,
  };
  return (Object.keys(there) as Lacked[]).filter((name) => !there[name]);
}

/** @internal */
export function health(handle: KeepHandle): Promise<Health> {
  return ask("Keep.health", async () => {
    const told = JSON.parse(await handle.health()) as Health;
    const storage = (globalThis.navigator as Navigator | undefined)?.storage as StorageManager | undefined;
    // A browser that does not answer is no reason to tell nothing.
    told.lacks = lacking(told);
    const persisted = await storage?.persisted?.().catch(() => undefined);
    const estimate = await storage?.estimate?.().catch(() => undefined);
    if (persisted !== undefined) told.persisted = persisted;
    if (estimate?.usage !== undefined && estimate.quota !== undefined) told.space = { usage: estimate.usage, quota: estimate.quota };
    if (persisted === false) {
      told.warnings.push({ code: "not-persisted", message: "The browser may remove everything when space runs low." });
    }
    if (told.space && told.space.usage > told.space.quota * NEARLY_FULL) {
      told.warnings.push({ code: "nearly-full", message: "The storage of this browser is nearly full." });
    }
    return told;
  });
}
