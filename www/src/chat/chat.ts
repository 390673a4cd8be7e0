// <ck-chat>: a chat. Its last messages at once, older ones as they are wanted.

import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { reply, scriptOf } from "../companion/companion";
import { handOut } from "../download";
import { attempt, codeOf, failure, sentence } from "../failure";
import { counted } from "../format";
import { gone } from "../gone";
import { icon } from "../icon";
import type { ChangeDetail, Character, ChatEntry, ChatHandle, InterruptedReply, Message, MessagePatch, NewMessage, PersonaEntry, Reply, Settings } from "../library";
import { notify } from "../notice";
import { prose } from "../prose/prose";
import { href } from "../route";
import { saveState, type SaveState } from "../save-state";
import { Saving } from "../saving";
import { Screen } from "../screen";
import { discard } from "../trash";
import type { Speaker } from "./composer";
import type { AboutChat } from "./about";
import type { Find } from "./find";
import { menu, type MenuActions } from "./menu";
import { isSwiped, message, type MessageActions } from "./message";
import "./about";
import "./composer";
import "./find";
import "../picture";

/** How near to an end of the log counts as being there, in CSS pixels. */
const NEAR_PX = 240;
/** So many messages are brought in at once when a message further up is wanted, and so many stand before it then. */
const FAR = 5_000;
const AROUND = 10;
/** Between two words of a scripted answer. */
const WORD_MS = 30;

/** A reply on its way. */
interface Coming {
  reply: Reply;
  name: string;
  /** The person has heard enough. */
  stopped: boolean;
}

@customElement("ck-chat")
export class ChatScreen extends Screen {
  @state() private handle: ChatHandle | undefined;
  /** The end of the chat, from `#first` on, as it is in the revision `#rev`. */
  @state() private messages: Message[] = [];
  #rev = 0;
  @state() private error: unknown;
  @state() private gone = false;
  @state() private saving: SaveState = { is: "saved" };
  @state() private fetching = false;
  /** The message that is being edited, and what its field begins with. */
  @state() private editing: { one: Message; text: string } | undefined;
  @state() private removing: Message | undefined;
  /** The message whose menu is open. */
  @state() private chosen: Message | undefined;
  @state() private coming: Coming | undefined;
  /** Replies that were on their way here when their page ended. */
  @state() private cut: InterruptedReply[] = [];
  @state() private cast: Character[] = [];
  /** Those that the person can be here. */
  @state() private personas: PersonaEntry[] = [];
  /** What was typed for this chat before and not sent. */
  @state() private draft = "";
  readonly #drafting = new Saving(this, () => this.keep, "chats", () => this.record);
  #settings: Settings | undefined;
  #stop: AbortController | undefined;
  /** Writes go one after the other, and with them the readings that follow other tabs. */
  #queue: Promise<unknown> = Promise.resolve();
  #stale = false;

