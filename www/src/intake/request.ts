// How a screen asks the frame to take files in, and the button that does it.

import { html } from "lit";
import { customElement, property } from "lit/decorators.js";
import { LightElement } from "../element";
import { icon } from "../icon";

export const INTAKE = "ck-intake";

export interface IntakeRequest {
  files: File[];
  /** Characters to link chats to. */
  characters?: string[];
  /** Adds the app's own samples instead. */
  samples?: boolean;
}

export function requestIntake(from: EventTarget, request: IntakeRequest): void {
  from.dispatchEvent(new CustomEvent<IntakeRequest>(INTAKE, { detail: request, bubbles: true, composed: true }));
}

@customElement("ck-picker")
export class Picker extends LightElement {
  @property({ attribute: false }) label = "Import";
  @property({ attribute: false }) main = false;
  @property({ attribute: false }) disabled = false;
  @property({ attribute: false }) characters: string[] | undefined;

  override render() {
    // No `accept`: what a file is, its bytes decide, and some systems hide what they cannot name.
    return html`<input class="unseen" type="file" multiple tabindex="-1" aria-label=${`${this.label}: choose files`}
        ?disabled=${this.disabled} @change=${this.#chosen} />
      <button type="button" class="button ${this.main ? "main" : ""}" ?disabled=${this.disabled} @click=${this.#open}>
        ${icon("import")}${this.label}
      </button>`;
  }

  readonly #open = (): void => this.querySelector("input")?.click();

  readonly #chosen = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    const files = [...(input.files ?? [])];
    // Emptied, so that choosing the same file again is a change again.
    input.value = "";
    if (files.length === 0) return;
    requestIntake(this, { files, ...(this.characters && { characters: this.characters }) });
  };
}
