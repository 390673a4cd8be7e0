// <ck-composer>: where a message is written. The text leaves the field only when it is saved.

import { html, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { LightElement } from "../element";
import { icon } from "../icon";
import type { PersonaEntry } from "../library";

export interface Speaker {
  name: string;
  role: "user" | "character";
}

/** The press of the button leaves the focus, and with it a phone's keyboard and the layout above it, where it is. */
function keepFocus(event: Event): void {
  event.preventDefault();
}

@customElement("ck-composer")
export class Composer extends LightElement {
  /** What was typed here before and not sent. */
  @property({ attribute: false }) draft = "";
  /** Told of what is typed, while it is. */
  @property({ attribute: false }) typed!: (text: string) => void;
  @property({ attribute: false }) speakers: Speaker[] = [];
  /** Whom the person can be, and who they are. */
  @property({ attribute: false }) personas: PersonaEntry[] = [];
  @property({ attribute: false }) persona: string | undefined;
  @property({ attribute: false }) become!: (persona: string | undefined) => void;
  @property({ attribute: false }) disabled = false;
  /** Who answers, and who does not. */
  @property({ attribute: false }) note = "";
  /** Resolves to whether the message is in the keep. */
  @property({ attribute: false }) send!: (text: string, speaker: Speaker) => Promise<boolean>;
  /** Asked for with the up arrow in an empty field. */
  @property({ attribute: false }) editLast!: () => void;
  /** Asked for with the arrows to the sides in an empty field. */
  @property({ attribute: false }) swipeLast!: (by: number) => void;
  /** Asked for with Escape: enough of the reply that is on its way. */
  @property({ attribute: false }) stop!: () => void;
  @state() private text = "";
  @state() private speaker = 0;
  @state() private sending = false;
  /** Enter makes a new line where there is a keyboard on the glass; there the button sends. */
  readonly #enterSends = !matchMedia("(pointer: coarse)").matches;

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("draft")) this.text = this.draft;
  }

  override render() {
    const speaker = this.speakers[this.speaker] ?? this.speakers[0];
    const hint = this.#enterSends ? "Enter sends, Shift and Enter makes a new line" : "Control and Enter sends";
    return html`<form class="composer" aria-label="New message" @submit=${this.#submitted}>
      <div class="top">
      <p class="note quiet">${this.note}</p>
      ${this.#personas()}
      ${this.speakers.length > 1
        ? html`<label class="as"><span class="unseen">Write as</span>
            <select ?disabled=${this.disabled} @change=${(event: Event) => (this.speaker = (event.target as HTMLSelectElement).selectedIndex)}>
              ${this.speakers.map((one, n) => html`<option ?selected=${n === this.speaker}>as ${one.name}</option>`)}
            </select></label>`
        : nothing}
      </div>
      <textarea rows="1" dir="auto" aria-label="Message" title=${hint} enterkeyhint=${this.#enterSends ? "send" : "enter"}
        placeholder=${speaker ? `Write as ${speaker.name}…` : "Write a message…"}
        .value=${this.text} ?disabled=${this.disabled} @input=${this.#typed} @keydown=${this.#key}></textarea>
      <button type="submit" class="button main round" aria-label="Send" @mousedown=${keepFocus} ?disabled=${this.disabled || this.sending || this.text.trim() === ""}>${icon("send")}</button>
    </form>`;
  }

  #personas() {
    if (this.personas.length === 0) return nothing;
    const label = ({ name, title }: PersonaEntry) => (title === "" ? name : `${name}, ${title}`);
    return html`<label class="as"><span class="unseen">Your persona</span>
      <select name="persona" ?disabled=${this.disabled} @change=${(event: Event) => this.become((event.target as HTMLSelectElement).value || undefined)}>
        <option value="" ?selected=${this.persona === undefined}>no persona</option>
        ${this.personas.map((one) => html`<option value=${one.id} ?selected=${one.id === this.persona}>${label(one)}</option>`)}
      </select></label>`;
  }

  readonly #typed = (event: Event): void => {
    this.text = (event.target as HTMLTextAreaElement).value;
    this.typed(this.text);
  };

  readonly #key = (event: KeyboardEvent): void => {
    // While an input method composes, its keys belong to it; 229 is how some engines say so.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "ArrowUp" && this.text === "" && !event.shiftKey) {
      event.preventDefault();
      this.editLast();
      return;
    }
    if (event.key === "Escape") return this.stop();
    const aside = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (aside !== undefined && this.text === "" && !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      return this.swipeLast(aside);
    }
    if (event.key !== "Enter" || event.shiftKey || event.altKey) return;
    if (!this.#enterSends && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    void this.#send();
  };

  readonly #submitted = (event: Event): void => {
    event.preventDefault();
    void this.#send();
  };

  async #send(): Promise<void> {
    const { text } = this;
    const speaker = this.speakers[this.speaker] ?? this.speakers[0];
    if (text.trim() === "" || this.sending || this.disabled || speaker === undefined) return;
    this.sending = true;
    const saved = await this.send(text, speaker);
    this.sending = false;
    if (saved && this.text === text) {
      this.text = "";
      this.typed("");
    }
    this.querySelector("textarea")?.focus();
  }
}
