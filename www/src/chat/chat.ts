// <ck-chat>: a chat. Its last messages at once, older ones as they are wanted.

import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { reply, scriptOf } from "../companion/companion";
import { handOut } from "../download";
import { failure, sentence } from "../failure";
import { counted } from "../format";
import { icon } from "../icon";
import type { ChangeDetail, Character, ChatHandle, Message, NewMessage, Settings } from "../library";
import { notify } from "../notice";
import { href } from "../route";
import { saveState, type SaveState } from "../save-state";
import { Screen } from "../screen";
import { discard } from "../trash";
import type { Speaker } from "./composer";
import { message, type MessageActions } from "./message";
import "./composer";
import "../picture";

/** How near to an end of the log counts as being there, in CSS pixels. */
const NEAR_PX = 240;

@customElement("ck-chat")
export class ChatScreen extends Screen {
  @state() private handle: ChatHandle | undefined;
  /** The end of the chat, from `#first` on. */
  @state() private messages: Message[] = [];
  @state() private error: unknown;
  @state() private gone = false;
  @state() private saving: SaveState = { is: "saved" };
  @state() private fetching = false;
  @state() private editing: number | undefined;
  @state() private removing: Message | undefined;
  @state() private cast: Character[] = [];
  #settings: Settings | undefined;
  #stop: AbortController | undefined;
  /** Writes go one after the other. */
  #queue: Promise<unknown> = Promise.resolve();
  /** Grows with each of our writes: a reading begun before one is stale. */
  #writes = 0;
  #stale = false;

