// What callers give, checked: a misspelt name or a wrong type is an error at once, never silently without effect.

import { failure } from "./errors.js";
import type { CardDocument } from "./types/card.js";
import type { SearchOptions } from "./types/chats.js";
import type { Limits } from "./types/reading.js";
import type { RevOptions, SafetyOptions, WriteOptions } from "./types/record.js";

/** The options with nothing but known names in them. */
export function options<T extends object>(given: T | undefined, known: readonly (keyof T & string)[]): T {
  if (given === undefined) return {} as T;
  const names = Object.keys(record(given, "options"));
  const unknown = names.find((name) => !(known as readonly string[]).includes(name));
  if (unknown === undefined) {
    refuseNoSignal((given as { signal?: unknown }).signal);
    return given;
  }
  throw failure("bad-option", `there is no option \`${unknown}\`, the known ones are ${known.map((name) => `\`${name}\``).join(", ")}`);
}

/** A signal of another realm is no instance of this one's class. */
function refuseNoSignal(given: unknown): void {
  const { aborted, addEventListener } = Object(given) as Partial<AbortSignal>;
  if (given === undefined || (typeof aborted === "boolean" && typeof addEventListener === "function")) return;
  throw failure("bad-option", `\`signal\` is ${kindOf(given)}, an AbortSignal was wanted`);
}

/** Limits as the module reads them: without what is not set. It checks names and values. */
export function limits(given: Limits | undefined): Limits | undefined {
  if (given === undefined) return undefined;
  return Object.fromEntries(Object.entries(record(given, "limits")).filter(([, value]) => value !== undefined));
}

export function bytes(given: Uint8Array, name = "bytes"): Uint8Array {
  if (!(given instanceof Uint8Array)) throw failure("bad-option", `\`${name}\` is ${kindOf(given)}, a Uint8Array was wanted`);
  if (given.length === 0 && isDetached(given.buffer)) {
    throw failure("bad-option", `\`${name}\` was transferred to another thread, its bytes are not here any more`);
  }
  return given;
}

/** Only newer engines have a property that says so. */
function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    new Uint8Array(buffer, 0, 0);
    return false;
  } catch {
    return true;
  }
}

export function document(given: CardDocument): Uint8Array {
  return bytes(record(given, "document").bytes as Uint8Array, "document.bytes");
}

/** A document's bytes, or what may stand for it: an object, as JSON text. */
export function documentOr(given: object, name: string): Uint8Array | string {
  if (Array.isArray(given)) return json(given, name);
  // Nothing at all is neither.
  const isOther = Object.keys(record(given, name)).length === 0;
  return isOther || "bytes" in given ? document(given as CardDocument) : fields(given, name);
}

export function text(given: string, name: string): string {
  if (typeof given !== "string") throw failure("bad-option", `\`${name}\` is ${kindOf(given)}, a string was wanted`);
  // Two of them would become the same id.
  if (name === "id" && /\p{Surrogate}/u.test(given)) throw failure("bad-option", "`id` has half a character");
  return given;
}

export function list<T>(given: readonly T[], name: string): readonly T[] {
  if (Array.isArray(given)) return given as readonly T[];
  throw failure("bad-option", `\`${name}\` is ${kindOf(given)}, an array was wanted`);
}

/** A position or a count: a whole number, not negative. */
export function whole(given: number, name: string): number {
  if (Number.isSafeInteger(given) && given >= 0) return given;
  const found = typeof given === "number" ? String(given) : kindOf(given);
  throw failure("bad-option", `\`${name}\` is ${found}, a whole number from 0 was wanted`);
}

/** A coordinate: a whole number. */
export function integer(given: number, name: string): number {
  if (Number.isSafeInteger(given)) return given;
  const found = typeof given === "number" ? String(given) : kindOf(given);
  throw failure("bad-option", `\`${name}\` is ${found}, a whole number was wanted`);
}

export function flag(given: boolean | undefined, name: string): boolean {
  if (given === undefined || typeof given === "boolean") return given === true;
  throw failure("bad-option", `\`${name}\` is ${kindOf(given)}, true or false was wanted`);
}

/** The revision that was read, if one is named. */
export function revision({ ifRev }: { ifRev?: number | undefined }): RevOptions {
  return ifRev === undefined ? {} : { ifRev: whole(ifRev, "ifRev") };
}

export function ifRev(given: RevOptions | undefined): number | undefined {
  return revision(options(given, ["ifRev"])).ifRev;
}

/** What is asked of a write, beside the options that are not for the module. */
export function writing(given: WriteOptions | undefined, beside: readonly string[] = []): WriteOptions | undefined {
  if (given === undefined) return undefined;
  const known = ["ifRev", "durable", "verify", ...beside] as readonly (keyof WriteOptions)[];
  const { durable, verify, ...rest } = options(given, known);
  return { ...revision(rest), durable: flag(durable, "durable"), verify: flag(verify, "verify") };
}

/** The same for what changes several records, each with a revision of its own. */
export function safety(given: SafetyOptions | undefined): SafetyOptions | undefined {
  return writing(options(given, ["durable", "verify"]));
}

/** What to look for: without what is not set. */
export function looking<T extends SearchOptions>(given: T | undefined, beside: readonly (keyof T & string)[] = []): T {
  const known = ["case", "words", "regex", "name", "role", "swipes", "limit"] as const satisfies readonly (keyof SearchOptions)[];
  const chosen = options(given, [...known, ...beside]);
  return Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined)) as T;
}

/** A value as JSON text. */
export function json(given: unknown, name: string): string {
  let text: string | undefined;
  // It would become `null`.
  if (typeof given === "number" && !Number.isFinite(given)) throw failure("bad-option", `\`${name}\` is ${given}, which JSON cannot say`);
  try {
    text = JSON.stringify(given);
  } catch (cause) {
    throw failure("bad-option", `\`${name}\` cannot be written as JSON`, { cause });
  }
  if (text !== undefined) return text;
  throw failure("bad-option", `\`${name}\` is ${kindOf(given)}, which JSON cannot say`);
}

/** An object of fields as JSON text. */
export function fields(given: object, name: string): string {
  return json(record(given, name), name);
}

/** `Object`, `Uint8Array`, `Map`: what the language calls a value's kind, in every frame and worker. */
const tag = (value: unknown) => Object.prototype.toString.call(value).slice(8, -1);

/** An object that has fields of its own: a file, a Map or a Promise would be read as one without any. */
export function record(given: object, name: string): Record<string, unknown> {
  if (tag(given) === "Object") return given as Record<string, unknown>;
  throw failure("bad-option", `\`${name}\` is ${kindOf(given)}, an object was wanted`);
}

/** What a value is, for a message. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value !== "object") return `a ${typeof value}`;
  const kind = tag(value);
  return kind === "Object" ? "another object" : `of kind ${kind}`;
}
