// Transactions: any calls of the keep, stored all at once or not at all. Here is what only this side sees: whether
// something else than the transaction's own calls is awaited inside.

import { ChatHandle as RawChat, KeepHandle } from "./cardkeep.js";
import { Assets } from "./assets.js";
import { Campaigns } from "./campaigns.js";
import { Characters } from "./characters.js";
import { Chats } from "./chats.js";
import { DOMAINS, domains } from "./domain.js";
import { failure, named } from "./errors.js";
import { holding } from "./intake.js";
import { ask, call } from "./loading.js";
import { Lorebooks } from "./lorebooks.js";
import { safety } from "./options.js";
import { Personas } from "./personas.js";
import { Playthroughs } from "./playthroughs.js";
import { SettingsStore } from "./settings.js";
import { Templates } from "./templates.js";
import type { DomainName, TransactionOptions } from "./types/record.js";
import { Worlds } from "./worlds.js";

const OP = "Keep.transaction";

/**
 * Marks work that is done elsewhere: each of its calls takes a message there and back, and nobody can tell from here what it
 * awaits.
 * @internal
 */
export const AFAR = Symbol("afar");

/** The keep inside a transaction, as far as its scope goes: what it reads has what it wrote before. */
export interface Transaction {
  readonly characters: Characters;
  readonly chats: Chats;
  readonly worlds: Worlds;
  readonly personas: Personas;
  readonly lorebooks: Lorebooks;
  readonly templates: Templates;
  readonly campaigns: Campaigns;
  readonly assets: Assets;
  readonly playthroughs: Playthroughs;
  readonly settings: SettingsStore;
}

/**
 * Runs `work` in a transaction.
 * @internal
 */
export async function transact<T>(
  handle: KeepHandle,
  scope: readonly DomainName[],
  work: (tx: Transaction) => T | Promise<T>,
  given: TransactionOptions | undefined,
): Promise<T> {
  const { write, begun } = await ask(OP, async () => {
    domains(scope, "scope");
    if (typeof work !== "function") throw failure("bad-option", "what is to be done in the transaction is no function");
    return { write: safety(given), begun: handle.begin() };
  });
  const watch = new Watch(AFAR in work);
  const keep = begun.keep();
  try {
    const result = await watch.over(work, view(watched(keep, watch), scope, watch));
    await ask(OP, () => begun.commit(write) as Promise<void>);
    return result;
  } catch (thrown) {
    begun.abandon();
    throw thrown;
  } finally {
    watch.end();
    keep.free();
    begun.free();
  }
}

/** Counts the calls under way. When there are none and the work has not settled a task later, it awaits something else. */
class Watch {
  #underWay = 0;
  #looking = false;
  #ended = false;
  /** The failure of a call that the work did not wait for. */
  #missed: { reason: unknown } | undefined;
  /** What follows when nothing is under way any more. */
  #idle: () => void = () => undefined;
  #settled = false;
  readonly #afar: boolean;

  constructor(afar: boolean) {
    this.#afar = afar;
  }

  /** The result of the work, once everything that it has called has settled. */
  async over<T, A>(work: (given: A) => T | Promise<T>, given: A): Promise<T> {
    const foreign = new Promise<never>((_, reject) => {
      const error = failure("foreign-await", "something else than a call of the transaction was awaited in it");
      this.#idle = () => reject(named(error, OP));
    });
    const working = async (): Promise<T> => {
      const result = await work(given);
      this.#settled = true;
      if (this.#underWay > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
      if (this.#missed !== undefined) throw this.#missed.reason;
      return result;
    };
    const worked = working();
    this.#look();
    return Promise.race([worked, foreign]);
  }

  /** Whatever is called from now on is too late. */
  end(): void {
    this.#ended = true;
  }

  refuse(): void {
    if (this.#ended) throw failure("transaction-over", "the transaction is over");
  }

  /** Calls the module; a promise is under way until it settles. */
  call<T>(work: () => T): T {
    this.refuse();
    const answer = work();
    return answer instanceof Promise ? (this.#count(answer) as T) : answer;
  }

  async #count(answer: Promise<unknown>): Promise<unknown> {
    this.#underWay += 1;
    try {
      const value = await answer;
      return value instanceof RawChat || value instanceof KeepHandle ? watched(value, this) : value;
    } catch (reason) {
      if (this.#settled) this.#missed ??= { reason };
      throw reason;
    } finally {
      this.#underWay -= 1;
      this.#look();
    }
  }

  /** A later task finds all continuations done that this one has set free, however slow the machine is. */
  #look(): void {
    if (this.#underWay > 0 || this.#looking || (this.#afar && !this.#settled)) return;
    this.#looking = true;
    setTimeout(() => {
      this.#looking = false;
      if (this.#underWay === 0) this.#idle();
    });
  }
}

/** The same object, whose methods are counted and refused after the end. */
function watched<T extends object>(raw: T, watch: Watch): T {
  return new Proxy(raw, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...given: unknown[]) => watch.call((): unknown => Reflect.apply(member, target, given));
    },
  });
}

function view(handle: KeepHandle, scope: readonly DomainName[], watch: Watch): Transaction {
  holding(handle, (work) => watch.call(work));
  const domains: Transaction = {
    characters: new Characters(handle),
    chats: new Chats(handle),
    worlds: new Worlds(handle),
    personas: new Personas(handle),
    lorebooks: new Lorebooks(handle),
    templates: new Templates(handle),
    campaigns: new Campaigns(handle),
    assets: new Assets(handle),
    playthroughs: new Playthroughs(handle),
    settings: new SettingsStore(handle),
  };
  const get = (name: DomainName) => () => call(OP, () => {
    watch.refuse();
    if (scope.includes(name)) return domains[name];
    throw failure("bad-option", `\`${name}\` is not in the transaction's scope, which is ${scope.join(", ") || "empty"}`);
  });
  return Object.defineProperties({} as Transaction, Object.fromEntries(DOMAINS.map((name) => [name, { get: get(name), enumerable: true }])));
}
