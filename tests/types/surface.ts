// The public types as a user meets them: every name once, used as the documentation says, and misuse refused.

import { type Cardkeep, connect, type Remote } from "cardkeep/client";
import { compareKeys, conformance, faults, type FaultyMedium, type MediumCall, type MediumContent, type MediumFault, type MediumPromise, memoryMedium, type MemoryMedium } from "cardkeep/testing";
import init, {
  type Access,
  type Asset,
  type AssetEntry,
  type AssetPatch,
  type Assets,
  type Backup,
  type BackupFile,
  type BackupReport,
  type Backups,
  type Card,
  type CardAsset,
  type CardDifference,
  type CardDocument,
  type CardFile,
  type CardkeepError,
  type CardPatch,
  type CardSource,
  type CardTokens,
  type CleanedImage,
  type CardValidity,
  type Validity,
  type ChangeDetail,
  type Character,
  type CharacterEntry,
  type Characters,
  type ChatEntry,
  type ChatTemplate,
  type InterruptedReply,
  type Reply,
  type ComposedChat,
  type ChatLinks,
  type ChatListOptions,
  type ChatNode,
  type ChatStats,
  type MessageRef,
  type ChatHits,
  type Medium,
  type MediumBurst,
  type SearchHit,
  type ChatFile,
  type ChatSource,
  type ChatHandle,
  type Chats,
  ChatText,
  type Conflict,
  convertCard,
  cleanImage,
  countTokens,
  diffCards,
  type DomainName,
  type Drafts,
  editCard,
  ERROR_CODES,
  type ErrorCode,
  type CampaignEntry,
  type CampaignFiles,
  type CampaignPatch,
  type Campaigns,
  type CampaignsBrought,
  type CampaignScope,
  DataManager,
  type Dependents,
  type ExportedFolder,
  type FolderEvent,
  type FolderOutcome,
  type FolderSource,
  type ImportedSettings,
  type EventTrigger,
  type EventsRun,
  type FiredEvent,
  type FoundLocation,
  type KeptPlaythrough,
  type Played,
  type PlaythroughEntry,
  type PlaythroughPatch,
  type Playthroughs,
  runEvents,
  type Inhabitant,
  type KeptCampaign,
  type LocationSuggestion,
  builtInTemplates,
  type BuiltInTemplate,
  editLorebook,
  editTemplate,
  type KeptLorebook,
  type KeptTemplate,
  type LorebookEntry,
  type LorebookPatch,
  type Lorebooks,
  type LoreEntryPatch,
  readTemplates,
  type RenderedTemplate,
  renderTemplate,
  type TemplateDocument,
  type TemplateEntry,
  type TemplateFile,
  type TemplatePatch,
  type Templates,
  editPersona,
  estimateTokens,
  type Exported,
  type Fault,
  type FilledMacros,
  fillMacros,
  fingerprintCard,
  type ImportEvent,
  type ImportedChat,
  type ImportSource,
  init as named,
  type InitInput,
  initSync,
  isCardkeepError,
  type Journal,
  type JournalListing,
  type Json,
  Keep,
  type KeepEventMap,
  type KeptPersona,
  type Limits,
  type Listing,
  type LiveObservable,
  type LiveObserver,
  type LiveOptions,
  type LiveQuery,
  type Loss,
  merge,
  type Merged,
  type Message,
  type MirrorEvent,
  type MirrorOutcome,
  type NewMessage,
  type OpenReport,
  type PatchItem,
  peekCard,
  peekChat,
  type PeekedCard,
  type PeekedChat,
  type Persona,
  type PersonaDialect,
  type PersonaDocument,
  type PersonaEntry,
  type PersonaFile,
  type PersonaPatch,
  type Personas,
  type PutCharacter,
  readCard,
  readChat,
  writeChat,
  readPersonas,
  readWorld,
  type RecoveredDraft,
  type RecoveredEdit,
  type Replayed,
  type Saved,
  type Restored,
  type Saver,
  type SaverOptions,
  type SaveState,
  type Settings,
  type SettingsStore,
  type Transaction,
  type TransactionOptions,
  type Unsaved,
  type Unreadable,
  type Trash,
  type Upgrade,
  type UpgradePlan,
  type Usage,
  validateCard,
  type Version,
  version,
  type Warning,
  type Viewport,
  type World,
  type WorldEntry,
  type Worlds,
  type WorldState,
  writeCard,
  writePersonas,
  type Amount,
  type CheckProgress,
  type CheckReport,
  type Finding,
  type FindingCode,
  type Health,
  type HealthWarningCode,
  type KeepLog,
  type LogEntry,
  type LogLevel,
  type QuotaDetail,
  type Quarantine,
  type QuarantineEntry,
  type Remedy,
  type RepairOptions,
  type RepairReport,
  type PutAssetOptions,
} from "cardkeep";
import initInline, { Keep as InlineKeep } from "cardkeep/inline";

