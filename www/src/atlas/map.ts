// The map of one level as a drawing. Each location is a button; which one is picked, the screen decides.

import { html, nothing, svg, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Place } from "./grid";

const CELL = { width: 164, height: 96 } as const;
const BOX = { width: 140, height: 64 } as const;

export interface MapState {
  places: Place[];
  current: string;
  visited: ReadonlySet<string>;
  picked: string;
  pick(key: string): void;
  go(key: string): void;
}

export function map(level: number, state: MapState): TemplateResult {
  const places = state.places.filter(({ z }) => z === level);
  const xs = places.map(({ x }) => x);
  const ys = places.map(({ y }) => y);
  const left = xs.reduce((a, b) => Math.min(a, b), Infinity);
  const right = xs.reduce((a, b) => Math.max(a, b), -Infinity);
  const bottom = ys.reduce((a, b) => Math.min(a, b), Infinity);
  const top = ys.reduce((a, b) => Math.max(a, b), -Infinity);
  if (places.length === 0) return html`<p class="none">No locations on this level.</p>`;
  const width = (right - left + 1) * CELL.width;
  const height = (top - bottom + 1) * CELL.height;
  const center = ({ x, y }: Place) => [(x - left + 0.5) * CELL.width, (top - y + 0.5) * CELL.height] as const;
  const at = new Map(places.map((place) => [`${place.x},${place.y}`, place]));
  const paths = places.flatMap((place) => {
    const [x, y] = center(place);
    return [
      at.has(`${place.x + 1},${place.y}`) ? svg`<path d="M${x} ${y}h${CELL.width}" />` : nothing,
      at.has(`${place.x},${place.y - 1}`) ? svg`<path d="M${x} ${y}v${CELL.height}" />` : nothing,
    ];
  });
  // One stop for the Tab key: the picked location, or the first one where none is picked here.
  const stop = places.find(({ key }) => key === state.picked)?.key ?? places[0]?.key;
  return html`<div class="map">
    <svg viewBox="0 0 ${width} ${height}" width=${width} height=${height} role="group" aria-label="Map">
      <g class="paths" aria-hidden="true">${paths}</g>
      ${repeat(places, ({ key }) => key, (place) => {
        const [x, y] = center(place);
        const here = place.key === state.current;
        const seen = state.visited.has(place.key);
        const name = place.location.name || place.location.location_id;
        return svg`<g class="place" role="button" tabindex=${place.key === stop ? 0 : -1} data-key=${place.key}
            data-is=${here ? "here" : seen ? "seen" : "new"} aria-pressed=${place.key === state.picked ? "true" : "false"}
            aria-label=${`${name}, ${place.key}${here ? ", you are here" : seen ? ", visited" : ""}`}
            @click=${() => state.pick(place.key)} @dblclick=${() => state.go(place.key)}
            @keydown=${(event: KeyboardEvent) => key(event, place, state)}>
          <rect x=${x - BOX.width / 2} y=${y - BOX.height / 2} width=${BOX.width} height=${BOX.height} rx="12" />
          ${lines(name).map((line, n, all) => svg`<text x=${x} y=${y + 5 + (n - (all.length - 1) / 2) * 17} text-anchor="middle">${line}</text>`)}
          ${here ? svg`<circle cx=${x + BOX.width / 2 - 6} cy=${y - BOX.height / 2 + 6} r="9" />` : nothing}
        </g>`;
      })}
    </svg>
  </div>`;
}

function key(event: KeyboardEvent, place: Place, state: MapState): void {
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    if (event.key === "Enter" && state.picked === place.key) state.go(place.key);
    else state.pick(place.key);
  }
}

/** A name on at most two lines of a box. */
function lines(name: string): string[] {
  const room = 17;
  const cut = (text: string) => (text.length > room ? `${text.slice(0, room - 1)}…` : text);
  if (name.length <= room) return [name];
  const space = name.lastIndexOf(" ", room);
  return space > 0 ? [name.slice(0, space), cut(name.slice(space + 1))] : [cut(name)];
}
