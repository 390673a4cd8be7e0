// <ck-history>: the older states of a record that are kept, each of which can be looked at, brought back or made to stay.

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { LightElement } from "./element";
import { attempt } from "./failure";
import { ago, counted, momentOf } from "./format";
import type { Keep, RecordDomain, Version } from "./library";
import { Live, RECORDS } from "./live";
import { notify } from "./notice";
import { saverOf } from "./saving";

@customElement("ck-history")
export class History extends LightElement {
  @property({ attribute: false }) keep!: Keep;
  @property({ attribute: false }) domain!: RecordDomain;
  @property({ attribute: false }) record = "";
  @property({ attribute: false }) writable = false;
  /** Called when another state is the present one, for screens that do not follow what this tab writes. */
  @property({ attribute: false }) brought: () => void = () => undefined;
  /** What is in an older state, for screens that can show one. */
  @property({ attribute: false }) look: ((rev: number) => Promise<TemplateResult>) | undefined;
  @state() private busy = false;
  @state() private shown: { rev: number; content: TemplateResult } | undefined;
  readonly #versions = new Live<Version[]>(this, () => this.keep, RECORDS, () => this.#load());

  async #load(): Promise<Version[]> {
    const versions = await this.keep[this.domain].history(this.record);
    return versions.toSorted((a, b) => b.rev - a.rev);
  }

  override render() {
    const { value: versions, error } = this.#versions;
    if (error !== undefined && versions === undefined) return html`<p class="quiet">The older versions could not be listed.</p>`;
    if (versions === undefined || versions.length === 0) return html`<p class="quiet history">${versions === undefined ? "Looking for older versions…" : "No older versions yet."}</p>`;
    const disabled = !this.writable || this.busy;
    return html`<details class="history"><summary>${counted(versions.length, "older version")}</summary>
      <ul class="rows">${versions.map((one) => html`<li data-rev=${one.rev}>
        <span><time datetime=${new Date(one.changed).toISOString()}>${momentOf(one.changed)}</time>
          <span class="quiet">${ago(one.changed)}${one.pinned ? ", stays" : ""}</span></span>
        <span class="tools">
          <button type="button" class="button small" ?disabled=${disabled} aria-label=${`Bring back the version of ${momentOf(one.changed)}`} @click=${() => void this.#bring(one)}>Bring back</button>
          <button type="button" class="button small" ?disabled=${disabled} aria-pressed=${one.pinned ? "true" : "false"} aria-label=${`Keep the version of ${momentOf(one.changed)}`}
            title="It stays when others give way" @click=${() => void this.#pin(one)}>Keep</button>
          ${this.look
            ? html`<button type="button" class="button small" aria-expanded=${this.shown?.rev === one.rev ? "true" : "false"} aria-label=${`Look at the version of ${momentOf(one.changed)}`}
                @click=${() => void this.#look(one)}>Look</button>`
            : nothing}
        </span>
        ${this.shown?.rev === one.rev ? html`<div class="older">${this.shown.content}</div>` : nothing}</li>`)}</ul></details>`;
  }

  async #look({ rev }: Version): Promise<void> {
    if (this.shown?.rev === rev) return void (this.shown = undefined);
    await this.#do("The older version cannot be shown", async () => {
      const content = await this.look?.(rev);
      this.shown = content && { rev, content };
    });
  }

  async #bring({ rev, changed }: Version): Promise<void> {
    const records = this.keep[this.domain];
    await this.#do("The older version could not be brought back", async () => {
      // What is typed and not saved yet is a state of its own, which one can come back to.
      await saverOf(this.keep).flush();
      await records.restoreVersion(this.record, rev);
      this.brought();
      const [before] = await this.#load();
      const undo = () => this.#do("It could not be undone", async () => {
        if (before) await records.restoreVersion(this.record, before.rev);
        this.brought();
      });
      const frame = document.querySelector("ck-app") ?? this;
      notify(frame, { text: `This is the version of ${momentOf(changed)}; the one before is among the older ones`, ...(before && { action: { label: "Undo", run: undo } }) });
    });
  }

  #pin({ rev, pinned }: Version): Promise<void> {
    return this.#do("That could not be changed", () => this.keep[this.domain][pinned ? "unpinVersion" : "pinVersion"](this.record, rev));
  }

  async #do(failed: string, act: () => Promise<unknown>): Promise<void> {
    this.busy = true;
    await attempt(this, failed, act);
    this.busy = false;
    await this.#versions.reload();
  }
}