/** Compiles only when both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => undefined;

export async function loading(bytes: Uint8Array<ArrayBuffer>, module: WebAssembly.Module, response: Promise<Response>): Promise<void> {
  const inputs: InitInput[] = ["/a.wasm", new URL("https://a.example/a.wasm"), bytes, module];
  await init();
  await named(inputs[0]);
  await init(response);
  await initInline();
  initSync(bytes);
  initSync(module);
  same<typeof version, string>(true);
}

export function cards(bytes: Uint8Array): Uint8Array {
  const limits: Limits = { file: 1, chunk: 1, text: 1, textChunks: 1, depth: 1, pixels: 1, chat: 1 };
  const file: CardFile = readCard(bytes, { limits });
  const card: Card = file.card;
  const source: CardSource = file.source;
  const warnings: Warning[] = file.warnings;
  const assets: CardAsset[] = file.assets;
  same<typeof file.spec, "v1" | "v2" | "v3">(true);
  same<typeof file.container, "png" | "json" | "charx" | "webp" | "jpeg" | "byaf" | "yaml">(true);
  same<typeof card.nickname, string | undefined>(true);
  const patch: CardPatch = { name: "Ann", tags: ["a"], character_book: null };
  const edited: CardDocument = editCard(file.document, patch);
  // @ts-expect-error no such field
  editCard(file.document, { nmae: "x" });
  // @ts-expect-error the container is not optional
  writeCard(edited, {});
  // @ts-expect-error no such container
  writeCard(edited, { container: "webp" });
  // @ts-expect-error a document's bytes are replaced through editCard
  edited.bytes = bytes;
  // @ts-expect-error no such limit
  readCard(bytes, { limits: { fiel: 1 } });
  void [source, warnings, assets];
  const { document, losses } = convertCard(edited, "v1");
  same<typeof losses, Loss[]>(true);
  const { ok, errors }: CardValidity = validateCard(document, { assets: [{ path: "embeded://a.png" }] });
  const differences: CardDifference[] = diffCards(edited, document);
  const peeked: Promise<PeekedCard> = peekCard(new Blob([]), { signal: AbortSignal.timeout(1) });
  void [peekCard(bytes), peekChat(bytes)];
  const looked: Promise<PeekedChat> = peekChat(new Blob([]), { last: 10, limits, signal: AbortSignal.timeout(1) });
  const tokens: CardTokens = countTokens(document, { limits });
  const cleaned: CleanedImage = cleanImage(bytes, { limits });
  void cleaned.removed[0]?.kind;
  const filled: FilledMacros = fillMacros("{{char}}", { char: "Ann", user: "Bea", values: { mood: "glad" }, variables: { n: "1" }, globals: {}, now: 0, utcOffset: 60, seed: 1 });
  const set: { [name: string]: string } | undefined = filled.variables;
  same<ReturnType<typeof fingerprintCard>, string>(true);
  same<ReturnType<typeof estimateTokens>, number>(true);
  // @ts-expect-error no such specification
  convertCard(edited, "v4");
  void [ok, errors, differences, peeked, looked, tokens, filled, set];
  return writeCard(edited, { container: "png", image: bytes, limits });
}

export function chats(bytes: Uint8Array): Message[] {
  const file: ChatFile = readChat(bytes, { limits: { chat: 1 } });
  const faults: Fault[] = file.faults;
  const [chat] = file.sessions;
  if (!(chat instanceof ChatText)) return [];
  const header: { [key: string]: Json } | undefined = chat.header;
  for (const message of chat.messages()) same<typeof message, Message>(true);
  const dispose: () => void = () => chat[Symbol.dispose]();
  dispose();
  // @ts-expect-error chats are made by readChat
  new ChatText();
  const { tool, era, because }: ChatSource = file.source;
  const written: { bytes: Uint8Array; losses: Loss[] } = writeChat(chat, { as: "html", title: "T" });
  const found: SearchHit[] = chat.search("x", { words: true, from: 1 });
  void found;
  const composed: ComposedChat = { header: { userName: "You" }, messages: [{ name: "You", role: "user", text: "Hi" }] };
  writeChat(composed, { as: "chub", title: "T" });
  // @ts-expect-error no such form
  writeChat(chat, { as: "chub" });
  void [faults, header, chat.bytes(), chat.length, tool, era, because, written];
  return chat.page(0, 10);
}

export function personas(bytes: Uint8Array): Persona[] {
  const { personas, dialect, warnings }: PersonaFile = readPersonas(bytes, { limits: { file: 1 } });
  const documents: PersonaDocument[] = personas.map(({ document }) => editPersona(document, { title: null, depth: 4, role: "user" }));
  const { losses } = writePersonas(documents, { dialect: "risu", image: bytes });
  same<typeof losses, Loss[]>(true);
  // @ts-expect-error a name cannot be absent
  editPersona({ bytes }, { name: null });
  // @ts-expect-error no such dialect
  writePersonas(documents, { dialect: "tavern" });
  void [dialect satisfies PersonaDialect, warnings];
  return personas.map(({ persona }) => persona);
}

export async function keptPersonas(keep: Keep): Promise<void> {
  const all: Personas = keep.personas;
  const entry: PersonaEntry = await all.put({ name: "Ann", position: "none" });
  const kept: KeptPersona | undefined = await all.get(entry.id);
  if (kept) await all.put({ ...kept.persona, name: "Bea" }, { id: kept.id, ifRev: kept.rev });
  await all.patch(entry.id, { title: "work" } satisfies PersonaPatch);
  keep.saver().schedule("personas", entry.id, { description: "x" });
  await keep.transaction(["personas"], (tx) => tx.personas.list());
}

export async function texts(keep: Keep, bytes: Uint8Array): Promise<void> {
  const books: Lorebooks = keep.lorebooks;
  const book: LorebookEntry = await books.put({ name: "Sea", entries: [{ keys: ["shark"], position: "at-depth" }] });
  const kept: KeptLorebook | undefined = await books.get(book.id);
  await books.patchEntry(book.id, 0, { content: "x", sticky: null } satisfies LoreEntryPatch, { ifRev: book.rev });
  const { id } = await books.addEntry(book.id, { keys: [] });
  same<typeof id, string>(true);
  editLorebook({ bytes }, { entries: { 0: null }, add: [{}] } satisfies LorebookPatch);
  // @ts-expect-error no such field
  await books.patchEntry(book.id, 0, { contents: "x" });
  const all: Templates = keep.templates;
  const { templates }: TemplateFile = readTemplates(bytes);
  const documents: TemplateDocument[] = templates.map(({ document }) => editTemplate(document, { fields: { wrap: true } } satisfies TemplatePatch));
  const [builtIn]: BuiltInTemplate[] = builtInTemplates();
  const entry: TemplateEntry = await all.duplicate(builtIn?.id ?? "", { name: "Mine" });
  const template: KeptTemplate | undefined = await all.get(entry.id);
  const { text, stop }: RenderedTemplate = renderTemplate({ bytes }, { messages: [{ role: "user", content: "Hi" }], reply: true });
  // @ts-expect-error no such role
  renderTemplate({ bytes }, { messages: [{ role: "bot", content: "Hi" }] });
  // @ts-expect-error a template must have a kind
  await all.put({ name: "x" });
  keep.saver().schedule("templates", entry.id, { fields: { wrap: false } });
  await keep.transaction(["lorebooks", "templates"], (tx) => tx.lorebooks.list());
  void [kept, documents, template, text, stop];
}

export async function assets(keep: Keep): Promise<void> {
  const all: Assets = keep.assets;
  const options: PutAssetOptions = { name: "map", type: "image/png", ifRev: 0, durable: true };
  const entry: AssetEntry = await all.put(new Uint8Array(1), options);
  await all.put("a text", { id: entry.id });
  // @ts-expect-error a number is no content
  await all.put(1);
  const found: Asset | undefined = await all.get(entry.id);
  const patched: AssetEntry = await all.patch(entry.id, { name: "other" } satisfies AssetPatch, { ifRev: entry.rev });
  await keep.transaction(["assets"], (tx) => tx.assets.put(new Blob([]), {}));
  void [found?.bytes, patched.active];
}

export async function campaigns(keep: Keep): Promise<void> {
  const scope: CampaignScope = { guild: "1", channel: "2" };
  const all: Campaigns = keep.campaigns;
  const entry: CampaignEntry = await all.change(scope, { characters: { 5: { name: "Ann" } }, npcs: { a: null } } satisfies CampaignPatch);
  const kept: KeptCampaign | undefined = await all.get(scope);
  // @ts-expect-error ids are texts
  await all.change({ guild: 1, channel: "2" }, {});
  const allowed: boolean = await all.can({ user: "5", roles: ["r"] }, "play", scope);
  const files: CampaignFiles = await all.exportFiles({ guild: "1" });
  const { conflicts }: CampaignsBrought = await all.importFiles(files, { base: files, durable: true });
  const data: DataManager = await DataManager.open(keep);
  await data.saveData();
  keep.saver().schedule("campaigns", entry.id, { campaign: { name: "x" } });
  await keep.transaction(["campaigns"], (tx) => tx.campaigns.list({ player: "5" }));
  void [kept, allowed, conflicts];
}

export async function draftOfAWorld(keep: Keep, character: string): Promise<void> {
  const suggested: LocationSuggestion[] = await keep.worlds.suggestLocations(character);
  const { id } = await keep.worlds.put(await keep.worlds.fromCharacter(character, { include: suggested.map(({ entry }) => entry) }));
  const hangs: Dependents = await keep.characters.links(id);
  const chatsOf: Pick<Dependents, "chats" | "playthroughs"> = await keep.worlds.links(id);
  await keep.worlds.delete(id, { playthroughs: "trash" });
  await keep.characters.delete(id, { chats: "trash", ifRev: hangs.chats.length + chatsOf.chats.length });
  // @ts-expect-error there is no other thing to do with them
  await keep.personas.deleteMany([id], { chats: "all" });
  const place: FoundLocation | undefined = await keep.worlds.location(id, "0,0,0");
  const seen: string[] = (await keep.worlds.viewport(id, { z: 0, x: [-5, 5], y: [0, 9] } satisfies Viewport)).map(({ position }) => position);
  void [place, seen];
  const who: Inhabitant[] = await keep.worlds.inhabitants(id);
  same<(typeof who)[number]["status"], "ok" | "missing" | "trashed">(true);
}

export async function runs(keep: Keep, world: string): Promise<void> {
  const all: Playthroughs = keep.playthroughs;
  const run: PlaythroughEntry = await all.create({ world, persona: "p", name: "First" });
  const { fired, warnings }: Played = await all.moveTo(run.id, "0,0,1", { ifRev: run.rev });
  same<typeof warnings, Warning[]>(true);
  const events: FiredEvent[] = [...fired, ...(await all.trigger(run.id, { on: "talk", npc: "a" })).fired];
  // @ts-expect-error no such trigger
  await all.trigger(run.id, { on: "dream" });
  await all.setStat(run.id, "gold", [1]);
  await all.patch(run.id, { persona: null, places: { hall: { came: ["a"] } } } satisfies PlaythroughPatch);
  const kept: KeptPlaythrough | undefined = await all.get(run.id);
  const state: WorldState = await all.state(run.id);
  const status: "ok" | "missing" | "trashed" | undefined = (await all.list({ world })).items[0]?.worldStatus;
  const after: EventsRun = runEvents(state, { world, position: "0,0,0" }, { on: "turns" } satisfies EventTrigger, { now: 1 });
  keep.saver().schedule("playthroughs", run.id, { player: { gold: 2 } });
  void [events, kept, status, after];
}

export function worlds(bytes: Uint8Array): WorldState {
  const { state, warnings } = readWorld(bytes);
  same<typeof warnings, Warning[]>(true);
  return state;
}

export function errors(thrown: unknown): string {
  if (!isCardkeepError(thrown)) return "";
  const error: CardkeepError & Error = thrown;
  same<typeof error.code, ErrorCode>(true);
  same<(typeof ERROR_CODES)[number], ErrorCode>(true);
  same<typeof error.retryable, boolean>(true);
  same<typeof error.op, string | undefined>(true);
  same<typeof error.index, number | undefined>(true);
  const { base, mine, theirs } = (error.conflict ?? {}) as Conflict<Card>;
  if (mine && theirs) {
    const { merged, conflicts }: Merged<Card> = merge(base, mine, theirs);
    if (conflicts.length > 0) return `${merged.name}: ${conflicts[0]?.path ?? ""}`;
  }
  same<typeof error.line, number | undefined>(true);
  same<typeof error.rev, number | undefined>(true);
  switch (error.code) {
    case "no-card":
      return error.hint;
    // @ts-expect-error no such code
    case "no-crad":
      return "";
    default:
      return error.message;
  }
}

export async function together(keep: Keep): Promise<void> {
  const made = await keep.transaction(["characters", "worlds"], async (tx) => {
    same<typeof tx, Pick<Transaction, "characters" | "worlds">>(true);
    same<typeof tx.characters, Characters>(true);
    // @ts-expect-error not in the scope
    void tx.settings;
    return (await tx.worlds.create("A")).id;
  });
  same<typeof made, string>(true);
  const options: TransactionOptions = { durable: true, verify: true };
  same<Awaited<ReturnType<typeof one>>, number>(true);
  const one = () => keep.transaction([], () => 1, options);
  const scope: DomainName[] = ["chats"];
  await keep.transaction(scope, (tx) => tx.chats.list());
  // @ts-expect-error no such domain
  void keep.transaction(["planets"], () => 1);
}

export async function later(keep: Keep): Promise<void> {
  const options: SaverOptions = { delay: 0, maxWait: 1, priority: "low", onError: (error, unsaved) => same<[typeof error, typeof unsaved], [CardkeepError, Unsaved]>(true) };
  const saver: Saver = keep.saver(options);
  const state: SaveState = saver.state;
  const pending: Unsaved[] = saver.pending;
  saver.schedule("characters", "id", { name: "Ann" }, { ifRev: 1 });
  saver.schedule("chats", "id", { draft: "" });
  saver.schedule("settings", "theme", { value: "dark" });
  saver.schedule("worlds", "id", { position: "0,0,0", player: { gold: 1 } });
  // @ts-expect-error a chat's draft, nothing else of it
  saver.schedule("chats", "id", { title: "A" });
  // @ts-expect-error no such domain
  saver.schedule("planets", "id", {});
  // @ts-expect-error no such priority
  void keep.saver({ priority: "urgent" });
  saver.addEventListener("saved", ({ detail }) => same<typeof detail, Saved>(true));
  await saver.flush();
  await saver.cancel("chats", "id");
  await saver[Symbol.asyncDispose]();
  keep.addEventListener("replayed", ({ detail }) => same<typeof detail, Replayed>(true));
  const journal: Journal = keep.journal;
  const listing: JournalListing = await journal.list();
  const drafts: Drafts = keep.drafts;
  const [first]: RecoveredDraft[] = await drafts.list();
  const edit: RecoveredEdit | undefined = await drafts.get(first?.id ?? "");
  same<Awaited<ReturnType<typeof drafts.apply>>, number>(true);
  await drafts.apply("id", { ifRev: edit?.rev ?? 0 });
  await drafts.discard("id");
  same<Awaited<ReturnType<typeof keep.chats.draft>>, string>(true);
  await keep.chats.setDraft("id", "x");
  void [state, pending, listing, keep.report.replayed?.applied];
}

export async function living(keep: Keep): Promise<void> {
  const options: LiveOptions = { domains: ["worlds"] };
  const names: LiveQuery<string[]> = keep.live(async () => (await keep.worlds.list()).items.map(({ name }) => name), options);
  same<Awaited<ReturnType<typeof names.get>>, string[]>(true);
  const stop: () => void = names.subscribe((value) => same<typeof value, string[]>(true), (error) => same<typeof error, unknown>(true));
  for await (const value of names) same<typeof value, string[]>(true);
  const observer: LiveObserver<string[]> = { next: () => undefined, error: () => undefined, complete: () => undefined };
  const observable: LiveObservable<string[]> = names["@@observable"]();
  observable.subscribe(observer).unsubscribe();
  const synchronous = keep.live(() => 1);
  same<typeof synchronous, LiveQuery<number>>(true);
  // @ts-expect-error no such domain
  void keep.live(() => 1, { domains: ["planets"] });
  stop();
}

/** The test kit. */
export async function testing(test: (name: string, run: () => Promise<void>) => void): Promise<void> {
  const memory: MemoryMedium = memoryMedium(undefined, { shared: true });
  const content: MediumContent = memory.dump();
  memory.load(content);
  same<NonNullable<MediumContent["rows"]>[number]["bytes"], string>(true);
  const plan: MediumFault[] = [{ call: ["read", "scan"], table: "rows", key: ["characters"], nth: 2, lasting: true, fails: "closed" }, { chance: 0.1, waits: Infinity }, { cuts: 3 }, { flips: 9 }, { lies: true }, { beyond: 9, fails: "quota", done: true }];
  const faulty: FaultyMedium = faults(memory.beside(), plan, { seed: 3 });
  const calls: readonly MediumCall[] = faulty.calls;
  same<(typeof calls)[number]["ended"], "done" | "refused" | "failed" | undefined>(true);
  faulty.reset();
  faulty.reset({ fails: "aborted" });
  // @ts-expect-error a fault does something
  faulty.reset({ nth: 1 });
  // @ts-expect-error no such code
  faulty.reset({ fails: "broken" });
  const promises: MediumPromise[] = conformance(async () => memory);
  for (const { name, run } of promises) test(name, run);
  same<ReturnType<typeof compareKeys>, number>(true);
  const burst: MediumBurst = { checks: [{ is: "rev", table: "rows", key: ["a"] }, { is: "same", table: "meta", key: ["b", 1], bytes: new Uint8Array() }], puts: [], deletes: [], durable: true };
  const position: number | undefined = await memory.write(burst);
  void position;
}

