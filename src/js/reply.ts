// A reply on its way: text that comes in pieces, kept about every second, and in its chat at the end. What is kept and how
// it ends is known to the module; here is only when. A lock says whose page still lives.

import type { KeepHandle } from "./cardkeep.js";
import { failure } from "./errors.js";
import { followPage, type Stop } from "./lifecycle.js";
import { ask, call } from "./loading.js";
import { safety, text as string } from "./options.js";
import type { Message } from "./types/chat.js";
import type { InterruptedReply } from "./types/chats.js";
import type { SafetyOptions } from "./types/record.js";
import { type ReplySlots, replySlotsOf } from "./slot.js";
import { claim, live, newWriter, type Release } from "./writer.js";

/** What has come is kept at most once in so many milliseconds. */
const PACE_MS = 1_000;

/** Replies of this page: where there are no locks, they are known to live all the same. */
const living = new Set<string>();

/** Where a page that ends leaves what has come, by the keeps that outlive it. */
const slots = new WeakMap<KeepHandle, ReplySlots>();

/** Those on their way, by their keeps. */
const underWay = new WeakMap<KeepHandle, Set<Reply>>();

/** @internal */
export interface Ending {
  (text: string, interrupted: boolean, given: SafetyOptions | undefined): Promise<string>;
}

/** Says that a reply's page lives. */
class Life {
  readonly #keep: string;
  readonly #writer: string;
  #held: Promise<Release> | undefined;

  constructor(keep: string, writer: string) {
    this.#keep = keep;
    this.#writer = writer;
  }

