// <ck-template>: one template. Its texts, numbers and switches are fields; lists and objects are shown as they stand.

import { html, nothing, type PropertyValues } from "lit";
import { customElement, state } from "lit/decorators.js";
import { handOut } from "../download";
import { attempt, failure } from "../failure";
import { ago, momentOf } from "../format";
import { gone } from "../gone";
import { icon } from "../icon";
import type { Json, KeptTemplate, TemplatePatch } from "../library";
import { Live } from "../live";
import { href } from "../route";
import { saveState } from "../save-state";
import { Saving } from "../saving";
import { Screen } from "../screen";
import { discard } from "../trash";
import { KINDS } from "./kinds";
import "../history";

type Fields = { [name: string]: Json };

/** A field's name in the file, as people write it. */
function words(key: string): string {
  const spoken = key.replaceAll("_", " ").trim();
  return spoken.charAt(0).toUpperCase() + spoken.slice(1);
}

@customElement("ck-template")
export class TemplateScreen extends Screen {
  @state() private edits: TemplatePatch = {};
  readonly #data = new Live<KeptTemplate | undefined>(this, () => this.keep, ["templates"], () => this.keep.templates.get(this.record));
  readonly #saving = new Saving(this, () => this.keep, "templates", () => this.record, () => {
    void this.#data.reload().then(() => {
      if (this.#saving.patch === undefined) this.edits = {};
    });
  });

  override firstUpdated(changed: PropertyValues<this>): void {
    super.firstUpdated(changed);
    this.edits = { ...this.#saving.patch };
  }

  override render() {
    const { value, error, loading } = this.#data;
    if (loading) return html`<p class="wait" role="status">Loading the template…</p>`;
    if (error !== undefined && value === undefined) return failure("This template could not be read", error, () => void this.#data.reload());
    if (value === undefined) return gone(this.keep, "templates", this.record);
    const name = value.template.name || "No name";
    const fixed = value.builtIn === true;
    return html`
      <p class="crumb"><a href="#/templates">${icon("back")}Templates</a></p>
      <header class="head"><div><h1 dir="auto">${name}</h1><p>${fixed ? "Comes along; copy it to change it" : saveState(this.#saving.state)}</p></div>
        <div class="tools">
          <button type="button" class="button" ?disabled=${!this.writable} @click=${() => void this.#copy()}>Copy</button>
          ${fixed ? nothing : html`
            <button type="button" class="button" @click=${() => void this.#export()}>${icon("export")}Export</button>
            <button type="button" class="button danger" ?disabled=${!this.writable} @click=${() => void this.#delete(name)}>${icon("bin")}Delete</button>`}
        </div></header>
      <div class="settings-page">
        ${this.#form(value, fixed || !this.writable)}
        <dl class="facts">
          <div><dt>For</dt><dd>${KINDS[value.template.kind]}</dd></div>
          ${fixed ? nothing : html`<div><dt>Changed</dt><dd title=${momentOf(value.changed)}>${ago(value.changed)}</dd></div>`}
        </dl>
        ${fixed ? nothing : html`<ck-history .keep=${this.keep} .domain=${"templates"} .record=${this.record} .writable=${this.writable}></ck-history>`}
      </div>
    `;
  }

  #form({ template }: KeptTemplate, fixed: boolean) {
    const fields: Fields = { ...template.fields, ...this.edits.fields };
    const whole = Object.entries(fields).filter(([, value]) => typeof value === "object");
    return html`<form class="form" @submit=${(event: Event) => event.preventDefault()}>
      <label class="field"><span>Name</span><input dir="auto" autocomplete="off" ?disabled=${fixed} .value=${this.edits.name ?? template.name} @input=${this.#named} /></label>
      ${Object.entries(fields).filter(([key, value]) => typeof value !== "object" && key !== "name").map(([key, value]) => this.#field(key, value, fixed))}
      ${whole.length > 0
        ? html`<details><summary>Lists and objects (${whole.length})</summary><dl class="raw">${whole.map(([key, value]) => html`<div><dt title=${key}>${words(key)}</dt><dd><pre tabindex="0" aria-label=${words(key)}>${JSON.stringify(value, null, 2)}</pre></dd></div>`)}</dl></details>`
        : nothing}
    </form>`;
  }

  #field(key: string, value: Json, fixed: boolean) {
    if (typeof value === "boolean") {
      return html`<label class="check"><input type="checkbox" ?disabled=${fixed} .checked=${value} @change=${(event: Event) => this.#set(key, (event.target as HTMLInputElement).checked)} /><span title=${key}>${words(key)}</span></label>`;
    }
    if (typeof value === "number") {
      return html`<label class="field"><span title=${key}>${words(key)}</span><input type="number" step="any" ?disabled=${fixed} .value=${String(value)} @change=${(event: Event) => {
        const { valueAsNumber } = event.target as HTMLInputElement;
        if (Number.isFinite(valueAsNumber)) this.#set(key, valueAsNumber);
      }} /></label>`;
    }
    const text = String(value ?? "");
    const typed = (event: Event) => this.#set(key, (event.target as HTMLTextAreaElement).value);
    return html`<label class="field"><span title=${key}>${words(key)}</span><textarea dir="auto" rows=${Math.min(12, text.split("\n").length + Math.floor(text.length / 90))} ?disabled=${fixed} .value=${text} @input=${typed}></textarea></label>`;
  }

  readonly #named = (event: Event): void => {
    const name = (event.target as HTMLInputElement).value;
    this.edits = { ...this.edits, name };
    this.#saving.schedule({ name });
  };

  #set(key: string, value: Json): void {
    this.edits = { ...this.edits, fields: { ...this.edits.fields, [key]: value } };
    this.#saving.schedule({ fields: { [key]: value } });
  }

  async #copy(): Promise<void> {
    await attempt(this, "The template could not be copied", async () => {
      if (!(await this.#saving.flush())) return;
      const { id } = await this.keep.templates.duplicate(this.record);
      location.hash = href("template", id);
    });
  }

  async #export(): Promise<void> {
    await attempt(this, "The template could not be exported", async () => {
      if (await this.#saving.flush()) await handOut(await this.keep.templates.export(this.record));
    });
  }

  async #delete(name: string): Promise<void> {
    if (await discard(this, this.keep, "templates", this.record, name)) location.hash = "#/templates";
  }
}
