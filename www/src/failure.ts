// How a failure reads to a person: what happened, and what to do about it.

import { html, nothing, type TemplateResult } from "lit";
import { isCardkeepError } from "./library";

/** One sentence for a notice or a save state. */
export function sentence(error: unknown): string {
  if (isCardkeepError(error)) return error.hint ? `${error.message}. ${error.hint}` : error.message;
  return error instanceof Error ? error.message : String(error);
}

/** The code, when the package has one for it. */
export function codeOf(error: unknown): string | undefined {
  return isCardkeepError(error) ? error.code : undefined;
}

/** A block in place of what could not be shown. */
export function failure(title: string, error: unknown, retry?: () => void): TemplateResult {
  const known = isCardkeepError(error);
  return html`<section class="failure" role="alert">
    <h2>${title}</h2>
    <p>${error instanceof Error ? error.message : String(error)}</p>
    ${known && error.hint ? html`<p>${error.hint}</p>` : nothing}
    ${known ? html`<p class="quiet">Code <code>${error.code}</code></p>` : nothing}
    ${retry ? html`<button type="button" class="button" @click=${retry}>Try again</button>` : nothing}
  </section>`;
}
