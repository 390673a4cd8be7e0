// What a list could not read. It is said, and it hides nothing else.

import { html, nothing, type TemplateResult } from "lit";
import { counted } from "../format";
import type { Unreadable } from "../library";

export function unreadable(items: Unreadable[]): TemplateResult | typeof nothing {
  if (items.length === 0) return nothing;
  return html`<details class="partial">
    <summary>${counted(items.length, "item")} could not be read. All others are here.</summary>
    <ul>${items.map((item) => html`<li><code>${item.code}</code> ${item.message} <span class="quiet">${item.id}</span></li>`)}</ul>
  </details>`;
}