  override connectedCallback(): void {
    super.connectedCallback();
    const { signal } = (this.#stop = new AbortController());
    queueMicrotask(() => {
      if (signal.aborted) return;
      this.keep.addEventListener("change", this.#changed, { signal });
      // Tabs do not hear of each other's changes; whoever comes back to one sees what is there now.
      document.addEventListener("visibilitychange", () => {
        if (document.visibilityState === "visible" && this.handle) void this.#queue.then(() => this.#refresh());
      }, { signal });
      void this.#open();
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.abort();
  }

  async #open(): Promise<void> {
    this.error = undefined;
    try {
      this.#settings = await this.keep.settings.get();
      const entry = await this.keep.chats.get(this.record);
      if (entry === undefined) {
        this.gone = true;
        return;
      }
      const found = await Promise.all(entry.characters.map((id) => this.keep.characters.get(id)));
      this.cast = found.filter((one) => one !== undefined);
      const handle = await this.keep.chats.open(this.record);
      this.messages = await handle.last(this.#settings.pageSize);
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
    if (this.gone) return html`<section class="empty"><h1>Not here</h1><p>This chat is in the trash or was never in this library.</p><a class="button" href="#/chats">To your chats</a></section>`;
    if (this.error !== undefined) return failure("This chat could not be read", this.error, () => void this.#open());
    if (this.handle === undefined) return html`<p class="wait" role="status">Loading the chat…</p>`;
    const { entry, length } = this.handle;
    const [partner] = this.cast;
    const older = this.#first;
    return html`
      <header class="chat-head">
        <a class="bare" href=${partner ? href("card", partner.id) : "#/chats"} aria-label=${partner ? `To ${partner.name}` : "To your chats"}>${icon("back")}</a>
        ${partner
          ? html`<ck-picture class="avatar" .keep=${this.keep} .character=${partner.id} .rev=${partner.rev} .name=${partner.name}></ck-picture>`
          : html`<span class="avatar">${icon("chats")}</span>`}
        <div class="what">
          <h1 dir="auto">${entry.title || "No title"}</h1>
          <p class="quiet">${counted(length, "message")} · ${saveState(this.saving)}</p>
        </div>
        <button type="button" class="button" @click=${() => void this.#export()}>${icon("export")}<span>Export</span></button>
        <button type="button" class="bare" aria-label="Delete this chat" ?disabled=${!this.writable} @click=${() => void this.#delete()}>${icon("bin")}</button>
      </header>
      <div class="log" role="log" aria-label="Messages" aria-busy=${this.fetching ? "true" : "false"} tabindex="0" @scroll=${this.#scrolled}>
        ${older > 0
          ? html`<p class="more"><button type="button" class="button" ?disabled=${this.fetching} @click=${() => void this.#older()}>
              ${this.fetching ? "Loading…" : `Load older (${counted(older, "message")})`}</button></p>`
          : html`<p class="start quiet">${length === 0 ? "No messages yet." : "The beginning"}</p>`}
        ${repeat(this.messages, ({ index }) => index, (one) => message(one, this.#actions(one)))}
      </div>
      <footer class="chat-foot">
        <ck-composer .note=${this.#companionNote()} .chat=${this.record} .speakers=${this.#speakers()} .disabled=${!this.writable} .send=${this.#send} .editLast=${this.#editLast}></ck-composer>
      </footer>
      ${this.#confirm()}
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
      <p>It stands in the middle of the chat and cannot be put back there with Undo.</p>
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
    const dialog = this.querySelector<HTMLDialogElement>("dialog.confirm");
    if (dialog && !dialog.open) dialog.showModal();
  }

  #speakers(): Speaker[] {
    const header = this.handle?.header;
    const named = (key: string) => {
      const name = header?.[key];
      // "unused" is what newer SillyTavern writes where it once wrote the name.
      return typeof name === "string" && name !== "unused" && name !== "" ? name : undefined;
    };
    const lastOf = (role: Message["role"]) => this.messages.findLast((one) => one.role === role && one.name !== "")?.name;
    const user = lastOf("user") ?? named("user_name") ?? this.#settings?.userName ?? "You";
    const others = this.cast.map((one) => one.name);
    if (others.length === 0) others.push(lastOf("character") ?? named("character_name") ?? "Character");
    return [{ name: user, role: "user" }, ...others.map((name): Speaker => ({ name, role: "character" }))];
  }

  #actions(one: Message): MessageActions {
    return {
      writable: this.writable,
      editing: this.editing === one.index,
      edit: () => void this.#edit(one),
      cancel: () => this.#endEditing(),
      save: (_, text) => void this.#saveEdit(one, text),
      remove: () => {
        // Only at the end can Undo put a message back where it was.
        if (this.handle && one.index === this.handle.length - 1) void this.#remove(one, true);
        else this.removing = one;
      },
      swipe: (_, to) => void this.#swipe(one, to),
    };
  }

  /** One write after the other, with the save state told. True when it is in the keep. */
  #write(change: (handle: ChatHandle) => Promise<void>): Promise<boolean> {
    const run = async (): Promise<boolean> => {
      const { handle } = this;
      if (handle === undefined) return false;
      this.saving = { is: "saving" };
      this.#writes += 1;
      try {
        await change(handle);
        this.saving = { is: "saved" };
        return true;
      } catch (error) {
        this.saving = { is: "failed", error };
        notify(this, { text: `Not saved: ${sentence(error)}`, tone: "bad" });
        return false;
      } finally {
        this.#writes += 1;
      }
    };
    const done = this.#queue.then(run);
    this.#queue = done;
    return done;
  }

  readonly #send = async (text: string, speaker: Speaker): Promise<boolean> => {
    const saved = await this.#append({ ...speaker, text });
    if (saved && speaker.role === "user") void this.#answer(speaker.name);
    return saved;
  };

  #append(one: NewMessage): Promise<boolean> {
    return this.#write(async (handle) => {
      const written = await handle.append(one);
      const next = (this.messages.at(-1)?.index ?? -1) + 1;
      // Otherwise another tab wrote in between, and its messages come before ours.
      this.messages = written.index === next ? [...this.messages, written] : await handle.page(this.#first, handle.length);
      await this.updateComplete;
      this.#toEnd();
    });
  }

  async #answer(userName: string): Promise<void> {
    const [partner] = this.cast;
    const script = partner && scriptOf(partner.card);
    const answer = script && reply(script, partner.card, this.messages.slice(-40), userName);
    if (answer) await this.#append(answer);
  }

  async #edit(one: Message): Promise<void> {
    this.editing = one.index;
    await this.updateComplete;
    const field = this.querySelector<HTMLTextAreaElement>(".message .edit textarea");
    field?.focus();
    field?.setSelectionRange(field.value.length, field.value.length);
  }

  readonly #editLast = (): void => {
    const last = this.messages.findLast((one) => one.role === "user");
    if (last && this.writable) void this.#edit(last);
  };

  #endEditing(): void {
    const index = this.editing;
    this.editing = undefined;
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(`#message-${index} .actions button`)?.focus());
  }

  async #saveEdit(one: Message, text: string): Promise<void> {
    if (text === one.text) return this.#endEditing();
    const saved = await this.#write(async (handle) => {
      await this.#stillThere(handle, one);
      this.#replace(await handle.edit(one.index, { text }));
    });
    if (saved) this.#endEditing();
  }

  async #swipe(one: Message, to: number): Promise<void> {
    const text = one.swipes?.[to];
    if (text === undefined) return;
    // The line's own fields: `text` would rewrite the alternative that is shown now.
    await this.#write(async (handle) => {
      await this.#stillThere(handle, one);
      this.#replace(await handle.edit(one.index, { fields: { swipe_id: to, mes: text } }));
    });
  }

  /** Messages go by their numbers: whoever wrote in another tab may have moved them. */
  async #stillThere(handle: ChatHandle, one: Message): Promise<void> {
    const [now] = await handle.page(one.index, one.index + 1);
    if (now?.text === one.text && now.name === one.name) return;
    void this.#queue.then(() => this.#refresh());
    throw new Error("The chat was changed elsewhere. It is shown as it is now; please try again");
  }

