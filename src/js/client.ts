// The package off the main thread: the same functions and keeps, in a worker that loads `cardkeep/worker`. Everything answers
// by a promise. Knows nothing of cards and chats.

import type { ChatFile, ChatText } from "./chat.js";
import { type CardkeepError, failure } from "./errors.js";
import type * as Face from "./index.js";
import type { KeepEventMap, OpenKeep } from "./keep.js";
import { followPage } from "./lifecycle.js";
import { restWithPage } from "./page.js";
import { type StartWorker, TrustedWorker } from "./script.js";
import type { EraseOptions, OpenOptions, PlanOptions, UpgradePlan } from "./types/keep.js";
import { Asked, errorOf, fieldsOf, type Outcome, pack, type Packed, type PageEvent, type Reply, type Request, ROOT, type Stand, SYMBOLS, unpack } from "./wire.js";

/** What stays in the worker and is called there. */
type Living = OpenKeep | ChatText | Face.Assets | Face.Backups | Face.Campaigns | Face.Characters | Face.ChatHandle | Face.Chats | Face.Drafts
  | Face.ExportedFolder | Face.Journal | Face.KeepLog | Face.LiveQuery<unknown> | Face.Lorebooks | Face.Personas | Face.Playthroughs
  | Face.Quarantine | Face.Reply | Face.Saver | Face.SettingsStore | Face.Templates | Face.Trash | Face.Worlds;

/** What arrives of a value. */
type Arrived<V> = V extends Living ? Remote<V> : V extends ChatFile ? Omit<ChatFile, "sessions"> & { sessions: Remote<ChatText>[] } : V;

type Answer<R> =
  R extends Promise<infer P> ? Promise<Arrived<P>>
  : R extends AsyncIterable<unknown> ? R
  : R extends Generator<infer I> ? AsyncIterable<I>
  : R extends Living ? Promise<Remote<R>> & Remote<R>
  : Promise<Arrived<R>>;

type Call<F> =
  F extends (...given: never[]) => Promise<infer R> ? ([Arrived<R>] extends [R] ? F : (...given: Parameters<F>) => Promise<Arrived<R>>)
  : F extends (...given: infer G) => infer R ? (...given: G) => Answer<R>
  : never;

type Member<V> = V extends (...given: never[]) => unknown ? Call<V> : V extends Living ? Remote<V> : Promise<V>;

/**
 * Something in the worker: its methods are called as they are there and answer by a promise, its values are promises, and what
 * can be iterated is iterated with `for await`.
 */
export type Remote<T> = { readonly [K in Exclude<keyof T, "addEventListener" | "removeEventListener">]: Member<T[K]> } & (T extends OpenKeep ? Listening : unknown);

interface Listening {
  addEventListener<K extends keyof KeepEventMap>(type: K, listener: (event: KeepEventMap[K]) => unknown, options?: AddEventListenerOptions): Promise<void>;
  removeEventListener<K extends keyof KeepEventMap>(type: K, listener: (event: KeepEventMap[K]) => unknown): Promise<void>;
}

/** The functions of the package that are called as they are. */
type Functions = Omit<typeof Face, "Keep" | "ChatText" | "DataManager" | "default" | "init" | "initSync" | "isCardkeepError" | "ERROR_CODES" | "version">;

/** The package, in the worker. */
export type Cardkeep = { readonly [K in keyof Functions]: Call<Functions[K]> } & {
  readonly version: Promise<string>;
  /** Loads the module; `Keep.open` does it too. */
  init(from?: string | BufferSource | WebAssembly.Module): Promise<void>;
  readonly Keep: {
    /** A medium of the caller's own cannot be sent to a worker. */
    open(given?: Omit<OpenOptions, "medium"> & { medium?: "indexeddb" | "memory" | "second-copy" }): Promise<Remote<Face.Keep>>;
    erase(name?: string, given?: EraseOptions): Promise<void>;
    plan(name?: string, given?: PlanOptions): Promise<UpgradePlan | undefined>;
  };
};

