// A medium of the caller's own, as the module calls it: everything answers by a promise, which ends when the medium is closed.

import { failure } from "./errors.js";
import { record } from "./options.js";
import type { Medium, MediumBurst, MediumKey, MediumScan, MediumTable } from "./types/medium.js";

const CALLS = ["open", "read", "scan", "find", "write", "close"] as const satisfies readonly (keyof Medium)[];

/** The module calls these by name. */
export class GivenMedium {
  readonly #medium: Medium;
  /** Ends each call that is under way. */
  readonly #underWay = new Set<() => void>();
  #closing: Promise<void> | undefined;

  constructor(medium: Medium) {
    const given = record(medium, "medium");
    const missing = CALLS.find((name) => typeof given[name] !== "function");
    if (missing !== undefined) throw failure("bad-option", `\`medium\` has no function \`${missing}\``);
    if (medium.shared === true && medium.moment === undefined) throw failure("bad-option", "`medium` is shared and has no function `moment`");
    this.#medium = medium;
  }

  get shared(): boolean {
    return this.#medium.shared === true;
  }

  open(): Promise<unknown> {
    return this.#call(() => this.#medium.open());
  }

  read(table: MediumTable, keys: MediumKey[]): Promise<unknown> {
    return this.#call(() => this.#medium.read(table, keys));
  }

  scan(scan: MediumScan): Promise<unknown> {
    return this.#call(() => this.#medium.scan(scan));
  }

  count(scan: MediumScan): Promise<unknown> {
    return this.#call(() => this.#medium.count?.(scan));
  }

  keys(scan: MediumScan): Promise<unknown> {
    return this.#call(() => this.#medium.keys?.(scan));
  }

  moment(scans: MediumScan[]): Promise<unknown> {
    return this.#call(() => this.#medium.moment?.(scans));
  }

  find(by: string): Promise<unknown> {
    return this.#call(() => this.#medium.find(by));
  }

  write(burst: MediumBurst): Promise<unknown> {
    return this.#call(() => this.#medium.write(burst));
  }

  close(): void {
    for (const end of this.#underWay) end();
    this.#closing ??= (async () => this.#medium.close())();
    // Whoever waits for it is told.
    this.#closing.catch(() => undefined);
  }

  /** Settles when the place was let go of. */
  async closed(): Promise<void> {
    try {
      await this.#closing;
    } catch (cause) {
      throw failure("medium", `the medium was not closed: ${String(cause)}`, { cause, hint: "Open it again to see what it has." });
    }
  }

  #call(work: () => unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const end = () => reject(failure("closed", "the medium was closed meanwhile"));
      this.#underWay.add(end);
      (async () => work())()
        // The module looks for the fields of an error.
        .then(resolve, (thrown: unknown) => reject(typeof thrown === "object" && thrown !== null ? thrown : new Error(String(thrown))))
        .finally(() => this.#underWay.delete(end));
    });
  }
}
