// Whether what is on the screen is also in the keep. Always words, never a bare spinner.

import { html, type TemplateResult } from "lit";
import { sentence } from "./failure";

export type SaveState =
  | { is: "saved" }
  | { is: "saving" }
  | { is: "failed"; error: unknown };

export function saveState(state: SaveState): TemplateResult {
  const words =
    state.is === "saved" ? "Saved"
    : state.is === "saving" ? "Saving…"
    : `Not saved: ${sentence(state.error)}`;
  return html`<span class="save-state" data-is=${state.is} role="status">${words}</span>`;
}
