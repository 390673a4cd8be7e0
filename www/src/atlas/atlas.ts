// <ck-atlas>: a world as one walks through it: the map or the list of its places, where one is, where one can go, and how one
// fares. Where the state is kept, and what follows from a step, the screen around it knows.

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { LightElement } from "../element";
import { counted } from "../format";
import { icon, type IconName } from "../icon";
import type { CharacterEntry, Json, WorldLocation, WorldState } from "../library";
import { prose } from "../prose/prose";
import { href } from "../route";
import { changing, type Edit, freeSides, making, taken } from "./editing";
import { coordinates, DIRECTIONS, neighbor, placesOf, type Place } from "./grid";
import { map } from "./map";

const ARROWS: Record<string, IconName> = { North: "up", East: "right", South: "down", West: "left", Up: "above", Down: "below" };

@customElement("ck-atlas")
export class Atlas extends LightElement {
  @property({ attribute: false }) world!: WorldState;
  @property({ attribute: false }) writable = false;
  /** The characters that are known, by their ids. */
  @property({ attribute: false }) known: Map<string, CharacterEntry> | undefined;
  /** Goes to a location. */
  @property({ attribute: false }) go: (key: string) => void = () => undefined;
  /** Sets a stat of the player. */
  @property({ attribute: false }) set: (stat: string, value: Json) => void = () => undefined;
  /** Puts a location that waits onto the map; not where the map stays as it is. */
  @property({ attribute: false }) place: ((id: string, key: string) => void) | undefined;
  /** Changes the places; not where they stay as they are. */
  @property({ attribute: false }) edit: Edit | undefined;
  /** What stands between the place where one is and the player. */
  @property({ attribute: false }) beside: TemplateResult | typeof nothing = nothing;
  @state() private view: "map" | "list" = "map";
  /** The level shown; the one where the player is, until another is asked for. */
  @state() private level: number | undefined;
  @state() private picked: string | undefined;
  #centered: string | undefined;
  #position: string | undefined;

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("world") || this.#position === this.world.current_position) return;
    // Who goes somewhere looks there.
    this.#position = this.world.current_position;
    this.level = undefined;
    this.picked = undefined;
  }

  override render() {
    const places = placesOf(this.world);
    const here = coordinates(this.world.current_position) ?? [0, 0, 0];
    const level = this.level ?? here[2];
    const levels = [...new Set([...places.map(({ z }) => z), level])].sort((a, b) => a - b);
    const picked = places.find(({ key }) => key === (this.picked ?? this.world.current_position));
    return html`<div class="world-page">
        <section class="atlas" aria-label="Locations">
          <div class="bar">
            <div class="segments" role="group" aria-label="View">
              ${(["map", "list"] as const).map((view) => html`<button type="button" aria-pressed=${this.view === view ? "true" : "false"} @click=${() => (this.view = view)}>${view === "map" ? "Map" : "List"}</button>`)}
            </div>
            ${levels.length > 1 && this.view === "map"
              ? html`<label class="level">Level <select @change=${(event: Event) => (this.level = Number((event.target as HTMLSelectElement).value))}>
                  ${levels.map((z) => html`<option value=${z} ?selected=${z === level}>${z}${z === here[2] ? " (you)" : ""}</option>`)}</select></label>`
              : nothing}
          </div>
          ${this.view === "map"
            ? html`<div @keydown=${(event: KeyboardEvent) => this.#walkMap(event, places)}>${map(level, {
                places,
                current: this.world.current_position,
                visited: new Set(this.world.visited_positions),
                picked: picked?.key ?? "",
                pick: (key) => (this.picked = key),
                go: (key) => this.go(key),
              })}</div>`
            : this.#table(places)}
          ${this.edit === undefined ? nothing : making(places, [picked?.x ?? 0, picked?.y ?? 0, picked?.z ?? 0], picked, this.writable, this.edit)}
          ${this.#tray(Object.entries(this.world.unconnected_locations), places, picked)}
        </section>
        <aside>
          ${this.#here(places, here)}
          ${picked && picked.key !== this.world.current_position ? this.#picked(picked) : nothing}
          ${this.beside}
          ${this.#player()}
        </aside>
      </div>`;
  }

  /** Brings the place where one is into the map's view, when it is another one than before. */
  override updated(): void {
    const place = this.querySelector<SVGGElement>('.place[data-is="here"]');
    const map = this.querySelector(".map");
    if (!place || !map || place.dataset.key === this.#centered) return;
    this.#centered = place.dataset.key;
    const [here, frame] = [place.getBoundingClientRect(), map.getBoundingClientRect()];
    map.scrollLeft += here.x + here.width / 2 - frame.x - frame.width / 2;
    map.scrollTop += here.y + here.height / 2 - frame.y - frame.height / 2;
  }

  #here(places: Place[], here: readonly [number, number, number]) {
    const location = this.world.locations[this.world.current_position];
    return html`<section class="panel here" aria-label="Where you are">
      <p class="quiet over">You are here · ${this.world.current_position}</p>
      <h2 dir="auto">${location?.name ?? "Nowhere on the map"}</h2>
      ${location ? this.#about(location) : nothing}
      ${location && this.edit ? changing(this.world.current_position, location, true, this.writable, this.edit) : nothing}
      <div class="compass" role="group" aria-label="Exits" @keydown=${(event: KeyboardEvent) => this.#walk(event, places, here)}>
        ${DIRECTIONS.map((direction) => {
          const to = neighbor(places, here, direction);
          return html`<button type="button" class="button" data-to=${direction.name} ?disabled=${to === undefined || !this.writable}
            aria-label=${to ? `${direction.name}: ${to.location.name}` : `${direction.name}: no way`}
            title=${to?.location.name ?? "No way"} @click=${() => to && this.go(to.key)}>
            ${icon(ARROWS[direction.name] ?? "next")}<span>${direction.name}</span></button>`;
        })}
      </div>
    </section>`;
  }

  #picked(place: Place) {
    return html`<section class="panel" aria-label="Picked location" aria-live="polite">
      <p class="quiet over">${place.key}${this.world.visited_positions.includes(place.key) ? " · visited" : ""}</p>
      <h2 dir="auto">${place.location.name}</h2>
      ${this.#about(place.location)}
      ${this.edit ? changing(place.key, place.location, false, this.writable, this.edit) : nothing}
      <button type="button" class="button main" ?disabled=${!this.writable} @click=${() => this.go(place.key)}>Go here</button>
    </section>`;
  }

  #about(location: WorldLocation) {
    const npcs = location.npcs ?? [];
    const events = location.events?.length ?? 0;
    return html`
      ${location.description ? prose(location.description) : nothing}
      ${npcs.length > 0
        ? html`<p class="who"><span class="quiet">Here:</span> ${npcs.map((id, n) => {
            const known = this.known?.get(id);
            return html`${n > 0 ? ", " : ""}${known ? html`<a href=${href("card", id)}>${known.name}</a>` : html`<span dir="auto">${id}</span>`}`;
          })}</p>`
        : nothing}
      ${events > 0 ? html`<p class="quiet who">${counted(events, "event")}</p>` : nothing}
    `;
  }

  #table(places: Place[]) {
    const visited = new Set(this.world.visited_positions);
    const rows = places.toSorted((a, b) => a.z - b.z || b.y - a.y || a.x - b.x);
    return html`<div class="wide"><table class="places">
      <thead><tr><th>Location</th><th>Position</th><th>State</th><th><span class="unseen">Move</span></th></tr></thead>
      <tbody>${rows.map((place) => {
        const here = place.key === this.world.current_position;
        return html`<tr data-is=${here ? "here" : "there"}>
          <th scope="row" dir="auto">${place.location.name}</th>
          <td>${place.key}</td>
          <td>${here ? "You are here" : visited.has(place.key) ? "Visited" : "Not visited"}</td>
          <td>${here ? nothing : html`<button type="button" class="button small" ?disabled=${!this.writable} aria-label=${`Go to ${place.location.name}`} @click=${() => this.go(place.key)}>Go</button>`}</td>
        </tr>`;
      })}</tbody>
    </table></div>`;
  }

  #tray(loose: [string, WorldLocation][], places: Place[], beside: Place | undefined) {
    if (loose.length === 0) return nothing;
    return html`<section class="tray">
      <h2>${counted(loose.length, "location")} without a place on the map</h2>
      <ul>${loose.map(([id, location]) => html`<li>
        <details><summary dir="auto">${location.name || id}</summary>${prose(location.description || "No description.")}
          ${typeof location.lore_source === "string" ? html`<p class="quiet">From: ${location.lore_source}</p>` : nothing}
          ${this.#placing(id, location.name || id, places, beside)}</details></li>`)}</ul>
    </section>`;
  }

  /** Beside the place that is picked, where nothing is yet. */
  #placing(id: string, name: string, places: Place[], beside: Place | undefined) {
    const { place } = this;
    if (place === undefined) return nothing;
    const free = freeSides(places, [beside?.x ?? 0, beside?.y ?? 0, beside?.z ?? 0], beside);
    if (free.length === 0) return taken(beside);
    return html`<form class="tools" @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      place(id, String(new FormData(event.target as HTMLFormElement).get("to")));
    }}>
      <label><span class="unseen">Where to place ${name}</span><select name="to" ?disabled=${!this.writable}>
        ${free}</select></label>
      <button type="submit" class="button" ?disabled=${!this.writable}>Place on the map</button>
    </form>`;
  }

  #player() {
    const stats = Object.entries(this.world.player);
    if (stats.length === 0) return nothing;
    return html`<section class="panel" aria-label="Player">
      <h2>You</h2>
      <dl class="stats">${stats.map(([stat, value]) => html`<div><dt>${stat.replaceAll("_", " ")}</dt><dd>${this.#stat(stat, value)}</dd></div>`)}</dl>
    </section>`;
  }

  #stat(stat: string, value: Json) {
    const set = (to: Json) => this.set(stat, to);
    const label = stat.replaceAll("_", " ");
    if (typeof value === "number") {
      const typed = (event: Event) => {
        const field = event.target as HTMLInputElement;
        if (field.value !== "" && Number.isFinite(field.valueAsNumber)) set(field.valueAsNumber);
        else field.value = String(value);
      };
      return html`<button type="button" class="bare" aria-label=${`${label} minus 1`} ?disabled=${!this.writable} @click=${() => set(value - 1)}>−</button>
        <input type="number" step="any" aria-label=${label} .value=${String(value)} ?disabled=${!this.writable} @change=${typed} />
        <button type="button" class="bare" aria-label=${`${label} plus 1`} ?disabled=${!this.writable} @click=${() => set(value + 1)}>+</button>`;
    }
    if (typeof value === "string") {
      return html`<input type="text" dir="auto" aria-label=${label} .value=${value} ?disabled=${!this.writable} @change=${(event: Event) => set((event.target as HTMLInputElement).value)} />`;
    }
    if (typeof value === "boolean") {
      return html`<input type="checkbox" aria-label=${label} .checked=${value} ?disabled=${!this.writable} @change=${(event: Event) => set((event.target as HTMLInputElement).checked)} />`;
    }
    return html`<code>${JSON.stringify(value)}</code>`;
  }

  /** Arrows in the compass go where they point. */
  #walk(event: KeyboardEvent, places: Place[], here: readonly [number, number, number]): void {
    const direction = DIRECTIONS.find(({ keys }) => keys.includes(event.key));
    if (direction === undefined) return;
    event.preventDefault();
    const to = neighbor(places, here, direction);
    if (to && this.writable) this.go(to.key);
  }

  /** Arrows on the map look around: they pick the neighbour, Enter goes there. */
  #walkMap(event: KeyboardEvent, places: Place[]): void {
    const direction = DIRECTIONS.find(({ keys }) => keys.includes(event.key));
    const at = coordinates((event.target as HTMLElement).closest<SVGElement>(".place")?.dataset.key ?? "");
    if (direction === undefined || at === undefined) return;
    event.preventDefault();
    const to = neighbor(places, at, direction);
    if (to === undefined) return;
    this.level = to.z;
    this.picked = to.key;
    void this.updateComplete.then(() => this.querySelector<SVGElement>(`.place[data-key="${CSS.escape(to.key)}"]`)?.focus());
  }
}
