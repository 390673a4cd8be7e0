// Live queries: a question to the keep that is asked again whenever its answer may have changed, in this tab or another.
// Knows nothing of what is asked.

import { DOMAINS, domains } from "./domain.js";
import { failure, named, report } from "./errors.js";
import { options } from "./options.js";
import type { ChangeDetail } from "./types/record.js";

export interface LiveOptions {
  /** The domains that the result depends on; a change of another one asks nothing. Default: all. */
  domains?: ChangeDetail["domain"][];
}

/** What `subscribe` of an observable takes. */
export interface LiveObserver<T> {
  next?(value: T): void;
  error?(error: unknown): void;
  complete?(): void;
}

/** A live query as libraries of observables want it. */
export interface LiveObservable<T> {
  subscribe(observer: LiveObserver<T>): { unsubscribe(): void };
}

/** A result, and its text to compare the next one with. */
interface Result<T> {
  readonly value: T;
  readonly text: string | undefined;
}

/**
 * A query whose listeners hear each result that differs from the one before, by its JSON text. It runs only while somebody
 * listens, once at a time however many changes come, and ends with the keep.
 */
export class LiveQuery<T> {
  readonly #source: EventTarget;
  readonly #closed: () => boolean;
  readonly #query: () => T | Promise<T>;
  readonly #domains: ReadonlySet<string>;
  /** Who listens, and which result each of them has heard. */
  readonly #observers = new Map<LiveObserver<T>, Result<T> | undefined>();
  #last: Result<T> | undefined;
  #running = false;
  #due = false;
  #listening: AbortController | undefined;

  /** @internal */
  constructor(source: EventTarget, closed: () => boolean, query: () => T | Promise<T>, given?: LiveOptions) {
    const { domains: wanted = DOMAINS } = options(given, ["domains"]);
    if (typeof query !== "function") throw failure("bad-option", "the query is no function");
    this.#source = source;
    this.#closed = closed;
    this.#query = query;
    this.#domains = new Set(domains(wanted, "domains"));
    // The symbol is no standard: it is there when a library of observables has made it.
    const { observable } = Symbol as unknown as { observable?: symbol };
    if (observable !== undefined) Object.defineProperty(this, observable, { value: () => this["@@observable"]() });
  }

  /** The result as it is now, asked for afresh. Throws `closed`. */
  async get(): Promise<T> {
    if (this.#closed()) throw named(failure("closed", "the keep is closed"), "LiveQuery.get");
    return this.#query();
  }

  /**
   * Hears the result, and each later one that differs. A listener that throws stops no other. Without `onError`, a failing
   * query is reported to the console; in either case it is asked again at the next change. Returns what ends it.
   *
   * Throws `closed`, `bad-option`.
   */
  subscribe(listener: (value: T) => void, onError?: (error: unknown) => void): () => void {
    if (typeof listener !== "function") throw named(failure("bad-option", "the listener is no function"), "LiveQuery.subscribe");
    if (onError !== undefined && typeof onError !== "function") throw named(failure("bad-option", "`onError` is no function"), "LiveQuery.subscribe");
    return this.#add({ next: listener, ...(onError && { error: onError }) });
  }

  /** The results, one after the other; a slow reader gets the newest and misses those between. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    let stop = (): void => undefined;
    const results = this.#results((given) => (stop = given));
    const end = results.return.bind(results);
    // A generator that waits for its next result hears of `return` only after it.
    return Object.assign(results, { return: () => (stop(), end()) });
  }

  async *#results(stoppable: (stop: () => void) => void): AsyncGenerator<T, void, undefined> {
    let news: { value: T } | { error: unknown } | undefined;
    let done = false;
    let wake = (): void => undefined;
    const end = this.#add({
      next: (value) => (news = { value }, wake()),
      error: (error) => (news = { error }, wake()),
      complete: () => (done = true, wake()),
    });
    stoppable(() => (news = undefined, done = true, wake()));
    try {
      for (;;) {
        const now = news;
        news = undefined;
        if (now === undefined && done) return;
        if (now === undefined) await new Promise<void>((resolve) => (wake = resolve));
        else if ("error" in now) throw now.error;
        else yield now.value;
      }
    } finally {
      end();
    }
  }

  /** For libraries of observables, such as RxJS. */
  ["@@observable"](): LiveObservable<T> {
    return { subscribe: (observer) => ({ unsubscribe: this.#add(observer) }) };
  }

  #add(given: LiveObserver<T>): () => void {
    if (this.#closed()) throw named(failure("closed", "the keep is closed"), "LiveQuery.subscribe");
    // The same listener may be added twice.
    const observer: LiveObserver<T> = {
      next: (value) => given.next?.(value),
      error: (error) => (given.error ? given.error(error) : report(error)),
      complete: () => given.complete?.(),
    };
    this.#observers.set(observer, undefined);
    if (this.#observers.size === 1) this.#listen();
    else queueMicrotask(() => this.#tell(observer));
    return () => {
      if (this.#observers.delete(observer) && this.#observers.size === 0) this.#rest();
    };
  }

  #listen(): void {
    const { signal } = (this.#listening = new AbortController());
    const changed = (event: Event) => {
      if (this.#domains.has((event as CustomEvent<ChangeDetail>).detail.domain)) this.#ask();
    };
    this.#source.addEventListener("change", changed, { signal });
    this.#source.addEventListener("closed", () => this.#end(), { signal });
    this.#ask();
  }

  #rest(): void {
    this.#listening?.abort();
    this.#listening = undefined;
    this.#last = undefined;
  }

  #end(): void {
    const observers = [...this.#observers.keys()];
    this.#observers.clear();
    this.#rest();
    for (const observer of observers) guarded(() => observer.complete?.());
  }

  /** Asks once for all changes of this turn, and once more for those that come while it is being answered. */
  #ask(): void {
    if (this.#due) return;
    this.#due = true;
    if (!this.#running) queueMicrotask(() => void this.#run());
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      while (this.#due && this.#listening !== undefined) {
        this.#due = false;
        const { signal } = this.#listening;
        let answer: () => void;
        try {
          const value = await this.#query();
          const text = JSON.stringify(value) as string | undefined;
          answer = () => {
            if (this.#last !== undefined && this.#last.text === text) return;
            this.#last = { value, text };
            for (const observer of [...this.#observers.keys()]) this.#tell(observer);
          };
        } catch (error) {
          answer = () => {
            // Whoever heard of a failure wants to hear that it is over.
            this.#last = undefined;
            for (const observer of [...this.#observers.keys()]) guarded(() => observer.error?.(error));
          };
        }
        // Nobody listens any more, or somebody else does, whose own question comes next.
        if (!signal.aborted) answer();
      }
    } finally {
      this.#running = false;
      this.#due &&= this.#listening !== undefined;
    }
  }

  #tell(observer: LiveObserver<T>): void {
    const last = this.#last;
    if (last === undefined || !this.#observers.has(observer) || this.#observers.get(observer) === last) return;
    this.#observers.set(observer, last);
    guarded(() => observer.next?.(last.value));
  }
}

function guarded(work: () => void): void {
  try {
    work();
  } catch (thrown) {
    report(thrown);
  }
}
