// <ck-settings>: settings, and what there is to know about where the data is.

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { failure, sentence } from "../failure";
import { ago, count, counted, momentOf, size } from "../format";
import { requestIntake } from "../intake/request";
import { version, type Entry, type Settings, type Snapshot } from "../library";
import { Live } from "../live";
import { notify } from "../notice";
import { saveState, type SaveState } from "../save-state";
import { Screen } from "../screen";

interface Trashed {
  domain: "characters" | "chats" | "worlds";
  kind: string;
  name: string;
  entry: Entry;
}

interface Storage {
  persisted: boolean | undefined;
  usage: number | undefined;
  quota: number | undefined;
  snapshots: Snapshot[];
  trash: Trashed[];
}

const SECOND_COPY = {
  on: "Every save is also written beside the database, and comes back from there if the database is damaged",
  off: "None: this browser has no place for one",
  failing: "Not written at the moment; saves are in the database only",
  "catching-up": "Being completed after it failed; new saves are in both",
} as const;

@customElement("ck-settings")
export class SettingsScreen extends Screen {
  @state() private saving: SaveState = { is: "saved" };
  @state() private refused = false;
  readonly #settings = new Live<Settings>(this, () => this.keep, ["settings"], () => this.keep.settings.get());
  readonly #storage = new Live<Storage>(this, () => this.keep, ["characters", "chats", "worlds"], () => this.#measure());

