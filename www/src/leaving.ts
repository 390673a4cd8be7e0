// <ck-leaving>: what is to become of the chats of a character, a persona or a world that is deleted.

import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { LightElement } from "./element";
import { ago, counted } from "./format";
import type { ChatEntry, Dependents } from "./library";

export type Leaving = "keep" | "trash";

/** So many chats are named. */
const NAMED = 3;

/** Asks, and gives nothing when the person thinks better of it. */
export async function askLeaving(name: string, links: Partial<Dependents>): Promise<Leaving | undefined> {
  const dialog = new LeavingDialog();
  dialog.name = name;
  dialog.chats = links.chats ?? [];
  dialog.worlds = (links.worlds ?? []).map((world) => world.name);
  const answered = new Promise<Leaving | undefined>((resolve) => (dialog.answer = resolve));
  document.body.append(dialog);
  return answered.finally(() => dialog.remove());
}

@customElement("ck-leaving")
export class LeavingDialog extends LightElement {
  @property({ attribute: false }) name = "";
  @property({ attribute: false }) chats: ChatEntry[] = [];
  @property({ attribute: false }) worlds: string[] = [];
  answer: (leaving: Leaving | undefined) => void = () => undefined;
  #chosen: Leaving | undefined;

  override render() {
    const [newest] = this.chats;
    const others = this.chats.length - NAMED;
    return html`<dialog class="leaving" aria-labelledby="leaving-title" aria-describedby="leaving-chats" @close=${() => this.answer(this.#chosen)}>
      <form method="dialog" @submit=${this.#submitted}>
        <h2 id="leaving-title">Delete <span dir="auto">“${this.name}”</span>?</h2>
        <div id="leaving-chats">
          <p>${counted(this.chats.length, "chat")} ${this.chats.length === 1 ? "belongs" : "belong"} to it${newest ? html`, last changed ${ago(newest.changed)}` : nothing}:</p>
          <ul>${this.chats.slice(0, NAMED).map((chat) => html`<li><span dir="auto">${chat.title || "No title"}</span>
            <span class="quiet">${counted(chat.length, "message")}${chat.characters.length > 1 ? ", with others" : ""}</span></li>`)}
            ${others > 0 ? html`<li class="quiet">and ${counted(others, "other")}</li>` : nothing}
          </ul>
          ${this.worlds.length > 0 ? html`<p>The world${this.worlds.length === 1 ? "" : "s"} <span dir="auto">${this.worlds.join(", ")}</span> will show it as missing.</p>` : nothing}
        </div>
        <fieldset>
          <legend>Its chats</legend>
          <label><input type="radio" name="chats" value="keep" checked /> <span>Keep them under Chats</span></label>
          <label><input type="radio" name="chats" value="trash" /> <span>Put them into the trash too${
            this.chats.some((chat) => chat.characters.length > 1) ? "; those with others stay" : ""}</span></label>
        </fieldset>
        <p class="quiet">Either way everything can be brought back from the trash.</p>
        <footer>
          <button type="button" class="button" autofocus @click=${this.#close}>Cancel</button>
          <button type="submit" class="button danger">Delete</button>
        </footer>
      </form>
    </dialog>`;
  }

  protected override firstUpdated(): void {
    this.querySelector("dialog")?.showModal();
  }

  readonly #close = (): void => this.querySelector("dialog")?.close();

  readonly #submitted = (event: SubmitEvent): void => {
    const chosen = new FormData(event.target as HTMLFormElement).get("chats");
    this.#chosen = chosen === "trash" ? "trash" : "keep";
  };
}
