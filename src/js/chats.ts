// The chats of a keep, and one open chat.

import type { ChatHandle as RawHandle, KeepHandle, RawExportedChat } from "./cardkeep.js";
import { Domain } from "./domain.js";
import { failure } from "./errors.js";
import { intake, type ImportSources, type Taken } from "./intake.js";
import { reading } from "./leave.js";
import { ask } from "./loading.js";
import { messages } from "./messages.js";
import { discardReply, interrupted, keepReply, Reply } from "./reply.js";
import { fields, flag, json, list, looking, options, safety, text, whole, writing } from "./options.js";
import type { Message, MessagePatch, MessageRef, NewMessage } from "./types/chat.js";
import type {
  BranchOptions,
  ChatEntry,
  ChatHits,
  ChatLinks,
  ChatListOptions,
  ChatNode,
  ChatStats,
  ChatTemplate,
  ExportChatOptions,
  ExportedChat,
  InterruptedReply,
  NewChat,
  NewReply,
  SearchHit,
  SearchOptions,
} from "./types/chats.js";
import type { ChatImportOptions, ImportEvent } from "./types/intake.js";
import type { Json, Loss, Validity } from "./types/reading.js";
import type { Listing, SafetyOptions, SignalOptions, WriteOptions } from "./types/record.js";

const LINKS = ["characters", "persona", "world", "location", "playthrough"] as const;

export class Chats extends Domain<ChatEntry> {
  /** Of the keep; none in a transaction. */
  readonly #keep: string | undefined;

  /** @internal */
  constructor(handle: KeepHandle, keep?: string) {
    super(handle, "chats");
    this.#keep = keep;
  }

  /** What lists show of one chat, or `undefined` when there is none or it is in the trash. */
  get(id: string): Promise<ChatEntry | undefined> {
    return this.ask("get", async () => {
      const found = (await this.handle.entry("chats", text(id, "id"))) as string | undefined;
      return found === undefined ? undefined : (JSON.parse(found) as ChatEntry);
    });
  }

  /**
   * The chats that all of it is true of, newest change first, and what cannot be read. Those in the archive are left out, or
   * with `archived` nothing else is given. Throws `invalid` for a location or playthrough without its world.
   */
  override list(given?: ChatListOptions): Promise<Listing<ChatEntry>> {
    return this.answer("list", () => {
      const known = ["trashed", "archived", "character", "persona", "world", "location", "playthrough"] as const;
      const { trashed, archived, ...links } = options(given, known);
      const of = present(links, (id, name) => text(id, name));
      return this.handle.listChats({ ...of, trashed: flag(trashed, "trashed"), archived: flag(archived, "archived") });
    });
  }

  /** Gives a chat another title, of 1 to 100 characters. Throws `not-found`, `conflict`, `invalid`. */
  rename(id: string, title: string, given?: WriteOptions): Promise<ChatEntry> {
    return this.answer("rename", () => this.handle.renameChat(text(id, "id"), text(title, "title"), writing(given)));
  }

  /** Puts a chat into the archive: `list` leaves it out, everything else is as before. Throws `not-found`, `conflict`. */
  archive(id: string, given?: WriteOptions): Promise<ChatEntry> {
    return this.answer("archive", () => this.handle.archiveChat(text(id, "id"), true, writing(given)));
  }

  /** Takes a chat out of the archive. Throws `not-found`, `conflict`. */
  unarchive(id: string, given?: WriteOptions): Promise<ChatEntry> {
    return this.answer("unarchive", () => this.handle.archiveChat(text(id, "id"), false, writing(given)));
  }

  /**
   * Makes these the links of a chat, in place of all it had. Throws `not-found`, `conflict`, and `invalid` for a location or
   * playthrough without its world.
   */
  link(id: string, links: ChatLinks, given?: WriteOptions): Promise<ChatEntry> {
    return this.answer("link", () => this.handle.linkChat(text(id, "id"), linked(options(links, LINKS)), writing(given)));
  }

  /** The template that a chat uses, as it was when the chat took it; `undefined` when it uses none. Throws `not-found`, `corrupt`. */
  template(id: string): Promise<ChatTemplate | undefined> {
    return this.ask("template", async () => {
      const found = (await this.handle.chatTemplate(text(id, "id"))) as string | undefined;
      return found === undefined ? undefined : (JSON.parse(found) as ChatTemplate);
    });
  }

