// Templates, as documents and as views of them, and what rendering makes of them.

import type { Json, Limits, Warning } from "./reading.js";

/** All but `cardshark` are SillyTavern's presets. */
export type TemplateKind = "instruct" | "context" | "system-prompt" | "reasoning" | "chat-completion" | "sampler" | "cardshark";

/** A template as it was written: the JSON text, byte for byte. Change it with `editTemplate`. */
export interface TemplateDocument {
  readonly bytes: Uint8Array;
}

/** How a prompt is put together. */
export interface Template {
  kind: TemplateKind;
  /** Empty where the file has none, as with most presets of chat completions. */
  name: string;
  description?: string;
  /** All that the file says, under the names of the tool that it is for. */
  fields: { [name: string]: Json };
}

/** What is to be changed in a template. Absent fields stay; `null` removes one. */
export interface TemplatePatch {
  name?: string;
  description?: string | null;
  fields?: { [name: string]: Json };
}

/** A template to be made, or to take another's place. */
export type NewTemplate = Partial<Omit<Template, "kind">> & { kind: TemplateKind };

export interface TemplateFile {
  templates: { template: Template; document: TemplateDocument }[];
  warnings: Warning[];
}

/** A template that comes with the library. */
export interface BuiltInTemplate {
  /** Begins with `builtin:`. */
  id: string;
  template: Template;
}

/** A message of a prompt. */
export interface PromptMessage {
  role: "system" | "user" | "assistant";
  /** What that one is called. */
  name?: string;
  content: string;
}

export interface RenderTemplateOptions {
  /** `{{char}}`. */
  character?: string;
  /** `{{user}}`. */
  user?: string;
  /** Other macros by their names, such as `description`, `scenario`, `system`, `wiBefore`. */
  values?: { [name: string]: string };
  /** The chat, oldest message first. */
  messages?: PromptMessage[];
  /** Whether the text ends where the model goes on. Default false. */
  reply?: boolean;
  /** Chance: the same seed, the same text. Default 1. */
  seed?: number;
  limits?: Limits;
}

export interface RenderedTemplate {
  /** The prompt as one text; empty for `chat-completion`. */
  text: string;
  /** The prompt as messages, for `chat-completion`. */
  messages: Required<PromptMessage>[];
  /** Where a model should stop. */
  stop: string[];
  /** Macros that are not known and stay as they are written, each once. */
  unknown: string[];
}

/** What is taken for a template: the document that was read, its fields, or the object of a parsed preset. */
export type TemplateGiven =
  | TemplateDocument
  | NewTemplate
  | { input_sequence: string; output_sequence: string }
  | { story_string: string }
  | { name: string; content: string }
  | { prefix: string; suffix: string; separator: string }
  | { prompts: readonly object[] }
  | { temp: number; top_k: number; top_p: number; rep_pen: number }
  | { userFormat: string; assistantFormat: string };
