// Chats as plain lists, and the operations that change both them and a keep. Which operation is the next one follows from the
// seed, its number and the lists, so that a page that ends in the middle of one leaves no doubt about what it did.

const MOST_CHATS = 5;

/** Numbers that are the same for the same seed and operation. */
function chance(seed, n) {
  let state = (Math.imul(seed, 2_654_435_761) ^ Math.imul(n + 1, 40_503)) >>> 0;
  const next = (most) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
  for (let n = 0; n < 4; n += 1) next(2);
  return next;
}

/** No chats yet. */
export const fresh = () => ({ chats: [], made: 0, words: 0 });

/** The model as a page finds it that knows nothing of the one before. */
export function reopened(model) {
  const copy = structuredClone(model);
  for (const chat of copy.chats) [chat.undo, chat.redo] = [[], []];
  return copy;
}

/** What is done next. */
export function operation(seed, n, model) {
  const next = chance(seed, n);
  const there = model.chats.filter(({ trashed }) => !trashed);
  const gone = model.chats.filter(({ trashed }) => trashed);
  if (there.length === 0) return gone.length > 0 ? { does: "restore", chat: gone[0].title } : { does: "create" };
  const chat = there[next(there.length)];
  const { title, messages } = chat;
  const at = next(messages.length);
  const message = messages[at];
  const ref = next(2) === 0 ? "id" : "index";
  const kind = next(100);
  const told = { chat: title, at, ref };
  if (kind < 3 && model.chats.length < MOST_CHATS) return next(3) > 0 ? { does: "import", lines: 1 + next(300) } : { does: "create" };
  if (kind < 4 && there.length > 1) return { does: "trash", chat: title };
  if (kind < 6 && gone.length > 0) return { does: "restore", chat: gone[next(gone.length)].title };
  if (kind < 8) return { does: "open", chat: title };
  if (kind < 18) return { does: next(4) > 0 ? "undo" : "redo", chat: title };
  if (kind < 40 || messages.length === 0) return { does: "append", chat: title, large: next(60) === 0 };
  if (kind < 43) return { does: "appendMany", chat: title, count: 2 + next(90) };
  if (kind < 48 && model.chats.length < MOST_CHATS) return { does: next(2) > 0 ? "branch" : "checkpoint", ...told };
  if (kind < 54) return { does: "remove", ...told };
  if (kind < 61) return { does: "insert", ...told };
  if (kind < 67 && messages.length > 1) return { does: "move", ...told, to: (at + 1 + next(messages.length - 1)) % messages.length };
  if (kind < 71) return { does: message.hidden ? "unhide" : "hide", ...told };
  const count = message.swipes?.length ?? 1;
  if (kind < 79) return { does: "addSwipe", ...told };
  if (kind < 83 && count > 1) return { does: "chooseSwipe", ...told, swipe: (message.swipe + 1 + next(count - 1)) % count };
  if (kind < 86 && count > 1) return { does: "removeSwipe", ...told, swipe: next(count) };
  return { does: "edit", ...told };
}

const line = (message) => JSON.stringify({ name: message.name, is_user: message.name === "You", mes: message.text });

/** The texts of an operation, taken from the model's count of them. */
function wording(model, op) {
  const count = { append: 1, insert: 1, edit: 1, addSwipe: 1, appendMany: op.count, import: op.lines }[op.does] ?? 0;
  return Array.from({ length: count }, (_, n) => `word${model.words + n} é "🦈"\n${op.large ? "long ".repeat(20_000) : ""}`);
}

const said = (text, n) => ({ name: n % 2 === 0 ? "You" : "Zoë", text });

/** Does it to the lists. */
export function apply(model, op) {
  const words = wording(model, op);
  const chat = model.chats.find(({ title }) => title === op.chat);
  const messages = chat?.messages ?? [];
  const before = structuredClone(messages);
  const message = messages[op.at];
  const made = words.map((text, n) => said(text, model.words + n));
  model.words += words.length;
  const add = (messages) => {
    model.chats.push({ title: `Chat ${model.made}`, messages, undo: [], redo: [], trashed: false });
    model.made += 1;
  };
  const swap = (from, to) => {
    const state = from.pop();
    if (state === undefined) return;
    to.push(before);
    chat.messages = state;
  };
  const show = (n) => {
    message.swipe = n;
    message.text = message.swipes[n];
  };
  switch (op.does) {
    case "create": return add([]);
    case "import": return add(made);
    case "trash":
    case "restore":
    case "open":
      // What can be undone goes with the handle.
      if (op.does !== "open") chat.trashed = op.does === "trash";
      [chat.undo, chat.redo] = [[], []];
      return;
    case "undo": return swap(chat.undo, chat.redo);
    case "redo": return swap(chat.redo, chat.undo);
    case "branch": return add(structuredClone(messages.slice(0, op.at + 1)));
    case "checkpoint":
      add(structuredClone(messages.slice(0, op.at + 1)));
      message.bookmark = model.chats.at(-1).title;
      break;
    case "append":
    case "appendMany": messages.push(...made); break;
    case "insert": messages.splice(op.at, 0, ...made); break;
    case "remove": messages.splice(op.at, 1); break;
    case "move": messages.splice(op.to, 0, ...messages.splice(op.at, 1)); break;
    case "hide": message.hidden = true; break;
    case "unhide": delete message.hidden; break;
    case "edit":
      message.text = words[0];
      if (message.swipes) message.swipes[message.swipe] = words[0];
      break;
    case "addSwipe":
      message.swipes = [...(message.swipes ?? [message.text]), words[0]];
      show(message.swipes.length - 1);
      break;
    case "chooseSwipe": show(op.swipe); break;
    case "removeSwipe": {
      const behind = message.swipe > op.swipe || message.swipe === message.swipes.length - 1;
      message.swipes.splice(op.swipe, 1);
      show(message.swipe - Number(behind));
      break;
    }
    default: throw new Error(`there is no operation ${op.does}`);
  }
  chat.undo.push(before);
  // A handle remembers 200 changes.
  if (chat.undo.length > 150) chat.undo = [];
  chat.redo = [];
}

