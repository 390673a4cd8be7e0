// <ck-sheet>: what would come of files, before they are imported. One chooses what comes in; what is here already or is
// nothing that comes in is told with the rest.

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { LightElement } from "../element";
import { count, counted } from "../format";
import type { Kind, Outcome } from "./intake";
import { brings, inOrder, resembles, type Look } from "./look";

/** Asks; gives the files to import, and nothing when the person thinks better of it. */
export async function askWhich(looks: Look[]): Promise<File[] | undefined> {
  const sheet = new Sheet();
  sheet.looks = looks;
  const answered = new Promise<File[] | undefined>((resolve) => (sheet.answer = resolve));
  document.body.append(sheet);
  return answered.finally(() => sheet.remove());
}

const KINDS: Record<Kind, [one: string, many: string]> = {
  card: ["character", "characters"],
  chat: ["chat", "chats"],
  world: ["world", "worlds"],
  persona: ["persona", "personas"],
  lorebook: ["lorebook", "lorebooks"],
  template: ["template", "templates"],
};

/** So many fields are named. */
const NAMED = 6;

@customElement("ck-sheet")
export class Sheet extends LightElement {
  @property({ attribute: false }) looks: Look[] = [];
  @state() private out: ReadonlySet<Look> = new Set();
  answer: (files: File[] | undefined) => void = () => undefined;
  #chosen: File[] | undefined;

  override render() {
    const coming = this.looks.filter((one) => brings(one) && !this.out.has(one));
    const alike = this.looks.filter((one) => brings(one) && resembles(one));
    const left = alike.filter((one) => this.out.has(one)).length;
    // What asks for a decision comes first, what needs none last.
    const order = (one: Look) => (!brings(one) ? 2 : resembles(one) ? 0 : 1);
    return html`<dialog class="sheet" aria-labelledby="sheet-title" @close=${() => this.answer(this.#chosen)}>
      <form method="dialog" @submit=${() => (this.#chosen = inOrder(this.looks.filter((one) => !this.out.has(one))))}>
        <h2 id="sheet-title">Import ${counted(this.looks.length, "file")}?</h2>
        <p class="quiet" role="status">${this.#summary()}</p>
        ${alike.length > 1
          ? html`<div class="doubles"><p>${counted(alike.length, "file looks", "files look")} like others that are here or come too. Import keeps them beside each other and replaces nothing.</p>
              <div class="tools"><button type="button" class="button small" @click=${() => (this.out = new Set([...this.out].filter((one) => !alike.includes(one)).concat(left === alike.length ? [] : alike)))}>${
                left === alike.length ? `Take these ${count(alike.length)} too` : `Leave these ${count(alike.length)} out`}</button></div></div>`
          : nothing}
        <ul class="rows">${this.looks.toSorted((a, b) => order(a) - order(b)).map((one) => this.#row(one))}</ul>
        <footer>
          <button type="button" class="button" @click=${this.#close}>Cancel</button>
          <button type="submit" class="button main" autofocus ?disabled=${coming.length === 0}>Import ${count(coming.length)}</button>
        </footer>
      </form>
    </dialog>`;
  }

  /** "3 characters, 1 chat, 1 already here" of what is chosen. */
  #summary(): string {
    const parts = new Map<string, [n: number, one: string, many: string]>();
    const add = (one: string, many = one) => parts.set(one, [(parts.get(one)?.[0] ?? 0) + 1, one, many]);
    for (const look of this.looks) {
      if (this.out.has(look)) add("left out");
      else if (look.is !== "records") look.is === "backup" ? add("backup", "backups") : add("archive to be looked into", "archives to be looked into");
      else for (const outcome of look.outcomes) this.#count(outcome, add);
    }
    return [...parts.values()].map(([n, one, many]) => counted(n, one, many)).join(", ");
  }

  #count(outcome: Outcome, add: (one: string, many?: string) => void): void {
    if (outcome.was === "failed") add("cannot be imported");
    else if (outcome.was === "duplicate") add("already here");
    else if ("kind" in outcome) add(...KINDS[outcome.kind]);
  }

  #row(one: Look) {
    const { file } = one;
    const [first] = one.is === "records" ? one.outcomes : [];
    const title = (first !== undefined && "title" in first && first.title) || file.name;
    const named = html`<strong dir="auto">${title}</strong>${title === file.name ? nothing : html` <span class="file" dir="auto">${file.name}</span>`}`;
    const words = html`<span class="said">${this.#said(one)}</span>`;
    if (!brings(one)) return html`<li data-was=${first?.was ?? "failed"}><div class="one">${named}</div> ${words}</li>`;
    return html`<li data-was="coming"><label class="check">
      <input type="checkbox" .checked=${!this.out.has(one)} @change=${(event: Event) => this.#choose(one, (event.target as HTMLInputElement).checked)} />
      <span><span class="one">${named}</span> ${words}</span></label></li>`;
  }

  #said(one: Look) {
    if (one.is === "backup") return "Backup: goes to the list of backups, nothing is restored";
    if (one.is === "folder") return "Much in one: you see first what is in it";
    const { outcomes, partners, other, twin } = one;
    return outcomes.slice(0, 1).map((outcome) => {
      if (outcome.was === "failed") return html`Cannot be imported: ${outcome.message}`;
      if (!("kind" in outcome)) return nothing;
      const [kind] = KINDS[outcome.kind];
      const what = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
      if (outcome.was === "duplicate") return `${what}: is already here`;
      const more = outcomes.length > 1 ? `, and ${counted(outcomes.length - 1, "more", "more")} in the file` : "";
      const mended = outcome.warnings.filter(({ repaired }) => repaired).length;
      const [like] = outcome.like;
      return html`${what}${outcome.was === "updated" ? ": is here and gets what came since" : ""}${partners.length > 0 ? html` with <span dir="auto">${partners.join(", ")}</span>` : nothing}${more}${
        mended > 0 ? `, ${counted(mended, "thing")} to be mended` : ""}${
        like ? html`. Says the same as <span dir="auto">“${like.title || "No name"}”</span>, which is here` : nothing}${
        twin ? html`. Says the same as <span dir="auto">${twin}</span>, which comes too` : nothing}${
        other ? html`. Looks like another state of <span dir="auto">“${other.title}”</span>, which is here and stays as it is: ${other.fields.length === 0
          ? "the texts are the same"
          : `other in ${other.fields.slice(0, NAMED).map((field) => field.replaceAll("_", " ")).join(", ")}${other.fields.length > NAMED ? ` and ${counted(other.fields.length - NAMED, "other field")}` : ""}`}` : nothing}`;
    });
  }

  #choose(one: Look, wanted: boolean): void {
    const out = new Set(this.out);
    wanted ? out.delete(one) : out.add(one);
    this.out = out;
  }

  protected override firstUpdated(): void {
    const dialog = this.querySelector("dialog");
    dialog?.showModal();
    // The focus is on the button at the end; what asks for a decision stands at the beginning.
    if (dialog) dialog.scrollTop = 0;
  }

  readonly #close = (): void => this.querySelector("dialog")?.close();
}
