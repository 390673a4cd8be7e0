// <ck-report>: what became of imported files, one line each, when there is more to say than "done". What came twice can be
// put into the trash from here, and taken out again.

import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { LightElement } from "../element";
import { sentence } from "../failure";
import { count, counted } from "../format";
import type { Like, Outcome } from "../intake/intake";
import type { Keep, Warning } from "../library";
import { href } from "../route";

type Taken = Extract<Outcome, { id: string }>;

@customElement("ck-report")
export class Report extends LightElement {
  @state() private outcomes: Outcome[] = [];
  /** What was put into the trash from here, by id. */
  @state() private removed: ReadonlySet<string> = new Set();
  @state() private working = false;
  /** What came of the last choice. */
  @state() private told = "";
  #keep: Keep | undefined;

  async show(keep: Keep, outcomes: Outcome[]): Promise<void> {
    this.#keep = keep;
    await this.updateComplete;
    const dialog = this.querySelector("dialog");
    // What came while the person reads is told with the rest.
    this.outcomes = dialog?.open ? [...this.outcomes, ...outcomes] : outcomes;
    this.told = "";
    await this.updateComplete;
    if (!dialog || dialog.open) return;
    dialog.showModal();
    // The focus is on the button at the end; what needs attention stands at the beginning.
    dialog.scrollTop = 0;
  }

  override render() {
    // What needs attention comes first.
    const order = (outcome: Outcome) => {
      if (outcome.was === "failed" || (outcome.was === "backup" && !outcome.complete)) return 0;
      if (outcome.was === "folder") return 1;
      if ("warnings" in outcome && outcome.warnings.length + outcome.like.length > 0) return 2;
      return outcome.was === "duplicate" ? 4 : 3;
    };
    const rows = this.outcomes.filter(({ was }) => was !== "left").toSorted((a, b) => order(a) - order(b));
    return html`<dialog class="report" aria-labelledby="report-title" @click=${this.#outside}>
      <h2 id="report-title">${summary(this.outcomes)}</h2>
      ${this.#doubles()}
      <ul class="rows">${rows.map((outcome) => this.#row(outcome))}</ul>
      <footer><button type="button" class="button main" autofocus @click=${this.#close}>Done</button></footer>
    </dialog>`;
  }

