// What all entries have in common: everything but where the module's bytes come from.

export type { Backups } from "./backups.js";
export { version } from "./build.js";
export { convertCard, countTokens, diffCards, editCard, fingerprintCard, peekCard, readCard, validateCard, writeCard } from "./card.js";
export type { Characters } from "./characters.js";
export { type ChatFile, ChatText, type ReadChatOptions, readChat, writeChat } from "./chat.js";
export type { ChatHandle, Chats } from "./chats.js";
export type { Domain } from "./domain.js";
export type { Drafts } from "./drafts.js";
export { type CardkeepError, ERROR_CODES, type ErrorCode, isCardkeepError } from "./errors.js";
export type { KeepLog, Quarantine } from "./health.js";
export type { ImportSources } from "./intake.js";
export type { Journal } from "./journal.js";
export type { KeepEventMap } from "./keep.js";
export type { LiveObservable, LiveObserver, LiveOptions, LiveQuery } from "./live.js";
export { type InitInput, initSync } from "./loading.js";
export { matchLorebook, readLorebook, writeLorebook } from "./lore.js";
export { editPersona, readPersonas, writePersonas } from "./persona.js";
export type { Personas } from "./personas.js";
export { estimateTokens, fillMacros } from "./prompt.js";
export type { Saver, SaverEventMap, SaverOptions } from "./saver.js";
export { merge } from "./merge.js";
export type { SettingsStore } from "./settings.js";
export type { Transaction } from "./transaction.js";
export type { Trash } from "./trash.js";
export type * from "./types.js";
export { type ReadWorldOptions, readWorld, type WorldFile } from "./world.js";
export type { Worlds } from "./worlds.js";