  async begin(): Promise<void> {
    living.add(this.#writer);
    await (this.#held ??= live(this.#keep, this.#writer));
  }

  end(): void {
    living.delete(this.#writer);
    void this.#held?.then((release) => release());
    this.#held = undefined;
  }
}

/** A reply that is on its way into a chat. What has come is kept while it comes. */
export class Reply {
  /** The chat it is for. */
  readonly chat: string;
  readonly #handle: KeepHandle;
  readonly #id: string;
  readonly #end: Ending;
  readonly #stop: Stop;
  readonly #life: Life;
  #text = "";
  #kept = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<void> = Promise.resolve();
  #over = false;
  #left = false;

  private constructor(handle: KeepHandle, chat: string, id: string, end: Ending, life: Life) {
    this.#handle = handle;
    this.chat = chat;
    this.#id = id;
    this.#end = end;
    this.#life = life;
    const ending = () => void this.rest().catch(() => undefined);
    // A page in the browser's cache is as good as gone: who comes back to it may find the reply ended by another.
    this.#stop = followPage({ ending, away: () => life.end(), back: () => void life.begin() });
  }

  /** @internal */
  static async begin(handle: KeepHandle, keep: string, chat: string, begin: (writer: string) => Promise<string>, end: (id: string) => Ending): Promise<Reply> {
    const writer = newWriter();
    const life = new Life(keep, writer);
    await life.begin();
    try {
      const id = await begin(writer);
      const reply = new Reply(handle, chat, id, end(id), life);
      const others = underWay.get(handle);
      if (others) others.add(reply);
      else underWay.set(handle, new Set([reply]));
      return reply;
    } catch (error) {
      life.end();
      throw error;
    }
  }

  /** What has come so far. */
  get text(): string {
    return this.#text;
  }

  /**
   * Adds what has come. It is kept within a second, and when the page ends or the keep is closed. Throws `closed` when the reply
   * has ended or the keep is closed.
   */
  push(piece: string): void {
    call("Reply.push", () => {
      if (this.#over) throw failure("closed", "the reply has ended");
      if (this.#left) throw failure("closed", "the keep is closed");
      this.#text += string(piece, "piece");
    });
    // What cannot be kept now is kept with the next piece, or told at the end.
    this.#timer ??= setTimeout(() => void this.flush().catch(() => undefined), PACE_MS);
  }

  /** Keeps what has come, now. Rejects when that fails. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const save = async () => {
      const text = this.#text;
      if (this.#over || text === this.#kept) return;
      await ask("Reply.flush", () => this.#handle.saveReply(this.#id, JSON.stringify(text)) as Promise<void>);
      this.#kept = text;
      if (text === this.#text) slots.get(this.#handle)?.remove(this.#id);
    };
    const saved = this.#saving.then(save);
    this.#saving = saved.catch(() => undefined);
    return saved;
  }

  /** Keeps what has come, also where nothing is heard any more of what was begun. @internal */
  rest(): Promise<void> {
    if (!this.#left && this.#text !== this.#kept) slots.get(this.#handle)?.write(this.#id, this.#text);
    return this.flush();
  }

  /** Ends the reply: it is a message of the chat. When that fails, it is kept as it is and can be ended again. */
  finish(given?: SafetyOptions): Promise<Message> {
    return this.#ended("finish", async () => JSON.parse(await this.#end(this.#text, false, safety(given))) as Message);
  }

  /**
   * Ends the reply before its time: what has come is a message of the chat that says so (`interrupted`); `undefined` when
   * nothing has.
   */
  interrupt(given?: SafetyOptions): Promise<Message | undefined> {
    return this.#ended("interrupt", async () => {
      const write = safety(given);
      if (this.#text !== "") return JSON.parse(await this.#end(this.#text, true, write)) as Message;
      await this.#handle.discardReply(this.#id);
      return undefined;
    });
  }

  /** Ends the reply and forgets what has come. */
  cancel(): Promise<void> {
    return this.#ended("cancel", () => this.#handle.discardReply(this.#id) as Promise<void>);
  }

  #ended<T>(verb: string, work: () => Promise<T>): Promise<T> {
    return ask(`Reply.${verb}`, async () => {
      if (this.#over) throw failure("closed", "the reply has ended");
      this.#over = true;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      await this.#saving;
      try {
        const done = await work();
        slots.get(this.#handle)?.remove(this.#id);
        this.leave();
        return done;
      } catch (error) {
        this.#over = false;
        throw error;
      }
    });
  }

  /** Ends what goes on beside the reply. @internal */
  leave(): void {
    this.#left = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    underWay.get(this.#handle)?.delete(this);
    this.#stop();
    this.#life.end();
  }
}

/**
 * Keeps what has come of the replies of a keep that is about to be closed; `undefined` when there are none. Never rejects.
 * @internal
 */
export function keepReplies(handle: KeepHandle): Promise<unknown> | undefined {
  const replies = underWay.get(handle);
  return replies?.size ? Promise.allSettled([...replies].map((reply) => reply.rest())) : undefined;
}

/**
 * The keep is closed: its replies are interrupted, for whoever opens it again.
 * @internal
 */
export function leaveReplies(handle: KeepHandle): void {
  for (const reply of [...(underWay.get(handle) ?? [])]) reply.leave();
}

/**
 * Has the replies of a keep that outlives its page leave what has come to the next one.
 * @internal
 */
export function lasting(handle: KeepHandle, keep: string): void {
  const of = replySlotsOf(keep);
  if (of) slots.set(handle, of);
}

type Kept = InterruptedReply & { writer: string };

/** What is kept of all replies, with what their pages left when they ended. */
async function all(handle: KeepHandle): Promise<Kept[]> {
  const kept = JSON.parse((await handle.replies()) as string) as Kept[];
  const left = slots.get(handle)?.all();
  for (const reply of kept) {
    const text = left?.get(reply.id);
    // A text only grows.
    if (text !== undefined && text.length > reply.text.length) reply.text = text;
    left?.delete(reply.id);
  }
  for (const id of left?.keys() ?? []) slots.get(handle)?.remove(id);
  return kept;
}

/**
 * The replies whose page is gone.
 * @internal
 */
export async function interrupted(handle: KeepHandle, keep: string): Promise<InterruptedReply[]> {
  const gone: InterruptedReply[] = [];
  for (const { writer, ...reply } of await all(handle)) {
    if (living.has(writer)) continue;
    const release = await claim(keep, writer);
    if (release === undefined) continue;
    release();
    gone.push(reply);
  }
  return gone;
}

/**
 * Makes a message of a reply whose page is gone.
 * @internal
 */
export async function keepReply(handle: KeepHandle, id: string): Promise<string> {
  if (slots.get(handle)?.all().has(id)) {
    const found = (await all(handle)).find((reply) => reply.id === id);
    if (found) await handle.saveReply(id, JSON.stringify(found.text));
  }
  const message = (await handle.keepReply(id)) as string;
  slots.get(handle)?.remove(id);
  return message;
}

/**
 * Forgets a reply whose page is gone.
 * @internal
 */
export async function discardReply(handle: KeepHandle, id: string): Promise<void> {
  await handle.discardReply(id);
  slots.get(handle)?.remove(id);
}
