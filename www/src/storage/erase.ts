// <ck-erase>: asks for everything to be deleted. Offers a file of it first, and wants a word typed.

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { LightElement } from "../element";
import { attempt } from "../failure";
import type { Keep } from "../library";
import { saveBackup } from "./file";
import { ERASE } from "./asking";

/** What has to be typed. */
const WORD = "delete everything";

@customElement("ck-erase")
export class Erase extends LightElement {
  @property({ attribute: false }) keep!: Keep;
  @property({ type: Boolean }) writable = false;
  @state() private typed = "";
  @state() private busy: string | undefined;

  override render() {
    const sure = this.typed.trim().toLowerCase() === WORD;
    return html`<section class="panel" aria-label="Delete everything">
      <h2>Delete everything</h2>
      <p>Characters, chats, worlds, personas, settings, the trash, all older versions and all backups in this browser. It cannot be undone. Files that you saved elsewhere stay.</p>
      <p class="tools"><button type="button" class="button" ?disabled=${!this.writable || this.busy !== undefined} @click=${() => void this.#save()}>Save a file of it first</button></p>
      <label for="erase-word">Type “${WORD}” to go on</label>
      <p class="tools">
        <input id="erase-word" type="text" autocomplete="off" .value=${this.typed} @input=${(event: Event) => (this.typed = (event.target as HTMLInputElement).value)}>
        <button type="button" class="button danger" ?disabled=${!sure || this.busy !== undefined} @click=${() => this.dispatchEvent(new CustomEvent(ERASE, { bubbles: true }))}>Delete everything</button>
      </p>
      ${this.busy === undefined ? nothing : html`<p role="status">${this.busy}</p>`}
    </section>`;
  }

  async #save(): Promise<void> {
    this.busy = "Backing up…";
    await attempt(this, "The file could not be saved", async () => {
      const { id } = await this.keep.backups.create({ reason: "before everything is deleted" });
      await saveBackup(this.keep, id);
    });
    this.busy = undefined;
  }
}
