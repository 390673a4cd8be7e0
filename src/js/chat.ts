// Chat logs. The text stays in the module's memory, and messages are read out of it page by page.

/// <reference lib="esnext.disposable" preserve="true" />

import { RawChatPeek, rawComposeChat, rawReadChat, type RawChatText } from "./cardkeep.js";
import { failure } from "./errors.js";
import { ask, call } from "./loading.js";
import { messages, whole as together, type Told } from "./messages.js";
import { bytes, fields, json, limits, list, looking, options, text, whole } from "./options.js";
import { peek, sizeOf } from "./peek.js";
import type {
  ChatDialect,
  ChatSource,
  ComposeChatOptions,
  ComposedChat,
  Message,
  PeekChatOptions,
  PeekedChat,
  WriteChatOptions,
} from "./types/chat.js";
import type { SearchHit, SearchOptions } from "./types/chats.js";
import type { Fault, Json, Limits, Loss, Warning } from "./types/reading.js";

export interface ReadChatOptions {
  limits?: Limits;
}

/** A chat log that was read. */
export interface ChatFile {
  /** How its lines are spelled; of a file that was put together, its first. */
  dialect: ChatDialect;
  /** Which tool's file it is, and how that was told. */
  source: ChatSource;
  /** Whether the lines were made of another form: then `bytes()` of a session is not what the file has. */
  converted: boolean;
  /** One for most dialects. */
  sessions: ChatText[];
  /** Lines that could not be read. */
  faults: Fault[];
  warnings: Warning[];
}

const BATCH = 100;

/** One chat as its file has it. `free()` gives its memory back at once; otherwise that happens some time after it is unreachable. */
export class ChatText {
  #raw: RawChatText | undefined;
  /** The header line, if the dialect has one. */
  readonly header?: { [key: string]: Json };
  /** Number of messages. */
  readonly length: number;

  private constructor(raw: RawChatText) {
    this.#raw = raw;
    this.length = raw.length;
    const header = raw.header();
    if (header !== undefined) this.header = JSON.parse(header) as { [key: string]: Json };
  }

  /** @internal */
  static of(raw: RawChatText): ChatText {
    return new ChatText(raw);
  }

  /** The messages from `from` up to, not including, `to`. What lies behind the end is left out. */
  page(from: number, to: number): Message[] {
    return call("ChatText.page", () => {
      const [first, end] = [whole(from, "from"), Math.min(whole(to, "to"), this.length)];
      return first < end ? messages(this.#text().page(first, end)) : [];
    });
  }

  /** Every message, in order. */
  *messages(): Generator<Message, void, undefined> {
    for (let from = 0; from < this.length; from += BATCH) yield* this.page(from, from + BATCH);
  }

  /** The messages that say something, in their order; `from`: looks from this index on. Throws `invalid`. */
  search(query: string, given?: SearchOptions & { from?: number }): SearchHit[] {
    return call("ChatText.search", () => JSON.parse(this.#text().search(text(query, "query"), json(looking(given, ["from"]), "options"))) as SearchHit[]);
  }

  /**
   * The chat's lines, byte for byte as the file has them where it was not `converted`, and no warning says that they were made of
   * something else: `relined`, `recoded`, `double-encoded`.
   */
  bytes(): Uint8Array {
    return call("ChatText.bytes", () => this.#text().bytes());
  }

  /** @internal */
  write(form: string, title: string): { bytes: Uint8Array; losses: Loss[] } {
    const raw = this.#text().write(form, title);
    try {
      return { bytes: raw.bytes, losses: JSON.parse(raw.losses) as Loss[] };
    } finally {
      raw.free();
    }
  }

  /** Gives the memory back. May be called again. */
  free(): void {
    this.#raw?.free();
    this.#raw = undefined;
  }

  [Symbol.dispose](): void {
    this.free();
  }

  #text(): RawChatText {
    if (this.#raw) return this.#raw;
    throw failure("closed", "the chat was freed", { hint: "Read the chat again." });
  }
}

/**
 * Reads a chat file: lines of SillyTavern, CardShark, TavernAI, Chub or a world, or a document of text-generation-webui,
 * Agnai, CAI Tools, KoboldAI Lite, RisuAI or llama.cpp, or an array of messages. Told by content. A line that cannot be read
 * is a fault, and hides no other; so is the end of a document that is missing. A file that is compressed with gzip is inflated.
 *
 * Throws `not-a-chat`, `bad-encoding`, `too-large`, `bad-option`, `not-ready`.
 */
export function readChat(file: Uint8Array, given?: ReadChatOptions): ChatFile {
  return call("readChat", () => {
    const chosen = options(given, ["limits"]);
    const raw = rawReadChat(bytes(file), limits(chosen.limits));
    try {
      const { sessions, ...head } = JSON.parse(raw.head) as Omit<ChatFile, "sessions"> & { sessions: number };
      const session = (_: unknown, index: number) => {
        const text = raw.session(index);
        if (!text) throw failure("bug", `session ${index} is counted and not there`);
        return ChatText.of(text);
      };
      return { ...head, sessions: Array.from({ length: sessions }, session) };
    } finally {
      raw.free();
    }
  });
}

/**
 * Tells what a list or the first screen shows of a chat file, from its beginning and as much of its end as the last messages
 * take. They are those that `readChat` gives of the file's last chat. What is no log of lines is read whole, within the limits.
 *
 * Rejects with the codes of `readChat`, `medium` when the file cannot be read, `cancelled`.
 */
export function peekChat(file: Blob | Uint8Array, given?: PeekChatOptions): Promise<PeekedChat> {
  return ask("peekChat", async () => {
    const { last = 50, ...chosen } = options(given, ["last", "limits", "signal"]);
    const raw = new RawChatPeek(sizeOf(file), whole(last, "last"), limits(chosen.limits));
    const told = JSON.parse(await peek(file, raw, chosen.signal, (known) => known.told())) as Omit<PeekedChat, "last"> & { last: Told[] };
    return { ...told, last: together(told.last) };
  });
}

/**
 * Writes a chat as another tool's file, as a text, or as a page that needs nothing else and runs nothing. Lines that the
 * form reads as they are stay byte for byte; `losses` says what it cannot hold. A text and a page have hidden messages too,
 * and the words that SillyTavern shows where they are others than the model's. A chat that was never a file is given as
 * `{ header, messages }`, and may be of any dialect.
 *
 * Throws `bad-option`, `closed`, `not-ready`; for messages that cannot be written `invalid` with their `index`.
 */
export function writeChat(chat: ChatText, given: WriteChatOptions): { bytes: Uint8Array; losses: Loss[] };
export function writeChat(chat: ComposedChat, given: ComposeChatOptions): { bytes: Uint8Array; losses: Loss[] };
export function writeChat(chat: ChatText | ComposedChat, given: ComposeChatOptions): { bytes: Uint8Array; losses: Loss[] } {
  return call("writeChat", () => {
    const { as, title = "" } = options(given, ["as", "title"]);
    const [form, name] = [text(as, "as"), text(title, "title")];
    if (chat instanceof ChatText) return chat.write(form, name);
    const { header, messages } = options(chat, ["header", "messages"]);
    const told = fields(options(header, ["userName", "characterName", "created", "location"]), "header");
    const raw = rawComposeChat(told, json(list(messages, "messages"), "messages"), form, name, Date.now());
    try {
      return { bytes: raw.bytes, losses: JSON.parse(raw.losses) as Loss[] };
    } finally {
      raw.free();
    }
  });
}