  override connectedCallback(): void {
    super.connectedCallback();
    const { signal } = (this.#stop = new AbortController());
    queueMicrotask(() => {
      if (signal.aborted) return;
      this.keep.addEventListener("change", this.#changed, { signal });
      void this.#open();
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.abort();
  }

  async #open(): Promise<void> {
    this.error = undefined;
    this.gone = false;
    try {
      this.#settings = await this.keep.settings.get();
      const entry = await this.keep.chats.get(this.record);
      if (entry === undefined) {
        this.gone = true;
        return;
      }
      const found = await Promise.all(entry.characters.map((id) => this.keep.characters.get(id)));
      this.cast = found.filter((one) => one !== undefined);
      this.personas = (await this.keep.personas.list()).items.toSorted((a, b) => a.name.localeCompare(b.name));
      this.cut = (await this.keep.chats.interrupted()).filter(({ chat, text }) => chat === this.record && text !== "");
      this.draft = this.#drafting.patch?.draft ?? (await this.keep.chats.draft(this.record));
      const handle = await this.keep.chats.open(this.record);
      this.messages = await handle.last(this.#settings.pageSize);
      this.#rev = handle.entry.rev;
      this.handle = handle;
      await this.updateComplete;
      this.#toEnd();
    } catch (error) {
      this.error = error;
    }
  }

  get #first(): number {
    return this.messages[0]?.index ?? 0;
  }

  get #log(): HTMLElement | null {
    return this.querySelector(".log");
  }

  override render() {
    if (this.gone) return gone(this.keep, "chats", this.record);
    if (this.error !== undefined) return failure("This chat could not be read", this.error, () => void this.#open());
    if (this.handle === undefined) return html`<p class="wait" role="status">Loading the chat…</p>`;
    const { entry, length } = this.handle;
    const [partner] = this.cast;
    const older = this.#first;
    return html`
      <header class="chat-head">
        <a class="bare" href=${partner ? href("card", partner.id) : "#/chats"} aria-label=${partner ? `To ${partner.name}` : "To your chats"}>${icon("back")}</a>
        ${partner
          ? html`<ck-picture class="avatar" .keep=${this.keep} .record=${partner.id} .rev=${partner.rev} .name=${partner.name}></ck-picture>`
          : html`<span class="avatar">${icon("chats")}</span>`}
        <div class="what">
          <h1 dir="auto">${entry.title || "No title"}</h1>
          <p class="quiet">${saveState(this.saving.is === "saved" ? this.#drafting.state : this.saving)} · ${counted(length, "message")}</p>
        </div>
        <button type="button" class="bare" aria-label="Find in this chat" title="Find in this chat" aria-haspopup="dialog" @click=${this.#find}>${icon("search")}</button>
        <button type="button" class="bare" aria-label="Undo" title="Undo the last change of messages" ?disabled=${!this.writable} @click=${() => void this.#step(false)}>${icon("undo")}</button>
        <button type="button" class="bare" aria-label="Redo" ?disabled=${!this.writable} @click=${() => void this.#step(true)}>${icon("redo")}</button>
        <button type="button" class="bare" aria-label="About this chat" aria-haspopup="dialog" @click=${() => void this.querySelector<AboutChat>("ck-about-chat")?.show()}>${icon("info")}</button>
        <button type="button" class="button" @click=${this.#export}>${icon("export")}<span>Export</span></button>
      </header>
      <div class="log" role="log" aria-label="Messages" aria-busy=${this.fetching ? "true" : "false"} tabindex="0" @scroll=${this.#scrolled}>
        ${older > 0
          ? html`<p class="more"><button type="button" class="button" ?disabled=${this.fetching} @click=${() => void this.#older()}>
              ${this.fetching ? "Loading…" : `Load older (${counted(older, "message")})`}</button></p>`
          : html`<p class="start quiet">${length === 0 ? "No messages yet." : "The beginning"}</p>`}
        ${repeat(this.messages, ({ index }) => index, (one) => message(one, this.#actions(one)))}
        ${this.coming ? this.#onItsWay(this.coming) : nothing}
      </div>
      <footer class="chat-foot">
        ${this.cut.map((reply) => this.#cutOff(reply))}
        <ck-composer .note=${this.#companionNote()} .draft=${this.draft} .typed=${this.#typed} .speakers=${this.#speakers()} .personas=${this.personas} .persona=${entry.persona} .become=${this.#become} .disabled=${!this.writable} .send=${this.#send} .editLast=${this.#editLast} .swipeLast=${this.#swipeLast} .stop=${this.#stopReply}></ck-composer>
      </footer>
      ${this.#confirm()}
      ${this.chosen ? menu(this.chosen, this.#menu(this.chosen, length)) : nothing}
      <ck-find .chat=${this.handle} .go=${this.#goTo}></ck-find>
      <ck-about-chat .keep=${this.keep} .record=${this.record} .writable=${this.writable} .written=${this.#written} .save=${this.#export} .discard=${this.#discard}></ck-about-chat>
    `;
  }

  #companionNote(): string {
    const [partner] = this.cast;
    if (partner && scriptOf(partner.card)) {
      return "A scripted sample: the answers are lines from the card. No model is asked.";
    }
    return "Nobody answers here: no model is connected. You can write for every side.";
  }

  #confirm() {
    const one = this.removing;
    if (one === undefined) return nothing;
    const number = one.index + 1;
    return html`<dialog class="confirm" aria-labelledby="confirm-title" @close=${() => (this.removing = undefined)}>
      <h2 id="confirm-title">Delete message ${number}?</h2>
      <blockquote dir="auto">${excerpt(one.text)}</blockquote>
      <p>It stands in the middle of the chat. Undo puts it back while this page is open.</p>
      <footer class="tools">
        <button type="button" class="button" autofocus @click=${() => this.querySelector<HTMLDialogElement>("dialog.confirm")?.close()}>Keep it</button>
        <button type="button" class="button danger" @click=${() => {
          this.querySelector<HTMLDialogElement>("dialog.confirm")?.close();
          void this.#remove(one);
        }}>Delete</button>
      </footer>
    </dialog>`;
  }

  override updated(): void {
    super.updated();
    for (const dialog of this.querySelectorAll<HTMLDialogElement>("dialog:is(.confirm, .menu)")) if (!dialog.open) dialog.showModal();
  }

  #speakers(): Speaker[] {
    const header = this.handle?.header;
    const named = (key: string) => {
      const name = header?.[key];
      // "unused" is what newer SillyTavern writes where it once wrote the name.
      return typeof name === "string" && name !== "unused" && name !== "" ? name : undefined;
    };
    const lastOf = (role: Message["role"]) => this.messages.findLast((one) => one.role === role && one.name !== "")?.name;
    const user = this.#persona?.name ?? lastOf("user") ?? named("user_name") ?? this.#settings?.userName ?? "You";
    const others = this.cast.map((one) => one.name);
    if (others.length === 0) others.push(lastOf("character") ?? named("character_name") ?? "Character");
    return [{ name: user, role: "user" }, ...others.map((name): Speaker => ({ name, role: "character" }))];
  }

  #actions(one: Message): MessageActions {
    return {
      writable: this.writable,
      draft: this.editing?.one.index === one.index ? this.editing.text : undefined,
      edit: () => void this.#edit(one),
      cancel: () => this.#endEditing(),
      save: (_, text) => void this.#saveEdit(one, text),
      remove: () => {
        // At the end everybody sees what is gone.
        if (this.handle && one.index === this.handle.length - 1) void this.#remove(one);
        else this.removing = one;
      },
      more: () => (this.chosen = one),
      swipe: (_, to) => void this.#swipe(one, to),
    };
  }

