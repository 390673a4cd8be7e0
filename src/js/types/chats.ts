// Chats in a keep.

import type { ChatDialect, ChatForm, ChatTool, NewMessage } from "./chat.js";
import type { Loss } from "./reading.js";
import type { Entry, Exported, ListOptions } from "./record.js";

/** A reply that begins: a message without its text, or the message that gets it as an alternative, by its id. */
export type NewReply = Omit<NewMessage, "text"> | { swipeOf: number };

/** A reply whose page was gone before it ended. */
export interface InterruptedReply {
  id: string;
  /** The chat it is for. */
  chat: string;
  /** What has come. */
  text: string;
  /** When it began and when it was kept last, milliseconds since 1970. */
  started: number;
  changed: number;
  /** Who says it; not of alternatives. */
  name?: string;
  role?: "user" | "character" | "system";
  /** The id of the message that it is an alternative of. */
  swipeOf?: number;
}

export interface ChatEntry extends Entry {
  title: string;
  dialect: ChatDialect;
  /** Whose file it was imported from. */
  source?: ChatTool;
  /** Number of messages. */
  length: number;
  /** Ids of the characters in it. */
  characters: string[];
  /** The persona that the user is in it. */
  persona?: string;
  /** The world it is in, and where in it. */
  world?: string;
  location?: string;
  playthrough?: string;
  /** The id of the template it uses, empty when that has none. */
  template?: string;
  /** The chat that this one branches off, and the last message that both share: its index then, and its id. */
  parent?: { id: string; at: number; message?: number };
  /** Whether the branch is a checkpoint. */
  checkpoint?: boolean;
  archived?: boolean;
  /** The beginning of the last message, for lists. */
  last?: string;
}

/** What a chat belongs to, by ids. */
export interface ChatLinks {
  /** The characters in it; several are a group. */
  characters?: readonly string[];
  persona?: string;
  world?: string;
  /** A place of the world, as the world names it. */
  location?: string;
  playthrough?: string;
}

export interface ChatListOptions extends ListOptions {
  /** List the archive instead. */
  archived?: boolean;
  /** Only those that this character is in. */
  character?: string;
  persona?: string;
  world?: string;
  location?: string;
  playthrough?: string;
}

/** A chat in its tree. */
export interface ChatNode extends ChatEntry {
  /** How many chats lie between it and the one that all come from, itself counted. */
  depth: number;
}

/** What is in a chat, counted. */
export interface ChatStats {
  messages: number;
  /** Words of the texts that are shown, as white space tells them apart. */
  words: number;
  /** Alternatives that are not shown. */
  swipes: number;
  /** Messages that cannot be read. */
  unreadable: number;
  /** The first and the last date, milliseconds since 1970. */
  first?: number;
  last?: number;
  /** Who says how much, the most messages first. */
  speakers: { name: string; role: "user" | "character" | "system"; messages: number; words: number }[];
  /** Chats that branch off this one. */
  branches: number;
}

export interface BranchOptions {
  /** Without one, the title of the chat with the number of the branch. 1 to 100 characters, else `invalid`. */
  title?: string;
}

/** What to look for in messages. */
export interface SearchOptions {
  /** Capital and small letters differ. */
  case?: boolean;
  /** Only whole words. */
  words?: boolean;
  /** What is looked for is a regular expression. It takes linear time, and one that comes to more than 64 KB is `invalid`; look-around and back-references are `invalid`, and `\w` and its like know ASCII only. */
  regex?: boolean;
  /** Only messages of this name. */
  name?: string;
  role?: "user" | "character" | "system";
  /** Also in alternatives that are not shown. */
  swipes?: boolean;
  /** At most so many messages; 100, if absent. */
  limit?: number;
}

/** A message that says what was looked for. */
export interface SearchHit {
  index: number;
  /** In a keep: as the message has it. */
  id?: number;
  name: string;
  role: "user" | "character" | "system";
  /** Milliseconds since 1970. */
  at?: number;
  /** The words around the first find. */
  excerpt: string;
  /** Where the text has it, `[from, to]`, to be used with `slice`. At most 100. */
  matches: [from: number, to: number][];
  /** Which alternative says it, when not the shown one does. */
  swipe?: number;
}

/** A chat with messages that say what was looked for. */
export interface ChatHits {
  entry: ChatEntry;
  hits: SearchHit[];
}

export interface ExportChatOptions {
  /** Default: the chat's own lines. `"original"` is the file of another tool that it was imported from. */
  as?: ChatForm | "original";
}

export interface ExportedChat extends Exported {
  /** What the form cannot hold. */
  losses: Loss[];
}

/** A template's text as a chat has it, and which one it was. */
export interface ChatTemplate {
  id?: string;
  text: string;
}

export interface NewChat extends ChatLinks {
  /** At most 100 characters, `invalid` beyond. */
  title: string;
  /** Kept with the chat as it is now: a later change of the template changes no old chat. */
  template?: ChatTemplate;
  /** As the header line names them. */
  userName?: string;
  characterName?: string;
}
