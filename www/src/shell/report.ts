// <ck-report>: what became of imported files, one line each, when there is more to say than "done".

import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { LightElement } from "../element";
import { count, counted } from "../format";
import type { Outcome } from "../intake/intake";
import { href } from "../route";

@customElement("ck-report")
export class Report extends LightElement {
  @state() private outcomes: Outcome[] = [];

  async show(outcomes: Outcome[]): Promise<void> {
    await this.updateComplete;
    const dialog = this.querySelector("dialog");
    // What came while the person reads is told with the rest.
    this.outcomes = dialog?.open ? [...this.outcomes, ...outcomes] : outcomes;
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
    const words = `${label[outcome.kind]} ${WAS[outcome.was]}`;
    return html`<li data-was=${outcome.was}>
      <a href=${href(outcome.kind, outcome.id)} dir="auto" @click=${this.#close}>${outcome.title}</a>
      <span>${words}${outcome.warnings.length > 0 ? `, ${counted(outcome.warnings.length, "remark")}` : ""}${
        outcome.like.length > 0 ? html`. It says the same as <span dir="auto">“${outcome.like[0]}”</span>, which is here too` : nothing}</span>
      ${outcome.warnings.length > 0
        ? html`<details><summary>Remarks</summary>
            <ul>${outcome.warnings.slice(0, 50).map((warning) => html`<li>${warning.message} <code>${warning.path}</code></li>`)}</ul>
            ${outcome.warnings.length > 50 ? html`<p>And ${counted(outcome.warnings.length - 50, "more", "more")}.</p>` : nothing}
          </details>`
        : nothing}
    </li>`;
  }

  readonly #close = (): void => this.querySelector("dialog")?.close();

  readonly #outside = (event: Event): void => {
    if (event.target === event.currentTarget) this.#close();
  };
}

const label = { card: "Character", chat: "Chat", world: "World", persona: "Persona", lorebook: "Lorebook", template: "Template" } as const;

const WAS = { added: "added", updated: "was here and got what came since", duplicate: "is already here" } as const;

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