  async #measure(): Promise<Storage> {
    const { storage } = navigator;
    const [persisted, estimate, snapshots, characters, chats, worlds] = await Promise.all([
      storage?.persisted?.(),
      storage?.estimate?.(),
      this.keep.backups.list(),
      this.keep.characters.list({ trashed: true }),
      this.keep.chats.list({ trashed: true }),
      this.keep.worlds.list({ trashed: true }),
    ]);
    const trash: Trashed[] = [
      ...characters.items.map((entry): Trashed => ({ domain: "characters", kind: "Character", name: entry.name, entry })),
      ...chats.items.map((entry): Trashed => ({ domain: "chats", kind: "Chat", name: entry.title, entry })),
      ...worlds.items.map((entry): Trashed => ({ domain: "worlds", kind: "World", name: entry.name, entry })),
    ];
    trash.sort((a, b) => (b.entry.trashed ?? 0) - (a.entry.trashed ?? 0));
    return { persisted, usage: estimate?.usage, quota: estimate?.quota, snapshots, trash };
  }

  override render() {
    const { value, error, loading } = this.#settings;
    if (loading) return html`<p class="wait" role="status">Loading settings…</p>`;
    if (value === undefined) return failure("The settings could not be read", error, () => void this.#settings.reload());
    return html`
      <header class="head"><div><h1>Settings</h1><p class="quiet">${saveState(this.saving)}</p></div></header>
      <div class="settings-page">
        ${this.#form(value)}
        ${this.#storagePart()}
        <section class="panel">
          <h2>Samples</h2>
          <p>Three characters, a chat and a world, made for this app and free to use. What is already here is not added twice.</p>
          <button type="button" class="button" ?disabled=${!this.writable} @click=${() => requestIntake(this, { files: [], samples: true })}>Add the samples</button>
        </section>
        <section class="panel">
          <h2>About</h2>
          <p>cardkeep ${version}. Reads and keeps character cards, chats and worlds. No account, no server, no tracking.</p>
        </section>
      </div>
    `;
  }

  #form(settings: Settings) {
    const changed = (Object.keys(this.keep.settings.defaults) as (keyof Settings)[]).filter((key) => settings[key] !== this.keep.settings.defaults[key]);
    return html`<section class="panel" aria-label="Preferences">
      ${this.#row("theme", settings, "Theme", "", html`<select id="set-theme" ?disabled=${!this.writable} @change=${this.#chosen}>
        ${([["system", "As the device"], ["light", "Light"], ["dark", "Dark"]] as const).map(([key, label]) => html`<option value=${key} ?selected=${settings.theme === key}>${label}</option>`)}
      </select>`)}
      ${this.#row("userName", settings, "Your name", "What characters call you in new chats.",
        html`<input id="set-userName" type="text" dir="auto" autocomplete="off" .value=${settings.userName} ?disabled=${!this.writable} @change=${this.#named} />`)}
      ${this.#row("pageSize", settings, "Messages loaded at once", "10 to 500.",
        html`<input id="set-pageSize" type="number" min="10" max="500" .value=${String(settings.pageSize)} ?disabled=${!this.writable} @change=${this.#numbered("pageSize")} />`)}
      ${this.#row("versionsKept", settings, "Older versions kept", "Of every character, chat and world. 0 to 100.",
        html`<input id="set-versionsKept" type="number" min="0" max="100" .value=${String(settings.versionsKept)} ?disabled=${!this.writable} @change=${this.#numbered("versionsKept")} />`)}
      ${this.#row("autosaveDelay", settings, "Save after the last key", "In milliseconds. 0 to 60,000.",
        html`<input id="set-autosaveDelay" type="number" min="0" max="60000" step="100" .value=${String(settings.autosaveDelay)} ?disabled=${!this.writable} @change=${this.#numbered("autosaveDelay")} />`)}
      ${this.#row("autosaveInterval", settings, "Save at least every", "In milliseconds, while you type. 0 for never, up to 600,000.",
        html`<input id="set-autosaveInterval" type="number" min="0" max="600000" step="1000" .value=${String(settings.autosaveInterval)} ?disabled=${!this.writable} @change=${this.#numbered("autosaveInterval")} />`)}
      ${changed.length > 0
        ? html`<p><button type="button" class="button" ?disabled=${!this.writable} @click=${() => void this.#change(() => this.keep.settings.reset())}>Reset all ${counted(changed.length, "change")}</button></p>`
        : nothing}
    </section>`;
  }

  #row(key: keyof Settings, settings: Settings, label: string, hint: string, field: TemplateResult) {
    const standard = this.keep.settings.defaults[key];
    return html`<div class="setting">
      <label for=${`set-${key}`}>${label}${hint ? html`<small class="quiet">${hint}</small>` : nothing}</label>
      <div class="tools">
        ${settings[key] === standard
          ? nothing
          : html`<button type="button" class="link" ?disabled=${!this.writable} aria-label=${`Reset ${label}`} title=${`Default: ${standard}`}
              @click=${() => void this.#change(() => this.keep.settings.reset(key))}>Reset</button>`}
        ${field}
      </div>
    </div>`;
  }

  #storagePart() {
    const { value, error, loading } = this.#storage;
    const { access } = this.keep;
    return html`<section class="panel" aria-label="Storage">
      <h2>Storage</h2>
      <p>Your data is stored only in this browser, on this device, under ${location.host}.
        ${value?.persisted === undefined ? nothing
          : value.persisted
            ? html`It is <strong>protected from automatic clean-up</strong>.`
            : html`It <strong>may be removed</strong> by the browser if space runs low or, in Safari, after seven days without use, unless the app is installed.`}</p>
      ${value?.persisted === false
        ? html`<p><button type="button" class="button" @click=${() => void this.#persist()}>Ask the browser to protect it</button></p>
            ${this.refused ? html`<p class="quiet">The browser said no. It often agrees once the app is installed or bookmarked, or used more.</p>` : nothing}`
        : nothing}
      <dl class="facts">
        <div><dt>Library</dt><dd>${this.keep.name}, ${access.mode === "read-write" ? "reading and writing" : `read-only: ${access.reason}`}</dd></div>
        <div><dt>Second copy</dt><dd>${SECOND_COPY[this.keep.secondCopy.state]}</dd></div>
        ${value?.usage === undefined ? nothing
          : html`<div><dt>Used (estimate)</dt><dd>${size(value.usage)}${value.quota ? ` of ${size(value.quota)}` : ""}</dd></div>`}
      </dl>
      ${error !== undefined && value === undefined ? failure("The storage could not be examined", error, () => void this.#storage.reload()) : nothing}
      ${loading || value === undefined ? nothing : html`${this.#trash(value.trash)}${this.#snapshots(value.snapshots)}`}
    </section>`;
  }

  #trash(trash: Trashed[]) {
    return html`<h3>Trash</h3>
      ${trash.length === 0 ? html`<p class="quiet">Nothing in the trash.</p>`
        : html`<ul class="rows">${trash.map((item) => html`<li>
            <span><strong dir="auto">${item.name || "No name"}</strong> <span class="quiet">${item.kind}${item.entry.trashed ? `, deleted ${ago(item.entry.trashed)}` : ""}</span></span>
            <button type="button" class="button small" ?disabled=${!this.writable} aria-label=${`Restore ${item.name}`} @click=${() => void this.#restore(item)}>Restore</button>
          </li>`)}</ul>`}`;
  }

  #snapshots(snapshots: Snapshot[]) {
    return html`<h3>Copies made before upgrades</h3>
      ${snapshots.length === 0 ? html`<p class="quiet">None yet: they are made before the stored data is brought to a new format.</p>`
        : html`<ul class="rows">${snapshots.map((one) => html`<li>
            <span>${momentOf(one.created)} <span class="quiet">${one.reason}</span></span>
            <span class="quiet">${count(one.records)} records, ${size(one.bytes)}</span></li>`)}</ul>`}`;
  }

  readonly #chosen = (event: Event): void => {
    const theme = (event.target as HTMLSelectElement).value as Settings["theme"];
    void this.#change(() => this.keep.settings.patch({ theme }));
  };

  readonly #named = (event: Event): void => {
    const userName = (event.target as HTMLInputElement).value.trim();
    void this.#change(() => this.keep.settings.patch({ userName }));
  };

  #numbered(key: "pageSize" | "versionsKept" | "autosaveDelay" | "autosaveInterval") {
    return (event: Event): void => {
      const { valueAsNumber } = event.target as HTMLInputElement;
      void this.#change(() => this.keep.settings.patch({ [key]: valueAsNumber }));
    };
  }

  async #change(change: () => Promise<Settings>): Promise<void> {
    this.saving = { is: "saving" };
    try {
      this.#settings.value = await change();
      this.saving = { is: "saved" };
    } catch (error) {
      // The field keeps what was typed; the state says why it is not taken.
      this.saving = { is: "failed", error };
    }
  }

  async #persist(): Promise<void> {
    this.refused = !(await navigator.storage.persist());
    await this.#storage.reload();
  }

  async #restore({ domain, entry, name }: Trashed): Promise<void> {
    try {
      await this.keep[domain].restore(entry.id);
      notify(this, { text: `“${name}” is back` });
    } catch (error) {
      notify(this, { text: `“${name}” could not be restored: ${sentence(error)}`, tone: "bad" });
    }
  }
}
