// Templates: bytes in, what they say out, and prompts made of them.

import { rawBuiltInTemplates, rawEditTemplate, rawReadTemplates, rawRenderTemplate } from "./cardkeep.js";
import { call } from "./loading.js";
import { bytes, documentOr, fields, json, limits, options } from "./options.js";
import type { Limits } from "./types/reading.js";
import type {
  BuiltInTemplate,
  RenderedTemplate,
  RenderTemplateOptions,
  Template,
  TemplateDocument,
  TemplateFile,
  TemplateGiven,
  TemplatePatch,
} from "./types/template.js";

type Head = Omit<TemplateFile, "templates"> & { templates: Template[] };

/**
 * Reads templates: presets of SillyTavern (instruct, context, system prompt, reasoning, text and chat completion, or its
 * export of all of them), and templates of CardShark, one or a list, also compressed with gzip.
 *
 * Throws `not-a-template`, `bad-json`, `bad-encoding`, `too-large`, `bad-option`, `not-ready`.
 */
export function readTemplates(file: Uint8Array, given?: { limits?: Limits }): TemplateFile {
  return call("readTemplates", () => {
    const chosen = options(given, ["limits"]);
    const raw = rawReadTemplates(bytes(file), limits(chosen.limits));
    try {
      const { templates, ...head } = JSON.parse(raw.head) as Head;
      return { ...head, templates: templates.map((template, index) => ({ template, document: { bytes: raw.document(index) as Uint8Array } })) };
    } finally {
      raw.free();
    }
  });
}

/**
 * Changes fields of a template; the rest of its text stays as it was written. `null` removes one.
 *
 * Throws `bad-option`, `invalid`, `not-a-template`, `bad-json`, `too-large`, `not-ready`.
 */
export function editTemplate(template: TemplateGiven, patch: TemplatePatch, given?: { limits?: Limits }): TemplateDocument {
  return call("editTemplate", () => {
    const chosen = options(given, ["limits"]);
    return { bytes: rawEditTemplate(documentOr(template, "template"), fields(patch, "patch"), limits(chosen.limits)) };
  });
}

/**
 * Fills a template. `instruct` and `cardshark` put the messages into one text; `context` tells what stands before them, from
 * `values`; `system-prompt` its text; `reasoning` sets `values.reasoning` apart; `chat-completion` gives messages. A pure
 * function: the same call gives the same prompt.
 *
 * Throws `unsupported` for a `sampler`, `not-a-template`, `invalid`, `bad-json`, `too-large`, `bad-option`, `not-ready`.
 */
export function renderTemplate(template: TemplateGiven, given?: RenderTemplateOptions): RenderedTemplate {
  return call("renderTemplate", () => {
    const { limits: within, ...chosen } = options(given, ["character", "user", "values", "messages", "reply", "seed", "limits"]);
    return JSON.parse(rawRenderTemplate(documentOr(template, "template"), json(chosen, "options"), limits(within))) as RenderedTemplate;
  });
}

/** The templates that come with the library; they never change. `keep.templates` has them by their ids. Throws `not-ready`. */
export function builtInTemplates(): BuiltInTemplate[] {
  return call("builtInTemplates", () => JSON.parse(rawBuiltInTemplates()) as BuiltInTemplate[]);
}