  /**
   * The text of the file that SillyTavern has of the group of a chat, as it came with the folder: its name, who is silent,
   * who speaks next. `undefined` for a chat that came otherwise. Throws `not-found`, `corrupt`.
   */
  group(id: string): Promise<string | undefined> {
    return this.ask("group", async () => (await this.handle.chatGroup(text(id, "id"))) as string | undefined);
  }

  /** Gives a chat another template, or with `undefined` none: the text stays as it is now. Throws `not-found`, `conflict`. */
  setTemplate(id: string, template: ChatTemplate | undefined, given?: WriteOptions): Promise<ChatEntry> {
    return this.answer("setTemplate", () => {
      const taken = template === undefined ? undefined : present(options(template, ["id", "text"]), (value, name) => text(value, name));
      return this.handle.setChatTemplate(text(id, "id"), taken, writing(given));
    });
  }

  /**
   * The whole tree of chats that one stands in: the chat that all come from first, each before its branches, the branches by
   * their places. Throws `not-found`.
   */
  tree(id: string): Promise<ChatNode[]> {
    return this.answer("tree", () => this.handle.chatTree(text(id, "id")));
  }

  /**
   * Adds chat files of any tool that `readChat` reads, every chat of a file. Lines that cannot be read are kept, and told as
   * warnings. A file that begins with all of a kept chat and is called as its file was gives that one the lines that came since
   * (`updated`); called otherwise it is another chat. What has no name goes by its bytes alone.
   */
  import(sources: ImportSources, given?: ChatImportOptions): AsyncIterable<ImportEvent<ChatEntry>> {
    const take = ({ limits, title, ...links }: Omit<ChatImportOptions, "signal">) => {
      const chosen = Object.entries({ ...linked(links), title, limits }).filter(([, value]) => value !== undefined);
      return async (bytes: Uint8Array, name: string) =>
        JSON.parse(await this.handle.importChat(bytes, name.normalize("NFC"), Object.fromEntries(chosen))) as Taken<ChatEntry>[];
    };
    return intake({ handle: this.handle, op: this.op("import"), sources, given, beside: ["title", ...LINKS], size: "chat", take });
  }

  /**
   * The chat as a file. Without `as` its lines: what was imported as lines and never changed comes back identical. With
   * `"original"` the file of another tool that it was imported from; with one of the other forms `losses` says what that
   * cannot hold. Throws `not-found`, also when there is no original, `corrupt`, `bad-option`.
   */
  override async export(id: string, given?: ExportChatOptions): Promise<ExportedChat> {
    const { as } = options(given, ["as"]);
    if (as === undefined) return { ...(await super.export(id)), losses: [] };
    return this.ask("export", async () => {
      const raw = (await this.handle.exportChat(text(id, "id"), text(as, "as"))) as RawExportedChat;
      const file = raw.take();
      try {
        if (!file) throw failure("bug", "the chat was exported and no file came");
        return { filename: file.filename, type: file.type, bytes: file.bytes(), losses: JSON.parse(raw.losses) as Loss[] };
      } finally {
        file?.free();
        raw.free();
      }
    });
  }

  /** The chats that a character is in, newest change first. */
  ofCharacter(id: string): Promise<ChatEntry[]> {
    return this.answer("ofCharacter", () => this.handle.chatsOfCharacter(text(id, "id")));
  }

  /** The chats that branch off a chat, newest change first. Their `parent` says where. */
  branches(id: string): Promise<ChatEntry[]> {
    return this.answer("branches", () => this.handle.chatBranches(text(id, "id")));
  }

  /** Looks through the messages of all chats, newest change first. Throws `invalid`, `cancelled`. */
  search(query: string, given?: SearchOptions & SignalOptions): Promise<ChatHits[]> {
    return this.answer("search", () => {
      const { signal, ...chosen } = looking(given, ["signal"]);
      const said = text(query, "query");
      return reading(signal, (leave) => this.handle.searchChats(said, chosen, leave) as Promise<string>);
    });
  }

  /** Begins an empty chat. */
  create(chat: NewChat, given?: SafetyOptions): Promise<ChatEntry> {
    return this.answer("create", () => this.handle.createChat(begun(chat), safety(given)));
  }

  /** Says what `create` would say, and warns of links that lead nowhere; stores nothing. The faults of a file are what `readChat` lists. */
  validate(chat: NewChat): Promise<Validity> {
    return this.answer("validate", () => this.handle.validateChat(begun(chat)));
  }

  /** The message that is typed for a chat and not sent; empty when there is none. Throws `corrupt`. */
  draft(id: string): Promise<string> {
    return this.answer("draft", () => this.handle.unsent(text(id, "id")));
  }

