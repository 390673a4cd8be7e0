// How a failure reads to a person: what happened, and what to do about it.

import { html, nothing, type TemplateResult } from "lit";
import { isCardkeepError } from "./library";
import { notify } from "./notice";

/** What happened, for a notice or a save state, and the package's advice. */
export function sentence(error: unknown): string {
  const words = message(error);
  return isCardkeepError(error) && error.hint ? `${words}. ${error.hint}` : words;
}

/** Where the browser says what happened, and says it for programs. */
const OWN: Record<string, string> = { quota: "The browser has no room left for this" };

/** What happened. The package's messages begin with the code, which is for programs. */
function message(error: unknown): string {
  const code = codeOf(error);
  const words = error instanceof Error ? error.message : String(error);
  return OWN[code ?? ""] ?? withoutCode(words, code);
}

export function withoutCode(words: string, code: string | undefined): string {
  const begin = `${code}: `;
  return words.startsWith(begin) ? words.slice(begin.length) : words;
}

/** The code, when the package has one for it. */
export function codeOf(error: unknown): string | undefined {
  return isCardkeepError(error) ? error.code : undefined;
}

/** Does something; when it fails, says what could not be done and why. */
export async function attempt(from: EventTarget, failed: string, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    notify(from, { text: `${failed}: ${sentence(error)}`, tone: "bad" });
  }
}

/** A block in place of what could not be shown. */
export function failure(title: string, error: unknown, retry?: () => void): TemplateResult {
  const known = isCardkeepError(error);
  return html`<section class="failure" role="alert">
    <h2>${title}</h2>
    <p>${message(error)}</p>
    ${known && error.hint ? html`<p>${error.hint}</p>` : nothing}
    ${known ? html`<p class="quiet">Code <code>${error.code}</code></p>` : nothing}
    ${retry ? html`<button type="button" class="button" @click=${retry}>Try again</button>` : nothing}
  </section>`;
}
