// Chat logs and their messages.

import type { Fault, Json, Limits, Warning } from "./reading.js";

export type ChatDialect = "sillytavern" | "cardshark" | "world" | "tavernai" | "chub";

export type ChatTool =
  | ChatDialect
  | "text-generation-webui"
  | "agnai"
  | "backyard"
  | "cai-tools"
  | "kobold-lite"
  | "risu"
  | "llama-cpp"
  | "plain";

/** Where a chat file comes from. */
export interface ChatSource {
  tool: ChatTool;
  /** The tool's form of that time: a year and month, a version, or a word. */
  era: string;
  /** What in the file says so. */
  because: string;
}

/** What a chat can be written as: lines of a tool, a text, or a page. */
export type ChatForm = "sillytavern" | "cardshark" | "world" | "text" | "html";

/** A chat that was never a file. */
export interface ComposedChat {
  header?: {
    /** "User", if absent. */
    userName?: string;
    /** The title, if absent; in a world's chat the world's name. */
    characterName?: string;
    /** When the chat began and messages without a date were said, milliseconds since 1970; now, if absent. */
    created?: number;
    /** Where in the world. */
    location?: string;
  };
  messages: readonly NewMessage[];
}

export interface ComposeChatOptions {
  as: ChatForm | ChatDialect;
  /** For people. */
  title?: string;
}

export interface WriteChatOptions {
  as: ChatForm;
  /** For people. Default: what the header calls the chat. */
  title?: string;
}

/** What a list or the first screen shows of a chat file. */
export interface PeekedChat {
  dialect: ChatDialect;
  source: ChatSource;
  converted: boolean;
  /** The last header line that was read: of a file with several chats the last one's, where it stands near the end. */
  header?: { [key: string]: Json };
  /** What that header calls the chat: its title, else who the user talks to, else the world. */
  title?: string;
  /** Who the user is, by the header, else by who speaks. */
  userName?: string;
  /** The same of the character; of several without a header the one who speaks first among those that were read. */
  characterName?: string;
  /** Number of messages of the file's last chat; absent where not all of it was read. */
  length?: number;
  /** Its last messages, oldest first. Where not all was read, their `index` counts from the end: -1 is the last one's. */
  last: Message[];
  /** Lines that could not be read; where not all was read those near the end, and `line` counts from there: -1 is the last. */
  faults: Fault[];
  /** Of what was read; lines as in `faults`. */
  warnings: Warning[];
  /** How many bytes of the file it took. */
  bytesRead: number;
  /** How many it has. */
  size: number;
  /** Whether all was read: then everything is told as `readChat` tells it. */
  complete: boolean;
}

export interface PeekChatOptions {
  /** How many messages. Default 50. */
  last?: number;
  limits?: Limits;
  signal?: AbortSignal;
}

/** One message of a chat. */
export interface Message {
  /** Position in the chat, from 0; in a `PeekedChat` that is not complete from the end. */
  index: number;
  /** In a keep: names the message in its chat for ever, wherever it moves, and in the branches of the chat. */
  id?: number;
  name: string;
  role: "user" | "character" | "system";
  text: string;
  /** Kept from the model, as SillyTavern's `/hide` does; the role is `system` then. */
  hidden?: true;
  /** Its end is missing: the reply was ended before its time. */
  interrupted?: true;
  /** Milliseconds since 1970, when the date could be understood. The original spelling is in `fields`. */
  at?: number;
  /** Alternatives, when there are any; holes come as empty text. */
  swipes?: string[];
  /** Which of `swipes` is shown, from 0. Always in range. */
  swipe?: number;
  /** What had to be put right to say this: `swipe-hole`, `swipe-out-of-range`. */
  warnings?: Warning[];
  /** The line as the dialect has it. */
  fields: { [key: string]: Json };
}

/** A message of an open chat: its index, or its `id`. */
export type MessageRef = number | { id: number };

/** A message to write. `fields` go into the line as they are; the named ones win over them. */
export interface NewMessage {
  name: string;
  role: "user" | "character" | "system";
  text: string;
  /** Milliseconds since 1970; now, if absent. */
  at?: number;
  fields?: { [key: string]: Json };
}

/** What may be changed in a message. */
export interface MessagePatch {
  text?: string;
  name?: string;
  /** Fields of the line, as the dialect spells them; `undefined` is not a value, absent ones stay. */
  fields?: { [key: string]: Json };
}
