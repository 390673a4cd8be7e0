// Texts on their way to a model.

import type { Limits } from "./reading.js";

export interface FillMacrosOptions {
  /** `{{char}}`: the character's nickname, or else its name. */
  char?: string;
  /** `{{user}}`: the persona's name. */
  user?: string;
  /** Other macros by their names, in any case. */
  values?: { [name: string]: string };
  /** The variables of the chat. Without them `{{getvar::…}}`, `{{setvar::…}}` and their like stay as they are written. */
  variables?: { readonly [name: string]: string };
  /** The variables of all chats, such as RisuAI's toggles (`toggle_…`). */
  globals?: { readonly [name: string]: string };
  /** When it is, in milliseconds since 1970. Without it `{{time}}` and its like stay as they are written. */
  now?: number;
  /** How far east of Greenwich, in minutes. Default 0. */
  utcOffset?: number;
  /** Chance: the same seed, the same text. Default 1. */
  seed?: number;
  limits?: Limits;
}

/** A text with its macros filled in. */
export interface FilledMacros {
  text: string;
  /** What `{{hidden_key:…}}` had: not shown, and looked at for a lorebook's keys. */
  hiddenKeys: string[];
  /** What `{{comment:…}}` had: for the reader, not for a model. */
  comments: string[];
  /** Macros that are not known and stay as they are written, each once. */
  unknown: string[];
  /** The chat's variables as they are now, where they were given. */
  variables?: { [name: string]: string };
}
