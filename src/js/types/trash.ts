// What is in the trash, and what hangs on a record that goes there.

import type { AssetEntry } from "./assets.js";
import type { CampaignEntry } from "./campaigns.js";
import type { CharacterEntry } from "./characters.js";
import type { ChatEntry } from "./chats.js";
import type { LorebookEntry } from "./lorebooks.js";
import type { PersonaEntry } from "./personas.js";
import type { PlaythroughEntry } from "./playthroughs.js";
import type { TemplateEntry } from "./templates.js";
import type { WorldEntry } from "./worlds.js";

/** What lies in the trash. */
export type Trashed =
  | ({ domain: "characters" } & CharacterEntry)
  | ({ domain: "chats" } & ChatEntry)
  | ({ domain: "worlds" } & WorldEntry)
  | ({ domain: "personas" } & PersonaEntry)
  | ({ domain: "lorebooks" } & LorebookEntry)
  | ({ domain: "templates" } & TemplateEntry)
  | ({ domain: "campaigns" } & CampaignEntry)
  | ({ domain: "assets" } & AssetEntry)
  | ({ domain: "playthroughs" } & PlaythroughEntry);

/** What hangs on a record. */
export interface Dependents {
  /** The chats that are linked to it, newest change first. */
  chats: ChatEntry[];
  /** The worlds that the character is in. */
  worlds: WorldEntry[];
  /** The playthroughs of the world, newest change first. */
  playthroughs: PlaythroughEntry[];
}
