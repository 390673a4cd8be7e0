// The scripted companion: answers from lines that travel in a card, so that a chat works in the
// first minute, without a model and without a network. It says of itself what it is.

import type { Card, Json, Message, NewMessage } from "../library";
import { folded } from "../format";

/** Where in a card's `extensions` the lines are. */
const KEY = "cardkeep/companion";

/** What a reply of the companion carries in `extra`, as other tools name the source of a reply. */
const SOURCE = { api: "scripted", model: "scripted sample" };

interface Rule {
  /** Any of these words in the user's message. */
  hears: string[];
  /** One of these is the answer. */
  says: string[];
}

export interface Script {
  rules: Rule[];
  /** Answers to everything else. */
  otherwise: string[];
}

/** The lines in a card, if it carries any. A card is foreign input: only texts are taken. */
export function scriptOf(card: Card): Script | undefined {
  const own = card.extensions[KEY];
  if (!isObject(own)) return undefined;
  const rules = (Array.isArray(own.rules) ? own.rules : [])
    .filter(isObject)
    .map((rule) => ({ hears: texts(rule.hears), says: texts(rule.says) }))
    .filter((rule) => rule.hears.length > 0 && rule.says.length > 0);
  const otherwise = texts(own.otherwise);
  return rules.length > 0 || otherwise.length > 0 ? { rules, otherwise } : undefined;
}

/** The answer to the last user message of `recent`; `undefined` if the script has none. */
export function reply(script: Script, card: Card, recent: Message[], userName: string): NewMessage | undefined {
  const heard = recent.findLast((message) => message.role === "user");
  if (heard === undefined) return undefined;
  const words = new Set(folded(heard.text).split(/[^\p{L}\p{N}']+/u));
  const rule = script.rules
    .map((candidate) => ({ candidate, hits: candidate.hears.filter((word) => words.has(folded(word))).length }))
    .filter(({ hits }) => hits > 0)
    .sort((a, b) => b.hits - a.hits)[0]?.candidate;
  const said = recent.filter((message) => message.role === "character").map((message) => message.text);
  const lines = [...(rule?.says ?? []), ...script.otherwise].map((line) => expand(line, card.name, userName));
  // The first line not said lately; when all were, the one said longest ago.
  const line = lines.find((candidate) => !said.includes(candidate))
    ?? lines.sort((a, b) => said.lastIndexOf(a) - said.lastIndexOf(b))[0];
  if (line === undefined) return undefined;
  return { name: card.name, role: "character", text: line, fields: { extra: SOURCE } };
}

/** True for messages that this companion wrote. */
export function isScripted(message: Message): boolean {
  const extra = message.fields.extra;
  return isObject(extra) && extra.api === SOURCE.api;
}

/** Puts the names where a card's text has `{{char}}` and `{{user}}`. */
export function expand(text: string, characterName: string, userName: string): string {
  return text.replace(/\{\{(char|user)\}\}/gi, (_, who: string) => (who.toLowerCase() === "char" ? characterName : userName));
}

function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