export async function keeping(source: ImportSource, files: FileList): Promise<void> {
  const keep: Keep = await Keep.open({ name: "a", medium: "memory", onBlocked: () => undefined, onUpgrade: (upgrade: Upgrade) => upgrade.done / upgrade.total, timeout: 1000 });
  const planned: UpgradePlan | undefined = await Keep.plan("a", { timeout: 1000 });
  planned?.steps.map(({ schema, title }) => `${schema} ${title}`);
  // @ts-expect-error a keep is opened
  new Keep();
  // @ts-expect-error no such medium
  void Keep.open({ medium: "disk" });
  // @ts-expect-error a medium writes
  void Keep.open({ medium: { open() {}, close() {}, read: () => [], scan: () => [], find: () => [] } });
  // @ts-expect-error a write answers what became of it
  void Keep.open({ medium: { open() {}, close() {}, read: () => [], scan: () => [], find: () => [], write: async () => "done" } });
  void Keep.open({ medium: "second-copy" });
  const place: Medium = { open() {}, close() {}, read: (_, keys) => keys.map(() => undefined), scan: async () => [], find: () => [], write: ({ checks }) => (checks.length > 0 ? 0 : undefined) };
  void Keep.open({ medium: place });
  const inline: InlineKeep = keep;
  const access: Access = inline.access;
  if (access.mode === "read-only" && access.reason === "too-new") same<typeof access.stored, number>(true);
  await keep.takeOver();
  await Keep.open({ mode: "single-writer", fallback: "memory" });
  const report: OpenReport = keep.report;
  keep.addEventListener("change", (event) => {
    same<typeof event, CustomEvent<ChangeDetail>>(true);
    same<typeof event.detail.remote, boolean>(true);
    same<keyof KeepEventMap, "access" | "change" | "recovered" | "replayed" | "quota" | "persistence" | "log" | "reopened" | "closed">(true);
  });
  keep.addEventListener("closed", (event) => same<typeof event, Event>(true), { once: true });

  const characters: Characters = keep.characters;
  const listing: Listing<CharacterEntry> = await characters.list({ trashed: true });
  const unreadable: Unreadable[] = listing.unreadable;
  for await (const event of characters.import([source, new Uint8Array()], { signal: new AbortController().signal })) {
    const told: ImportEvent<CharacterEntry> = event;
    if (told.type === "item") {
      same<typeof told.entry, CharacterEntry>(true);
      same<typeof told.chats, ImportedChat[] | undefined>(true);
    }
    if (told.type === "failed") same<typeof told.code, string>(true);
    // @ts-expect-error progress has no entry
    if (told.type === "progress") void told.entry;
  }
  for await (const _ of keep.characters.import(files)) break;
  const character: Character | undefined = await characters.get("id");
  const entry: CharacterEntry = await characters.patch("id", { name: "Ann" }, { ifRev: character?.rev ?? 0 });
  const history: Version[] = await characters.history("id");
  const exported: Exported = await characters.export("id");
  const older: Character = await characters.version("id", history[0]?.rev ?? 1);
  const olderChat: ChatHandle = await keep.chats.version("id", 1);
  const olderFile: Exported = await keep.worlds.exportVersion("id", 1);
  void [older.card.name, olderChat.length, olderFile.bytes];
  const picture: Uint8Array | undefined = (await characters.image("id")) ?? (await characters.thumbnail("id"));
  await characters.delete("id", { ifRev: 1 });
  await characters.deleteMany(["id", { id: "other", ifRev: 1 }], { durable: true });
  const back: CharacterEntry[] = await characters.restoreMany(["id"], { verify: true });
  const put: CharacterEntry = await characters.put({ name: "Ann" }, { id: "id", ifRev: 0, image: new Uint8Array(), durable: true });
  // @ts-expect-error a card has a name
  void characters.put({ creator: "me" });
  void characters.put({ spec: "chara_card_v2", spec_version: "2.0", data: { name: "Ann" } });
  void characters.put(JSON.parse("{}"));
  const puts: PutCharacter[] = [{ card: { name: "Ann" } }, { card: character?.document ?? { bytes: new Uint8Array() }, id: "id" }];
  const many: CharacterEntry[] = await characters.putMany(puts);
  const changes: PatchItem<CardPatch>[] = many.map(({ id, rev }) => ({ id, ifRev: rev, patch: { tags: [put.name, back.length.toString()] } }));
  await characters.patchMany(changes, { verify: true });
  await characters.delete("id", { permanent: true });
  // @ts-expect-error permanent or not
  void characters.delete("id", { permanent: "yes" });
  same<Awaited<ReturnType<typeof characters.pinVersion>>, CharacterEntry>(true);
  const trash: Trash = keep.trash;
  for (const item of (await trash.list()).items) if (item.domain === "chats") same<typeof item.length, number>(true);
  const expired: number = (await trash.empty()) + (await trash.expire());
  await trash.delete("worlds", "id", { ifRev: 1 });
  // @ts-expect-error settings have no trash
  void trash.delete("settings", "theme");

  const service: Chats = keep.chats;
  const begun: ChatEntry = await service.create({ title: "A", characters: [entry.id], userName: "You", characterName: "Ann" });
  // @ts-expect-error a chat has a title
  void service.create({});
  for await (const event of service.import(source, { characters: ["id"], title: "A" })) {
    if (event.type === "item") same<typeof event.entry, ChatEntry>(true);
  }
  const chat: ChatHandle = await service.open(begun.id);
  const added: NewMessage = { name: "You", role: "user", text: "Hi", at: 1, fields: { extra: {} } };
  const message: Message = await chat.append(added, { durable: true });
  const several: Message[] = await chat.appendMany([added, added], { verify: true });
  void several;
  const last: Message[] = await chat.last(10);
  const seen: number = chat.entry.rev;
  await chat.edit(message.index, { text: "x" });
  await chat.edit(message.index, { text: "x" }, { ifRev: seen });
  const inserted: Message = await chat.insert(0, added, { ifRev: seen });
  const swiped: Message = await chat.addSwipe(inserted.index, "or so");
  await chat.chooseSwipe(swiped.index, 0);
  await chat.removeSwipe(swiped.index, 1, { durable: true });
  const ref: MessageRef = { id: swiped.id ?? 0 };
  await chat.edit(ref, { text: "x" });
  const shifted: Message = await chat.move(ref, 0, { ifRev: seen });
  const hidden: true | undefined = (await chat.hide(ref)).hidden;
  await chat.unhide(shifted.index);
  const done: boolean = (await chat.undo()) && (await chat.redo({ durable: true }));
  const where: [number | undefined, number | undefined] = [await chat.indexOf(1), await chat.indexAt(new Date())];
  const stats: ChatStats = await chat.stats();
  const reply: Reply = await chat.begin({ name: "Ann", role: "character" });
  reply.push("x");
  await reply.flush();
  const finished: Message | undefined = (await reply.interrupt({ durable: true })) ?? (await (await chat.begin({ swipeOf: 1 })).finish());
  const cut: InterruptedReply[] = await service.interrupted();
  for (const { id } of cut) await service.keepReply(id);
  same<Awaited<ReturnType<typeof service.keepReply>>, Message>(true);
  await service.discardReply("id");
  await reply.cancel();
  // @ts-expect-error a reply has no text when it begins
  void chat.begin({ name: "Ann", role: "character", text: "x" });
  const template: ChatTemplate | undefined = await service.template(begun.id);
  await service.setTemplate(begun.id, template);
  void finished;
  const tree: ChatNode[] = await service.tree((await chat.checkpoint(ref, "A")).id);
  const links: ChatLinks = { characters: ["id"], persona: "id", world: "id", location: "inn", playthrough: "id" };
  const linked: ChatEntry = await service.link(begun.id, links, { ifRev: seen });
  const filter: ChatListOptions = { world: linked.world ?? "", archived: true };
  same<Awaited<ReturnType<typeof service.list>>, Listing<ChatEntry>>(true);
  await service.list(filter);
  await service.unarchive((await service.archive((await service.rename(begun.id, "B")).id)).id);
  // @ts-expect-error a message is named by its index or its id
  void chat.edit({ index: 1 }, {});
  void [hidden, done, where, stats, tree];
  const branch: ChatEntry = await chat.branch(0, { title: "else" });
  const at: number | undefined = branch.parent?.at;
  const hits: SearchHit[] = await chat.search("x", { regex: true, from: at ?? 0 });
  const [from, to]: [number, number] = hits[0]?.matches[0] ?? [0, 0];
  const everywhere: ChatHits[] = await keep.chats.search("x", { role: "user", limit: to - from });
  const branches: ChatEntry[] = await keep.chats.branches(everywhere[0]?.entry.id ?? "");
  void branches;
  await chat.remove(0);
  await chat.remove(0, { ifRev: seen });
  // @ts-expect-error no such option
  void chat.remove(0, { rev: seen });
  for await (const one of chat.messages({ from: 0, batch: 10 })) same<typeof one, Message>(true);

  const all: Worlds = keep.worlds;
  const made: WorldEntry = await all.create("A");
  await all.patch(made.id, { position: "0,0,0", player: { gold: 1 } }, { ifRev: made.rev });
  await all.patchMany([{ id: made.id, patch: { player: { gold: 2 } } }]);
  const copy: WorldEntry = await all.put(((await all.get(made.id)) as World).state);
  await all.putMany([{ id: copy.id, state: ((await all.get(made.id)) as World).state }]);
  const moved: World = await all.moveTo(made.id, "0,0,0", { ifRev: made.rev });
  await all.setStat(made.id, "gold", { coins: [1] });
  // @ts-expect-error JSON cannot say a function
  void all.setStat(made.id, "gold", () => 1);

  const store: SettingsStore = keep.settings;
  const settings: Settings = await store.patch({ theme: "dark" });
  // @ts-expect-error no such theme
  void store.patch({ theme: "pink" });
  await store.reset("theme");
  const backups: Backups = keep.backups;
  const copies: Backup[] = await backups.list();
  const backedUp: Backup | undefined = await backups.get("id");
  const backup: Backup = await backups.create({ reason: "by hand", pin: true });
  const sound: BackupReport = await backups.verify(backup.id);
  const backupFile: BackupFile = await backups.export(backup.id);
  const taken: Backup = await backups.import(await backupFile.blob(), { signal: new AbortController().signal });
  const restored: Restored = await backups.restore(taken.id, { mode: "copy" });
  const pruned: string[] = await backups.prune();
  const pins: Backup[] = [await backups.pin(taken.id), await backups.unpin(taken.id)];
  await backups.delete(taken.id);
  void [copies, backedUp, sound, pins, pruned, restored];
  await keep.close();
  await keep[Symbol.asyncDispose]();
  void [report, unreadable, expired, history, exported, picture, last, moved, settings];
}

