// The greetings of a card beside its first message: written, put into another order, added and removed.

import { html, type TemplateResult } from "lit";
import { icon } from "../icon";

export function greetings(texts: readonly string[], set: (texts: string[]) => void): TemplateResult {
  const typed = (n: number) => (event: Event) => {
    // The form hears of its own fields.
    event.stopPropagation();
    set(texts.with(n, (event.target as HTMLTextAreaElement).value));
  };
  const up = (n: number) => set([...texts.slice(0, n - 1), texts[n] ?? "", texts[n - 1] ?? "", ...texts.slice(n + 1)]);
  return html`<fieldset class="greetings"><legend>Other greetings</legend>
    ${texts.map((text, n) => html`<div class="one">
      <textarea dir="auto" rows="4" aria-label=${`Greeting ${n + 2}`} .value=${text} @input=${typed(n)}></textarea>
      <div class="tools">
        <button type="button" class="bare" aria-label=${`Move greeting ${n + 2} up`} ?disabled=${n === 0} @click=${() => up(n)}>${icon("up")}</button>
        <button type="button" class="bare" aria-label=${`Remove greeting ${n + 2}`} @click=${() => set(texts.toSpliced(n, 1))}>${icon("bin")}</button>
      </div></div>`)}
    <button type="button" class="button" @click=${() => set([...texts, ""])}>Add a greeting</button>
  </fieldset>`;
}
