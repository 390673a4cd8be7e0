// Texts on their way to a model: macros filled in, and how many tokens they may have.

import { rawEstimateTokens, rawFillMacros } from "./cardkeep.js";
import { failure } from "./errors.js";
import { call } from "./loading.js";
import { fields, limits, options, text, whole } from "./options.js";
import type { FilledMacros, FillMacrosOptions } from "./types.js";

/**
 * Fills the macros of a text: `{{char}}`, `{{user}}`, `{{random:a,b}}`, `{{pick:a,b}}`, `{{roll:2d6}}`, `{{reverse:…}}`,
 * `{{// …}}`, `{{comment:…}}`, `{{hidden_key:…}}`, `{{newline}}`, `{{trim}}`, `<USER>`, `<BOT>`, and every name in `values`. A pure
 * function: the same call gives the same text. What is not known stays as it is written.
 *
 * Throws `too-large` over `limits.text`, `bad-option`, `not-ready`.
 */
export function fillMacros(written: string, given?: FillMacrosOptions): FilledMacros {
  return call("fillMacros", () => {
    const chosen = options(given, ["char", "user", "values", "seed", "limits"]);
    const values = chosen.values ?? {};
    const named = fields(values, "values");
    for (const [name, value] of Object.entries(values)) text(value, `values.${name}`);
    const seed = whole(chosen.seed ?? 1, "seed");
    if (seed > 0xffffffff) throw failure("bad-option", "`seed` is over 4294967295");
    const filled = rawFillMacros(
      text(written, "text"),
      text(chosen.char ?? "", "char"),
      text(chosen.user ?? "", "user"),
      named,
      seed,
      limits(chosen.limits),
    );
    return JSON.parse(filled) as FilledMacros;
  });
}

/**
 * About how many tokens a model makes of a text, without the vocabulary of any.
 *
 * Throws `bad-option`, `not-ready`.
 */
export function estimateTokens(written: string): number {
  return call("estimateTokens", () => rawEstimateTokens(text(written, "text")));
}
