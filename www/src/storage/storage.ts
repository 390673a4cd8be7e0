// <ck-storage>: where the data is, how safe it is, and what can be done when something is wrong with it.

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { handOut } from "../download";
import { attempt, failure } from "../failure";
import { ago, count, counted, size } from "../format";
import { icon } from "../icon";
import type { Backup, Health, QuarantineEntry } from "../library";
import { Live, RECORDS } from "../live";
import { notify } from "../notice";
import { Screen } from "../screen";
import { KINDS, READ_ONLY, SECOND_COPY, whose } from "./words";
import "./backups";
import "./check";
import "./erase";
import "./trash";

@customElement("ck-storage")
export class StorageScreen extends Screen {
  @state() private refused = false;
  /** The item in quarantine that is to be deleted, when that is said once more. */
  @state() private doomed: QuarantineEntry | undefined;
  // Each by itself: what cannot be read hides nothing else, and on a full disk least of all the trash.
  readonly #health = new Live<Health>(this, () => this.keep, RECORDS, () => this.keep.health());
  readonly #backups = new Live<Backup[]>(this, () => this.keep, RECORDS, () => this.keep.backups.list());
  readonly #quarantine = new Live<QuarantineEntry[]>(this, () => this.keep, RECORDS, () => this.keep.quarantine.list());

