// Older data: what opening would do to it, and how far it has come.

import { planKeep } from "./cardkeep.js";
import { failure } from "./errors.js";
import { ask } from "./loading.js";
import { options, text } from "./options.js";
import { Rescue } from "./rescue.js";
import type { PlanOptions, Upgrade, UpgradePlan } from "./types/keep.js";

/** @internal */
export function keepName(given: string | undefined): string {
  const name = text(given ?? "cardkeep", "name");
  if (!/^[A-Za-z0-9_-]+$/.test(name)) throw failure("bad-option", `\`name\` is \`${name}\`, letters, digits, - and _ were wanted`);
  return name;
}

/** @internal */
export function openingTime(given: unknown): number {
  const timeout = given ?? 15_000;
  if (typeof timeout !== "number" || !(timeout > 0)) throw failure("bad-option", `\`timeout\` is \`${String(timeout)}\`, milliseconds were wanted`);
  return timeout;
}

/** @internal */
export function callback<T>(given: T | undefined, name: string): T | undefined {
  if (given === undefined || typeof given === "function") return given;
  throw failure("bad-option", `\`${name}\` is a ${typeof given}, a function was wanted`);
}

/**
 * Tells of an upgrade. The module is in the middle of it: who listens may do what they like, only later.
 * @internal
 */
export function upgrading(listener: ((upgrade: Upgrade) => void) | undefined, detail: string): void {
  if (listener !== undefined) queueMicrotask(() => listener(JSON.parse(detail) as Upgrade));
}

/**
 * The work behind `Keep.plan`. The module is loaded.
 * @internal
 */
export function plan(name?: string, given?: PlanOptions): Promise<UpgradePlan | undefined> {
  return ask("Keep.plan", async () => {
    const chosen = options(given, ["timeout"]);
    const keep = keepName(name);
    const found = (await planKeep(keep, openingTime(chosen.timeout), new Rescue(keep))) as string | undefined;
    return found === undefined ? undefined : (JSON.parse(found) as UpgradePlan);
  });
}
