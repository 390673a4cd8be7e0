// The shapes that cross the public face. Types only: this file has no run-time code.
// Names are camelCase; where a card, chat or world format has names of its own, they stay as the format spells them.

import type { CardkeepError, ErrorCode } from "./errors.js";

/** Anything JSON can say. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What a tolerant reader noticed. `repaired: false` means something was left out or left as it is. */
export interface Warning {
  /** Stable and kebab-case, such as `crc-mismatch`. */
  code: string;
  /** A path in the document (`data.tags`), a chunk (`chunk 3 tEXt`) or a line (`line 7`). */
  path: string;
  message: string;
  repaired: boolean;
}

/** How much input is accepted; bytes unless said otherwise. */
export interface Limits {
  /** A whole card file. Default 64 MiB. */
  file?: number;
  /** One chunk as stored. Default 32 MiB. */
  chunk?: number;
  /** Inflated or decoded text. Default 32 MiB. */
  text?: number;
  /** Number of text chunks of one image, beside those of its card and its assets. Default 64. */
  textChunks?: number;
  /** Nesting of a JSON document, in levels. Default 64. */
  depth?: number;
  /** Files of one archive. Default 10,000. */
  entries?: number;
  /** All contents of an archive together. Default 256 MiB. */
  archive?: number;
  /** How many times its stored size one content of an archive may have. Default 200. */
  ratio?: number;
  /** Pixels of an image that is decoded for a thumbnail. Default 64,000,000. */
  pixels?: number;
  /** A whole chat log. Default 1 GiB. */
  chat?: number;
}

// ---------------------------------------------------------------- cards

export type CardSpec = "v1" | "v2" | "v3";
/** `charx` is a ZIP, perhaps behind a picture; `byaf` one of Backyard, `yaml` of text-generation-webui. Of these WebP, JPEG, `byaf` and `yaml` are read, not written. */
export type CardContainer = "png" | "json" | "charx" | "webp" | "jpeg" | "byaf" | "yaml";

/**
 * A character card as it was written: the JSON text, byte for byte.
 * Plain data: it may be cloned, posted to a worker, kept in state. Change it with `editCard`.
 */
export interface CardDocument {
  readonly bytes: Uint8Array;
}

/** The card's fields, read tolerantly: always of these types, whatever the file held. */
export interface Card {
  name: string;
  description: string;
  personality: string;
  scenario: string;
  first_mes: string;
  mes_example: string;
  creator_notes: string;
  system_prompt: string;
  post_history_instructions: string;
  alternate_greetings: string[];
  group_only_greetings: string[];
  tags: string[];
  creator: string;
  character_version: string;
  nickname?: string;
  /** As the file has it; the lorebook functions read it. */
  character_book?: Json;
  extensions: { [key: string]: Json };
  /** V3, as the file has it: usually `{type, uri, name, ext}[]`. */
  assets?: Json;
  /** V3, as the file has it: usually texts by their languages. */
  creator_notes_multilingual?: Json;
  /** V3, as the file has it: usually a list of addresses. */
  source?: Json;
  /** V3, as the file has it: usually seconds since 1970. */
  creation_date?: Json;
  /** V3, as the file has it: usually seconds since 1970. */
  modification_date?: Json;
}

/** Fields of a card that `editCard` and `characters.patch` can change. Absent fields stay as they are. */
export type CardPatch = Partial<Omit<Card, "character_book">> & { character_book?: Json };

/** Which part of the file the card was taken from, and why that one. */
export interface CardSource {
  /**
   * `ccv3` or `chara` for a PNG, `card.json` for an archive, `UserComment` or `comment` for a WebP or JPEG, `manifest.json`
   * for an archive of Backyard, `text` for a bare JSON or YAML file.
   */
  chunk: string;
  /** `tEXt`, `zTXt`, `iTXt` or `eXIf` for a PNG, `Exif` or `COM` for a WebP or JPEG. */
  kind?: string;
  /** One sentence. */
  reason: string;
}

/** A binary that travels inside the card file. */
export interface CardAsset {
  /** As the card's `assets[].uri` names it. */
  path: string;
  bytes: Uint8Array;
}

export interface CardFile {
  document: CardDocument;
  card: Card;
  spec: CardSpec;
  container: CardContainer;
  source: CardSource;
  warnings: Warning[];
  assets: CardAsset[];
}

export interface ReadCardOptions {
  limits?: Limits;
}

export interface ValidateCardOptions extends ReadCardOptions {
  /** What came along with the card, as `readCard` gives it. */
  assets?: readonly { readonly path: string }[];
}

/** What a gallery shows of a card. */
export interface PeekedCard {
  name: string;
  creator: string;
  tags: string[];
  /** `character_version`. */
  version: string;
  spec: CardSpec;
  container: CardContainer;
  /** How many bytes of the file it took. */
  bytesRead: number;
}

export interface PeekCardOptions {
  limits?: Limits;
  signal?: AbortSignal;
}

/** One thing about a card that is not as its specification asks. */
export interface CardIssue {
  /** Such as `data.character_book.entries.3.keys`; empty for the whole card. */
  path: string;
  /** Stable and kebab-case: `missing-field`, `wrong-type`, `bad-value`, `duplicate-id`, … */
  code: string;
  message: string;
}

export interface CardValidity {
  /** Whether there are no errors. */
  ok: boolean;
  /** The specification it was held against. */
  spec: CardSpec;
  /** What the specification forbids: at most 1,000, then one more, `too-many`, that says how many there are besides. */
  errors: CardIssue[];
  /** What it allows and is hardly meant, as many. */
  warnings: CardIssue[];
}

/** What is wrong with a value that is to be stored, and what is odd about it. */
export interface Validity {
  /** Whether there are no errors. */
  ok: boolean;
  /** What would be refused, or is against the rules of its form. `path` is empty for all of it. */
  errors: CardIssue[];
  /** What is taken and is hardly meant. */
  warnings: CardIssue[];
}

export interface ValidateOptions {
  /** The record in whose place it is to be put. */
  id?: string | undefined;
}

/** A place in which two cards say something else. */
export interface CardDifference {
  /** The field, and the way to the place within it: `character_book.entries.3.content`. */
  path: string;
  /** Absent where the first says nothing. */
  before?: Json;
  /** Absent where the second says nothing. */
  after?: Json;
}

/** About how many tokens a card has. */
export interface CardTokens {
  /** Of all texts that a model gets to read. */
  total: number;
  /** Of those that are in every prompt: name, description, personality and scenario. */
  permanent: number;
  fields: { [field: string]: number };
}

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

export interface WriteCardOptions {
  container: "png" | "json" | "charx";
  /**
   * What to write into. For `png` a PNG: every chunk but the card's own stays byte for byte; without it a plain portrait is
   * generated. For `charx` an archive, whose other entries stay, or a picture, which becomes the icon.
   */
  image?: Uint8Array;
  /**
   * Binaries that go into the archive, for `charx`, or into chunks beside the card, for `png`: the card names them as these
   * there. With `json` they are `unsupported`.
   */
  assets?: CardAsset[];
  limits?: Limits;
}