  async #reload(): Promise<void> {
    await Promise.all([this.#health.reload(), this.#backups.reload(), this.#quarantine.reload()]);
  }

  override render() {
    return html`
      <p class="crumb"><a href="#/settings">${icon("back")}Settings</a></p>
      <header class="head"><div><h1>Storage</h1></div></header>
      <div class="storage-page">
        ${this.#part(this.#health, "The storage could not be examined", (health) => html`${this.#safety(health)}${this.#usage(health)}`)}
        <ck-check .keep=${this.keep} .last=${this.#health.value?.lastCheck} @checked=${() => void this.#reload()}></ck-check>
        ${this.#part(this.#quarantine, "What is in quarantine could not be listed", (items) => this.#items(items))}
        <ck-trash .keep=${this.keep} .writable=${this.writable} @changed=${() => void this.#reload()}></ck-trash>
        ${this.#part(this.#backups, "The backups could not be listed", (backups) =>
          html`<ck-backups .keep=${this.keep} .backups=${backups} .writable=${this.writable} @changed=${() => void this.#reload()}></ck-backups>`)}
        <section class="panel" aria-label="Diagnostics">
          <h2>Diagnostics</h2>
          <p>A file for whoever helps you: counts, states and what the library noted. Nothing that you wrote is in it.</p>
          <button type="button" class="button" @click=${() => void this.#diagnose()}>Save diagnostics</button>
        </section>
        <ck-erase .keep=${this.keep} .writable=${this.writable}></ck-erase>
      </div>
    `;
  }

  #part<T>(data: Live<T>, failed: string, show: (value: T) => TemplateResult): TemplateResult {
    if (data.value !== undefined) return show(data.value);
    return data.error === undefined ? html`<p class="wait" role="status">Looking at the storage…</p>` : failure(failed, data.error, () => void data.reload());
  }

  #safety(health: Health) {
    const { access, persisted, secondCopy, journal, backups, lastExport, migrations } = health;
    // That is said in a sentence of its own.
    const warnings = health.warnings.filter(({ code }) => code !== "not-persisted");
    return html`<section class="panel" aria-label="Safety">
      <h2>How safe it is</h2>
      ${this.keep.report.fallback !== undefined ? html`<p><strong>Nothing is stored.</strong> What you make is in the memory of this page alone and ends with it. Save a backup as a file, and add it where the browser gives storage.</p>`
        : html`<p>Your data is stored only in this browser, on this device, under ${location.host}.
        ${persisted === undefined ? nothing
          : persisted
            ? html`It is <strong>protected from automatic clean-up</strong>.`
            : html`It <strong>may be removed</strong> by the browser if space runs low or, in Safari, after seven days without use, unless the app is installed.`}</p>`}
      ${persisted === false && this.keep.report.fallback === undefined
        ? html`<button type="button" class="button" @click=${() => void this.#persist()}>Ask the browser to protect it</button>
            ${this.refused ? html`<p class="quiet">The browser said no. It often agrees once the app is installed or bookmarked, or used more.</p>` : nothing}`
        : nothing}
      ${warnings.length > 0 ? html`<ul class="warnings">${warnings.map(({ code, message }) => html`<li data-code=${code}>${message}</li>`)}</ul>` : nothing}
      <dl class="facts">
        <div><dt>Library</dt><dd>${this.keep.name}, ${access.mode === "read-write" ? "reading and writing" : READ_ONLY[access.reason]}</dd></div>
        <div><dt>Second copy</dt><dd>${SECOND_COPY[secondCopy.state]}</dd></div>
        <div><dt>Waiting to be saved</dt><dd>${journal.count === 0 ? "Nothing" : counted(journal.count, "edit")}</dd></div>
        <div><dt>Last backup</dt><dd>${backups.newest === undefined ? "None yet" : `${ago(backups.newest.created)}${backups.newest.reason === "" ? "" : `, ${backups.newest.reason}`}`}</dd></div>
        <div><dt>Last backup saved as a file</dt><dd>${lastExport === undefined ? "None yet" : ago(lastExport.at)}</dd></div>
        <div><dt>Format</dt><dd>${health.schema}${migrations.map(({ from, to, at }) => `, ${from} became ${to} ${ago(at)}`).join("")}</dd></div>
      </dl>
    </section>`;
  }

  #usage({ stored, space }: Health) {
    const kinds = KINDS.flatMap(([kind, label]) => {
      const amount = stored[kind];
      return amount === undefined ? [] : [{ kind, label, ...amount }];
    });
    kinds.sort((a, b) => b.bytes - a.bytes);
    return html`<section class="panel" aria-label="Space">
      <h2>What is stored</h2>
      ${space === undefined ? nothing : html`
        <label class="space"><span>${size(space.usage)} of ${size(space.quota)} used <span class="quiet">(the browser’s estimate)</span></span>
          <meter min="0" max=${space.quota} high=${space.quota * 0.8} .value=${space.usage}></meter></label>`}
      ${kinds.length === 0 ? html`<p class="quiet">Nothing yet.</p>`
        : html`<dl class="facts kinds">${kinds.map((one) => html`<div data-kind=${one.kind}><dt>${one.label}</dt><dd>${count(one.count)} · ${size(one.bytes)}</dd></div>`)}</dl>`}
    </section>`;
  }

  #items(items: QuarantineEntry[]) {
    return html`<section class="panel" aria-label="Quarantine">
      <h2>Quarantine</h2>
      ${items.length === 0 ? html`<p class="quiet">Nothing in quarantine: everything can be read.</p>`
        : html`<p>What could not be read or was replaced by a repair, exactly as it was.</p>
          <ul class="rows">${items.map((item) => html`<li>
            <span><strong>${whose(item)}</strong> <span class="quiet">${ago(item.at)}, ${size(item.bytes)}: ${item.reason}</span></span>
            <span class="tools">
              <button type="button" class="button small" ?disabled=${!this.writable} @click=${() => void this.#retry(item)}>Try again</button>
              <button type="button" class="button small" @click=${() => void this.#save(item)}>Save a file</button>
              <button type="button" class="button small danger" ?disabled=${!this.writable} @click=${() => (this.doomed = item)}>Delete</button>
            </span></li>`)}</ul>`}
      ${this.#question()}
    </section>`;
  }

  #question() {
    const { doomed } = this;
    if (doomed === undefined) return nothing;
    const close = () => this.querySelector<HTMLDialogElement>(".doomed")?.close();
    return html`<dialog class="confirm doomed" aria-labelledby="doomed-title" @close=${() => (this.doomed = undefined)}>
      <h2 id="doomed-title">Delete ${whose(doomed)} for good?</h2>
      <p>${size(doomed.bytes)}, in quarantine since ${ago(doomed.at)}: ${doomed.reason}. It cannot be undone; save a file of it to keep what may be in it.</p>
      <footer>
        <button type="button" class="button" autofocus @click=${close}>Cancel</button>
        <button type="button" class="button danger" @click=${() => {
          close();
          void this.#remove(doomed);
        }}>Delete for good</button>
      </footer>
    </dialog>`;
  }

  override updated(): void {
    super.updated();
    const dialog = this.querySelector<HTMLDialogElement>(".doomed");
    if (dialog && !dialog.open) dialog.showModal();
  }

  async #persist(): Promise<void> {
    this.refused = !(await navigator.storage.persist());
    await this.#reload();
  }

  async #retry(item: QuarantineEntry): Promise<void> {
    await attempt(this, "It cannot be put back", async () => {
      await this.keep.quarantine.retry(item.id);
      notify(this, { text: `${whose(item)} is back` });
    });
    await this.#reload();
  }

  async #save(item: QuarantineEntry): Promise<void> {
    await attempt(this, "It could not be saved", async () => handOut(await this.keep.quarantine.export(item.id)));
  }

  async #remove(item: QuarantineEntry): Promise<void> {
    await attempt(this, "It could not be deleted", () => this.keep.quarantine.delete(item.id));
    await this.#reload();
  }

  async #diagnose(): Promise<void> {
    await attempt(this, "The diagnostics could not be saved", async () => handOut(await this.keep.log.export()));
  }
}
