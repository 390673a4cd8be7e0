// <ck-trial>: which entries of a lorebook a text calls for, and why each of the others stays out. What is typed here is kept nowhere.

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { LightElement } from "../element";
import { failure } from "../failure";
import { counted } from "../format";
import { type KeptLorebook, type LorebookMatch, type LoreReason, matchLorebook } from "../library";

type Skip = LorebookMatch["skipped"][number];

/** Why entries stay out, for people; what a match names besides stands behind it. */
const SKIPPED: { [why in Skip["why"]]: string } = {
  disabled: "it is off",
  "no-keys": "it has no keys",
  "not-found": "none of its keys is there",
  secondary: "its secondary keys say no",
  "bad-key": "a key is an expression that cannot be used",
  probability: "its chance did not come up",
  cooldown: "it is cooling down",
  delay: "the chat is too short for it",
  decorator: "one of its decorators says no",
  group: "another entry of its group was drawn",
  score: "another entry of its group fits better",
  budget: "there is no room left for it",
  character: "it is for other characters",
  trigger: "it is for other occasions",
};
const CHANCE: readonly Skip["why"][] = ["probability", "group"];

@customElement("ck-trial")
export class Trial extends LightElement {
  @property({ attribute: false }) lorebook!: KeptLorebook;
  @state() private text = "";
  /** What chance is drawn from. */
  @state() private seed = 1;

  override render() {
    return html`<details class="trial"><summary>Try the keys</summary>
      <div class="form">
        <label class="field"><span>A text to try <small class="quiet">A paragraph is a message; the last one is the newest.</small></span>
          <textarea dir="auto" rows="4" .value=${this.text} @input=${(event: Event) => (this.text = (event.target as HTMLTextAreaElement).value)}></textarea></label>
        ${this.text.trim() === "" ? nothing : this.#outcome()}
      </div>
    </details>`;
  }

  #outcome() {
    const messages = this.text.split(/\n\s*\n/).filter((message) => message.trim() !== "");
    let match: LorebookMatch;
    try {
      match = matchLorebook(this.lorebook.document, messages, { seed: this.seed });
    } catch (error) {
      return failure("This lorebook could not be tried", error);
    }
    const { fired, skipped, tokens } = match;
    return html`
      <p class="quiet" role="status">${fired.length === 0 ? "Nothing goes in" : `${counted(fired.length, "entry goes in", "entries go in")}, about ${counted(tokens, "token")}`}</p>
      ${fired.length === 0 ? nothing : html`<ol class="called" aria-label="Entries that go in">${fired.map(({ index, why, tokens: its }) => html`<li><strong dir="auto">${this.#title(index)}</strong> <span class="quiet">${this.#reason(why)} · ${counted(its, "token")}</span></li>`)}</ol>`}
      ${skipped.some(({ why }) => CHANCE.includes(why)) || fired.length > 0 && this.seed > 1
        ? html`<p><button type="button" class="button" @click=${() => (this.seed += 1)}>Draw again</button></p>`
        : nothing}
      ${skipped.length === 0 ? nothing : html`<details><summary>${counted(skipped.length, "entry stays out", "entries stay out")}</summary>
        <ul class="skipped">${skipped.map(({ index, why, detail }) => html`<li><span dir="auto">${this.#title(index)}</span> <span class="quiet">${SKIPPED[why]}${detail === undefined ? nothing : html`: <span dir="auto">${detail}</span>`}</span></li>`)}</ul></details>`}
    `;
  }

  #title(index: number): string {
    const entry = this.lorebook.book.entries[index];
    return entry?.comment || entry?.keys.join(", ") || "No name";
  }

  #reason(why: LoreReason): string {
    switch (why.reason) {
      case "constant":
        return "always";
      case "decorator":
        return "a decorator calls for it";
      case "sticky":
        return "it stays from before";
      case "key":
        return `“${why.key}” ${why.depth === 0 ? "in the newest message" : `${counted(why.depth, "message")} before the newest`}${why.secondary === undefined ? "" : `, with “${why.secondary}”`}`;
      case "entry":
        return `“${why.key}” in “${this.#title(why.by)}”`;
      case "about":
        return `“${why.key}” in the ${why.text}`;
    }
  }
}
