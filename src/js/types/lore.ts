// Lorebooks, as documents and as views of them, and what matching tells.

import type { Limits, Warning } from "./reading.js";

export type LorebookDialect = "silly-tavern" | "character-book" | "v3" | "agnai" | "novel-ai" | "risu" | "ai-dungeon" | "tsv";

/** A lorebook as it was written: the JSON text, byte for byte. */
export interface LorebookDocument {
  readonly bytes: Uint8Array;
}

export type LorePosition = "before-char" | "after-char" | "note-top" | "note-bottom" | "at-depth" | "examples-top" | "examples-bottom" | "outlet";

/** An entry, in one shape for all dialects. */
export interface LoreEntry {
  id?: number | string;
  /** Any of them calls for the entry. `/…/flags` is an expression. */
  keys: string[];
  secondaryKeys: string[];
  /** With the decorators of V3, if there are any. */
  content: string;
  comment: string;
  enabled: boolean;
  constant: boolean;
  selective: boolean;
  logic: "and-any" | "not-all" | "not-any" | "and-all";
  insertionOrder: number;
  priority?: number;
  position: LorePosition;
  depth: number;
  /** 0 system, 1 user, 2 assistant. */
  role: number;
  useRegex: boolean;
  caseSensitive?: boolean;
  matchWholeWords?: boolean;
  scanDepth?: number;
  /** In percent. */
  probability: number;
  group?: string;
  groupOverride: boolean;
  groupWeight: number;
  /** Whether it leaves its group to those of which more keys are found. */
  groupScoring?: boolean;
  sticky?: number;
  cooldown?: number;
  delay?: number;
  excludeRecursion: boolean;
  preventRecursion: boolean;
  delayUntilRecursion: number;
  ignoreBudget: boolean;
  /** The name that a macro asks for, for the position `outlet`. */
  outlet?: string;
  /** Beside which characters it goes in, by the names of their files and the ids of their tags. */
  characters?: { names: string[]; tags: string[]; exclude: boolean };
  /** What the prompt has to be for. */
  triggers?: (LoreTrigger | (string & {}))[];
  /** What its keys are looked for in beside the messages. */
  lookIn?: LoreAbout[];
}

/** What a prompt is for, in SillyTavern's words. */
export type LoreTrigger = "normal" | "continue" | "impersonate" | "swipe" | "regenerate" | "quiet";

/** A text beside the messages. */
export type LoreAbout =
  | "persona-description"
  | "character-description"
  | "character-personality"
  | "character-depth-prompt"
  | "scenario"
  | "creator-notes";

export interface Lorebook {
  name: string;
  description?: string;
  scanDepth?: number;
  tokenBudget?: number;
  recursiveScanning?: boolean;
  entries: LoreEntry[];
}

export interface LorebookFile {
  document: LorebookDocument;
  dialect: LorebookDialect;
  book: Lorebook;
  warnings: Warning[];
}

/** Fields of an entry to change; `null` makes one the usual one, or absent. */
export type LoreEntryPatch = { [F in keyof LoreEntry]?: LoreEntry[F] | null };

/** What is to be changed in a lorebook. Absent fields stay; `null` removes what may be absent. */
export interface LorebookPatch {
  name?: string;
  description?: string | null;
  scanDepth?: number | null;
  tokenBudget?: number | null;
  recursiveScanning?: boolean | null;
  /** Entries by their ids (`#n` by their place where they have none); `null` takes one out. */
  entries?: { [id: string]: LoreEntryPatch | null };
  /** New entries; one without an id gets the next number. */
  add?: LoreEntryPatch[];
}

/** A lorebook to be made or to take another's place; what is left out is the usual. */
export type NewLorebook = Partial<Omit<Lorebook, "entries">> & { entries?: Partial<LoreEntry>[] };

export interface MatchLorebookOptions {
  /** How many of the newest messages are looked at; a book's own number goes first. Default 2. */
  scanDepth?: number;
  /** How many tokens the entries may take together; a book's own number goes first. No limit by default. */
  tokenBudget?: number;
  /** Whether entries call for entries; a book's own word goes first. Default true. */
  recursive?: boolean;
  /** How many rounds of that, at most 20. Default 5. */
  maxRecursion?: number;
  /** For entries that do not say. Default false. */
  caseSensitive?: boolean;
  /** For entries that do not say. Default false. */
  matchWholeWords?: boolean;
  /** Chance: the same seed, the same result. Default 1. */
  seed?: number;
  /** How many messages the chat has. Default: as many as are given. */
  messages?: number;
  /** The `timed` of the match before. */
  timed?: LorebookMatch["timed"];
  /** For the estimate of tokens. Default 4. */
  charactersPerToken?: number;
  /**
   * Who speaks: what the character's file is called, without its ending, and the ids of its tags, as SillyTavern has them. Of
   * what is left out entries may want what they like.
   */
  character?: { name?: string; tags?: readonly string[] };
  /** What the prompt is for. Default `normal`. */
  trigger?: LoreTrigger;
  /** For entries that do not say: whether of a group those stay of which most keys are found. Default false. */
  groupScoring?: boolean;
  /** Looks at older messages, one by one, until so many entries go in. Default 0. */
  minActivations?: number;
  /** How many messages are looked at for that at most, 1,000 in any case; 0 for all. Default 0. */
  minActivationsDepth?: number;
  /** The texts that entries may want to look in beside the messages. */
  about?: { readonly [text in LoreAbout]?: string };
  /** Which greeting the chat begins with: 0 the first, 1 the first of the others. Else entries that want one do not wait for it. */
  greeting?: number;
  /** What the user's icon is called among the card's assets. Else entries that want one do not wait for it. */
  userIcon?: string;
  limits?: Limits;
}

/** Why an entry goes in. `depth`: how many messages stand behind the one with the key. */
export type LoreReason =
  | { reason: "constant" | "decorator" | "sticky" }
  | { reason: "key"; key: string; depth: number; secondary?: string }
  | { reason: "entry"; key: string; by: number }
  | { reason: "about"; key: string; text: LoreAbout };

export interface LorebookMatch {
  /** The entries that go in, in the order of the prompt. */
  fired: { index: number; why: LoreReason; content: string; tokens: number; position: LorePosition; depth: number; role: number; outlet?: string }[];
  /** The others, in the order of the book. */
  skipped: {
    index: number;
    why: "disabled" | "no-keys" | "not-found" | "secondary" | "bad-key" | "probability" | "cooldown" | "delay" | "decorator" | "group" | "score" | "budget" | "character" | "trigger";
    detail?: string;
  }[];
  /** Tokens of what goes in, by estimate. */
  tokens: number;
  /** To be given with the next message. */
  timed: { [index: string]: { stickyUntil: number; cooldownUntil: number } };
}

/** A lorebook as `JSON.parse` gives it: of SillyTavern, of the specifications, of Agnai, NovelAI, RisuAI or AI Dungeon. */
export type ParsedLorebook =
  | { entries: { [uid: string]: object } }
  | { entries: readonly object[]; extensions: object }
  | { entries: readonly object[]; lorebookVersion: number }
  | { entries: readonly object[]; kind: string }
  | { spec: string; data: object }
  | { type: string; data: readonly object[] }
  | { storyCards: readonly object[] }
  | { worldInfo: readonly object[] }
  | readonly object[];

/** What is taken for a lorebook: the document that was read, its fields, or the object of a parsed file. */
export type LorebookGiven = LorebookDocument | NewLorebook | ParsedLorebook;
