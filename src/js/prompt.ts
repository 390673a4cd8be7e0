// Texts on their way to a model: macros filled in, and how many tokens they may have.

import { rawEstimateTokens, rawFillMacros } from "./cardkeep.js";
import { failure } from "./errors.js";
import { call } from "./loading.js";
import { fields, integer, limits, options, record, text, whole } from "./options.js";
import type { FilledMacros, FillMacrosOptions } from "./types/prompt.js";

/** The last moment that a Date can be. */
const LAST = 8.64e15;

/**
 * Fills the macros of a text: `{{char}}`, `{{user}}`, `{{random:a,b}}`, `{{pick:a,b}}`, `{{roll:2d6}}`, `{{reverse:…}}`,
 * `{{// …}}`, `{{comment:…}}`, `{{hidden_key:…}}`, `{{newline}}`, `{{trim}}`, `<USER>`, `<BOT>`, and every name in `values`; of RisuAI's
 * those that hang on nothing but texts, `variables`, `now` and chance, such as `{{equal::a::b}}`, `{{calc::1+2}}`, `{{replace::…}}`,
 * `{{getvar::…}}`, `{{date}}`, and the blocks `{{#when …}}`, `{{#if …}}`, `{{#each …}}`. A pure function: the same call gives the
 * same text. What is not known stays as it is written.
 *
 * Throws `too-large` over `limits.text`, `bad-option`, `not-ready`.
 */
export function fillMacros(written: string, given?: FillMacrosOptions): FilledMacros {
  return call("fillMacros", () => {
    const chosen = options(given, ["char", "user", "values", "variables", "globals", "now", "utcOffset", "seed", "limits"]);
    const { now, utcOffset } = chosen;
    for (const key of ["values", "variables", "globals"] as const) {
      for (const [name, value] of Object.entries(record(chosen[key] ?? {}, key))) text(value as string, `${key}.${name}`);
    }
    if (now !== undefined && !(Math.abs(integer(now, "now")) <= LAST)) throw failure("bad-option", "`now` is no moment that a Date can be");
    if (utcOffset !== undefined && !(Math.abs(integer(utcOffset, "utcOffset")) <= 1440)) throw failure("bad-option", "`utcOffset` is over a day");
    const named = fields({ values: chosen.values ?? {}, variables: chosen.variables, globals: chosen.globals, now, utcOffset }, "options");
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
