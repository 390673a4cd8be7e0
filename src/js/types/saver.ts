// Edits that wait to be saved, and what is found of them after a crash.

import type { CardkeepError, ErrorCode } from "../errors.js";
import type { CampaignPatch } from "./campaign.js";
import type { CardPatch } from "./card.js";
import type { LorebookPatch } from "./lore.js";
import type { PersonaPatch } from "./persona.js";
import type { PlaythroughPatch } from "./playthroughs.js";
import type { Json } from "./reading.js";
import type { TemplatePatch } from "./template.js";

/** What a saver can save, by domain. */
export interface SaverPatches {
  characters: CardPatch;
  /** `position` moves the player, `player` sets stats. */
  worlds: { position?: string; player?: { [stat: string]: Json } };
  personas: PersonaPatch;
  lorebooks: LorebookPatch;
  templates: TemplatePatch;
  campaigns: CampaignPatch;
  playthroughs: PlaythroughPatch;
  /** The id is the setting's name. */
  settings: { value: Json };
  /** The unsent message of a chat; empty for none. */
  chats: { draft: string };
}

export type SaverDomain = keyof SaverPatches;

export type SaveState = "saved" | "pending" | "saving" | "failed";

/** A change that is not in its record yet. */
export interface Unsaved {
  domain: SaverDomain;
  id: string;
  /** The changes, merged. */
  patch: object;
  /** When the first of them was made, milliseconds since 1970. */
  since: number;
  /** Whether the journal has it: then it outlives the page and the browser. */
  journalled: boolean;
  /** Why it could not be saved the last time. */
  error?: CardkeepError;
}

/** What a saver saved. */
export interface Saved {
  domain: SaverDomain;
  id: string;
  /** The record's revision; of `chats` and `settings` that of the draft or setting. */
  rev: number;
}

export interface JournalEntry {
  domain: SaverDomain;
  id: string;
  /** When it was journalled, milliseconds since 1970. */
  at: number;
  /** How long ago that is, in milliseconds. */
  age: number;
  /** Size of the patch. */
  bytes: number;
  /** Whether this `Keep` wrote it, and not another tab or a page that ended. */
  own: boolean;
}

export interface JournalListing {
  /** Oldest first. */
  items: JournalEntry[];
  /** Entries that cannot be read; they stay. */
  unreadable: number;
}

/** An edit that was found after its page had ended, and did not fit its record any more. */
export interface RecoveredDraft {
  id: string;
  domain: SaverDomain;
  /** The id of the record that it is for. */
  record: string;
  /** The revision that the edit began on, where it was known. */
  base?: number;
  /** When it was journalled, milliseconds since 1970. */
  at: number;
  /** Why it was not saved: `conflict`, `not-found`, or the code of another error. */
  reason: ErrorCode;
  /** When it was found, milliseconds since 1970. */
  recovered: number;
}

/** A recovered draft with both sides. */
export interface RecoveredEdit extends RecoveredDraft {
  /** What was typed. */
  patch: { [field: string]: Json };
  /** The record's present revision; absent when it is gone. */
  rev?: number;
  /** What the same fields say now. */
  present?: { [field: string]: Json };
}
