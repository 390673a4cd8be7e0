// What changes the places of a world: the forms that stand beside a place of the map. Who keeps the change is told, not known here.

import { html, nothing, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import type { WorldLocation, WorldLocationPatch } from "../library";
import { DIRECTIONS, neighbor, type Place } from "./grid";

/** Writes a place at a key of the map; `null` takes it off. `false` when that failed. */
export type Edit = (key: string, patch: WorldLocationPatch | null) => Promise<boolean>;

/** The free sides of a place, and itself where nothing stands there; as options of a `<select>`. */
export function freeSides(places: Place[], from: readonly [number, number, number], beside: Place | undefined): TemplateResult[] {
  const free = DIRECTIONS.filter((direction) => neighbor(places, from, direction) === undefined);
  const sides = free.map(({ name: side, by }) => html`<option value=${from.map((at, n) => at + (by[n] ?? 0)).join(",")}>${beside ? `${side} of ${beside.location.name}` : side}</option>`);
  return beside === undefined ? [html`<option value=${from.join(",")}>In the middle</option>`, ...sides] : sides;
}

/** A text as a form's field shows it, which has newlines of one kind. */
const shown = (text: string): string => text.replace(/\r\n?/g, "\n");
const said = (form: HTMLFormElement, name: string): string => shown(String(new FormData(form).get(name) ?? ""));

/** Changes the name and the description of a place, or takes it off the map. */
export function changing(key: string, location: WorldLocation, here: boolean, writable: boolean, edit: Edit) {
  const save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const patch: WorldLocationPatch = {};
    for (const field of ["name", "description"] as const) {
      const text = said(form, field);
      if (text !== shown(location[field] ?? "")) patch[field] = text;
    }
    if (Object.keys(patch).length === 0 || (await edit(key, patch))) form.closest("details")?.removeAttribute("open");
  };
  // What was typed for one place is not for the next one that is picked.
  return keyed(key, html`<details class="editing"><summary>Change this place</summary>
    <form class="form" @submit=${(event: SubmitEvent) => void save(event)}>
      <label class="field"><span>Name</span><input name="name" dir="auto" autocomplete="off" required ?disabled=${!writable} .value=${location.name ?? ""} /></label>
      <label class="field"><span>Description</span><textarea name="description" dir="auto" rows="5" ?disabled=${!writable} .value=${location.description ?? ""}></textarea></label>
      <div class="tools"><button type="submit" class="button" ?disabled=${!writable}>Save</button>
        ${here ? nothing : html`<button type="button" class="button danger" ?disabled=${!writable} @click=${() => void edit(key, null)}>Remove</button>`}</div>
    </form></details>`);
}

/** What is said where a place has no free side. */
export function taken(beside: Place | undefined): TemplateResult {
  return html`<p class="quiet">All around <span dir="auto">${beside?.location.name}</span> is taken. Pick another place on the map.</p>`;
}

/** Makes a place beside another one. */
export function making(places: Place[], from: readonly [number, number, number], beside: Place | undefined, writable: boolean, edit: Edit): TemplateResult {
  const make = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const made = { location_id: crypto.randomUUID(), name: said(form, "name"), description: said(form, "description"), npcs: [], events: [] };
    if (await edit(said(form, "at"), made)) form.reset();
  };
  const free = freeSides(places, from, beside);
  return html`<details class="editing"><summary>New place</summary>
    ${free.length === 0
      ? taken(beside)
      : html`<form class="form" @submit=${(event: SubmitEvent) => void make(event)}>
        <label class="field"><span>Where</span><select name="at" ?disabled=${!writable}>${free}</select></label>
        <label class="field"><span>Name</span><input name="name" dir="auto" autocomplete="off" required ?disabled=${!writable} /></label>
        <label class="field"><span>Description</span><textarea name="description" dir="auto" rows="3" ?disabled=${!writable}></textarea></label>
        <div class="tools"><button type="submit" class="button" ?disabled=${!writable}>Add it</button></div>
      </form>`}
  </details>`;
}