/** A keep, and the handles of its chats. */
export class Tab {
  #keep;
  #ids = new Map();
  #handles = new Map();

  constructor(keep) {
    this.#keep = keep;
  }

  async #open(title) {
    if (!this.#handles.has(title)) this.#handles.set(title, await this.#keep.chats.open(this.#ids.get(title)));
    return this.#handles.get(title);
  }

  /** Does it to the keep. */
  async act(model, op) {
    const { chats } = this.#keep;
    const words = wording(model, op);
    const messages = words.map((text, n) => said(text, model.words + n)).map((message) => ({ ...message, role: message.name === "You" ? "user" : "character" }));
    const title = `Chat ${model.made}`;
    const id = this.#ids.get(op.chat);
    const forget = () => this.#handles.delete(op.chat);
    const handle = op.chat !== undefined && !["trash", "restore", "open"].includes(op.does) ? await this.#open(op.chat) : undefined;
    const ref = op.ref === "id" && handle ? { id: (await handle.page(op.at, op.at + 1))[0].id } : op.at;
    switch (op.does) {
      case "create": return void this.#ids.set(title, (await chats.create({ title })).id);
      case "import": {
        const file = new TextEncoder().encode([`{"user_name":"You","character_name":"${title}"}`, ...messages.map(line)].join("\n"));
        for await (const event of chats.import(file, { title })) {
          if (event.type === "failed") throw new Error(event.message);
          if (event.type === "item") this.#ids.set(title, event.entry.id);
        }
        return;
      }
      case "trash": return forget(), void (await chats.delete(id));
      case "restore": return forget(), void (await chats.restore(id));
      case "open": return forget(), void (await this.#open(op.chat));
      case "undo":
      case "redo": {
        const { undo, redo } = model.chats.find(({ title }) => title === op.chat);
        const there = (op.does === "undo" ? undo : redo).length > 0;
        const done = await handle[op.does]();
        if (done !== there) throw new Error(`${op.does} is ${done}`);
        return;
      }
      case "branch": return void this.#ids.set(title, (await handle.branch(ref, { title })).id);
      case "checkpoint": return void this.#ids.set(title, (await handle.checkpoint(ref, title)).id);
      case "append": return void (await handle.append(messages[0]));
      case "appendMany": return void (await handle.appendMany(messages));
      case "insert": return void (await handle.insert(ref, messages[0]));
      case "edit": return void (await handle.edit(ref, { text: words[0] }));
      case "addSwipe": return void (await handle.addSwipe(ref, words[0]));
      case "chooseSwipe":
      case "removeSwipe": return void (await handle[op.does](ref, op.swipe));
      case "move": return void (await handle.move(ref, op.to));
      default: return void (await handle[op.does](ref));
    }
  }

  /**
   * What is there that should not be so, in words; `undefined` when all of it is as the lists. Numbers of messages that the lists
   * do not know yet are put down.
   */
  async differs(model, readChat) {
    const { chats } = this.#keep;
    const listed = [await chats.list(), await chats.list({ trashed: true })];
    const unreadable = listed.flatMap((list) => list.unreadable);
    if (unreadable.length > 0) return `unreadable: ${JSON.stringify(unreadable)}`;
    const titles = (list) => list.map(({ title }) => title).sort().join();
    const of = (trashed) => titles(model.chats.filter((chat) => chat.trashed === trashed));
    if (titles(listed[0].items) !== of(false) || titles(listed[1].items) !== of(true)) return `chats: ${listed.map(({ items }) => titles(items))}`;
    for (const { title, id } of listed.flatMap(({ items }) => items)) this.#ids.set(title, id);
    for (const { title, messages, trashed } of model.chats) {
      if (trashed) continue;
      const handle = await this.#open(title);
      // A bookmark goes with the alternative that it was put on.
      const told = (message) => JSON.stringify([message.name, message.text, message.hidden ?? false, message.swipes ?? [], message.swipe ?? 0, (message.swipes ? undefined : message.bookmark) ?? ""]);
      const page = (await handle.page(0, 1_000_000)).map((message) => ({ ...message, bookmark: message.fields.extra?.bookmark_link }));
      if (page.length !== messages.length || handle.length !== messages.length) return `${title}: ${page.length} messages, ${handle.length} told, not ${messages.length}`;
      const seen = new Set();
      for (const [n, message] of messages.entries()) {
        if (told(page[n]) !== told(message)) return `${title}, message ${n}: ${told(page[n])}, not ${told(message)}`;
        if (page[n].index !== n || seen.has(page[n].id)) return `${title}, message ${n}: index ${page[n].index}, id ${page[n].id}`;
        seen.add(page[n].id);
        if (message.id !== undefined && message.id !== page[n].id) return `${title}, message ${n}: id ${page[n].id}, not ${message.id}`;
      }
      // Written down when all of the chat is as it has to be.
      for (const [n, message] of messages.entries()) message.id = page[n].id;
      const { bytes } = await chats.export(this.#ids.get(title));
      const [{ length }, session] = [messages, readChat(bytes).sessions[0]];
      const texts = session.page(0, 1_000_000).map(({ text }) => text);
      session.free();
      if (texts.length !== length || texts.some((text, n) => text !== messages[n].text)) return `${title}: its file says otherwise`;
    }
    return undefined;
  }
}