export async function health(keep: Keep): Promise<void> {
  const told: CheckProgress[] = [];
  const report: CheckReport = await keep.check({ full: true, signal: new AbortController().signal, onProgress: (progress) => told.push(progress) });
  // @ts-expect-error no such option
  void keep.check({ deep: true });
  const findings: Finding[] = report.findings;
  const mended: RepairReport = await keep.repair(findings, { dryRun: true } satisfies RepairOptions);
  await keep.repair("all", { onProgress: async () => undefined });
  same<(typeof mended.items)[number]["outcome"], "repaired" | "planned" | "sound" | "left" | "failed">(true);
  const codes: FindingCode[] = mended.items.map(({ code }) => code);
  const remedies: Remedy[] = findings.map(({ repair }) => repair);
  same<typeof codes, FindingCode[]>(true);
  void remedies;
  const usage: Usage = await keep.usage();
  const taken: number = usage.secondCopy + (usage.stored.chats?.bytes ?? 0) + (usage.free ?? 0);
  const persisted: boolean = await keep.persist();
  keep.addEventListener("quota", ({ detail }: CustomEvent<QuotaDetail>) => detail.full);
  keep.addEventListener("persistence", ({ detail }) => detail.persisted === persisted);
  void taken;
  const health: Health = await keep.health();
  const earlier: LogEntry[] = keep.log.earlier();
  const valid: Validity[] = [await keep.worlds.validate({}), await keep.characters.validate({ name: "" }, { id: "x" }), await keep.settings.validate({ pageSize: 1 })];
  void [earlier, valid, health.backups.newest?.created, health.lastExport?.at, health.migrations[0]?.from];
  const amount: Amount | undefined = health.stored.characters;
  const warnings: HealthWarningCode[] = health.warnings.map(({ code }) => code);
  same<typeof amount, Amount | undefined>(true);
  void warnings;
  const quarantine: Quarantine = keep.quarantine;
  const entries: QuarantineEntry[] = await quarantine.list();
  for (const { id } of entries) {
    const raw: Uint8Array = await quarantine.get(id);
    same<typeof raw.length, number>(true);
    const file: Exported = await quarantine.export(id);
    await quarantine.retry(file.filename);
    await quarantine.delete(id);
  }
  const log: KeepLog = keep.log;
  log.level = "debug" satisfies LogLevel;
  const logged: LogEntry[] = log.list({ level: "warn" });
  keep.addEventListener("log", ({ detail }) => same<typeof detail, LogEntry>(true));
  void logged;
  log.clear();
  await log.export();
}