// ---------------------------------------------------------------- lorebooks

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

/** Something that the other specification or dialect has no place for. */
export interface Loss {
  /** Such as `data.nickname` or `entries.3.probability`. */
  path: string;
  message: string;
}

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

// ---------------------------------------------------------------- personas

export type PersonaDialect = "silly-tavern" | "risu" | "cardshark";

/**
 * A persona as it was written: the JSON text, byte for byte; of SillyTavern a backup with this persona alone. Change it with
 * `editPersona`.
 */
export interface PersonaDocument {
  readonly bytes: Uint8Array;
}

/** Who the user is, in one shape for all dialects. */
export interface Persona {
  name: string;
  description: string;
  /** Tells it from others of the same name. */
  title?: string;
  /** For the user alone. */
  note?: string;
  /** Where the description goes; `at-depth` with `depth` and `role`. */
  position?: "in-prompt" | "after-character" | "note-top" | "note-bottom" | "at-depth" | "none";
  depth?: number;
  role?: "system" | "user" | "assistant";
  /** The name of a lorebook. */
  lorebook?: string;
  /** As the file has it: usually `{type, id}[]`, characters and groups that it is taken for. */
  connections?: Json[];
  dialect: PersonaDialect;
  /** The file name that SillyTavern knows it by. */
  picture?: string;
  /** Whether SillyTavern takes it for new chats. */
  default?: boolean;
  /** Of CardShark. */
  userId?: string;
}

/** Fields of a persona to change. Absent ones stay; `null` removes what may be absent. */
export type PersonaPatch = {
  [F in "title" | "note" | "position" | "depth" | "role" | "lorebook" | "connections"]?: Exclude<Persona[F], undefined> | null;
} & { name?: string; description?: string };

export interface PersonaFile {
  dialect: PersonaDialect;
  personas: { persona: Persona; document: PersonaDocument }[];
  warnings: Warning[];
}

export interface WritePersonasOptions {
  dialect: PersonaDialect;
  /** The PNG to write into, for `risu` and `cardshark`: its other chunks stay. Without it a plain portrait is generated. */
  image?: Uint8Array;
  limits?: Limits;
}

// ---------------------------------------------------------------- templates

/** All but `cardshark` are SillyTavern's presets. */
export type TemplateKind = "instruct" | "context" | "system-prompt" | "reasoning" | "chat-completion" | "sampler" | "cardshark";

/** A template as it was written: the JSON text, byte for byte. Change it with `editTemplate`. */
export interface TemplateDocument {
  readonly bytes: Uint8Array;
}

/** How a prompt is put together. */
export interface Template {
  kind: TemplateKind;
  /** Empty where the file has none, as with most presets of chat completions. */
  name: string;
  description?: string;
  /** All that the file says, under the names of the tool that it is for. */
  fields: { [name: string]: Json };
}

/** What is to be changed in a template. Absent fields stay; `null` removes one. */
export interface TemplatePatch {
  name?: string;
  description?: string | null;
  fields?: { [name: string]: Json };
}

/** A template to be made, or to take another's place. */
export type NewTemplate = Partial<Omit<Template, "kind">> & { kind: TemplateKind };

export interface TemplateFile {
  templates: { template: Template; document: TemplateDocument }[];
  warnings: Warning[];
}

/** A template that comes with the library. */
export interface BuiltInTemplate {
  /** Begins with `builtin:`. */
  id: string;
  template: Template;
}

/** A message of a prompt. */
export interface PromptMessage {
  role: "system" | "user" | "assistant";
  /** What that one is called. */
  name?: string;
  content: string;
}

export interface RenderTemplateOptions {
  /** `{{char}}`. */
  character?: string;
  /** `{{user}}`. */
  user?: string;
  /** Other macros by their names, such as `description`, `scenario`, `system`, `wiBefore`. */
  values?: { [name: string]: string };
  /** The chat, oldest message first. */
  messages?: PromptMessage[];
  /** Whether the text ends where the model goes on. Default false. */
  reply?: boolean;
  /** Chance: the same seed, the same text. Default 1. */
  seed?: number;
  limits?: Limits;
}

export interface RenderedTemplate {
  /** The prompt as one text; empty for `chat-completion`. */
  text: string;
  /** The prompt as messages, for `chat-completion`. */
  messages: Required<PromptMessage>[];
  /** Where a model should stop. */
  stop: string[];
  /** Macros that are not known and stay as they are written, each once. */
  unknown: string[];
}

// ---------------------------------------------------------------- campaigns

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

