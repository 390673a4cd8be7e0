// Messages out of a page of the module, which tells nothing twice: what a message says is put together with what its line has.

import type { Message } from "./types/chat.js";

/** Where a text may stand in a line, by the numbers that the module has for it. */
const TEXTS = ["mes", "content", "message", "text"] as const;

/** What the module says of a message: a number stands for what `fields` has. */
export interface Told {
  name: string | number;
  text: string | number;
  swipes?: string[] | number;
  fields: { [key: string]: unknown };
}

/**
 * The messages of a page. A text stands in memory once, however often it is named.
 * @internal
 */
export function messages(page: string): Message[] {
  return whole(JSON.parse(page) as Told[]);
}

/**
 * The same of what was parsed already; the messages are its own objects.
 * @internal
 */
export function whole(told: Told[]): Message[] {
  for (const message of told) {
    const { fields } = message;
    if (typeof message.name === "number") message.name = fields["name"] as string;
    if (typeof message.text === "number") message.text = fields[TEXTS[message.text]!] as string;
    if (typeof message.swipes === "number") message.swipes = [...(fields["swipes"] as string[])];
  }
  return told as Message[];
}