  #menu(one: Message, length: number): MenuActions {
    const close = () => (this.chosen = undefined);
    // A message with an id is the same wherever it went meanwhile.
    const ref = one.id === undefined ? one.index : { id: one.id };
    const changed = (change: (handle: ChatHandle) => Promise<unknown>): void => {
      close();
      void this.#write(async (handle) => {
        await change(handle);
        await this.#reread(handle);
      });
    };
    const begun = (make: (handle: ChatHandle) => Promise<ChatEntry>) => changed(async (handle) => {
      const { id, title } = await make(handle);
      notify(this, { text: `“${title}” has everything up to message ${one.index + 1}`, action: { label: "Open", run: () => void (location.hash = href("chat", id)) } });
    });
    return {
      length,
      close,
      branch: () => begun((handle) => handle.branch(ref)),
      checkpoint: (title) => begun((handle) => handle.checkpoint(ref, title)),
      hide: (hidden) => changed((handle) => (hidden ? handle.hide(ref) : handle.unhide(ref))),
      move: (to) => changed((handle) => handle.move(ref, to)),
    };
  }

  readonly #written = (): void => void this.#write((handle) => this.#reread(handle));

  #step(again: boolean): Promise<boolean> {
    return this.#write(async (handle) => {
      if (await (again ? handle.redo() : handle.undo())) return this.#reread(handle);
      notify(this, { text: again ? "Nothing to do again" : "Nothing of this visit is left to undo" });
    });
  }

  /** One write after the other, with the save state told. True when it is in the keep. */
  #write(change: (handle: ChatHandle) => Promise<void>): Promise<boolean> {
    const run = async (): Promise<boolean> => {
      const { handle } = this;
      if (handle === undefined) return false;
      this.saving = { is: "saving" };
      try {
        await change(handle);
        this.saving = { is: "saved" };
        return true;
      } catch (error) {
        this.saving = { is: "failed", error };
        notify(this, { text: `Not saved: ${sentence(error)}`, tone: "bad" });
        return false;
      }
    };
    const done = this.#queue.then(run);
    this.#queue = done;
    return done;
  }

  readonly #typed = (draft: string): void => this.#drafting.schedule({ draft });

  get #persona(): PersonaEntry | undefined {
    const chosen = this.handle?.entry.persona;
    return this.personas.find(({ id, name }) => id === chosen && name !== "");
  }

  readonly #become = (persona: string | undefined): void => void this.#write(async (handle) => {
    const { characters, world, location, playthrough } = handle.entry;
    const links = Object.entries({ characters, world, location, playthrough, persona }).filter(([, value]) => value !== undefined);
    await this.keep.chats.link(this.record, Object.fromEntries(links));
    await this.#reread(handle);
  });

  readonly #send = async (text: string, speaker: Speaker): Promise<boolean> => {
    const saved = await this.#append({ ...speaker, text });
    if (saved && speaker.role === "user") void this.#answer(speaker.name);
    return saved;
  };

  #append(one: NewMessage): Promise<boolean> {
    return this.#write(async (handle) => {
      const written = await handle.append(one);
      // Otherwise another tab wrote in between.
      if (handle.entry.rev === this.#rev + 1) this.#show(handle, [...this.messages, written]);
      else await this.#reread(handle);
      await this.updateComplete;
      this.#toEnd();
    });
  }

  async #answer(userName: string): Promise<void> {
    const [partner] = this.cast;
    const script = partner && scriptOf(partner.card);
    const answer = script && reply(script, partner.card, this.messages.slice(-40), userName);
    if (answer) await this.#hear(answer);
  }

  /** A reply as models give it: in pieces, kept while they come. */
  async #hear({ text, ...head }: NewMessage): Promise<void> {
    const { handle } = this;
    if (handle === undefined) return;
    try {
      const reply = await handle.begin(head);
      const coming: Coming = (this.coming = { reply, name: head.name, stopped: false });
      for (const word of text.split(/(?<=\s)/)) {
        if (coming.stopped) break;
        reply.push(word);
        const atEnd = this.#atEnd;
        this.requestUpdate();
        await this.updateComplete;
        if (atEnd) this.#toEnd();
        // Nobody is there to watch it come.
        if (this.isConnected) await new Promise((done) => setTimeout(done, WORD_MS));
      }
      await this.#write(async () => {
        await (coming.stopped ? reply.interrupt() : reply.finish());
        this.coming = undefined;
        await this.#reread(handle);
        await this.updateComplete;
        this.#toEnd();
      });
    } catch (error) {
      notify(this, { text: `The answer could not be kept: ${sentence(error)}`, tone: "bad" });
    } finally {
      this.coming = undefined;
    }
  }

  #onItsWay(coming: Coming) {
    return html`<article class="message" data-role="character" aria-busy="true" aria-labelledby="who-comes">
      <header><h2 id="who-comes" dir="auto">${coming.name}</h2><span class="quiet">writes…</span>
        <button type="button" class="link" @click=${() => (coming.stopped = true)}>Stop</button></header>
      ${prose(coming.reply.text, true)}
    </article>`;
  }

  #cutOff({ id, text, name }: InterruptedReply) {
    const end = (verb: "keepReply" | "discardReply") => void this.#write(async (handle) => {
      await this.keep.chats[verb](id);
      this.cut = this.cut.filter((one) => one.id !== id);
      await this.#reread(handle);
      await this.updateComplete;
      this.#toEnd();
    });
    return html`<div class="banner cut" role="status">
      <p><strong>Cut off.</strong> A reply${name ? html` of <span dir="auto">${name}</span>` : nothing} was on its way when its page ended:</p>
      <blockquote dir="auto">${excerpt(text)}</blockquote>
      <div class="tools">
        <button type="button" class="button" ?disabled=${!this.writable} @click=${() => end("keepReply")}>Keep what came</button>
        <button type="button" class="button" ?disabled=${!this.writable} @click=${() => end("discardReply")}>Forget it</button>
      </div>
    </div>`;
  }

  async #edit(one: Message): Promise<void> {
    this.editing = { one, text: one.text };
    await this.#focusEditor();
  }

  get #field(): HTMLTextAreaElement | null {
    return this.querySelector<HTMLTextAreaElement>(".message .edit textarea");
  }

  async #focusEditor(): Promise<void> {
    await this.updateComplete;
    const field = this.#field;
    field?.focus();
    field?.setSelectionRange(field.value.length, field.value.length);
    // With its buttons.
    field?.closest("form")?.scrollIntoView({ block: "nearest" });
  }

  readonly #editLast = (): void => {
    const last = this.messages.findLast((one) => one.role === "user");
    if (last && this.writable) void this.#edit(last);
  };

  /** The alternatives of the last message, without leaving the field. */
  readonly #swipeLast = (by: number): void => {
    const last = this.messages.at(-1);
    const total = last?.swipes?.length ?? 0;
    if (last && total > 1 && this.writable && isSwiped(last)) void this.#swipe(last, ((last.swipe ?? 0) + by + total) % total);
  };

  readonly #stopReply = (): void => {
    if (this.coming) this.coming.stopped = true;
  };

  #endEditing(): void {
    const index = this.editing?.one.index;
    this.editing = undefined;
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(`#message-${index} .actions button`)?.focus());
  }

  async #saveEdit(one: Message, text: string): Promise<void> {
    if (text === one.text) return this.#endEditing();
    const saved = await this.#change(one, { text });
    if (saved) this.#endEditing();
  }

  async #swipe(one: Message, to: number): Promise<void> {
    const text = one.swipes?.[to];
    if (text === undefined) return;
    // The line's own fields: `text` would rewrite the alternative that is shown now.
    await this.#change(one, { fields: { swipe_id: to, mes: text } });
  }

  #change(one: Message, patch: MessagePatch): Promise<boolean> {
    return this.#write(async (handle) => {
      const now = await this.#asSeen(one, (index, ifRev) => handle.edit(index, patch, { ifRev }));
      this.#show(handle, this.messages.map((old) => (old.index === now.index ? now : old)));
    });
  }

  /** Messages go by their numbers: whoever wrote in another tab may have moved them. */
  async #asSeen<T>(one: Message, change: (index: number, ifRev: number) => Promise<T>): Promise<T> {
    try {
      // Writes wait for each other, so this screen may have moved on since the person asked.
      const there = follow(one, this.messages);
      if (there) return await change(there.index, this.#rev);
    } catch (error) {
      if (codeOf(error) !== "conflict") throw error;
    }
    this.#follow();
    throw new Error("The chat was changed elsewhere. It is shown as it is now; please try again");
  }

  /** What the handle has just read or written is what the screen shows. */
  #show(handle: ChatHandle, messages: Message[]): void {
    this.messages = messages;
    this.#rev = handle.entry.rev;
  }

  async #remove(one: Message): Promise<void> {
    const removed = await this.#write(async (handle) => {
      await this.#asSeen(one, (index, ifRev) => handle.remove(index, { ifRev }));
      await this.#reread(handle);
    });
    if (!removed) return;
    this.#log?.focus();
    const rev = this.#rev;
    const undo = async (): Promise<void> => {
      // Otherwise another change would be undone.
      if (this.#rev === rev) await this.#step(false);
      else notify(this, { text: "The chat was changed since. Undo above the messages takes back one change after the other" });
    };
    notify(this, { text: `Message ${one.index + 1} deleted`, action: { label: "Undo", run: undo } });
  }

  readonly #scrolled = (): void => {
    const log = this.#log;
    if (log && log.scrollTop < NEAR_PX && this.#first > 0 && !this.fetching) void this.#older();
  };

  async #older(to = this.#first - (this.#settings?.pageSize ?? 50)): Promise<void> {
    const { handle } = this;
    if (handle === undefined || this.fetching) return;
    this.fetching = true;
    const first = this.#first;
    const rev = this.#rev;
    try {
      const page = await handle.page(Math.max(0, to), first);
      // A write in between may have moved the numbers: then what was read is not the messages before these.
      if (handle.entry.rev !== rev) this.#follow();
      else if (this.#rev === rev && this.#first === first) await this.#prepend(page);
    } catch (error) {
      notify(this, { text: `Older messages could not be read: ${sentence(error)}`, tone: "bad" });
    } finally {
      this.fetching = false;
    }
  }

  /** Adds at the top, and keeps what the reader looks at where it is. */
  async #prepend(page: Message[]): Promise<void> {
    const log = this.#log;
    const seam = log?.querySelector<HTMLElement>(".message");
    const before = seam?.getBoundingClientRect().top ?? 0;
    this.messages = [...page, ...this.messages];
    await this.updateComplete;
    if (log && seam) log.scrollTop += seam.getBoundingClientRect().top - before;
  }

  readonly #find = (): void => this.querySelector<Find>("ck-find")?.show();

  /** Brings a message onto the screen, with all that stands between it and what is shown. */
  readonly #goTo = async (index: number): Promise<void> => {
    const { handle } = this;
    if (handle === undefined) return;
    if (this.#first - index > FAR) return notify(this, { text: `Message ${index + 1} is more than ${counted(FAR, "message")} further up than what is shown. Load older ones first`, tone: "bad" });
    while (this.#first > index) {
      const first = this.#first;
      await this.#older(Math.max(0, index - AROUND));
      // It failed, and that was told; or somebody else wrote, and the screen follows.
      if (this.#first === first) return;
    }
    const there = this.querySelector<HTMLElement>(`#message-${index}`);
    if (there === null) return;
    there.scrollIntoView({ block: "center" });
    // Messages get their real height once they are in view, which moves this one away again.
    requestAnimationFrame(() => there.scrollIntoView({ block: "center" }));
    there.tabIndex = -1;
    there.focus({ preventScroll: true });
  };

  get #atEnd(): boolean {
    const log = this.#log;
    return log !== null && log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_PX;
  }

  #toEnd(): void {
    const log = this.#log;
    if (!log) return;
    log.scrollTop = log.scrollHeight;
    // Messages get their real height once they are in view, which moves the end away again.
    requestAnimationFrame(() => (log.scrollTop = log.scrollHeight));
  }

  readonly #changed = (event: Event): void => {
    const { domain, ids, remote } = (event as CustomEvent<ChangeDetail>).detail;
    if (domain !== "chats" || (ids.length > 0 && !ids.includes(this.record))) return;
    // What this tab writes to an open chat, this screen wrote.
    if (!remote && this.handle !== undefined && !this.gone) return;
    this.#follow();
  };

  /** Once for all news that come before it is its turn. */
  #follow(): void {
    if (this.#stale) return;
    this.#stale = true;
    this.#queue = this.#queue.then(() => this.#refresh());
  }

  /** Reads the shown part again: somebody else wrote to this chat. */
  async #refresh(): Promise<void> {
    this.#stale = false;
    if (this.handle === undefined || this.gone) return this.#open();
    try {
      const atEnd = this.#atEnd;
      const entry = await this.keep.chats.get(this.record);
      if (entry === undefined) {
        this.gone = true;
        return;
      }
      if (entry.rev === this.#rev) return;
      await this.#reread(this.handle);
      await this.updateComplete;
      // Whoever reads further up stays there.
      if (atEnd) this.#toEnd();
    } catch (error) {
      this.saving = { is: "failed", error };
    }
  }

  /** Reads the shown part again, and takes what the person is doing along to where its message is now. */
  async #reread(handle: ChatHandle): Promise<void> {
    const { editing, removing, chosen } = this;
    const shown = this.messages.length;
    const before = this.#first + shown;
    let messages: Message[];
    let length: number;
    do {
      // Reading tells how long the chat is by now.
      ({ length } = handle);
      messages = await handle.page(Math.max(0, Math.min(this.#first, length - shown)), length);
    } while (handle.length !== length);
    this.#show(handle, messages);
    if (removing && this.removing === removing) this.removing = follow(removing, messages);
    if (chosen && this.chosen === chosen) this.chosen = follow(chosen, messages);
    if (editing && this.editing === editing) this.#carry(editing, length < before);
  }

  /** The editor goes where its message went; the text in it is the person's and stays. */
  #carry({ one, text }: { one: Message; text: string }, shorter: boolean): void {
    const field = this.#field;
    const there = follow(one, this.messages);
    if (there) {
      const moved = there.index !== one.index;
      const focused = field !== null && field === document.activeElement;
      this.editing = { one: there, text: moved ? (field?.value ?? text) : text };
      if (moved && focused) void this.#focusEditor();
      return;
    }
    const now = this.messages.find(({ index }) => index === one.index);
    if (now && !shorter) {
      this.editing = { one: now, text };
      notify(this, { text: "The message was changed in another tab. What you save goes over that" });
      return;
    }
    const typed = field?.value ?? text;
    this.editing = undefined;
    const { name, role } = one;
    const add = (): void => void this.#append({ name, role, text: typed });
    notify(this, { text: "The message you were editing is gone: another tab deleted it", tone: "bad", action: { label: "Add as new", run: add } });
  }

  readonly #export = (): void => void attempt(this, "The chat could not be exported", async () => handOut(await this.keep.chats.export(this.record)));

  readonly #discard = async (): Promise<void> => {
    const title = this.handle?.entry.title || "No title";
    if (await discard(this, this.keep, "chats", this.record, title)) location.hash = "#/chats";
  };
}

/** Where a message is by now, if it is the same. */
function follow(one: Message, now: Message[]): Message | undefined {
  const fields = JSON.stringify(one.fields);
  const same = (other: Message) => other.text === one.text && JSON.stringify(other.fields) === fields;
  const there = now.find(({ index }) => index === one.index);
  if (there && same(there)) return there;
  const [moved, ...others] = now.filter(same);
  return others.length === 0 ? moved : undefined;
}

function excerpt(text: string): string {
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
