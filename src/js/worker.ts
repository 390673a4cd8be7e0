// The worker entry: everything of the package, called from a page through `cardkeep/client`. A worker that loads it serves
// at once; in a shared worker every page that connects.

import * as face from "./index.js";
import { tellOfPage } from "./lifecycle.js";
import { AFAR } from "./transaction.js";
import { Asked, fieldsOf, isPlain, type Outcome, pack, type Packed, type Reply, type Request, ROOT, type Stand, SYMBOLS, unpack } from "./wire.js";

/** What may be posted as it is. */
const COPIED = /^\[object (ArrayBuffer|SharedArrayBuffer|Blob|File|FileList|Date|RegExp|Map|Set|ReadableStream|FileSystem\w*Handle)\]$/;

type Port = Pick<MessagePort, "postMessage"> & { onmessage: ((event: MessageEvent<Request>) => void) | null };

type Members = Record<string | symbol, unknown>;

/**
 * Answers the calls that come through a port.
 * @internal
 */
export function serve(port: Port): void {
  const server = new Server(port);
  port.onmessage = ({ data }) => server.take(data);
  server.send({ do: "ready" }, []);
}

class Server {
  readonly #port: Port;
  /** What the page has, by number. */
  readonly #objects = new Map<number, object>([[ROOT, face]]);
  /** Functions of the page: what calls them, and how often each came. */
  readonly #calls = new Map<number, { call: WeakRef<(...given: unknown[]) => unknown>; seen: number }>();
  readonly #gone = new FinalizationRegistry<number>((call) => {
    const known = this.#calls.get(call);
    // Another may stand for it by now.
    if (known === undefined || known.call.deref() !== undefined) return;
    this.#calls.delete(call);
    this.send({ do: "forget", call, seen: known.seen }, []);
  });
  readonly #signals = new Map<number, AbortController>();
  readonly #asked = new Asked();
  #last = ROOT;

  constructor(port: Port) {
    this.#port = port;
  }

  send(reply: Reply, transfer: Transferable[]): void {
    this.#port.postMessage(reply, transfer);
  }

  take(request: Request): void {
    switch (request.do) {
      case "call":
        return void this.#settle(request.id, () => this.#call(request.object, request.path, request.given));
      case "get":
        return void this.#settle(request.id, () => this.#member(request.object, request.path).member);
      case "iterate":
        return void this.#settle(request.id, () => iterator(this.#object(request.object)));
      case "answer":
        return this.#asked.settle(request.id, request.outcome, (value) => this.#unpacked(value));
      case "drop":
        return void this.#objects.delete(request.object);
      case "abort":
        this.#signals.get(request.signal)?.abort();
        // Sent again, it comes as one that was aborted.
        return void this.#signals.delete(request.signal);
      case "page":
        return tellOfPage(request.event);
    }
  }

  async #settle(id: number, work: () => unknown): Promise<void> {
    const transfer: Transferable[] = [];
    let outcome: Outcome;
    try {
      outcome = { value: this.#packed(await work(), transfer) };
    } catch (thrown) {
      outcome = { error: fieldsOf(thrown) };
    }
    try {
      this.send({ do: "settle", id, outcome }, transfer);
    } catch (thrown) {
      this.send({ do: "settle", id, outcome: { error: fieldsOf(thrown) } }, []);
    }
  }

  #object(number: number): object {
    const object = this.#objects.get(number);
    if (object === undefined) throw new TypeError("the object is not here any more");
    return object;
  }

  /** What a path leads to, and whose member it is. */
  #member(object: number, path: readonly string[]): { owner: unknown; member: unknown } {
    let owner: unknown;
    let member: unknown = this.#object(object);
    for (const step of path) {
      owner = member;
      const named = step.startsWith("@@") ? [...SYMBOLS].find(([, name]) => name === step)?.[0] : step;
      member = (Object(owner) as Members)[named ?? step];
    }
    return { owner, member };
  }

  #call(object: number, path: readonly string[], given: Packed): unknown {
    const { owner, member } = this.#member(object, path);
    if (typeof member !== "function") throw new TypeError(`${path.join(".")} is not a function`);
    return Reflect.apply(member, owner, this.#unpacked(given) as unknown[]);
  }

  #packed(value: unknown, transfer: Transferable[]): Packed {
    return pack(value, (value) => this.#stand(value), transfer);
  }

  #stand(value: object): Stand | undefined {
    if (value instanceof Error) return { error: fieldsOf(value) };
    if (value instanceof Event) return { event: value.type, detail: (value as CustomEvent<unknown>).detail };
    const copied = Array.isArray(value) || ArrayBuffer.isView(value) || COPIED.test(Object.prototype.toString.call(value));
    if (copied || (isPlain(value) && !isAlive(value))) return undefined;
    this.#last += 1;
    this.#objects.set(this.#last, value);
    return { object: this.#last, iterable: Symbol.asyncIterator in value || Symbol.iterator in value };
  }

  #unpacked(packed: Packed): unknown {
    return unpack(packed, (stand) => {
      if ("call" in stand) return this.#pageCall(stand.call);
      if ("signal" in stand) return this.#signal(stand.signal, stand.aborted);
      return "object" in stand ? this.#object(stand.object) : undefined;
    });
  }

  /** A function of the page. The same one each time, so that a listener can be removed. */
  #pageCall(number: number): unknown {
    const known = this.#calls.get(number);
    const made = known?.call.deref();
    if (known !== undefined) known.seen += 1;
    if (made !== undefined) return made;
    const call = Object.assign((...given: unknown[]) => this.#ask(number, given), { [AFAR]: true });
    this.#calls.set(number, { call: new WeakRef(call), seen: known?.seen ?? 1 });
    this.#gone.register(call, number);
    return call;
  }

  #ask(call: number, given: unknown[]): Promise<unknown> {
    this.#last += 1;
    const id = this.#last;
    return this.#asked.ask(id, () => {
      const transfer: Transferable[] = [];
      this.send({ do: "call", id, call, given: this.#packed(given, transfer) }, transfer);
    });
  }

  #signal(number: number, aborted: boolean): AbortSignal {
    const controller = this.#signals.get(number) ?? new AbortController();
    if (aborted) controller.abort();
    else this.#signals.set(number, controller);
    return controller.signal;
  }
}

/** Whether a plain object has methods or values that change. */
function isAlive(value: object): boolean {
  const fields = Object.values(Object.getOwnPropertyDescriptors(value));
  return fields.some(({ get, value }) => get !== undefined || typeof value === "function");
}

function iterator(value: object): unknown {
  const { [Symbol.asyncIterator]: later, [Symbol.iterator]: now } = value as Members;
  const begin = later ?? now;
  if (typeof begin !== "function") throw new TypeError("it cannot be iterated");
  return Reflect.apply(begin, value, []);
}

/** What a worker has and a page has not. */
interface Scope {
  document?: unknown;
  onconnect?: ((event: MessageEvent) => void) | null;
}

const scope = globalThis as unknown as Scope & Port;
if ("onconnect" in scope) scope.onconnect = ({ ports: [port] }) => port && serve(port as Port);
else if (scope.document === undefined && typeof scope.postMessage === "function") serve(scope);
