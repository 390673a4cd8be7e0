// Campaigns in a keep.

import type { Campaign, CampaignDocument, CampaignFiles, CampaignScope } from "./campaign.js";
import type { Limits, Warning } from "./reading.js";
import type { Entry, PutOptions, SafetyOptions } from "./record.js";

export interface CampaignFilter {
  guild?: string;
  /** Who plays in it. */
  player?: string;
  /** Who leads it. */
  gm?: string;
  /** Who made an NPC of it. */
  creator?: string;
}

export interface BringCampaignsOptions extends SafetyOptions {
  /** The files as they were exported before they were changed. */
  base?: CampaignFiles;
  limits?: Limits;
}

/** What became of files of campaigns. */
export interface CampaignsBrought {
  /** Scopes that were not there. */
  added: number;
  /** Scopes that say something else now. */
  changed: number;
  /** Scopes that say the same. */
  same: number;
  /** Places where the files and the keep say something else: the scope's id, a colon, the path. */
  conflicts: string[];
  warnings: Warning[];
}

/** One of the campaigns of `putMany`. */
export interface PutCampaign extends Omit<PutOptions, keyof SafetyOptions> {
  scope: CampaignDocument | Campaign;
}

export interface CampaignEntry extends Entry, CampaignScope {
  name: string;
  gm?: string;
  /** How many play in it. */
  players: number;
  characters: number;
  npcs: number;
}

export interface KeptCampaign extends Entry, CampaignScope {
  name: string;
  document: CampaignDocument;
  scope: Campaign;
}
