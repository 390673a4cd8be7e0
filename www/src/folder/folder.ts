// <ck-folder>: everything of another app at once. A folder or an archive is looked at, taken in after a word, and what became of
// each file is told. The same way back: the library as a folder of SillyTavern.

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { handOut } from "../download";
import { attempt, sentence, withoutCode } from "../failure";
import { count, counted } from "../format";
import { icon } from "../icon";
import type { FolderDomain, FolderEvent, FolderOutcome, FolderSource } from "../library";
import { notify } from "../notice";
import { Screen } from "../screen";

type Found = Extract<FolderEvent, { type: "found" }>;
type Done = Extract<FolderEvent, { type: "done" }>;

/** A folder that is already in hand. */
export interface GivenFolder {
  name: string;
  source: FolderSource;
}

type Step =
  | { is: "choosing" }
  | { is: "looking"; name: string }
  | { is: "found"; name: string; source: FolderSource; found: Found; left: number }
  | { is: "importing"; name: string; source: FolderSource; done: number; total: number; path: string }
  | { is: "done"; name: string; source: FolderSource; done: Done }
  | { is: "stopped"; name: string; source: FolderSource; reason: string };

const DOMAINS: Record<FolderDomain, [one: string, many: string]> = {
  characters: ["character", "characters"],
  chats: ["chat", "chats"],
  lorebooks: ["lorebook", "lorebooks"],
  assets: ["picture or sound", "pictures and sounds"],
  templates: ["template", "templates"],
  personas: ["file of personas", "files of personas"],
  worlds: ["world", "worlds"],
  settings: ["file of settings", "files of settings"],
};

const GROUPS: { title: string; of: (outcome: FolderOutcome) => boolean; open: boolean }[] = [
  { title: "Not imported", of: ({ outcome }) => outcome === "failed", open: true },
  { title: "Repaired", of: ({ repaired }) => repaired !== undefined, open: false },
  { title: "Left where they are", of: ({ outcome }) => outcome === "skipped", open: false },
  { title: "Completed", of: ({ outcome }) => outcome === "updated", open: false },
  { title: "Added", of: ({ outcome }) => outcome === "added", open: false },
  { title: "Already here", of: ({ outcome }) => outcome === "duplicate", open: false },
  { title: "Used in others", of: ({ outcome }) => outcome === "used", open: false },
];

/** Lines of a list in the document at once. */
const LINES = 200;

@customElement("ck-folder")
export class FolderScreen extends Screen {
  /** Folders that came from elsewhere and wait. */
  @property({ attribute: false }) given: GivenFolder[] = [];
  /** Told which of them does not wait any more. */
  @property({ attribute: false }) taken: (folder: GivenFolder) => void = () => undefined;
  @state() private step: Step = { is: "choosing" };
  @state() private saving = false;
  @query("#folder") private folder!: HTMLInputElement;
  @query("#archive") private archive!: HTMLInputElement;
  #stop: AbortController | undefined;

  override willUpdate(changed: PropertyValues<this>): void {
    const [only, ...others] = this.given;
    if (changed.has("given") && only !== undefined && others.length === 0 && !this.#busy) this.#take(only);
  }

  get #busy(): boolean {
    return this.step.is === "importing" || this.step.is === "looking";
  }

