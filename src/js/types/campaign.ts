// Campaigns of game bots, as documents and as views of them.

import type { Json } from "./reading.js";

/** A channel of a guild, both by the ids that their server gives them: texts, never numbers. */
export interface CampaignScope {
  guild: string;
  channel: string;
}

/** The text of a scope as it is kept, byte for byte. */
export interface CampaignDocument {
  readonly bytes: Uint8Array;
}

/** What is in a scope, under the names of the files that bots keep. */
export interface Campaign {
  guild_id: string;
  channel_id: string;
  campaign?: {
    name?: string | null;
    gm_id?: string | null;
    player_role_id?: string | null;
    gm_role_id?: string | null;
    /** Its address and its token are secrets and are refused. */
    webhook_id?: string | null;
    players?: string[];
    [field: string]: Json | undefined;
  };
  /** One for each player, by the player's id. */
  characters: { [user: string]: { name: string; avatar_url?: string | null; description?: string | null; [field: string]: Json | undefined } };
  npcs: { [id: string]: { name: string; avatar_url?: string | null; creator_id?: string | null; [field: string]: Json | undefined } };
}

/** What is to be changed in a scope: objects are gone into, `null` removes, all else replaces. */
export interface CampaignPatch {
  campaign?: { [field: string]: Json } | null;
  characters?: { [user: string]: { [field: string]: Json } | null } | null;
  npcs?: { [id: string]: { [field: string]: Json } | null } | null;
}

/** An NPC, and where it is. */
export interface CampaignNpc extends CampaignScope {
  id: string;
  npc: Campaign["npcs"][string];
}

/** Somebody, with the ids of the roles that the server gave. */
export interface CampaignActor {
  user: string;
  roles?: readonly string[];
}

/** Look on, play a character, lead. */
export type CampaignAction = "read" | "play" | "lead";

/** The files that bots keep. */
export interface CampaignFiles {
  /** `campaigns.json`: by guild and channel. */
  campaigns?: Uint8Array;
  /** `characters.json`: by guild, player and channel. */
  characters?: Uint8Array;
  /** `npcs.json`: by guild, channel and id. */
  npcs?: Uint8Array;
}
