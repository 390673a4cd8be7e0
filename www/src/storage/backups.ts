// <ck-backups>: the backups of the library, and what can be done with each of them.

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { LightElement } from "../element";
import { attempt } from "../failure";
import { ago, count, counted, momentOf, size } from "../format";
import type { Backup, Keep } from "../library";
import { notify } from "../notice";
import { saveBackup } from "./file";

@customElement("ck-backups")
export class Backups extends LightElement {
  @property({ attribute: false }) keep!: Keep;
  @property({ attribute: false }) backups: Backup[] = [];
  @property({ type: Boolean }) writable = false;
  @state() private busy: string | undefined;
  /** What is to be done with which of them, when that is said once more. */
  @state() private asked: { what: "replace" | "delete"; one: Backup } | undefined;

  override render() {
    return html`<section class="panel" aria-label="Backups">
      <h2>Backups</h2>
      <p>Copies of everything at one moment, made by hand, by themselves when something was changed, and before anything dangerous.
        They lie in this browser; save one as a file to have it elsewhere.</p>
      <p class="tools">
        <button type="button" class="button" ?disabled=${!this.writable || this.busy !== undefined} @click=${() => void this.#create()}>Back up now</button>
        <label class="button">Add a backup file<input class="unseen" type="file" accept=".cardkeep" ?disabled=${!this.writable || this.busy !== undefined} @change=${(event: Event) => void this.#add(event)}></label>
      </p>
      ${this.busy === undefined ? nothing : html`<p role="status">${this.busy}</p>`}
      ${this.backups.length === 0 ? html`<p class="quiet">None yet.</p>` : html`<ul class="rows">${this.backups.toReversed().map((one) => this.#row(one))}</ul>`}
      ${this.#question()}
    </section>`;
  }

  #row(one: Backup) {
    const act = (label: string, work: () => void, more = "") => html`<button type="button" class="button small ${more}" ?disabled=${!this.writable || this.busy !== undefined} @click=${work}>${label}</button>`;
    const ask = (what: "replace" | "delete", label: string) => act(label, () => (this.asked = { what, one }), "danger");
    return html`<li data-backup=${one.id}>
      <span><strong>${momentOf(one.created)}</strong> <span class="quiet">${one.reason || "by hand"}, ${counted(one.records, "record")}, ${size(one.bytes)}${one.pinned ? ", pinned" : ""}${one.complete ? "" : ", incomplete"}</span></span>
      <span class="tools">
        ${one.complete ? ask("replace", "Restore") : nothing}
        ${act("Restore as copies", () => void this.#copy(one))}
        <button type="button" class="button small" ?disabled=${this.busy !== undefined} @click=${() => void this.#save(one)}>Save a file</button>
        ${act(one.pinned ? "Unpin" : "Pin", () => void this.#pin(one))}
        ${ask("delete", "Delete")}
      </span></li>`;
  }

  #question() {
    const { asked } = this;
    if (asked === undefined) return nothing;
    const { what, one } = asked;
    const close = () => this.querySelector("dialog")?.close();
    const facts = `${counted(one.records, "record")}, ${size(one.bytes)}, made ${ago(one.created)}`;
    return html`<dialog class="confirm" aria-labelledby="backup-title" aria-describedby="backup-words" @close=${() => (this.asked = undefined)}>
      <h2 id="backup-title">${what === "replace" ? "Replace everything by" : "Delete"} the backup of ${momentOf(one.created)}?</h2>
      <p id="backup-words">${facts}. ${what === "replace"
        ? "All that was made or changed since is not in it and goes out of sight; a backup of what is here now is made first."
        : `It goes for good${this.backups.length === 1 ? ", and it is the only one" : ""}. Files that you saved elsewhere stay.`}</p>
      <footer>
        <button type="button" class="button" autofocus @click=${close}>Cancel</button>
        <button type="button" class="button danger" @click=${() => {
          close();
          void (what === "replace" ? this.#replace(one) : this.#delete(one));
        }}>${what === "replace" ? "Replace everything" : "Delete for good"}</button>
      </footer>
    </dialog>`;
  }

  override updated(): void {
    const dialog = this.querySelector("dialog");
    if (dialog && !dialog.open) dialog.showModal();
  }

  #create(): Promise<void> {
    return this.#do("Backing up…", "The backup could not be made", async () => void (await this.keep.backups.create({ reason: "by hand" })));
  }

  async #add(event: Event): Promise<void> {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    input.value = "";
    if (file === undefined) return;
    await this.#do("Reading the file…", "The file could not be added", async () => {
      const { complete } = await this.keep.backups.import(file);
      notify(this, { text: complete ? "The backup is in the list; nothing is restored yet" : "The file is damaged; what is sound in it can be restored as copies" });
    });
  }

  #replace(one: Backup): Promise<void> {
    return this.#do("Restoring…", "It could not be restored", async () => {
      await this.keep.backups.restore(one.id, { mode: "replace" });
      notify(this, { text: "Everything is as it was then; what was here before is in a backup" });
    });
  }

  #copy(one: Backup): Promise<void> {
    return this.#do("Restoring…", "It could not be restored", async () => {
      const { added = 0, copies = 0 } = await this.keep.backups.restore(one.id, { mode: "copy" });
      notify(this, { text: `${count(added)} came back, ${count(copies)} came as copies` });
    });
  }

  #save(one: Backup): Promise<void> {
    return this.#do("Reading…", "It could not be saved", () => saveBackup(this.keep, one.id));
  }

  #pin(one: Backup): Promise<void> {
    return this.#do("One moment…", "It could not be pinned", async () => void (await (one.pinned ? this.keep.backups.unpin(one.id) : this.keep.backups.pin(one.id))));
  }

  #delete(one: Backup): Promise<void> {
    return this.#do("Deleting…", "It could not be deleted", () => this.keep.backups.delete(one.id));
  }

  async #do(doing: string, failed: string, act: () => Promise<void>): Promise<void> {
    this.busy = doing;
    await attempt(this, failed, act);
    this.busy = undefined;
    this.dispatchEvent(new CustomEvent("changed"));
  }
}
