// <ck-settings>: what a person can set.

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { failure } from "../failure";
import { counted } from "../format";
import { requestIntake } from "../intake/request";
import { version, type Settings } from "../library";
import { Live } from "../live";
import { saveState, type SaveState } from "../save-state";
import { Screen } from "../screen";

/** The settings that have a field here. */
const SHOWN = ["theme", "userName", "pageSize", "versionsKept", "autosaveDelay", "autosaveInterval", "trashDays"] as const;

@customElement("ck-settings")
export class SettingsScreen extends Screen {
  @state() private saving: SaveState = { is: "saved" };
  readonly #settings = new Live<Settings>(this, () => this.keep, ["settings"], () => this.keep.settings.get());

  override render() {
    const { value, error, loading } = this.#settings;
    if (loading) return html`<p class="wait" role="status">Loading settings…</p>`;
    if (value === undefined) return failure("The settings could not be read", error, () => void this.#settings.reload());
    return html`
      <header class="head"><div><h1>Settings</h1><p class="quiet">${saveState(this.saving)}</p></div></header>
      <div class="settings-page">
        ${this.#form(value)}
        <section class="panel">
          <h2>Storage</h2>
          <p>${this.keep.report.fallback === undefined ? "Your data is stored only in this browser, on this device." : "Nothing is stored: what you make ends with this page."} See how safe it is, check and repair it, and take things out of the trash.</p>
          <a class="button" href="#/storage">Open storage</a>
        </section>
        <section class="panel">
          <h2>Lorebooks, templates and campaigns</h2>
          <p>What a model is told when its keys are mentioned, how prompts are put together, and who plays whom in the channels of a guild.</p>
          <div class="tools"><a class="button" href="#/lorebooks">Lorebooks</a> <a class="button" href="#/templates">Templates</a> <a class="button" href="#/campaigns">Campaigns</a></div>
        </section>
        <section class="panel">
          <h2>From another app</h2>
          <p>Bring everything of SillyTavern or CardShark here at once, or take everything from here to SillyTavern.</p>
          <a class="button" href="#/folder">Bring a folder</a>
        </section>
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
    const changed = SHOWN.filter((key) => settings[key] !== this.keep.settings.defaults[key]);
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
      ${this.#row("trashDays", settings, "Days in the trash", "What is deleted goes for good after so many days. 0 for never.",
        html`<input id="set-trashDays" type="number" min="0" max="3650" .value=${String(settings.trashDays)} ?disabled=${!this.writable} @change=${this.#numbered("trashDays")} />`)}
      ${changed.length > 1
        ? html`<p><button type="button" class="button" ?disabled=${!this.writable} @click=${() => void this.#reset(changed)}>Reset all ${counted(changed.length, "change")}</button></p>`
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

  readonly #chosen = (event: Event): void => {
    const theme = (event.target as HTMLSelectElement).value as Settings["theme"];
    void this.#change(() => this.keep.settings.patch({ theme }));
  };

  readonly #named = (event: Event): void => {
    const userName = (event.target as HTMLInputElement).value.trim();
    void this.#change(() => this.keep.settings.patch({ userName }));
  };

  /** Only what this page shows: other settings have their own places. */
  #reset(keys: readonly (typeof SHOWN)[number][]): Promise<void> {
    return this.#change(async () => {
      for (const key of keys) await this.keep.settings.reset(key);
      return this.keep.settings.get();
    });
  }

  #numbered(key: "trashDays" | "pageSize" | "versionsKept" | "autosaveDelay" | "autosaveInterval") {
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
}