  #replace(one: Message): void {
    this.messages = this.messages.map((old) => (old.index === one.index ? one : old));
  }

  async #remove(one: Message, last = false): Promise<void> {
    const removed = await this.#write(async (handle) => {
      await this.#stillThere(handle, one);
      const first = Math.min(this.#first, handle.length - 1);
      await handle.remove(one.index);
      this.messages = await handle.page(first, handle.length);
    });
    if (!removed) return;
    this.#log?.focus();
    const undo = (): void => void this.#append({
      name: one.name,
      role: one.role,
      text: one.text,
      fields: one.fields,
      ...(one.at !== undefined && { at: one.at }),
    });
    notify(this, { text: `Message ${one.index + 1} deleted`, ...(last && { action: { label: "Undo", run: undo } }) });
  }

  readonly #scrolled = (): void => {
    const log = this.#log;
    if (log && log.scrollTop < NEAR_PX && this.#first > 0 && !this.fetching) void this.#older();
  };

  async #older(): Promise<void> {
    const { handle } = this;
    if (handle === undefined || this.fetching) return;
    this.fetching = true;
    const first = this.#first;
    const writes = this.#writes;
    try {
      const page = await handle.page(Math.max(0, first - (this.#settings?.pageSize ?? 50)), first);
      // A write in between may have moved the numbers: then what was read is not the messages before these.
      if (writes === this.#writes && first === this.#first) await this.#prepend(page);
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

  #toEnd(): void {
    const log = this.#log;
    if (!log) return;
    log.scrollTop = log.scrollHeight;
    // Messages get their real height once they are in view, which moves the end away again.
    requestAnimationFrame(() => (log.scrollTop = log.scrollHeight));
  }

  readonly #changed = (event: Event): void => {
    const { domain, ids } = (event as CustomEvent<ChangeDetail>).detail;
    if (domain !== "chats" || !ids.includes(this.record) || this.#stale) return;
    this.#stale = true;
    void this.#queue.then(() => this.#refresh());
  };

  /** Reads the shown part again: somebody, maybe another tab, wrote to this chat. */
  async #refresh(): Promise<void> {
    this.#stale = false;
    const writes = this.#writes;
    const shown = this.messages.length;
    try {
      if ((await this.keep.chats.get(this.record)) === undefined) {
        this.gone = true;
        return;
      }
      const handle = await this.keep.chats.open(this.record);
      const first = Math.min(this.#first, Math.max(0, handle.length - shown));
      const messages = await handle.page(first, handle.length);
      // Our own write in between has told us newer things already.
      if (writes !== this.#writes) return;
      this.handle = handle;
      this.messages = messages;
    } catch (error) {
      this.saving = { is: "failed", error };
    }
  }

  async #export(): Promise<void> {
    try {
      await handOut(await this.keep.chats.export(this.record));
    } catch (error) {
      notify(this, { text: `The chat could not be exported: ${sentence(error)}`, tone: "bad" });
    }
  }

  async #delete(): Promise<void> {
    const title = this.handle?.entry.title || "No title";
    if (await discard(this, this.keep, "chats", this.record, title)) location.hash = "#/chats";
  }
}

function excerpt(text: string): string {
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
