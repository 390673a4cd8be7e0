// <ck-leaving>: what is to become of the chats of a character, a persona, a world or a playthrough that is deleted, and of the
// playthroughs of a world.

import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { LightElement } from "./element";
import { ago, counted } from "./format";
import type { ChatEntry, Dependents, PlaythroughEntry } from "./library";

export type Leaving = "keep" | "trash";

/** So many chats are named. */
const NAMED = 3;

/** Asks, and gives nothing when the person thinks better of it. */
export async function askLeaving(name: string, links: Partial<Dependents>): Promise<Leaving | undefined> {
  const dialog = new LeavingDialog();
  dialog.name = name;
  dialog.chats = links.chats ?? [];
  dialog.runs = links.playthroughs ?? [];
  dialog.worlds = (links.worlds ?? []).map((world) => world.name);
  const answered = new Promise<Leaving | undefined>((resolve) => (dialog.answer = resolve));
  document.body.append(dialog);
  return answered.finally(() => dialog.remove());
}

@customElement("ck-leaving")
export class LeavingDialog extends LightElement {
  @property({ attribute: false }) name = "";
  @property({ attribute: false }) chats: ChatEntry[] = [];
  @property({ attribute: false }) runs: PlaythroughEntry[] = [];
  @property({ attribute: false }) worlds: string[] = [];
  answer: (leaving: Leaving | undefined) => void = () => undefined;
  #chosen: Leaving | undefined;

  override render() {
    const chats = this.chats.length;
    const runs = this.runs.length;
    const all = [runs > 0 && counted(runs, "playthrough"), chats > 0 && counted(chats, "chat")].filter(Boolean).join(" and ");
    const newest = Math.max(...[...this.chats, ...this.runs].map((entry) => entry.changed));
    const rows = [
      ...this.runs.map((run) => html`<li><span dir="auto">${run.name || "Playthrough"}</span> <span class="quiet">${counted(run.visited, "place")} seen</span></li>`),
      ...this.chats.map((chat) => html`<li><span dir="auto">${chat.title || "No title"}</span>
            <span class="quiet">${counted(chat.length, "message")}${chat.characters.length > 1 ? ", with others" : ""}</span></li>`),
    ];
    const others = rows.length - NAMED;
    const [what, where] = runs === 0 ? ["chats", " under Chats"] : [chats === 0 ? "playthroughs" : "playthroughs and chats", ""];
    return html`<dialog class="leaving" aria-labelledby="leaving-title" aria-describedby="leaving-chats" @close=${() => this.answer(this.#chosen)}>
      <form method="dialog" @submit=${this.#submitted}>
        <h2 id="leaving-title">Delete <span dir="auto">“${this.name}”</span>?</h2>
        <div id="leaving-chats">
          <p>${all} ${chats + runs === 1 ? "belongs" : "belong"} to it, last changed ${ago(newest)}:</p>
          <ul>${rows.slice(0, NAMED)}
            ${others > 0 ? html`<li class="quiet">and ${counted(others, "other")}</li>` : nothing}
          </ul>
          ${this.worlds.length > 0 ? html`<p>The world${this.worlds.length === 1 ? "" : "s"} <span dir="auto">${this.worlds.join(", ")}</span> will show it as missing.</p>` : nothing}
        </div>
        <fieldset>
          <legend>Its ${what}</legend>
          <label><input type="radio" name="chats" value="keep" checked /> <span>Keep them${where}</span></label>
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