export async function folders(keep: Keep, picked: FileSystemDirectoryHandle, chosen: FileList): Promise<void> {
  const sources: FolderSource[] = [new Blob(), new Uint8Array(), [...chosen], [{ path: "characters/a.png", file: new Blob() }], picked];
  for (const source of sources) {
    const events: AsyncIterable<FolderEvent> = keep.importFolder(source, { preview: true, signal: new AbortController().signal });
    for await (const event of events) {
      if (event.type === "item" && event.domain === "settings") same<typeof event.settings, ImportedSettings>(true);
      if (event.type === "done") same<typeof event.report, FolderOutcome[]>(true);
    }
  }
  // @ts-expect-error a path belongs to a file
  void keep.importFolder([{ path: "a.png" }]);
  const folder: ExportedFolder = keep.exportFolder({ layout: "sillytavern" });
  void [await folder.blob(), folder.told];
  // @ts-expect-error no such layout
  void keep.exportFolder({ layout: "risu" });
  const mirrored: AsyncIterable<MirrorEvent> = keep.mirrorFolder(picked, { layout: "sillytavern", signal: new AbortController().signal });
  for await (const event of mirrored) {
    if (event.type === "file") same<typeof event.outcome, MirrorOutcome["outcome"]>(true);
    if (event.type === "done") same<typeof event.report, MirrorOutcome[]>(true);
  }
  // @ts-expect-error files are no directory
  void keep.mirrorFolder(chosen);
  const { applied }: ImportedSettings = await keep.settings.import(new Blob(), { keepMine: true });
  void applied;
}