  /**
   * Keeps a message that is not sent yet, beside the chat: its `rev` and `changed` stay. An empty text removes it. While
   * somebody types, `saver.schedule("chats", id, { draft })` does this. Throws `not-found`.
   */
  setDraft(id: string, draft: string): Promise<void> {
    return this.ask("setDraft", () => this.handle.setUnsent(text(id, "id"), json(text(draft, "draft"), "draft")) as Promise<void>);
  }

  /** Opens a chat for reading and writing. Throws `not-found`, `corrupt`. */
  open(id: string): Promise<ChatHandle> {
    return this.ask("open", async () => ChatHandle.of((await this.handle.openChat(text(id, "id"))) as RawHandle, this.handle, this.#keep));
  }

  /**
   * A chat as an older state of `history` has it, without bringing it back: its entry, messages, search and counts. What would
   * change it is `read-only`. Throws `not-found`, `corrupt`.
   */
  version(id: string, rev: number): Promise<ChatHandle> {
    return this.older("version", id, rev, async (at) => ChatHandle.of((await at.openChat(id)) as RawHandle, this.handle, this.#keep));
  }

  /**
   * The replies that were on their way when their page ended or closed its keep, newest first. They stay until `keepReply` or
   * `discardReply` ends them. Replies of pages that live and have the keep open are not among them.
   */
  interrupted(): Promise<InterruptedReply[]> {
    return this.ask("interrupted", () => interrupted(this.handle, this.#keep ?? ""));
  }

  /** Makes an interrupted reply a message of its chat that says so (`interrupted`). Throws `not-found` also when its chat is gone. */
  keepReply(id: string): Promise<Message> {
    return this.answer("keepReply", () => keepReply(this.handle, text(id, "id")));
  }

  /** Forgets an interrupted reply. Throws `not-found`. */
  discardReply(id: string): Promise<void> {
    return this.ask("discardReply", () => discardReply(this.handle, text(id, "id")));
  }
}

const BATCH = 100;

/** What is there of some options, checked one by one. */
function present<T extends object>(given: T, check: (value: string, name: string) => string): Record<string, string> {
  const there = Object.entries(given).filter(([, value]) => value !== undefined) as [string, string][];
  return Object.fromEntries(there.map(([name, value]) => [name, check(value, name)]));
}

/** Links as the module reads them. */
function linked({ characters, ...one }: ChatLinks): object {
  const of = present(one, (id, name) => text(id, name));
  return characters === undefined ? of : { ...of, characters: list(characters, "characters").map((id) => text(id, "characters")) };
}

/** Everything that may be said of a reply when it begins. */
type Begun = Partial<Omit<NewMessage, "text"> & { swipeOf: number }>;

/** A message by its position or its id. */
function place(given: MessageRef, name: string): [at: number, byId: boolean] {
  if (typeof given === "number") return [whole(given, name), false];
  return [whole(options(given, ["id"]).id, `${name}.id`), true];
}

/** One open chat. Messages are read page by page; the chat may be of any length. Writes happen in the order of their calls. */
export class ChatHandle {
  readonly #raw: RawHandle;
  readonly #handle: KeepHandle;
  readonly #keep: string | undefined;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(raw: RawHandle, handle: KeepHandle, keep: string | undefined) {
    this.#raw = raw;
    this.#handle = handle;
    this.#keep = keep;
  }

  /** @internal */
  static of(raw: RawHandle, handle: KeepHandle, keep: string | undefined): ChatHandle {
    return new ChatHandle(raw, handle, keep);
  }

  get id(): string {
    return this.entry.id;
  }

  /** What lists show of the chat, as of the last call. */
  get entry(): ChatEntry {
    return JSON.parse(this.#raw.entry()) as ChatEntry;
  }

  /** Number of messages, as of the last call. */
  get length(): number {
    return this.entry.length;
  }

  /** The header line, if the dialect has one. */
  get header(): { [key: string]: Json } | undefined {
    const header = this.#raw.header();
    return header === undefined ? undefined : (JSON.parse(header) as { [key: string]: Json });
  }

  /** The messages from `from` up to, not including, `to`. What lies behind the end is left out. */
  page(from: number, to: number): Promise<Message[]> {
    return ask("ChatHandle.page", async () => messages((await this.#raw.page(whole(from, "from"), whole(to, "to"))) as string));
  }

  /** The last messages, oldest first. */
  last(count: number): Promise<Message[]> {
    return ask("ChatHandle.last", async () => {
      for (;;) {
        const { length } = this;
        const page = (await this.#raw.page(Math.max(0, length - whole(count, "count")), length)) as string;
        // Reading tells how long the chat is by now: another tab may have written.
        if (this.length === length) return messages(page);
      }
    });
  }

  /**
   * Every message from `from` on, read in batches. Nothing is held open between them: what is written meanwhile is seen where
   * it lies ahead, and no message comes twice or is left out because others before it came or went.
   */
  messages(given?: { from?: number; batch?: number }): AsyncIterable<Message> {
    const { from = 0, batch = BATCH } = options(given, ["from", "batch"]);
    if (whole(batch, "batch") === 0) throw failure("bad-option", "`batch` is 0, a whole number from 1 was wanted");
    return this.#walk(whole(from, "from"), batch);
  }

  async *#walk(from: number, batch: number): AsyncGenerator<Message, void, undefined> {
    let at = from;
    // Those of the last batch, the last one in front: one of them says where to go on.
    let seen: number[] = [];
    for (;;) {
      const beside = seen.length > 0 ? 1 : 0;
      const page = await this.page(at - beside, at + batch);
      if (beside > 0 && page.shift()?.id !== seen[0]) {
        [at, seen] = await this.#behind(seen, at);
        continue;
      }
      yield* page;
      if (page.length < batch) return;
      at += batch;
      seen = page.map(({ id }) => id as number).reverse();
    }
  }

  /** Where the first of some messages that is still there has its next one, and what is left of them; `at` when all are gone. */
  async #behind(seen: number[], at: number): Promise<[at: number, left: number[]]> {
    for (const [n, id] of seen.entries()) {
      const index = await this.indexOf(id);
      if (index !== undefined) return [index + 1, seen.slice(n)];
    }
    return [at, []];
  }

  /** Writes a message at the end. */
  async append(message: NewMessage, given?: SafetyOptions): Promise<Message> {
    const [kept] = await this.#append("append", () => [[message], safety(given)]);
    return kept as Message;
  }

  /**
   * Writes several messages at the end, one behind the other, all or none, and reads them back. An error names the `index` in
   * the list. Throws `invalid`, `too-large` over 10,000 of them.
   */
  appendMany(messages: readonly NewMessage[], given?: SafetyOptions): Promise<Message[]> {
    return this.#append("appendMany", () => [messages, safety(given)]);
  }

  #append(verb: string, given: () => [readonly NewMessage[], SafetyOptions | undefined]): Promise<Message[]> {
    return this.#answer(verb, () => {
      const [messages, write] = given();
      const texts = list(messages, "messages").map((message, index) => fields(message, `messages[${index}]`));
      return this.#next(() => this.#raw.appendMany(texts, write));
    });
  }

  /**
   * Where a message is by now, `undefined` when it is gone. An id stays the same whatever happens to the messages around it,
   * and in the branches of the chat.
   */
  indexOf(id: number): Promise<number | undefined> {
    return this.#ask("indexOf", () => this.#raw.indexOf(whole(id, "id")) as Promise<number | undefined>);
  }

  /**
   * Where the first message from a date on is, `undefined` when there is none. It is looked for by halves, so the dates are
   * taken to go up; messages without one are passed over.
   */
  indexAt(date: number | Date): Promise<number | undefined> {
    return this.#ask("indexAt", () => {
      const at = typeof date === "number" ? date : date instanceof Date ? date.getTime() : Number.NaN;
      if (!Number.isFinite(at)) throw failure("bad-option", "`date` is no date");
      return this.#raw.indexAt(at) as Promise<number | undefined>;
    });
  }

  /**
   * Begins a reply that comes in pieces: a message at the end, or with `{ swipeOf }` an alternative of the message with that id.
   * What has come is kept beside the chat about every second, and found again by `chats.interrupted()` when the page ends
   * before the reply does. Throws `not-found`, `invalid`, and `bad-option` in a transaction.
   */
  begin(reply: NewReply): Promise<Reply> {
    return this.#ask("begin", () => {
      const known = ["name", "role", "at", "fields", "swipeOf"] as const satisfies readonly (keyof Begun)[];
      const message = fields(options<Begun>(reply, known), "reply");
      const end = (id: string) => (said: string, cut: boolean, write: SafetyOptions | undefined) =>
        this.#next(() => this.#raw.finish(id, json(said, "text"), cut, write) as Promise<string>);
      if (this.#keep === undefined) throw failure("bad-option", "a transaction ends before a reply does");
      return Reply.begin(this.#handle, this.#keep, this.id, (writer) => this.#raw.begin(message, writer) as Promise<string>, end);
    });
  }

  /**
   * Changes one message, named by its index or as `{ id }`; the rest of its line stays as it was written. `ifRev` is the
   * `entry.rev` of the chat in which you saw the index; without it, that of this handle's last call. An id means the same
   * message whatever was written since, so without `ifRev` nothing is compared.
   *
   * Throws `conflict`, `not-found`, `invalid`.
   */
  edit(message: MessageRef, patch: MessagePatch, given?: WriteOptions): Promise<Message> {
    return this.#answer("edit", () => {
      const [at, text, write] = [place(message, "message"), fields(patch, "patch"), writing(given)];
      return this.#next(() => this.#raw.edit(...at, text, write));
    });
  }

  /**
   * Puts a message before another one, or at the end; those behind it move down. `ifRev` as in `edit`. Throws
   * `conflict`, `not-found`, `invalid`.
   */
  insert(before: MessageRef, message: NewMessage, given?: WriteOptions): Promise<Message> {
    return this.#answer("insert", () => {
      const [at, text, write] = [place(before, "before"), fields(message, "message"), writing(given)];
      return this.#next(() => this.#raw.insert(...at, text, write));
    });
  }

  /** Moves a message, so that it has the index `to` then. `ifRev` as in `edit`. Throws `conflict`, `not-found`. */
  move(message: MessageRef, to: number, given?: WriteOptions): Promise<Message> {
    return this.#answer("move", () => {
      const [at, target, write] = [place(message, "message"), whole(to, "to"), writing(given)];
      return this.#next(() => this.#raw.moveTo(...at, target, write));
    });
  }

  /** Keeps a message from the model, as SillyTavern's `/hide` does. `ifRev` as in `edit`. Throws `conflict`, `not-found`. */
  hide(message: MessageRef, given?: WriteOptions): Promise<Message> {
    return this.#hide("hide", message, true, given);
  }

  /** Gives a hidden message to the model again. `ifRev` as in `edit`. Throws `conflict`, `not-found`. */
  unhide(message: MessageRef, given?: WriteOptions): Promise<Message> {
    return this.#hide("unhide", message, false, given);
  }

  /**
   * Keeps the messages from one to another, both with it, from the model, in one change, and gives how many were not hidden
   * before. `ifRev` as in `edit`. Throws `conflict`, `not-found`, `invalid` when `to` stands before `from`.
   */
  hideRange(from: MessageRef, to: MessageRef, given?: WriteOptions): Promise<number> {
    return this.#hideRange("hideRange", from, to, true, given);
  }

  /** Gives the messages from one to another to the model again, and gives how many were hidden. As `hideRange`. */
  unhideRange(from: MessageRef, to: MessageRef, given?: WriteOptions): Promise<number> {
    return this.#hideRange("unhideRange", from, to, false, given);
  }

  #hideRange(verb: string, from: MessageRef, to: MessageRef, hidden: boolean, given?: WriteOptions): Promise<number> {
    return this.#ask(verb, () => {
      const [first, last, write] = [place(from, "from"), place(to, "to"), writing(given)];
      return this.#next(() => this.#raw.hideTo(...first, ...last, hidden, write) as Promise<number>);
    });
  }

  #hide(verb: string, message: MessageRef, hidden: boolean, given?: WriteOptions): Promise<Message> {
    return this.#answer(verb, () => {
      const [at, write] = [place(message, "message"), writing(given)];
      return this.#next(() => this.#raw.hide(...at, hidden, write));
    });
  }

  /** Adds an alternative to a message and shows it; the ones before stay. `ifRev` as in `edit`. Throws `conflict`, `not-found`. */
  addSwipe(message: MessageRef, swipe: string, given?: WriteOptions): Promise<Message> {
    return this.#answer("addSwipe", () => {
      const [at, said, write] = [place(message, "message"), text(swipe, "swipe"), writing(given)];
      return this.#next(() => this.#raw.addSwipe(...at, said, write));
    });
  }

  /**
   * Shows another alternative of a message, by its place in `swipes`. `ifRev` as in `edit`. Throws `conflict`, and `not-found`
   * when there is no such message or alternative.
   */
  chooseSwipe(message: MessageRef, swipe: number, given?: WriteOptions): Promise<Message> {
    return this.#answer("chooseSwipe", () => {
      const [at, which, write] = [place(message, "message"), whole(swipe, "swipe"), writing(given)];
      return this.#next(() => this.#raw.chooseSwipe(...at, which, write));
    });
  }

  /** Takes an alternative out; of the others the next one is shown, or the last. Throws as `chooseSwipe`, and `invalid` for the only one. */
  removeSwipe(message: MessageRef, swipe: number, given?: WriteOptions): Promise<Message> {
    return this.#answer("removeSwipe", () => {
      const [at, which, write] = [place(message, "message"), whole(swipe, "swipe"), writing(given)];
      return this.#next(() => this.#raw.removeSwipe(...at, which, write));
    });
  }

  /** Takes one message out; those behind it move up. `ifRev` as in `edit`. Throws `conflict`, `not-found`. */
  remove(message: MessageRef, given?: WriteOptions): Promise<void> {
    return this.#ask("remove", () => {
      const [at, write] = [place(message, "message"), writing(given)];
      return this.#next(() => this.#raw.remove(...at, write) as Promise<void>);
    });
  }

  /**
   * Undoes the last change of messages that was made through this handle; `false` when there is none left. Up to 200 of them,
   * 4 MB of text; messages that were changed elsewhere meanwhile stay as they are. Throws `conflict` when a message of that
   * change is not what it was; the change is forgotten then.
   */
  undo(given?: SafetyOptions): Promise<boolean> {
    return this.#ask("undo", () => {
      const write = safety(given);
      return this.#next(() => this.#raw.undo(false, write) as Promise<boolean>);
    });
  }

  /** Makes the change again that was undone last; `false` when there is none, or another one was made since. Throws as `undo`. */
  redo(given?: SafetyOptions): Promise<boolean> {
    return this.#ask("redo", () => {
      const write = safety(given);
      return this.#next(() => this.#raw.undo(true, write) as Promise<boolean>);
    });
  }

  /**
   * Begins a new chat with the messages up to and with one, which both share. It costs the same at any
   * length, and neither changes with the other. Throws `not-found`.
   */
  branch(message: MessageRef, given?: BranchOptions): Promise<ChatEntry> {
    return this.#answer("branch", () => {
      const { title } = options(given, ["title"]);
      return this.#raw.branch(...place(message, "message"), title === undefined ? undefined : text(title, "title"));
    });
  }

  /**
   * Makes a branch with a name that both chats tell, as SillyTavern does: the message in `extra.bookmark_link`, the header of
   * the branch in `chat_metadata.main_chat`. `ifRev` as in `edit`. Throws `conflict`, `not-found`, `invalid`.
   */
  checkpoint(message: MessageRef, title: string, given?: WriteOptions): Promise<ChatEntry> {
    return this.#answer("checkpoint", () => {
      const [at, name, write] = [place(message, "message"), text(title, "title"), writing(given)];
      return this.#next(() => this.#raw.checkpoint(...at, name, write));
    });
  }

  /** What is in the chat, counted: every message is read. Throws `cancelled`. */
  stats(given?: SignalOptions): Promise<ChatStats> {
    return this.#answer("stats", () => {
      const { signal } = options(given, ["signal"]);
      return reading(signal, (leave) => this.#raw.stats(leave) as Promise<string>);
    });
  }

  /** The messages that say something, in their order; `from`: looks from this index on. Throws `invalid`, `cancelled`. */
  search(query: string, given?: SearchOptions & SignalOptions & { from?: number }): Promise<SearchHit[]> {
    return this.#answer("search", () => {
      const { signal, ...chosen } = looking(given, ["from", "signal"]);
      const said = text(query, "query");
      return reading(signal, (leave) => this.#raw.search(said, chosen, leave) as Promise<string>);
    });
  }

  /** One write after the other: at the same time they would only be each other's conflicts. */
  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#writing.then(work);
    this.#writing = done.catch(() => undefined);
    return done;
  }

  #ask<T>(verb: string, work: () => Promise<T>): Promise<T> {
    return ask(`ChatHandle.${verb}`, work);
  }

  #answer<T>(verb: string, work: () => Promise<string>): Promise<T> {
    return ask(`ChatHandle.${verb}`, async () => JSON.parse(await work()) as T);
  }
}

/** A chat that is to be created, as JSON. */
function begun(chat: NewChat): string {
  const known = options(chat, ["title", "userName", "characterName", "template", ...LINKS]);
  text(known.title, "title");
  return fields(known, "chat");
}