  #row(outcome: Outcome) {
    if (outcome.was === "failed") {
      return html`<li data-was="failed">
        <strong dir="auto">${outcome.name}</strong>
        <span>Not imported: ${outcome.message}${outcome.code ? html` <code>${outcome.code}</code>` : nothing}</span>
      </li>`;
    }
    if (outcome.was === "left") return nothing;
    if (outcome.was === "folder") {
      return html`<li data-was="folder">
        <a href="#/folder" dir="auto" @click=${this.#close}>${outcome.name}</a>
        <span>Much in one: not imported yet, you see first what is in it</span>
      </li>`;
    }
    if (outcome.was === "backup") {
      return html`<li data-was="backup">
        <a href="#/storage" dir="auto" @click=${this.#close}>${outcome.name}</a>
        <span>${outcome.complete ? "Backup added to the list; nothing is restored yet" : "Damaged backup added to the list; what is sound in it can be restored as copies"}</span>
      </li>`;
    }
    return this.#taken(outcome);
  }

  #taken(outcome: Taken) {
    const { kind, id, title, name, was, warnings, like } = outcome;
    const removed = this.removed.has(id);
    return html`<li data-was=${was} ?data-removed=${removed}>
      <div class="one">
        <a href=${href(kind, id)} dir="auto" @click=${this.#close}>${title || "No name"}</a>
        ${named(name, title) ? nothing : html`<span class="file" dir="auto">${name}</span>`}
      </div>
      <span>${label[kind]} ${WAS[was]}${remarks(warnings)}${like[0] ? this.#like(like[0]) : nothing}</span>
      ${like.length > 0 && kind === "card"
        ? html`<button type="button" class="link" ?disabled=${this.working || this.#readOnly()} @click=${() => void this.#put([outcome], !removed)}>${removed ? "Bring it back" : "Remove this one"}</button>`
        : nothing}
      ${warnings.length > 0
        ? html`<details><summary>What was mended and what is odd</summary>
            <ul>${warnings.slice(0, 50).map((warning) => html`<li>${warning.message} <code>${warning.path}</code></li>`)}</ul>
            ${warnings.length > 50 ? html`<p>And ${counted(warnings.length - 50, "more", "more")}.</p>` : nothing}
          </details>`
        : nothing}
    </li>`;
  }

  #like({ id, title }: Like) {
    return html`. It says the same as <a href=${href("card", id)} dir="auto" @click=${this.#close}>“${title || "No name"}”</a>, which is here too`;
  }

  /** Characters that came and say the same as one that was here before them. */
  #twice(): Taken[] {
    return this.outcomes.filter((outcome): outcome is Taken => outcome.was === "added" && outcome.kind === "card" && outcome.like.length > 0);
  }

  #doubles() {
    const twice = this.#twice();
    const left = twice.filter(({ id }) => !this.removed.has(id));
    if (twice.length < 2) return html`<p class="quiet" role="status">${this.told}</p>`;
    return html`<div class="doubles">
      <p>${counted(twice.length, "character says", "characters say")} the same as another one that is here. All of them are kept; it is your choice.</p>
      <div class="tools">
        <button type="button" class="button small" ?disabled=${this.working || this.#readOnly() || left.length === 0} @click=${() => void this.#put(left, true)}>${
          left.length === 0 ? "All of them are in the trash" : `Move ${left.length === 1 ? "it" : `these ${count(left.length)}`} to the trash`}</button>
        ${left.length < twice.length
          ? html`<button type="button" class="button small" ?disabled=${this.working || this.#readOnly()} @click=${() => void this.#put(twice.filter(({ id }) => this.removed.has(id)), false)}>Bring them back</button>`
          : nothing}
      </div>
      <p class="quiet" role="status">${this.told}</p>
    </div>`;
  }

  #readOnly(): boolean {
    return this.#keep?.access.mode !== "read-write";
  }

  /** Into the trash, or out of it. Characters with chats stay: what becomes of those is asked on their own pages. */
  async #put(which: Taken[], away: boolean): Promise<void> {
    const keep = this.#keep;
    if (keep === undefined) return;
    this.working = true;
    try {
      const ids: string[] = [];
      for (const { id } of which) if (!away || (await keep.characters.links(id)).chats.length === 0) ids.push(id);
      if (away) await keep.characters.deleteMany(ids);
      else await keep.characters.restoreMany(ids);
      const removed = new Set(this.removed);
      for (const id of ids) away ? removed.add(id) : removed.delete(id);
      this.removed = removed;
      const stay = which.length - ids.length;
      this.told = [
        ids.length === 0 ? "" : `${counted(ids.length, "character is", "characters are")} ${away ? "in the trash" : "back"}.`,
        stay === 0 ? "" : `${counted(stay, "character has", "characters have")} chats by now and stayed.`,
      ].join(" ").trim();
    } catch (error) {
      this.told = `Not done: ${sentence(error)}`;
    }
    this.working = false;
  }

  readonly #close = (): void => this.querySelector("dialog")?.close();

  readonly #outside = (event: Event): void => {
    if (event.target === event.currentTarget) this.#close();
  };
}

const label = { card: "Character", chat: "Chat", world: "World", persona: "Persona", lorebook: "Lorebook", template: "Template" } as const;

const WAS = { added: "added", updated: "was here and got what came since", duplicate: "is already here" } as const;

/** Whether a file is called as what came out of it. */
function named(file: string, title: string): boolean {
  return file === title || file.replace(/\.[^.]+$/, "") === title;
}

/** ", 2 things mended, 1 remark" */
function remarks(warnings: Warning[]): string {
  const mended = warnings.filter(({ repaired }) => repaired).length;
  const others = warnings.length - mended;
  return `${mended > 0 ? `, ${counted(mended, "thing")} mended` : ""}${others > 0 ? `, ${counted(others, "remark")}` : ""}`;
}

/** "3 added, 1 already here, 2 not imported". */
export function summary(outcomes: Outcome[]): string {
  const was = (kind: Outcome["was"]) => outcomes.filter((outcome) => outcome.was === kind).length;
  const parts = [
    [was("added"), "added"],
    [was("updated"), "continued"],
    [was("duplicate"), "already here"],
    [was("backup"), was("backup") === 1 ? "backup kept" : "backups kept"],
    [was("folder"), "to be looked into"],
    [was("failed"), "not imported"],
    [was("left"), "not looked at"],
  ] as const;
  return parts.filter(([n]) => n > 0).map(([n, words]) => `${count(n)} ${words}`).join(", ") || "Nothing to import";
}
