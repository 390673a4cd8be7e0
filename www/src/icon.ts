// The app's icons: one stroke width, one grid of 24. Always beside a word or a label.

import { svg, html, type TemplateResult } from "lit";

const PATHS = {
  characters: svg`<circle cx="12" cy="8" r="4" /><path d="M4.5 20c.8-4 3.7-6 7.5-6s6.7 2 7.5 6" />`,
  chats: svg`<path d="M4 5.5h16v11H10l-4.5 3.5v-3.5H4z" />`,
  worlds: svg`<path d="M3.5 6.5 9 4l6 2.5L20.5 4v13.5L15 20l-6-2.5L3.5 20z" /><path d="M9 4v13.5M15 6.5V20" />`,
  personas: svg`<rect x="4" y="5" width="16" height="14" rx="2" /><circle cx="9" cy="11" r="2" /><path d="M5.5 16.5c.5-1.7 1.8-2.5 3.5-2.5s3 .8 3.5 2.5M15 10h3M15 14h3" />`,
  settings: svg`<path d="M4 7h9M17 7h3M4 17h3M11 17h9" /><circle cx="15" cy="7" r="2" /><circle cx="9" cy="17" r="2" />`,
  import: svg`<path d="M12 4v11M7.5 10.5 12 15l4.5-4.5M4.5 19.5h15" />`,
  export: svg`<path d="M12 15V4M7.5 8.5 12 4l4.5 4.5M4.5 19.5h15" />`,
  search: svg`<circle cx="10.5" cy="10.5" r="6" /><path d="m15 15 5 5" />`,
  edit: svg`<path d="M5 19l.8-3.8L16 5l3 3L8.8 18.2z" />`,
  bin: svg`<path d="M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.5 10.5v5.5M13.5 10.5v5.5" />`,
  back: svg`<path d="M14.5 5.5 8 12l6.5 6.5" />`,
  next: svg`<path d="M9.5 5.5 16 12l-6.5 6.5" />`,
  send: svg`<path d="M5 12h13M12.5 6 18.5 12l-6 6" />`,
  close: svg`<path d="m6 6 12 12M18 6 6 18" />`,
  up: svg`<path d="M12 19V5M6 11l6-6 6 6" />`,
  down: svg`<path d="M12 5v14M6 13l6 6 6-6" />`,
  left: svg`<path d="M19 12H5M11 6l-6 6 6 6" />`,
  right: svg`<path d="M5 12h14M13 6l6 6-6 6" />`,
  above: svg`<path d="M7 11l5-5 5 5M7 17l5-5 5 5" />`,
  below: svg`<path d="M7 7l5 5 5-5M7 13l5 5 5-5" />`,
  more: svg`<path d="M6 12h.01M12 12h.01M18 12h.01" stroke-width="3" />`,
  info: svg`<circle cx="12" cy="12" r="8" /><path d="M12 11.5v4.5M12 8h.01" />`,
  undo: svg`<path d="M8.5 5 4.5 9l4 4M4.5 9H14a5.5 5.5 0 0 1 0 11h-4" />`,
  redo: svg`<path d="m15.5 5 4 4-4 4M19.5 9H10a5.5 5.5 0 0 0 0 11h4" />`,
  branch: svg`<circle cx="7" cy="5.5" r="2" /><circle cx="7" cy="18.5" r="2" /><circle cx="17" cy="8.5" r="2" /><path d="M7 7.5v9M17 10.5c0 3.5-4 3-8.5 5" />`,
  check: svg`<path d="m5 12.5 4.5 4.5L19 7.5" />`,
  offline: svg`<path d="M4 4l16 16M8.5 16a5 5 0 0 1 6-.5M5 12a10 10 0 0 1 4-2.4M19 12a10 10 0 0 0-5-2.9" /><circle cx="12" cy="19" r=".6" />`,
} as const;

export type IconName = keyof typeof PATHS;

export function icon(name: IconName): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${PATHS[name]}</svg>`;
}