/**
 * The package in a worker that loads `cardkeep/worker`, or behind the port of a shared one; without one it starts a worker of its
 * own, which ends with the page.
 *
 * What is called there throws what it throws here; `not-ready` when the worker cannot be started, `bad-option` for what cannot
 * be sent.
 */
export function connect(to: Worker | MessagePort = ownWorker()): Cardkeep {
  return new Client(to).path(ROOT, []) as Cardkeep;
}

function ownWorker(Worker: StartWorker = TrustedWorker): Worker {
  // Bundlers look for exactly this expression.
  return new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
}

class Client {
  readonly #far: Worker | MessagePort;
  readonly #asked = new Asked();
  /** Functions that the worker may call, and how often each was sent. */
  readonly #calls = new Map<number, { call: (...given: unknown[]) => unknown; sent: number }>();
  readonly #numbers = new WeakMap<object, number>();
  /** What stands for things in the worker. */
  readonly #remotes = new WeakMap<object, number>();
  readonly #gone = new FinalizationRegistry<number>((object) => this.#post({ do: "drop", object }, []));
  #last = 0;
  #failed: CardkeepError | undefined;

  constructor(far: Worker | MessagePort) {
    this.#far = far;
    far.onmessage = ({ data }: MessageEvent<Reply>) => this.#take(data);
    if ("onerror" in far) {
      far.onerror = (event) => {
        event.preventDefault();
        this.#fail(failure("not-ready", `the worker could not be started: ${event.message || "its script does not load"}`));
      };
    }
    const tell = (event: PageEvent) => () => this.#post({ do: "page", event }, []);
    followPage({ ending: tell("ending"), away: tell("away"), back: tell("back") });
    restWithPage({ rest: tell("rest"), wake: tell("wake") });
  }