export async function afar(port: MessagePort, worker: Worker): Promise<void> {
  const cardkeep: Cardkeep = connect();
  // @ts-expect-error a medium cannot be sent to a worker
  void cardkeep.Keep.open({ medium: memoryMedium() });
  void [connect(port), connect(worker)];
  const { card }: CardFile = await cardkeep.readCard(new Uint8Array());
  const file = await cardkeep.readChat(new Uint8Array());
  const session: Remote<ChatText> | undefined = file.sessions[0];
  if (session) {
    const found: SearchHit[] = await session.search(card.name);
    for await (const { text } of session.messages()) same<typeof text, string>(true);
    const length: number = await session.length;
    void [found, length];
  }
  const keep: Remote<Keep> = await cardkeep.Keep.open({ name: "afar" });
  const { mode } = await keep.access;
  same<typeof mode, Access["mode"]>(true);
  await keep.addEventListener("change", ({ detail }) => same<typeof detail, ChangeDetail>(true));
  const character: Character | undefined = await keep.characters.get("a");
  const chat = await keep.chats.open("b");
  const messages: Message[] = await chat.last(3);
  const stop = await keep.worlds.subscribe(({ ids }) => ids.join());
  stop();
  for await (const { name } of keep.worlds.iterate()) same<typeof name, string>(true);
  // @ts-expect-error values are promises there
  same<typeof chat.length, number>(true);
  void [character, messages];
}
