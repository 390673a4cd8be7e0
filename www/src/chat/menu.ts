// What can be done with one message and is not done every day.

import { html, type TemplateResult } from "lit";
import { icon } from "../icon";
import type { Message } from "../library";

export interface MenuActions {
  /** Messages in the chat. */
  length: number;
  close(): void;
  branch(): void;
  checkpoint(title: string): void;
  hide(hidden: boolean): void;
  move(to: number): void;
}

export function menu(one: Message, actions: MenuActions): TemplateResult {
  const number = one.index + 1;
  const named = (event: SubmitEvent) => {
    event.preventDefault();
    actions.checkpoint(String(new FormData(event.target as HTMLFormElement).get("title")).trim());
  };
  return html`<dialog class="menu" aria-labelledby="menu-title" @close=${() => actions.close()}>
    <h2 id="menu-title">Message ${number}</h2>
    <div class="choices">
      <button type="button" class="button" autofocus @click=${() => actions.branch()}>${icon("branch")}Begin a branch here</button>
      <form class="tools" @submit=${named}>
        <input name="title" dir="auto" autocomplete="off" required maxlength="100" aria-label="Name of the checkpoint" placeholder="Name of the checkpoint" />
        <button type="submit" class="button">Set a checkpoint</button>
      </form>
      <button type="button" class="button" @click=${() => actions.hide(!one.hidden)}>${one.hidden ? "Show to the model again" : "Hide from the model"}</button>
      <div class="tools">
        <button type="button" class="button" ?disabled=${one.index === 0} @click=${() => actions.move(one.index - 1)}>${icon("up")}Move up</button>
        <button type="button" class="button" ?disabled=${number === actions.length} @click=${() => actions.move(one.index + 1)}>${icon("down")}Move down</button>
      </div>
    </div>
    <footer><button type="button" class="button" @click=${() => actions.close()}>Close</button></footer>
  </dialog>`;
}