  #take(folder: GivenFolder): void {
    this.taken(folder);
    void this.#look(folder.name, folder.source);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    // What was taken in so far stays, and the next time goes on.
    this.#stop?.abort();
  }

  override render() {
    return html`
      <p class="crumb"><a href="#/settings">${icon("back")}Settings</a></p>
      <header class="head"><div><h1>From another app</h1>
        <p class="quiet">Everything of SillyTavern or CardShark at once</p></div></header>
      <div class="settings-page folder-page">${this.#panel()}${this.#waiting()}${this.#way()}</div>`;
  }

  #panel(): TemplateResult {
    const { step } = this;
    switch (step.is) {
      case "choosing":
        return this.#choosing();
      case "looking":
        return html`<section class="panel"><p role="status">Looking into <span dir="auto">${step.name}</span>…</p></section>`;
      case "found":
        return this.#found(step);
      case "importing":
        return html`<section class="panel" aria-label="Import">
          <p role="status"><span dir="auto">${step.name}</span>: ${count(step.done)} of ${counted(step.total, "file")}</p>
          <progress aria-label="Files" max=${Math.max(1, step.total)} .value=${step.done}></progress>
          <p class="quiet path" dir="auto">${step.path}</p>
          <button type="button" class="button" @click=${() => this.#stop?.abort()}>Stop</button>
          <p class="quiet">What is imported stays when you stop or leave. Import the same folder again to go on.</p>
        </section>`;
      case "stopped":
        return html`<section class="panel" aria-label="Import">
          <p role="status"><strong>${step.reason}</strong></p>
          <p>What was imported until then is here. Nothing comes twice when you go on.</p>
          <div class="tools">
            <button type="button" class="button main" ?disabled=${!this.writable} @click=${() => void this.#import(step.name, step.source)}>Go on</button>
            <button type="button" class="button" @click=${() => (this.step = { is: "choosing" })}>Choose another</button>
          </div>
        </section>`;
      case "done":
        return this.#done(step.name, step.done);
    }
  }

  #waiting() {
    if (this.given.length === 0) return nothing;
    return html`<section class="panel" aria-labelledby="waiting-title">
      <h2 id="waiting-title">Waiting</h2>
      <ul class="rows">${this.given.map((folder) => html`<li><span dir="auto">${folder.name}</span>
        <button type="button" class="button small" ?disabled=${this.#busy} aria-label=${`Look into ${folder.name}`} @click=${() => this.#take(folder)}>Look into it</button></li>`)}</ul>
    </section>`;
  }

  #choosing(): TemplateResult {
    return html`<section class="panel" aria-labelledby="choose-title">
      <h2 id="choose-title">Bring it here</h2>
      <p>Choose the app's folder (of SillyTavern <code>data/default-user</code>, of CardShark its own), or a ZIP of it.
        Characters, chats, groups, lorebooks, presets, personas and worlds come with their links. You see what is in it before anything is imported.</p>
      <p class="quiet">Files with keys and passwords are not read. Nothing leaves this device, and the folder stays as it is.</p>
      <input class="unseen" id="folder" type="file" webkitdirectory tabindex="-1" aria-label="The folder of another app" @change=${this.#chosen} />
      <input class="unseen" id="archive" type="file" accept=".zip,application/zip" tabindex="-1" aria-label="A ZIP of the folder" @change=${this.#chosen} />
      <div class="tools">
        <button type="button" class="button main" ?disabled=${!this.writable} @click=${() => this.folder.click()}>${icon("import")}Choose a folder</button>
        <button type="button" class="button" ?disabled=${!this.writable} @click=${() => this.archive.click()}>Choose a ZIP</button>
      </div>
    </section>`;
  }

  #found({ name, source, found, left }: Extract<Step, { is: "found" }>): TemplateResult {
    const kinds = (Object.keys(DOMAINS) as FolderDomain[]).filter((domain) => (found.found[domain] ?? 0) > 0);
    return html`<section class="panel" aria-labelledby="found-title">
      <h2 id="found-title">In <span dir="auto">${name}</span></h2>
      ${kinds.length === 0
        ? html`<p role="status">Nothing in it is known: ${counted(found.files, "file")}, none of them of SillyTavern or CardShark.</p>`
        : html`<ul class="counts" role="status">${kinds.map((domain) => html`<li>${counted(found.found[domain] ?? 0, ...DOMAINS[domain])}</li>`)}
            ${left > 0 ? html`<li class="quiet">${counted(left, "other file")} that will be left where ${left === 1 ? "it is" : "they are"}</li>` : nothing}</ul>`}
      <div class="tools">
        ${kinds.length > 0 ? html`<button type="button" class="button main" ?disabled=${!this.writable} @click=${() => void this.#import(name, source)}>Import all</button>` : nothing}
        <button type="button" class="button" @click=${() => (this.step = { is: "choosing" })}>Choose another</button>
      </div>
    </section>`;
  }

  #done(name: string, done: Done): TemplateResult {
    return html`<section class="panel" aria-labelledby="done-title">
      <h2 id="done-title">Imported from <span dir="auto">${name}</span></h2>
      <p role="status">${[
        [done.added, "added"], [done.updated, "completed"], [done.duplicates, "already here"], [done.repaired, "repaired"],
        [done.failed, "not imported"], [done.skipped, "left where they are"],
      ].filter(([n]) => n !== 0).map(([n, words]) => `${count(Number(n))} ${words}`).join(", ") || "Nothing to import"}</p>
      ${GROUPS.map((group) => this.#group(group.title, done.report.filter(group.of), group.open))}
      <div class="tools">
        <a class="button main" href="#/">To the characters</a>
        <button type="button" class="button" @click=${() => (this.step = { is: "choosing" })}>Import another</button>
      </div>
    </section>`;
  }

  #group(title: string, outcomes: FolderOutcome[], open: boolean) {
    if (outcomes.length === 0) return nothing;
    return html`<details class="outcomes" ?open=${open}><summary>${title} (${count(outcomes.length)})</summary>
      <ul>${outcomes.slice(0, LINES).map((one) => html`<li><span class="path" dir="auto">${one.path}</span>
        ${one.message ? html`<span class="quiet">${one.code ? withoutCode(one.message, one.code) : one.message}</span>` : nothing}
        ${one.repaired?.slice(0, 3).map((warning) => html`<span class="quiet">${warning.message}</span>`) ?? nothing}</li>`)}</ul>
      ${outcomes.length > LINES ? html`<p class="quiet">And ${counted(outcomes.length - LINES, "more", "more")}.</p>` : nothing}
    </details>`;
  }

  #way(): TemplateResult {
    return html`<section class="panel" aria-labelledby="way-title">
      <h2 id="way-title">Take it to SillyTavern</h2>
      <p>Your characters, chats, groups, lorebooks, presets and personas as a folder of SillyTavern, in a ZIP. Unpack it into
        <code>data/default-user</code>; personas come in through its “Restore” of personas.</p>
      <button type="button" class="button" ?disabled=${this.saving} @click=${() => void this.#save()}>${icon("export")}${this.saving ? "Writing…" : "Save the folder"}</button>
    </section>`;
  }

  readonly #chosen = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    const files = [...(input.files ?? [])];
    // Emptied, so that choosing the same again is a change again.
    input.value = "";
    const [first] = files;
    if (first === undefined) return;
    const folder = input.id === "folder";
    const name = folder ? (first.webkitRelativePath.split("/")[0] ?? first.name) : first.name;
    void this.#look(name, folder ? files : first);
  };

  async #look(name: string, source: FolderSource): Promise<void> {
    this.step = { is: "looking", name };
    try {
      let found: Found = { type: "found", files: 0, found: {} };
      let left = 0;
      for await (const event of this.keep.importFolder(source, { preview: true })) {
        if (event.type === "found") found = event;
        if (event.type === "done") left = event.skipped;
      }
      this.step = { is: "found", name, source, found, left };
    } catch (error) {
      this.step = { is: "choosing" };
      notify(this, { text: `“${name}” could not be read: ${sentence(error)}`, tone: "bad" });
    }
  }

  async #import(name: string, source: FolderSource): Promise<void> {
    const { signal } = (this.#stop = new AbortController());
    const step: Extract<Step, { is: "importing" }> = { is: "importing", name, source, done: 0, total: 0, path: "" };
    this.step = step;
    try {
      for await (const event of this.keep.importFolder(source, { signal })) {
        if (event.type === "done") this.step = { is: "done", name, source, done: event };
        else if (event.type === "progress") this.step = { ...step, done: event.done, total: event.total };
        else if (event.type !== "found") step.path = event.path;
      }
    } catch (error) {
      this.step = { is: "stopped", name, source, reason: signal.aborted ? "Stopped" : sentence(error) };
    }
  }

  async #save(): Promise<void> {
    this.saving = true;
    await attempt(this, "The folder could not be written", async () => {
      const folder = this.keep.exportFolder({ layout: "sillytavern" });
      await handOut({ filename: folder.filename, type: folder.type, bytes: await folder.blob() });
      const { told } = folder;
      const names = told.slice(0, 3).map(({ name, domain }) => name || domain).join(", ");
      if (told.length > 0) notify(this, { text: `Not all of it has a place in SillyTavern: ${names}${told.length > 3 ? ` and ${counted(told.length - 3, "other")}` : ""}` });
    });
    this.saving = false;
  }
}
