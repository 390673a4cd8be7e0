// One message: who, when, what, which of its alternatives, and what can be done with it.

import { html, nothing, type TemplateResult } from "lit";
import { isScripted } from "../companion/companion";
import { momentOf, timeOf } from "../format";
import { icon } from "../icon";
import type { Message } from "../library";
import { prose } from "../prose/prose";

export interface MessageActions {
  writable: boolean;
  /** Set on the message that is being edited: what its field begins with. */
  draft: string | undefined;
  edit(message: Message): void;
  cancel(): void;
  save(message: Message, text: string): void;
  remove(message: Message): void;
  more(message: Message): void;
  swipe(message: Message, to: number): void;
}

const ROLES = { user: "You", character: "Character", system: "Narrator" } as const;

export function message(one: Message, actions: MessageActions): TemplateResult {
  const name = one.name || ROLES[one.role];
  const number = one.index + 1;
  return html`<article class="message" id=${`message-${one.index}`} data-role=${one.role} data-index=${one.index} aria-labelledby=${`who-${one.index}`}>
    <header>
      <h2 id=${`who-${one.index}`}><span class="unseen">${number}, </span><span dir="auto">${name}</span></h2>
      ${one.at === undefined ? nothing : html`<time datetime=${new Date(one.at).toISOString()} title=${momentOf(one.at)}>${timeOf(one.at)}</time>`}
      ${isScripted(one) ? html`<span class="badge" title="This line comes from the sample's script, not from a model">scripted</span>` : nothing}
      ${one.hidden ? html`<span class="badge" title="The model does not get this message">hidden</span>` : nothing}
      ${one.interrupted ? html`<span class="badge" title="The reply was ended before its time">cut off</span>` : nothing}
      <span class="number quiet" aria-hidden="true">${number}</span>
      ${actions.writable && actions.draft === undefined
        ? html`<span class="actions">
            <button type="button" class="bare" aria-label=${`Edit message ${number}`} @click=${() => actions.edit(one)}>${icon("edit")}</button>
            <button type="button" class="bare" aria-label=${`More for message ${number}`} aria-haspopup="dialog" @click=${() => actions.more(one)}>${icon("more")}</button>
            <button type="button" class="bare" aria-label=${`Delete message ${number}`} @click=${() => actions.remove(one)}>${icon("bin")}</button>
          </span>`
        : nothing}
    </header>
    ${actions.draft === undefined ? html`${prose(one.text)}${swipes(one, actions)}` : editor(one, actions.draft, actions)}
  </article>`;
}

function editor(one: Message, draft: string, actions: MessageActions): TemplateResult {
  const save = (from: EventTarget | null) => {
    const field = (from as HTMLElement | null)?.closest("form")?.querySelector("textarea");
    if (field) actions.save(one, field.value);
  };
  const key = (event: KeyboardEvent) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape") actions.cancel();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      save(event.target);
    }
  };
  const submit = (event: Event) => {
    event.preventDefault();
    save(event.target);
  };
  return html`<form class="edit" aria-label=${`Edit message ${one.index + 1}`} @submit=${submit} @keydown=${key}>
    <textarea dir="auto" aria-label="Text" .value=${draft}></textarea>
    <div class="tools">
      <button type="button" class="button" @click=${() => actions.cancel()}>Cancel</button>
      <button type="submit" class="button main">Save</button>
    </div>
  </form>`;
}

/** Whether its alternatives are SillyTavern's: other dialects say in other ways which one is chosen. */
export function isSwiped(one: Message): boolean {
  return typeof one.fields.mes === "string";
}

/** Which alternative is shown; the others are one step away. */
function swipes(one: Message, actions: MessageActions): TemplateResult | typeof nothing {
  const total = one.swipes?.length ?? 0;
  if (total < 2) return nothing;
  const at = one.swipe ?? 0;
  const fixed = !actions.writable || !isSwiped(one);
  const step = (by: number) => actions.swipe(one, (at + by + total) % total);
  return html`<div class="swipes" role="group" aria-label=${`Alternatives of message ${one.index + 1}`}>
    <button type="button" class="bare" aria-label="Previous alternative" ?disabled=${fixed} @click=${() => step(-1)}>${icon("back")}</button>
    <span aria-live="polite">${at + 1} / ${total}</span>
    <button type="button" class="bare" aria-label="Next alternative" ?disabled=${fixed} @click=${() => step(1)}>${icon("next")}</button>
  </div>`;
}
