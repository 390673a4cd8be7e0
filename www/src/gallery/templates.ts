// <ck-templates>: how prompts are put together. Those that come along can be looked at and copied.

import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { attempt, failure } from "../failure";
import { counted } from "../format";
import { icon } from "../icon";
import { builtInTemplates, type TemplateEntry } from "../library";
import { Live } from "../live";
import { href } from "../route";
import { Screen } from "../screen";
import { KINDS } from "../template/kinds";
import { textRow } from "./text_row";
import { unreadable } from "./unreadable";
import "../intake/request";
import "../shelf";

@customElement("ck-templates")
export class TemplatesScreen extends Screen {
  @state() private everything = false;
  readonly #list = new Live(this, () => this.keep, ["templates", "settings"], async () => {
    const [listing, { hiddenTemplates }] = await Promise.all([this.keep.templates.list(), this.keep.settings.get()]);
    return { ...listing, hidden: hiddenTemplates };
  });

  override render() {
    const { value, error, loading } = this.#list;
    if (loading) return html`<p class="wait" role="status">Loading templates…</p>`;
    if (value === undefined) return failure("Your templates could not be listed", error, () => void this.#list.reload());
    const { hidden } = value;
    const along = builtInTemplates().filter(({ id }) => this.everything || !hidden.includes(id));
    const items = value.items.toSorted((a, b) => a.name.localeCompare(b.name));
    return html`
      <p class="crumb"><a href="#/settings">${icon("back")}Settings</a></p>
      <header class="head">
        <div><h1>Templates</h1><p class="quiet">How a prompt is put together</p></div>
        <div class="tools"><ck-picker .main=${true} .disabled=${!this.writable}></ck-picker></div>
      </header>
      ${unreadable(value.unreadable)}
      <section class="field" aria-labelledby="own-title"><h2 id="own-title">Yours</h2>
        ${items.length === 0
          ? html`<p class="quiet">None yet. Copy one of those below, or import presets of SillyTavern or templates of CardShark.</p>`
          : html`<ck-shelf .items=${items} .item=${this.#row} .mark=${this.writable}></ck-shelf>`}
      </section>
      <section class="field" aria-labelledby="along-title"><h2 id="along-title">Come along</h2>
        <ul class="list">${along.map(({ id, template }) => html`<li>
          <a class="row" href=${href("template", id)}><span class="what"><span class="name" dir="auto">${template.name}</span><span class="quiet line">${KINDS[template.kind]}</span></span></a>
          <button type="button" class="button" aria-label=${`Copy ${template.name}`} ?disabled=${!this.writable} @click=${() => void this.#copy(id)}>Copy</button>
          ${hidden.includes(id)
            ? html`<button type="button" class="button" aria-label=${`Show ${template.name} again`} ?disabled=${!this.writable} @click=${() => void this.#hide(hidden.filter((one) => one !== id))}>Show again</button>`
            : html`<button type="button" class="button" aria-label=${`Hide ${template.name}`} ?disabled=${!this.writable} @click=${() => void this.#hide([...hidden, id])}>Hide</button>`}</li>`)}</ul>
        ${hidden.length > 0 ? html`<button type="button" class="link" aria-pressed=${this.everything ? "true" : "false"} @click=${() => (this.everything = !this.everything)}>${
          this.everything ? "Leave out the hidden ones" : `Show ${counted(hidden.length, "hidden one")}`}</button>` : nothing}
      </section>
    `;
  }

  readonly #row = (entry: TemplateEntry) => textRow(this, this.keep, "templates", entry, KINDS[entry.kind]);

  async #hide(hiddenTemplates: string[]): Promise<void> {
    await attempt(this, "That could not be changed", () => this.keep.settings.patch({ hiddenTemplates }));
  }

  async #copy(id: string): Promise<void> {
    await attempt(this, "The template could not be copied", async () => {
      const copy = await this.keep.templates.duplicate(id);
      location.hash = href("template", copy.id);
    });
  }
}