export interface CampaignFilter {
  guild?: string;
  /** Who plays in it. */
  player?: string;
  /** Who leads it. */
  gm?: string;
  /** Who made an NPC of it. */
  creator?: string;
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

// ---------------------------------------------------------------- chats

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

/** One line that could not be read. The others can. */
export interface Fault {
  /** Counted from 1; in a `PeekedChat` that is not complete from the end. */
  line: number;
  code: string;
  message: string;
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

/** What may be changed in a message. */
export interface MessagePatch {
  text?: string;
  name?: string;
  /** Fields of the line, as the dialect spells them; `undefined` is not a value, absent ones stay. */
  fields?: { [key: string]: Json };
}

// ---------------------------------------------------------------- worlds (the shape of world_state.json)

export interface WorldLocation {
  location_id: string;
  name: string;
  description: string;
  coordinates?: [number, number, number];
  npcs?: string[];
  events?: Json[];
  [key: string]: Json | undefined;
}

export interface WorldState {
  metadata: { version: string; created_at: number; last_modified: number; name: string; [key: string]: Json };
  /** `"x,y,z"`. */
  current_position: string;
  visited_positions: string[];
  /** By `"x,y,z"`. */
  locations: { [position: string]: WorldLocation };
  /** By location id. */
  unconnected_locations: { [id: string]: WorldLocation };
  player: { [stat: string]: Json };
  [key: string]: Json | { [key: string]: WorldLocation };
}

// ---------------------------------------------------------------- the keep

export interface OpenOptions {
  /** Which keep of this origin. Letters, digits, `-` and `_`. Default `"cardkeep"`. */
  name?: string;
  /**
   * Where the data lives. `"memory"` keeps nothing after closing; a `Medium` of your own keeps it where that puts it, without
   * a second copy beside it. `"second-copy"` is what the second copy of a keep has, read into memory: for reading and exporting
   * while another tab blocks the database or it cannot be opened. It takes no changes (`access`), and shows none that come
   * later; `report.incomplete` says when it lacks something; close it when the keep itself is open. Then `open` throws `not-found` where there is no second copy, `corrupt` when
   * nothing in it can be read, `too-large` over 256 MiB, `no-support`. Default `"indexeddb"`.
   */
  medium?: "indexeddb" | "memory" | "second-copy" | Medium;
  /**
   * `"single-writer"`: of all tabs that open the keep so, one writes at a time, the others read until it ends or they
   * `takeOver()`. Default `"shared"`: all of them write, guarded by revisions.
   */
  mode?: "shared" | "single-writer";
  /**
   * What to do where there is no storage, as in some private windows: `"memory"` opens a keep that ends with the page, and
   * `report.fallback` says why. Show that to whoever types. Default: `open` rejects.
   */
  fallback?: "memory";
  /** Called once when another tab does not let go of the storage and opening has to wait for it, or behind a third one that does. */
  onBlocked?: () => void;
  /** Called while records of an older version are lifted: at the beginning and after each step. */
  onUpgrade?: (upgrade: Upgrade) => void;
  /** How long opening may take, in milliseconds. Default 15,000. */
  timeout?: number;
}

/** The four tables of a medium. */
export type MediumTable = "rows" | "pages" | "journal" | "meta";

/**
 * A key: whole numbers and texts. Keys are compared part by part: numbers by value, before all texts; texts by their UTF-16
 * code units, as `<` does; a key before the longer ones that begin with it.
 */
export type MediumKey = (number | string)[];

/** What stands under a key, usually under 64 KB. Outside of `rows`, `rev` is 0 and `by` is empty. */
export interface MediumValue {
  /** The revision, for the check of the next writer. */
  rev: number;
  /** Index keys: `find` finds a row by each of them. */
  by: string[];
  bytes: Uint8Array;
}

export interface MediumEntry {
  key: MediumKey;
  value: MediumValue;
}

/** A range of a table, in the order of its keys. */
export interface MediumScan {
  table: MediumTable;
  /** Only keys that begin with these parts; all keys when it is empty. */
  prefix: MediumKey;
  /** Only keys behind this one. */
  after?: MediumKey;
  /** At most so many. */
  limit?: number;
}

/** What must hold when a burst is written. */
export type MediumCheck =
  /** The row has this revision; without `rev`: there is no row. */
  | { is: "rev"; table: "rows"; key: MediumKey; rev?: number }
  /** The value has these bytes; without `bytes`: there is no value. */
  | { is: "same"; table: MediumTable; key: MediumKey; bytes?: Uint8Array };

/** Everything that one transaction does: all of it or nothing. */
export interface MediumBurst {
  /** Looked at first. When one does not hold, everything stays as it was. */
  checks: MediumCheck[];
  /** Then written; a value under the key is replaced, with its index keys. */
  puts: { table: MediumTable; key: MediumKey; value: MediumValue }[];
  /** Then removed; a key that is not there is no error. */
  deletes: { table: MediumTable; key: MediumKey }[];
  /** Whether it has to outlive a power cut. */
  durable: boolean;
}

/**
 * A place for a keep: four tables of keys and small values. `conformance` of `cardkeep/testing` proves one.
 *
 * A call that fails rejects, or throws; an error's `code` of the published ones counts, above all `quota` (no space), `aborted`
 * (nothing of the burst was stored), `closed` (the place is gone: the keep ends) and `timeout`; every other one is `medium`,
 * after which nobody knows what was stored. Nothing is repeated.
 *
 * One keep at a time stands on a medium, unless it is `shared`.
 */
export interface Medium {
  /** Whether other pages of this origin open keeps of the same name on the same content. They hear of each other then. */
  readonly shared?: boolean;
  /** Called first, also after `close`: then everything is there again. */
  open(): void | Promise<void>;
  /** The values under some keys, in their order, of one moment; `undefined` where there is none. */
  read(table: MediumTable, keys: MediumKey[]): (MediumValue | undefined)[] | Promise<(MediumValue | undefined)[]>;
  /** A range, in the order of its keys, of one moment. */
  scan(scan: MediumScan): MediumEntry[] | Promise<MediumEntry[]>;
  /** How many keys a range has; told from `scan` where this is missing. */
  count?(scan: MediumScan): number | Promise<number>;
  /** The keys of a range, in order; told from `scan` where this is missing. */
  keys?(scan: MediumScan): MediumKey[] | Promise<MediumKey[]>;
  /**
   * Ranges of one moment, each as `scan` gives it. Where this is missing they are told from scans, and the keep's own writes
   * wait meanwhile; a `shared` one must have it.
   */
  moment?(scans: MediumScan[]): MediumEntry[][] | Promise<MediumEntry[][]>;
  /** The rows that carry an index key, in the order of their keys. */
  find(by: string): MediumEntry[] | Promise<MediumEntry[]>;
  /**
   * Writes a burst: all of it or nothing, also when the process ends meanwhile, and nobody sees a part of it. Answers when it
   * is stored, with `undefined`; or with the position in `checks` of the first that does not hold, and nothing was written.
   */
  write(burst: MediumBurst): (number | undefined) | Promise<number | undefined>;
  /** Lets go of the place. Every other call is `closed` then; another `close` does nothing. */
  close(): void | Promise<void>;
}

/** What may be asked of removing a keep. */
export interface EraseOptions {
  /** How long other pages may take to let go of it, in milliseconds. Default 15,000. */
  timeout?: number;
}

export interface PlanOptions {
  /** How long opening the database may take, in milliseconds. Default 15,000. */
  timeout?: number;
}

/** How far an upgrade of older data has come. */
export interface Upgrade {
  /** The schema before. */
  from: number;
  /** The schema after. */
  to: number;
  /** Rows looked at: records and their older states. */
  done: number;
  /** Rows there are. */
  total: number;
}

/** What opening a keep would do to older data. */
export interface UpgradePlan {
  /** The schema that the keep has. Above `to`: it would open read-only. */
  from: number;
  /** The schema that this version writes. */
  to: number;
  /** What would be done, in order; empty when nothing is. */
  steps: { schema: number; title: string }[];
  /** Rows there are: records and their older states. */
  rows: number;
  /** Records that would be lifted. */
  lifted: number;
  /** Records that could not be lifted; they would go to quarantine, whole. */
  odd: { domain: string; id: string; message: string }[];
}

/** Whether the keep can be written, and if not, why. */
export type Access =
  | { mode: "read-write" }
  | { mode: "read-only"; reason: "too-new" | "rolled-back" | "second-copy"; stored: number; supported: number }
  | { mode: "read-only"; reason: "locked" };

/** What opening found and did. */
export interface OpenReport {
  /** True when there was nothing and an empty keep was made. */
  created: boolean;
  /** Set when nothing is kept after the page's end: why the storage could not be opened. */
  fallback?: ErrorCode;
  /** Set when records were lifted from an older schema. */
  migrated?: { from: number; to: number; lifted: number; quarantined: number; backup: string };
  /** Set when the database had lost something and it was put back from the second copy. */
  recovered?: Recovered;
  /**
   * Set when a page had ended in the middle of a restore: the keep is what the backup holds (`finished`), what it was before
   * (`undone`) or, where neither backup can be read, something of both (`mixed`).
   */
  restore?: "finished" | "undone" | "mixed";
  /** True with `medium: "second-copy"` when that lacks something that was saved, as far as it can tell: say so to whoever reads it. */
  incomplete?: true;
  /** Set when a page had ended before its last edits were saved, and they were found. */
  replayed?: Replayed;
  /**
   * True when the browser could not open the database any more, at this opening or an earlier one, and the keep lives in
   * another place since, filled from the second copy. The old database is left as it is.
   */
  rescued?: boolean;
}

/** What the database had lost and has again, from the second copy. */
export interface Recovered {
  /** It had lost everything. */
  wiped: boolean;
  /** Records put back. */
  rows: number;
  /** Pieces of larger contents put back. */
  pages: number;
}

/** What became of the unsaved edits of pages that ended. */
export interface Replayed {
  /** Saved now, or found to be saved already. */
  applied: number;
  /** Put aside as recovered drafts, since they do not fit their records any more. */
  drafts: number;
  /** Left for the next opening, since the storage failed or they are of a newer form. */
  left: number;
}

// ---------------------------------------------------------------- assets

/** What is known of an asset. */
export interface AssetEntry extends Entry {
  name: string;
  /** Its media type: what its first bytes say, else what was said of it. */
  type: string;
  /** In bytes. */
  size: number;
  /** It may run scripts where it is opened as a document of yours: HTML, SVG, PDF and the like. Show it from another origin, or as a text. */
  active?: true;
}

/** An asset with its content. */
export interface Asset extends AssetEntry {
  bytes: Uint8Array;
}

/** What is said of an asset. */
export interface AssetPatch {
  name?: string | undefined;
  /** A media type; the first bytes of pictures, sounds and films know better. */
  type?: string | undefined;
}

export interface PutAssetOptions extends PutOptions, AssetPatch {}

// ---------------------------------------------------------------- saving later

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

/**
 * How the second copy is doing: `on`, every save is in both; `off`, the browser has no place for one (or the entry is
 * `cardkeep/inline`); `failing`, saves are in the database only; `catching-up`, it takes saves again, but one of before is
 * missing there until a complete copy is made, which happens by itself.
 */
export type SecondCopy = { state: "on" } | { state: "off" } | { state: "failing"; message: string } | { state: "catching-up" };

/** What every record of every domain has. */
export interface Entry {
  id: string;
  /** Grows by one with every write; give it back as `ifRev` to be told of other writers. */
  rev: number;
  /** Milliseconds since 1970. */
  created: number;
  /** Milliseconds since 1970. */
  changed: number;
  /** When it was put in the trash, milliseconds since 1970. */
  trashed?: number;
}

/** A record that is there but cannot be read. It hides no other. */
export interface Unreadable {
  domain: string;
  id: string;
  code: string;
  message: string;
}

/** What a list gives: the readable entries, and what could not be read. */
export interface Listing<E> {
  items: E[];
  unreadable: Unreadable[];
}

export interface ListOptions {
  /** List the trash instead. */
  trashed?: boolean;
}

/** How sure a write has to be before it counts. */
export interface SafetyOptions {
  /** Settle only when it is safe against a power cut. Slower. */
  durable?: boolean;
  /** Settle only when it was read back and is what was written, else `corrupt`. Slower. */
  verify?: boolean;
}

export interface RevOptions {
  /** The `rev` you read; another one in the store is a `conflict`. */
  ifRev?: number;
}

export interface WriteOptions extends RevOptions, SafetyOptions {}

export type TransactionOptions = SafetyOptions;

/** One of the records of `deleteMany` and `restoreMany`. */
export interface Target extends RevOptions {
  id: string;
}

/** One of the changes of `patchMany`. */
export interface PatchItem<P> extends Target {
  patch: P;
}

export interface PutOptions extends WriteOptions {
  /** Which record to replace, or make where there is none. Without it a new one is made. */
  id?: string;
}

export interface PutCharacterOptions extends PutOptions {
  /** A PNG to be the picture. Without it the picture stays. */
  image?: Uint8Array;
}

/** One of the characters of `putMany`. */
export interface PutCharacter extends Omit<PutCharacterOptions, keyof SafetyOptions> {
  card: CardGiven;
}

/** One of the worlds of `putMany`. */
export interface PutWorld extends Omit<PutOptions, keyof SafetyOptions> {
  state: WorldState;
}

/** A picture without what it told beside its pixels and its card. */
export interface CleanedImage {
  bytes: Uint8Array;
  /**
   * What is not in it any more. `kind` is of a PNG `tEXt`, `zTXt`, `iTXt`, `eXIf`, `tIME` or `caBX`, of a JPEG `APP1` to `APP15`
   * or `COM`, of a WebP `EXIF`, `XMP` or `C2PA`; `name` the keyword of a text, or what a JPEG calls such a part: `Exif`.
   */
  removed: { kind: string; name: string; bytes: number }[];
}

/** A card to be made; what is left out is empty. */
export type NewCard = Partial<Card> & { name: string };

/** A card as `JSON.parse` gives it: of V2 and V3, of Pygmalion, of Agnai, or of V1 with what SillyTavern and others write beside it. */
export type ParsedCard =
  | { data: object; spec?: string; spec_version?: string | number }
  | { char_name: string }
  | { kind: "character"; name: string }
  | { name: string; description: string; avatar?: unknown; chat?: unknown; create_date?: unknown };

/** What is taken for a card: the document that was read, its fields, or the object of a parsed file. */
export type CardGiven = CardDocument | Card | NewCard | ParsedCard;

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

/** What is taken for a persona: the document that was read, its fields, or the object of a parsed file of one persona. */
export type PersonaGiven =
  | PersonaDocument
  | Persona
  | NewPersona
  | { name: string; personaPrompt: string }
  | { personas: object }
  | { data: object; spec?: string };

/** What is taken for a template: the document that was read, its fields, or the object of a parsed preset. */
export type TemplateGiven =
  | TemplateDocument
  | NewTemplate
  | { input_sequence: string; output_sequence: string }
  | { story_string: string }
  | { name: string; content: string }
  | { prefix: string; suffix: string; separator: string }
  | { prompts: readonly object[] }
  | { temp: number; top_k: number; top_p: number; rep_pen: number }
  | { userFormat: string; assistantFormat: string };

export interface PutPersonaOptions extends PutOptions {
  /** A PNG to be the picture. Without it the picture stays. */
  image?: Uint8Array;
}

/** One of the personas of `putMany`. */
export interface PutPersona extends Omit<PutPersonaOptions, keyof SafetyOptions> {
  persona: PersonaGiven;
}

/** One of the lorebooks of `putMany`. */
export interface PutLorebook extends Omit<PutOptions, keyof SafetyOptions> {
  book: LorebookGiven;
}

/** One of the templates of `putMany`. */
export interface PutTemplate extends Omit<PutOptions, keyof SafetyOptions> {
  template: TemplateGiven;
}

/** One of the campaigns of `putMany`. */
export interface PutCampaign extends Omit<PutOptions, keyof SafetyOptions> {
  scope: CampaignDocument | Campaign;
}

/** One of the playthroughs of `putMany`. */
export interface PutPlaythrough extends Omit<PutOptions, keyof SafetyOptions> {
  run: Playthrough;
}

/** A persona to be made; what is left out is empty or absent. */
export type NewPersona = Partial<Omit<Persona, "dialect" | "picture" | "default" | "userId">> & { name: string };

/** What a world can be patched with. Locations come before the position; `null` takes one, or a field of one, out. */
export interface WorldPatch {
  name?: string;
  /** By `"x,y,z"`; one that is not there is made. */
  locations?: { [position: string]: WorldLocationPatch | null };
  /** By their keys there. */
  unconnected_locations?: { [id: string]: WorldLocationPatch | null };
  /** Where the player is, `"x,y,z"`. */
  position?: string;
  /** Stats of the player. */
  player?: { [stat: string]: Json };
}

/** Fields of a location to change. */
export interface WorldLocationPatch {
  [field: string]: Json;
}

/** A file that lies beside a world, such as a picture. */
export interface WorldAsset {
  /** Where it lies in the world's tree, such as `images/backgrounds/harbor.png`. */
  path: string;
  bytes: number;
  /** What a picture is for, by its folder: `images/backgrounds`, `images/objects`. */
  role?: "background" | "object";
}

/** What `merge` gives. */
export interface Merged<T> {
  /** The value with the changes of both sides; where they differ, mine. */
  merged: T;
  /** Where both sides changed the same and differently. A side that is absent has removed it. */
  conflicts: { path: string; base?: Json; mine?: Json; theirs?: Json }[];
}

export interface DeleteOptions extends WriteOptions {
  /**
   * What becomes of the chats of a character, a persona, a world or a playthrough: they stay as they are, or go into the trash with it, in one
   * change. A chat with several characters goes with the last of them. Default `"keep"`.
   */
  chats?: "keep" | "trash";
  /** What becomes of the playthroughs of a world, in the same way. Those that stay go on when the world is restored. */
  playthroughs?: "keep" | "trash";
  /** Removes the record and its older states for good instead of putting it in the trash. */
  permanent?: boolean;
}

export interface DeleteManyOptions extends SafetyOptions, Pick<DeleteOptions, "chats" | "playthroughs"> {}

/** An older state of a record. */
export interface Version {
  rev: number;
  changed: number;
  /** Stays when others give way. */
  pinned: boolean;
}

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

/** What can be imported: one or many. */
export type ImportSource = File | Blob | Uint8Array | ReadableStream<Uint8Array>;

export interface ImportOptions {
  limits?: Limits;
  signal?: AbortSignal;
}

export type ImportEvent<E> =
  /**
   * `duplicate`: the same bytes are kept already, as `entry`. `updated`: a chat's file that begins with all of the chat `entry`, which
   * got the lines that came since; only where nothing of it was changed here, and the state before stays as an older one. `like`: other characters of which a model reads the same words.
   * `chats`: those that came in a character's file, linked to it.
   */
  | { type: "item"; name: string; entry: E; status: ImportStatus; warnings: Warning[]; like?: E[]; chats?: ImportedChat[] }
  | { type: "failed"; name: string; code: string; message: string; needed?: number; free?: number }
  | { type: "progress"; done: number; total: number }
  | { type: "done"; added: number; updated: number; duplicates: number; failed: number };

/** A chat that came in the file of a character. */
export interface ImportedChat {
  entry: ChatEntry;
  status: ImportStatus;
  warnings: Warning[];
}

export type ImportStatus = "added" | "updated" | "duplicate";

/**
 * A folder: an archive of it (ZIP), its files with their paths (such as those of an `<input webkitdirectory>`), or a directory
 * that somebody picked.
 */
export type FolderSource = Blob | Uint8Array | Iterable<File | { path: string; file: Blob | Uint8Array }> | FileSystemDirectoryHandle;

export interface FolderOptions extends ImportOptions {
  /** Only says what is in the folder: nothing is read but names, and nothing is stored. */
  preview?: boolean;
}

/** Where the files of a folder go. */
export type FolderDomain = "characters" | "chats" | "worlds" | "personas" | "lorebooks" | "templates" | "assets" | "settings";

/** What importing a folder tells. */
export type FolderEvent =
  /** First: how many files there are, and for which domains. */
  | { type: "found"; files: number; found: Partial<Record<FolderDomain, number>> }
  /**
   * Something is kept. `updated`: it was there already and got what it lacked, a chat its links or the lines that came to its file
   * since, a persona its picture, a setting its value. A character, world, lorebook or template whose file was changed is `added`
   * beside the one that is kept: nothing here is replaced.
   * `like`: ids of other characters of which a model reads the same words.
   */
  | { type: "item"; path: string; domain: Exclude<FolderDomain, "settings">; status: FolderStatus; entry: Entry; warnings: Warning[]; like?: string[] }
  /** What the settings say was taken over where nothing was set here. */
  | { type: "item"; path: string; domain: "settings"; status: FolderStatus; settings: ImportedSettings; warnings: Warning[] }
  /** The file is no record of its own, and what it says went into others. */
  | { type: "used"; path: string; message: string }
  | { type: "skipped"; path: string; reason: FolderReason; message: string }
  | { type: "failed"; path: string; code: string; message: string; needed?: number; free?: number }
  | { type: "progress"; done: number; total: number }
  /** Last: everything counted, and what became of each file. A file may hold several records. */
  | { type: "done"; added: number; updated: number; duplicates: number; repaired: number; failed: number; skipped: number; report: FolderOutcome[] };

export type FolderStatus = ImportStatus;

/**
 * Why a file is left: it holds secrets and is not read, there is nothing here that it could become, it is a copy of what stands
 * elsewhere, it belongs to the program, or nothing is known of it.
 */
export type FolderReason = "secret" | "no-place" | "copy" | "program" | "unknown";

/** What became of a file. */
export interface FolderOutcome {
  path: string;
  outcome: FolderStatus | "used" | "skipped" | "failed";
  domain?: FolderDomain;
  /** The record that it is. */
  id?: string;
  /** What was put right in it. */
  repaired?: Warning[];
  /** Why it failed or was left. */
  code?: string;
  message?: string;
}

export interface ExportFolderOptions {
  /** Whose folder it is to be. */
  layout: "sillytavern";
  signal?: AbortSignal;
}

/** The keep as the data folder of another tool, in an archive. */
export interface ExportedFolder {
  /** Safe on every file system. */
  filename: string;
  type: string;
  /** What has no place in that layout, could not be read, or lost something; complete when the archive was read to its end. */
  readonly told: { domain: RecordDomain; id: string; name: string; message: string }[];
  /** Makes the archive in pieces, each time anew. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Makes the archive as a blob. */
  blob(): Promise<Blob>;
}

export interface MirrorOptions {
  /** Whose folder it is. Default `"sillytavern"`, the only one. */
  layout?: "sillytavern";
  signal?: AbortSignal;
}

/** What writing the keep into a folder tells. */
export type MirrorEvent =
  | ({ type: "file" } & MirrorOutcome)
  /** Records that were looked at. */
  | { type: "progress"; done: number; total: number }
  /**
   * Last: everything counted, what became of each file, and in `told` what of the keep has no place in that layout, could not be
   * read, or lost something.
   */
  | { type: "done"; written: number; unchanged: number; removed: number; conflicts: number; failed: number; report: MirrorOutcome[]; told: ExportedFolder["told"] };

/** What became of a file of the folder. */
export interface MirrorOutcome {
  path: string;
  /** `conflict`: somebody else put or changed the file, and it was left as it is. */
  outcome: "written" | "unchanged" | "removed" | "conflict" | "failed";
  /** The record that it is of; groups and personas are of several. */
  domain?: RecordDomain;
  id?: string;
  /** Why it failed. */
  code?: string;
  message?: string;
}

/** What was taken over from the settings of another tool. */
export interface ImportedSettings {
  tool: "sillytavern" | "cardshark";
  /** What is another here now. */
  applied: Partial<Settings>;
  /** The members of the file that have no counterpart, or not all of which have one. */
  rest: string[];
  /** What was odd, and which secrets were left out (`secret-left-out`): where they stand, never what they are. */
  warnings: Warning[];
}

export interface ImportSettingsOptions {
  limits?: Limits;
  /** Takes over only what was not set here. */
  keepMine?: boolean;
}

/** What hangs on a record. */
export interface Dependents {
  /** The chats that are linked to it, newest change first. */
  chats: ChatEntry[];
  /** The worlds that the character is in. */
  worlds: WorldEntry[];
  /** The playthroughs of the world, newest change first. */
  playthroughs: PlaythroughEntry[];
}

/** A file to hand out. */
export interface Exported {
  /** Safe on every file system. */
  filename: string;
  type: string;
  bytes: Uint8Array;
}

export interface CharacterEntry extends Entry {
  name: string;
  creator: string;
  tags: string[];
  spec: CardSpec;
  /** Whether `characters.thumbnail` has a picture: of a PNG always, of a JPEG or WebP where a browser was there when it came. */
  thumbnail: boolean;
}

export interface Character extends CharacterEntry {
  document: CardDocument;
  card: Card;
  container: CardContainer;
  warnings: Warning[];
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
  /** What is looked for is a regular expression. It takes linear time, and one that comes to more than 64 KB is `invalid`; look-around and back-references are `invalid`, and classes know ASCII only. */
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

export interface ChatImportOptions extends ImportOptions, ChatLinks {
  /** In place of the one that the file has; at most 100 characters. */
  title?: string;
}

export interface WorldEntry extends Entry {
  name: string;
  locations: number;
  position: string;
}

export interface World extends WorldEntry {
  state: WorldState;
  warnings: Warning[];
}

export interface PersonaEntry extends Entry {
  name: string;
  title: string;
  dialect: PersonaDialect;
  /** Whether `personas.image` has a picture. */
  image: boolean;
  /** Whether `personas.thumbnail` has one. */
  thumbnail: boolean;
}

export interface KeptPersona extends PersonaEntry {
  document: PersonaDocument;
  persona: Persona;
}

export interface LorebookEntry extends Entry {
  name: string;
  dialect: LorebookDialect;
  /** How many entries it has. */
  entries: number;
}

export interface KeptLorebook extends LorebookEntry {
  document: LorebookDocument;
  book: Lorebook;
}

export interface TemplateEntry extends Entry {
  name: string;
  kind: TemplateKind;
}

export interface KeptTemplate extends TemplateEntry {
  /** Set for one that comes with the library. */
  builtIn?: true;
  document: TemplateDocument;
  template: Template;
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

/** An entry of lore that may be a location. */
export interface LocationSuggestion {
  /** What the entry is called in its lorebook, for `include`. */
  entry: string;
  name: string;
  description: string;
  /** The word that tells of a place, where there is one. */
  because?: string;
}

/** A location of a world, and where it is. */
export interface FoundLocation {
  /** `"x,y,z"`; not there for one that waits beside the map. */
  position?: string;
  location: WorldLocation;
}

/** A rectangle in a plane of a world: from, to, both included. */
export interface Viewport {
  z: number;
  x: readonly [number, number];
  y: readonly [number, number];
}

/** What one run through a world has changed; the rest is as in the world. */
export interface Playthrough {
  /** The world it goes through. */
  world: string;
  /** Who the player is. */
  persona?: string;
  name?: string;
  /** Where the player is, `"x,y,z"`. */
  position: string;
  visited?: string[];
  player?: { [stat: string]: Json };
  /** How many turns were taken. */
  turn?: number;
  /** What became of events, by their ids. */
  events?: { [event: string]: Json };
  /** What is otherwise than in the world, by ids of locations. */
  places?: { [location: string]: PlaythroughPlace };
  /** What came of events, the oldest first. */
  outcomes?: Json[];
  [key: string]: unknown;
}

/** How a location is in a run. */
export interface PlaythroughPlace {
  /** Who is there and is not in the world. */
  came?: string[];
  /** Who is there in the world and went away in this run. */
  went?: string[];
  /** `false`: what the world hides was revealed. */
  hidden?: boolean;
  [key: string]: Json | undefined;
}

/** A playthrough to begin. */
export interface NewPlaythrough {
  world: string;
  persona?: string;
  name?: string;
}

/** Whose playthroughs to list. */
export interface PlaythroughFilter {
  world?: string;
  persona?: string;
}

/** What can be changed of a playthrough; objects are gone into, `null` removes. */
export interface PlaythroughPatch {
  name?: string;
  persona?: string | null;
  player?: { [stat: string]: Json };
  events?: { [event: string]: Json };
  places?: { [location: string]: { [field: string]: Json } | null };
}

export interface PlaythroughEntry extends Entry {
  name: string;
  world: string;
  persona?: string;
  position: string;
  /** How many positions were visited. */
  visited: number;
  /** The player's `level`, where it is a number. */
  level?: number;
  /** Whether its world is there: told by `list` and `get`. */
  worldStatus?: "ok" | "missing" | "trashed";
}

export interface KeptPlaythrough extends PlaythroughEntry {
  worldStatus: "ok" | "missing" | "trashed";
  run: Playthrough & Required<Pick<Playthrough, "name" | "visited" | "player" | "turn" | "events" | "places" | "outcomes">>;
}

/** Something that happens in a run, so that events of its world may follow. */
export interface EventTrigger {
  on: "enter" | "leave" | "talk" | "turns" | "manual";
  /** Who was talked to. */
  npc?: string;
  /** The only event that may follow. */
  event?: string;
}

/** An event that happened. */
export interface FiredEvent {
  event: string;
  /** Its name, or its id. */
  name: string;
  /** The id of the location where it happened. */
  location?: string;
  /** What it is about to have said. */
  messages: { role: string; text: string }[];
}

/** A run after something happened in it. */
export interface Played extends PlaythroughEntry {
  /** The events that followed, in order. */
  fired: FiredEvent[];
  /** Events that could not be understood and did not happen. */
  warnings: Warning[];
}

export interface WorldContextOptions {
  /** What was said last, the newest at the end; it calls for lore. */
  messages?: readonly string[];
  /** Tokens that all of it may have, by estimate. Default 2,000. */
  budget?: number;
}

/** Something for a model to know. */
export interface WorldFact {
  /** The location's id, the character's, or the entry's within its lorebook. */
  id: string;
  name: string;
  text: string;
  tokens: number;
  /** Whose lore it is. */
  character?: string;
}

/** What a model may know where the player of a run is. */
export interface WorldContext {
  position: string;
  location?: WorldFact;
  npcs: WorldFact[];
  lore: WorldFact[];
  tokens: number;
  /** What stays out, and why. */
  left: { id: string; why: "budget" | "missing" | "trashed" | "unreadable"; character?: string }[];
}

/** Somebody who is in a world. */
export interface Inhabitant {
  /** The character. */
  id: string;
  status: "ok" | "missing" | "trashed";
  /** Where the character is known. */
  name?: string;
  /** Where in the world, by the keys of its locations. */
  locations: string[];
}

/** The settings of the library and its app, with their defaults. */
export interface Settings {
  /** `"system"` follows the device. Default `"system"`. */
  theme: "system" | "light" | "dark";
  /** What the user is called in new chats. Default `"You"`. */
  userName: string;
  /** The id of the world that was played last, in any tab; empty: none. It may be gone by now. */
  lastWorld: string;
  /** Ids of templates that come with the library and are not to be shown. Default none. */
  hiddenTemplates: string[];
  /** Messages loaded at once. 10 to 500, default 50. */
  pageSize: number;
  /**
   * Older states kept per record: so many of the last ones, then one an hour for a day, one a day for 30 days, one a
   * week for a year; none with 0. 0 to 100, default 10.
   */
  versionsKept: number;
  /** Compress texts over 16 KB when they are written; either way everything is read. Default true. */
  compress: boolean;
  /** How long a saver waits after the last change before it saves, in milliseconds. 0 to 60,000, default 500. */
  autosaveDelay: number;
  /** How long a saver waits at most while changes go on, in milliseconds. 100 to 600,000, default 5,000. */
  autosaveMaxWait: number;
  /** While something is unsaved, save it at least this often, in milliseconds. 0 (only by the two above) to 600,000, default 30,000. */
  autosaveInterval: number;
  /** Days after which what is in the trash is removed for good; 0: never. Default 30. */
  trashDays: number;
  /**
   * Days after which everything is compared with the second copy in idle time, checksums and all; 0: only when something is
   * amiss. 0 to 365, default 7.
   */
  compareDays: number;
  /** Hours after which the keep makes a backup by itself, in idle time, when something was changed; 0: never. Default 24. */
  backupHours: number;
  /** Saves after which it does so earlier; 0: however many. Default 1,000. */
  backupWrites: number;
  /**
   * Backups kept: so many of the last ones, then one an hour for a day, one a day for 30 days, one a week for a year. 1 to
   * 100, default 10.
   */
  backupsKept: number;
  /** Millions of bytes of all backups; the oldest give way, never the newest nor a pinned one. Default 500. */
  backupMegabytes: number;
}

/** A copy of everything, in one file. */
export interface Backup {
  id: string;
  /** Of when it is. */
  created: number;
  /** Why it was made. */
  reason: string;
  /** Schema of the records in it. */
  schema: number;
  /** Records and their older states. */
  records: number;
  /** Pieces of what is larger: pictures, files, messages. */
  pages: number;
  /** Length of the file. */
  bytes: number;
  /** Stays however many there are. */
  pinned: boolean;
  /** It was written to its end; one that is not is damaged, or still being made. */
  complete: boolean;
  /** There was no room for pictures, files and messages: they are where they were, and only this keep can be restored from it. */
  rowsOnly: boolean;
}

/** What may be asked of a new backup. */
export interface NewBackup {
  /** For people. */
  reason?: string | undefined;
  /** Whether it stays however many there are. */
  pin?: boolean | undefined;
}

/** What reading all of a backup found. */
export interface BackupReport {
  /** Everything is there and sound. */
  ok: boolean;
  /** Sound records by their domain; older states are `versions`. */
  records: Record<string, number>;
  /** Sound pages. */
  pages: number;
  /** How many values should be there and are not among the sound ones. */
  lost: number;
  /** What is damaged: a value, or all of an entry of the file. */
  damage: { entry: string; table?: string; key?: (string | number)[] }[];
}

/** An entry of a record that a backup holds. */
export type BackedUp = Entry & { domain: RecordDomain; name?: string; title?: string };

/** What becomes of what is there, and what comes back. */
export interface RestoreOptions {
  mode: "replace" | "copy";
  /** With `copy`: these records and no others. */
  only?: readonly { domain: RecordDomain; id: string }[] | undefined;
}

/** What a restore did. */
export interface Restored {
  /** Id of the backup that was restored. */
  backup: string;
  /** Id of the backup of what was there before. */
  before: string;
  /** With `copy`: how many records were gone and are back … */
  added?: number;
  /** … how many came with new ids … */
  copies?: number;
  /** … how many are there as the backup has them … */
  same?: number;
  /** … and how many cannot be read. */
  unreadable?: number;
  /** Ids that were written or removed, by their domain. */
  changed: Record<string, string[]>;
}

/** A backup to hand out. */
export interface BackupFile {
  /** Safe on every file system. */
  filename: string;
  type: string;
  /** Length in bytes. */
  size: number;
  /** Reads the file in pieces, from its start. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Reads the file into a blob. */
  blob(): Promise<Blob>;
}

/** For what may take a while. */
export interface SignalOptions {
  signal?: AbortSignal | undefined;
}

/** What can be changed, and told of. */
export type DomainName = "characters" | "chats" | "worlds" | "personas" | "lorebooks" | "templates" | "campaigns" | "assets" | "playthroughs" | "settings";

/** A domain whose records have ids of their own. */
export type RecordDomain = Exclude<DomainName, "settings">;

/** What a `change` event carries. */
export interface ChangeDetail {
  domain: DomainName;
  /** Which records; none when it is not known which, since this page was asleep and heard nothing. */
  ids: string[];
  /** True when it was not this `Keep` that wrote, but another one on the same data: mostly another tab. */
  remote: boolean;
}

// ---------------------------------------------------------------- health

/** What can be wrong with what is stored. */
export type FindingCode =
  /** The record's bytes cannot be read. */
  | "rotten-record"
  /** The record is gone, or older than it was, and something still tells of it. */
  | "lost-record"
  /** The record was written by a newer version. */
  | "newer-record"
  /** The row is found under other keys than its record says. */
  | "wrong-index"
  /** A piece of the contents is missing or rotten. */
  | "lost-content"
  /** The messages are not the ones that the chat's manifest lists. */
  | "lost-messages"
  /** The record refers to another one that is not there. */
  | "broken-link"
  /** Saved records are not in the second copy. */
  | "uncopied-records"
  /** A scheduled edit cannot be read. */
  | "rotten-edit";

/**
 * What repairing does: it comes back from the `second-copy`; the newest sound older state (`version`) takes its place;
 * `salvage`, what can still be read is kept; `rewrite`, the row is written again; `unlink`, the link is taken out; `copy`,
 * a complete second copy is made; `quarantine`, it is taken out of the way, whole; `none`.
 */
export type Remedy = "second-copy" | "version" | "salvage" | "rewrite" | "unlink" | "copy" | "quarantine" | "none";

/** One thing that is wrong. */
export interface Finding {
  code: FindingCode;
  domain: string;
  id: string;
  /** Set for an older state: its revision. */
  rev?: number;
  /** For people. */
  message: string;
  /** What repairing would do, or did. */
  repair: Remedy;
}

/** How far a check or a repair is. */
export interface CheckProgress {
  phase: "records" | "journal" | "second-copy" | "done" | "repair";
  done: number;
  /** About so many. */
  total: number;
  findings: number;
}

export interface CheckOptions {
  /** Also every byte of all contents, of the older states too. Slower. */
  full?: boolean;
  /** Ends it with `cancelled`. */
  signal?: AbortSignal | undefined;
  /** Told after every step. While a promise that it gives is pending, the check waits: that is how to pause it. */
  onProgress?: ((progress: CheckProgress) => unknown) | undefined;
}

/** What a check found. */
export interface CheckReport {
  /** When it was done, milliseconds since 1970. */
  at: number;
  full: boolean;
  /** Records read. */
  records: number;
  /** Older states read. */
  versions: number;
  /** Contents read, each once. */
  contents: number;
  findings: Finding[];
}

export interface RepairOptions extends Omit<CheckOptions, "full"> {
  /** Say what would be done, and do nothing. */
  dryRun?: boolean;
}

/** What a repair did. */
export interface RepairReport {
  /** Id of the backup with everything as it stood before. */
  backup?: string;
  /** Every finding, what was done (`repair`), and what became of it. */
  items: (Finding & { outcome: "repaired" | "planned" | "sound" | "left" | "failed" })[];
}

/** Something that could not be read and was taken out of the way. */
export interface QuarantineEntry {
  id: string;
  /** The domain of the record that it was. */
  domain: string;
  /** That record's id. */
  record: string;
  /** Set for an older state: its revision. */
  rev?: number;
  /** The code of the error. */
  code: string;
  reason: string;
  bytes: number;
  /** When it was put here, milliseconds since 1970. */
  at: number;
}

/** How much there is of something. */
export interface Amount {
  count: number;
  bytes: number;
  /** When the oldest one was written or deleted, milliseconds since 1970. */
  oldest?: number;
  newest?: number;
}

/** How much space is taken, in bytes. */
export interface Usage {
  /** What is stored, by kind; absent is none. What several share counts with the first. */
  stored: Health["stored"];
  /** Scheduled edits that are not in their records yet. */
  journal: Health["journal"];
  /** The second copy. */
  secondCopy: number;
  /** The last save found no space. What is stored can be read. */
  full: boolean;
  /** Whether the browser promised not to remove anything by itself; absent where it does not tell. */
  persisted?: boolean;
  /** What the whole origin takes, may take, and has left, by the browser's estimate; absent where it does not tell. */
  usage?: number;
  quota?: number;
  free?: number;
}

/** What a `quota` event carries. */
export interface QuotaDetail {
  /** True when a save found no space, false when one is stored again. */
  full: boolean;
  /** So many bytes a backup had that was removed so that a save found space; `full` is false then. */
  freed?: number;
}

/** How the storage is. */
export interface Health {
  /** When this was looked up, milliseconds since 1970. */
  at: number;
  /** Schema of the stored records that this version writes. */
  schema: number;
  access: Access;
  secondCopy: SecondCopy;
  /** What is stored, by kind; absent is none. What several share counts with the first. */
  stored: { [kind in DomainName | "trash" | "versions" | "snapshots" | "quarantine" | "drafts" | "unreadable" | "other"]?: Amount };
  /** Scheduled edits that are not in their records yet. */
  journal: Amount;
  /** Whole backups, the bytes of all, and the newest. */
  backups: { count: number; bytes: number; newest?: Backup };
  /** When a backup was read as a file to its end, and of when it is. */
  lastExport?: { at: number; of: number };
  /** The upgrades of the data that were made, oldest first; `backup` is the id of the one made before. */
  migrations: { at: number; from: number; to: number; lifted: number; quarantined: number; backup: string }[];
  lastCheck?: { at: number; full: boolean; records: number; findings: number };
  /** How many pages have the keep open, this one too; absent where the browser does not tell. */
  tabs?: number;
  /**
   * The locks that pages hold of the keep: `open` by each, `writer:…` by each whose journal it is, `turn` by the one that
   * writes in `single-writer` mode. `page` is the browser's name for the page. Absent as `tabs` is.
   */
  locks?: { name: string; mode: "exclusive" | "shared"; page: string }[];
  /** Whether the browser promised not to remove anything by itself; absent where it does not tell. */
  persisted?: boolean;
  /** The browser's estimate for this origin, in bytes. */
  space?: { usage: number; quota: number };
  /** What is not here and a keep would use. */
  lacks: Lacked[];
  /** What somebody should look at. */
  warnings: { code: HealthWarningCode; message: string }[];
}

/**
 * What a browser, a worker or an address that is not secure may not have, and what a keep cannot do then: without
 * `private-files` there is no second copy; without `locks` a page that opens takes what another one is still
 * editing for left behind, and saves it; without `channel` other tabs are not told of changes; without `local-storage` the last keys before
 * a page ends rest on the database alone.
 */
export type Lacked = "private-files" | "locks" | "channel" | "local-storage";

export type HealthWarningCode =
  | "read-only" | "full" | "copy-incomplete" | "unreadable" | "second-copy-off" | "second-copy-failing" | "second-copy-catching-up" | "check-found" | "check-old"
  | "export-old" | "quarantine" | "drafts" | "not-persisted" | "nearly-full";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** One entry of the log. Nothing of what is stored is in it. */
export interface LogEntry {
  /** Milliseconds since 1970. */
  at: number;
  level: LogLevel;
  /** What happened, such as `opened`, `write-failed`, `read-healed`, `checked`. */
  event: string;
  domain?: string;
  id?: string;
  /** The code of the error. */
  code?: string;
  count?: number;
  /** How long it took, in milliseconds. */
  ms?: number;
}