  /** What a path from something in the worker leads to: called, awaited or followed further. It keeps its `owner` there. */
  path(object: number, path: string[], owner?: unknown): unknown {
    const call = (...given: unknown[]) =>
      this.#answer(
        this.#ask((id, transfer) => {
          if (object === ROOT && path.join(".") === "Keep.open") refuseMedium(given[0]);
          return { do: "call", id, object, path, given: this.#packed(given, transfer) };
        }),
      );
    return new Proxy(call, {
      get: (_, key, self) => {
        if (key === "then") {
          if (path.length === 0) return undefined;
          const value = this.#ask((id) => ({ do: "get", id, object, path }));
          return value.then.bind(value);
        }
        const step = typeof key === "string" ? key : SYMBOLS.get(key);
        return step === undefined ? undefined : this.path(object, [...path, step], owner ?? self);
      },
    });
  }

  /** A result that is there later: awaited, iterated, or called as what it will be. */
  #answer(value: Promise<unknown>): unknown {
    return new Proxy(value, {
      get: (_, key) => {
        if (key === "then" || key === "catch" || key === "finally") return value[key].bind(value);
        if (key === Symbol.asyncIterator) return () => through(value);
        return (...given: unknown[]) => this.#answer(value.then((there) => (there as Record<typeof key, (...given: unknown[]) => unknown>)[key]?.(...given)));
      },
    });
  }

  #remote(object: number, iterable: boolean): unknown {
    const path = this.path(object, []) as object;
    const remote = new Proxy(path, {
      get: (_, key, self) => {
        if (key !== Symbol.asyncIterator) return Reflect.get(path, key, self);
        return iterable ? () => through(this.#ask((id) => ({ do: "iterate", id, object })), true) : undefined;
      },
    });
    this.#remotes.set(remote, object);
    this.#gone.register(remote, object);
    return remote;
  }

  async #ask(request: (id: number, transfer: Transferable[]) => Request): Promise<unknown> {
    if (this.#failed) throw this.#failed;
    this.#last += 1;
    const id = this.#last;
    return this.#asked.ask(id, () => {
      const transfer: Transferable[] = [];
      try {
        this.#post(request(id, transfer), transfer);
      } catch (thrown) {
        throw failure("bad-option", `what was given cannot be sent to the worker: ${String(thrown)}`, { cause: thrown });
      }
    });
  }

  #post(request: Request, transfer: Transferable[]): void {
    this.#far.postMessage(request, transfer);
  }

  #take(reply: Reply): void {
    switch (reply.do) {
      case "ready":
        // From now on an error there is one of a call, and told as that.
        if ("onerror" in this.#far) this.#far.onerror = null;
        return;
      case "settle":
        return this.#asked.settle(reply.id, reply.outcome, (value) => this.#unpacked(value));
      case "call":
        return void this.#serve(reply.id, reply.call, reply.given);
      case "forget": {
        // Sent again meanwhile, it is known there.
        const known = this.#calls.get(reply.call);
        if (known?.sent !== reply.seen) return;
        this.#calls.delete(reply.call);
        this.#numbers.delete(known.call);
      }
    }
  }

  async #serve(id: number, number: number, given: Packed): Promise<void> {
    const transfer: Transferable[] = [];
    let outcome: Outcome;
    try {
      const result: unknown = await this.#calls.get(number)?.call(...(this.#unpacked(given) as unknown[]));
      outcome = { value: this.#packed(result, transfer) };
    } catch (thrown) {
      outcome = { error: fieldsOf(thrown) };
    }
    this.#post({ do: "answer", id, outcome }, transfer);
  }

  #packed(value: unknown, transfer: Transferable[]): Packed {
    return pack(value, (value) => this.#stand(value), transfer);
  }

  #stand(value: object): Stand | undefined {
    const object = this.#remotes.get(value);
    if (object !== undefined) return { object, iterable: false };
    if (value instanceof AbortSignal) return this.#signal(value);
    if (typeof value !== "function") return undefined;
    const call = this.#numbers.get(value) ?? (this.#last += 1);
    this.#numbers.set(value, call);
    this.#calls.set(call, { call: value as (...given: unknown[]) => unknown, sent: (this.#calls.get(call)?.sent ?? 0) + 1 });
    return { call };
  }

  #signal(signal: AbortSignal): Stand {
    let number = this.#numbers.get(signal);
    if (number === undefined) {
      const fresh = (this.#last += 1);
      number = fresh;
      this.#numbers.set(signal, fresh);
      signal.addEventListener("abort", () => this.#post({ do: "abort", signal: fresh }, []), { once: true });
    }
    return { signal: number, aborted: signal.aborted };
  }

  #unpacked(packed: Packed): unknown {
    return unpack(packed, (stand) => {
      if ("object" in stand) return this.#remote(stand.object, stand.iterable);
      if ("error" in stand) return errorOf(stand.error);
      return "event" in stand ? new CustomEvent(stand.event, { detail: stand.detail }) : undefined;
    });
  }

  #fail(error: CardkeepError): void {
    this.#failed = error;
    this.#asked.fail(error);
  }
}

/** A medium has methods, which stay where they are. */
function refuseMedium(given: unknown): void {
  const { medium } = (given ?? {}) as { medium?: unknown };
  if (typeof medium !== "object" && typeof medium !== "function") return;
  throw new TypeError("a medium stays where it is: open the keep without a worker, or in a worker of your own that has the medium");
}

/** What an iterator in the worker gives, or what can be iterated of a result; given up here, it ends there. */
async function* through(later: Promise<unknown>, isIterator = false): AsyncGenerator<unknown, void, undefined> {
  const there = (await later) as AsyncIterator<unknown, unknown> & AsyncIterable<unknown>;
  if (!isIterator) {
    yield* there;
    return;
  }
  let done = false;
  try {
    while (true) {
      const step = await there.next();
      if (step.done) break;
      yield step.value;
    }
    done = true;
  } finally {
    if (!done) await there.return?.();
  }
}
