// What crosses between a page and the worker that has the module: plain values as they are, and stands for what cannot be
// copied. Knows nothing of what is called.

/** The way into a value, by keys and indexes. */
type Place = readonly (string | number)[];

/** What is sent for something that stays where it is, or that a copy would make another. */
export type Stand =
  | { object: number; iterable: boolean }
  | { call: number }
  | { signal: number; aborted: boolean }
  | { error: ErrorFields }
  | { event: string; detail: unknown };

/** A value ready to be sent. */
export interface Packed {
  value: unknown;
  stands: [Place, Stand][];
}

/** The fields of an error, which a copy would lose. */
export interface ErrorFields {
  name: string;
  message: string;
  stack: string | undefined;
  cause?: ErrorFields;
  [field: string]: unknown;
}

/** From the page to the worker. */
export type Request =
  | { do: "call"; id: number; object: number; path: string[]; given: Packed }
  | { do: "get"; id: number; object: number; path: string[] }
  | { do: "iterate"; id: number; object: number }
  | { do: "answer"; id: number; outcome: Outcome }
  | { do: "drop"; object: number }
  | { do: "abort"; signal: number }
  | { do: "page"; event: PageEvent };

/** From the worker to the page. */
export type Reply =
  | { do: "ready" }
  | { do: "settle"; id: number; outcome: Outcome }
  | { do: "call"; id: number; call: number; given: Packed }
  | { do: "forget"; call: number; seen: number };

export type Outcome = { value: Packed } | { error: ErrorFields };

/** What was asked of the other side, until it is answered. @internal */
export class Asked {
  readonly #open = new Map<number, { resolve(value: unknown): void; reject(reason: unknown): void }>();

  /** The answer to what `send` sends; nothing is awaited when that throws. */
  ask(id: number, send: () => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#open.set(id, { resolve, reject });
      try {
        send();
      } catch (thrown) {
        this.#open.delete(id);
        reject(thrown);
      }
    });
  }

  settle(id: number, outcome: Outcome, unpacked: (value: Packed) => unknown): void {
    const asked = this.#open.get(id);
    this.#open.delete(id);
    if ("error" in outcome) asked?.reject(errorOf(outcome.error));
    else asked?.resolve(unpacked(outcome.value));
  }

  fail(reason: unknown): void {
    for (const { reject } of this.#open.values()) reject(reason);
    this.#open.clear();
  }
}

/** What happens to the page, told to a worker, which cannot see it. */
export type PageEvent = "ending" | "away" | "back" | "rest" | "wake";

/** The root of everything: what the package exports. */
export const ROOT = 0;

/** Keys that are symbols, by their names. */
export const SYMBOLS: ReadonlyMap<symbol, string> = new Map(
  (["dispose", "asyncDispose"] as const).flatMap((name) => {
    const symbol = Symbol[name] as symbol | undefined;
    return symbol === undefined ? [] : [[symbol, `@@${name}`]];
  }),
);

/**
 * A value with stands in the places of what `stand` knows. Nothing is copied that has none, and what has to be handed over
 * instead of copied is added to `transfer`.
 * @internal
 */
export function pack(value: unknown, stand: (value: object) => Stand | undefined, transfer: Transferable[]): Packed {
  const stands: Packed["stands"] = [];
  const within = (value: unknown, place: Place): unknown => {
    if ((typeof value !== "object" && typeof value !== "function") || value === null) return value;
    const found = stand(value);
    if (found !== undefined) {
      stands.push([place, found]);
      return undefined;
    }
    if (typeof ReadableStream === "function" && value instanceof ReadableStream) transfer.push(value);
    if (Array.isArray(value)) {
      const before = stands.length;
      const items = value.map((item, n) => within(item, [...place, n]));
      return stands.length > before ? items : value;
    }
    if (!isPlain(value)) return value;
    const before = stands.length;
    const fields = Object.entries(value).map(([key, field]) => [key, within(field, [...place, key])] as const);
    return stands.length > before ? Object.fromEntries(fields) : value;
  };
  return { value: within(value, []), stands };
}

/** The value again, with `make` in the places of the stands. @internal */
export function unpack({ value, stands }: Packed, make: (stand: Stand) => unknown): unknown {
  const root = { value };
  for (const [place, stand] of stands) {
    let at: Record<string | number, unknown> = root;
    let last: string | number = "value";
    for (const step of place) {
      at = at[last] as Record<string | number, unknown>;
      last = step;
    }
    // A plain assignment of `__proto__` would do something else.
    Object.defineProperty(at, last, { value: make(stand), writable: true, enumerable: true, configurable: true });
  }
  return root.value;
}

/** Whether it is an object of fields, without methods. @internal */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** @internal */
export function fieldsOf(thrown: unknown): ErrorFields {
  if (!(thrown instanceof Error)) return { name: "Error", message: String(thrown), stack: undefined };
  const { cause, ...own } = thrown as Error & Record<string, unknown>;
  const given = cause === undefined ? {} : { cause: fieldsOf(cause) };
  return { ...own, name: thrown.name, message: thrown.message, stack: thrown.stack, ...given };
}

/** @internal */
export function errorOf({ name, message, stack, cause, ...own }: ErrorFields): Error {
  const error = new Error(message, cause === undefined ? undefined : { cause: errorOf(cause) });
  Object.defineProperty(error, "name", { value: name, writable: true, configurable: true });
  if (stack !== undefined) Object.defineProperty(error, "stack", { value: stack, writable: true, configurable: true });
  return Object.assign(error, own);
}
