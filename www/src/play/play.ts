// <ck-play>: a playthrough. Where the player is in this run, what happened in it, and what may happen where one is. The world
// itself stays as it is.

import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { handOut } from "../download";
import { attempt, codeOf, failure } from "../failure";
import { ago, counted } from "../format";
import { gone } from "../gone";
import { icon } from "../icon";
import { InTurn } from "../in-turn";
import { remember } from "../last-world";
import type { CharacterEntry, ChatEntry, EventTrigger, FiredEvent, Json, KeptPlaythrough, PersonaEntry, Played, PlaythroughPatch, Warning, WorldState } from "../library";
import { Live } from "../live";
import { prose } from "../prose/prose";
import { href } from "../route";
import { saveState, type SaveState } from "../save-state";
import { Saving } from "../saving";
import { Screen } from "../screen";
import { discard } from "../trash";
import { eventsOf, type WorldEvent } from "./events";
import "../history";
import "../atlas/atlas";

/** So many of what happened before are shown. */
const SHOWN = 20;

interface Loaded {
  kept: KeptPlaythrough;
  /** The world with the run laid over it; not there while the world is not. */
  world: WorldState | undefined;
  personas: PersonaEntry[];
  chats: ChatEntry[];
}

@customElement("ck-play")
export class PlayScreen extends Screen {
  @state() private starting = false;
  @state() private doing: SaveState = { is: "saved" };
  @state() private name: string | undefined;
  /** What followed from the last thing one did. */
  @state() private fired: FiredEvent[] = [];
  @state() private odd: Warning[] = [];
  readonly #acts = new InTurn();
  readonly #run = new Live<Loaded | undefined>(this, () => this.keep, ["playthroughs", "worlds", "personas", "chats"], () => this.#load());
  readonly #known = new Live<Map<string, CharacterEntry>>(this, () => this.keep, ["characters"], async () =>
    new Map((await this.keep.characters.list()).items.map((entry) => [entry.id, entry])));
  readonly #saving = new Saving(this, () => this.keep, "playthroughs", () => this.record, () => {
    void this.#run.reload().then(() => {
      if (this.#saving.patch === undefined) this.name = undefined;
    });
  });

  async #load(): Promise<Loaded | undefined> {
    const kept = await this.keep.playthroughs.get(this.record);
    if (kept === undefined) return undefined;
    const [world, { items: personas }, { chats }] = await Promise.all([
      kept.worldStatus === "ok" ? this.keep.playthroughs.state(this.record) : undefined,
      this.keep.personas.list(),
      this.keep.playthroughs.links(this.record),
    ]);
    if (world && this.writable) void remember(this.keep, kept.world);
    return { kept, world, personas, chats };
  }

  override render() {
    const { value, error, loading } = this.#run;
    if (loading) return html`<p class="wait" role="status">Loading the playthrough…</p>`;
    if (error !== undefined && value === undefined) return failure("This playthrough could not be read", error, () => void this.#run.reload());
    if (value === undefined) return gone(this.keep, "playthroughs", this.record);
    const { kept, world, chats } = value;
    const title = kept.name || "Playthrough";
    const worldName = world?.metadata.name || "World";
    const saving = this.doing.is === "saved" ? this.#saving.state : this.doing;
    return html`
      <p class="crumb"><a href=${world ? href("world", kept.world) : "#/worlds"}>${icon("back")}<span dir="auto">${world ? worldName : "Worlds"}</span></a></p>
      <header class="head">
        <div>
          <h1 dir="auto">${title}</h1>
          <p class="quiet">${world ? html`A playthrough of <span dir="auto">${worldName}</span> · ` : nothing}turn ${kept.run.turn} · ${saveState(saving)}</p>
        </div>
        <div class="tools">
          <button type="button" class="button" ?disabled=${world === undefined} @click=${() => void this.#export()}>${icon("export")}Export JSON</button>
          <button type="button" class="button danger" ?disabled=${!this.writable} @click=${() => void this.#delete(title)}>${icon("bin")}Delete</button>
        </div>
      </header>
      ${world === undefined
        ? html`<p class="banner" role="alert"><strong>Its world is ${kept.worldStatus === "trashed" ? "in the trash" : "gone"}.</strong>
            ${kept.worldStatus === "trashed" ? html`Bring it back under <a href="#/storage">Storage</a> to go on.` : "This playthrough cannot go on without it; what it holds is kept."}</p>`
        : html`<ck-atlas .world=${world} .writable=${this.writable} .known=${this.#known.value}
            .go=${(key: string) => key !== world.current_position && void this.#do(kept, (ifRev) => this.keep.playthroughs.moveTo(this.record, key, { ifRev }))}
            .set=${(stat: string, to: Json) => void this.#change(kept, (ifRev) => this.keep.playthroughs.setStat(this.record, stat, to, { ifRev }))}
            .beside=${this.#events(kept, world)}></ck-atlas>`}
      ${this.#about(value)}
      ${world ? this.#past(kept, world) : nothing}
      <section class="beneath" aria-label="Chats">
        <h2>Chats</h2>
        <p><button type="button" class="button" ?disabled=${!this.writable || world === undefined || this.starting} @click=${() => void this.#startChat(value)}>${icon("chats")}Start a chat here</button></p>
        ${chats.length === 0 ? html`<p class="quiet">No chat belongs to this playthrough yet. One that is started here is with those who are where you are.</p>` : nothing}
        <ul class="list">${chats.map((chat) => html`<li><a class="row" href=${href("chat", chat.id)}>
          <span class="what"><span class="name" dir="auto">${chat.title || "No title"}</span><span class="quiet line" dir="auto">${chat.last ?? ""}</span></span>
          <span class="when quiet"><span>${ago(chat.changed)}</span><span>${counted(chat.length, "message")}</span></span></a></li>`)}</ul>
      </section>
      <section class="beneath" aria-labelledby="older-title"><h2 id="older-title">Older versions</h2><ck-history .keep=${this.keep} .domain=${"playthroughs"} .record=${this.record} .writable=${this.writable}></ck-history></section>
    `;
  }

  #about({ kept, personas }: Loaded) {
    const gone = kept.persona !== undefined && !personas.some(({ id }) => id === kept.persona);
    return html`<section class="beneath" aria-label="About this playthrough">
      <h2>This playthrough</h2>
      <form class="pair" @submit=${(event: Event) => event.preventDefault()}>
        <label class="field"><span>Name</span>
          <input name="name" dir="auto" autocomplete="off" ?disabled=${!this.writable} .value=${this.name ?? kept.name} @input=${(event: Event) => {
            this.name = (event.target as HTMLInputElement).value;
            this.#saving.schedule({ name: this.name });
          }} /></label>
        <label class="field"><span>You are</span>
          <select name="persona" ?disabled=${!this.writable} @change=${(event: Event) => {
            const persona = (event.target as HTMLSelectElement).value || null;
            this.#saving.schedule({ persona } satisfies PlaythroughPatch);
          }}>
            <option value="" ?selected=${kept.persona === undefined}>Nobody in particular</option>
            ${gone ? html`<option value=${kept.persona ?? ""} selected>A persona that is not here</option>` : nothing}
            ${personas.map(({ id, name }) => html`<option value=${id} ?selected=${id === kept.persona}>${name || "No name"}</option>`)}
          </select></label>
      </form>
    </section>`;
  }

  #events(kept: KeptPlaythrough, world: WorldState) {
    const here = world.locations[world.current_position];
    const events = eventsOf(world, here, kept.run.events);
    const npcs = here?.npcs ?? [];
    const talks = events.some(({ on }) => on === "talk");
    const turns = events.some(({ on }) => on === "turns");
    return html`<section class="panel events" aria-label="Events">
      <h2>Events</h2>
      <div class="happened" role="status">
        ${this.fired.map(({ name, messages }) => html`<div class="fired"><p><strong dir="auto">${name}</strong></p>
          ${messages.map(({ text }) => prose(text))}</div>`)}
        ${this.odd.map(({ message }) => html`<p class="quiet">An event could not happen: ${message}</p>`)}
      </div>
      ${events.length === 0 ? html`<p class="quiet">Nothing waits to happen here.</p>` : html`<ul>${events.map((event) => this.#event(event, kept))}</ul>`}
      <div class="acts">
        ${talks ? npcs.map((npc) => html`<button type="button" class="button small" ?disabled=${!this.writable}
          @click=${() => void this.#trigger(kept, { on: "talk", npc })}><span dir="auto">Talk to ${this.#known.value?.get(npc)?.name ?? npc}</span></button>`) : nothing}
        <button type="button" class=${turns ? "button small main" : "button small"} ?disabled=${!this.writable} @click=${() => void this.#trigger(kept, { on: "turns" })}>Take a turn</button>
      </div>
    </section>`;
  }

  #event(event: WorldEvent, kept: KeptPlaythrough) {
    const { id, name, when, needs, count, over, on } = event;
    const npc = event.npc === undefined ? undefined : (this.#known.value?.get(event.npc)?.name ?? event.npc);
    return html`<li data-is=${over ? "over" : "open"}>
      <div><span dir="auto">${name}</span>
        <span class="quiet line">${over ? "It has happened" : html`${npc === undefined ? when : `When you talk to ${npc}`}${needs.length > 0 ? `, if ${needs.join(" and ")}` : ""}`}${
          !over && count > 0 ? `. Happened ${counted(count, "time")}` : ""}</span></div>
      ${on === "manual" && !over ? html`<button type="button" class="button small" aria-label=${`Let it happen: ${name}`} ?disabled=${!this.writable}
        @click=${() => void this.#trigger(kept, { on: "manual", event: id })}>Let it happen</button>` : nothing}
    </li>`;
  }

  /** What happened in this run, the last first. */
  #past(kept: KeptPlaythrough, world: WorldState) {
    const outcomes = (kept.run.outcomes as { event?: string; at?: number; location?: string }[]).slice(-SHOWN).reverse();
    const everything = Object.values(world.locations).flatMap((location) => eventsOf({ ...world, events: [] }, location, {}));
    const names = new Map([...everything, ...eventsOf(world, undefined, {})].map(({ id, name }) => [id, name]));
    const places = new Map(Object.values(world.locations).map((location) => [location.location_id, location.name]));
    return html`<section class="beneath" aria-label="What happened">
      <h2>What happened</h2>
      ${outcomes.length === 0 ? html`<p class="quiet">No event has happened in this playthrough yet.</p>` : nothing}
      <ol class="past">${outcomes.map(({ event = "", at, location }) => html`<li><span dir="auto">${names.get(event) ?? event}</span>
        <span class="quiet">${location === undefined ? "" : html`<span dir="auto">${places.get(location) ?? location}</span>, `}${at === undefined ? "" : ago(at)}</span></li>`)}</ol>
      ${kept.run.outcomes.length > SHOWN ? html`<p class="quiet">And ${counted(kept.run.outcomes.length - SHOWN, "more", "more")} before.</p>` : nothing}
    </section>`;
  }

  /** With those who are where the player is, and as the persona of the run. */
  async #startChat({ kept, world, personas }: Loaded): Promise<void> {
    const here = world?.locations[world.current_position];
    if (world === undefined) return;
    this.starting = true;
    await attempt(this, "The chat could not be started", async () => {
      const { userName } = await this.keep.settings.get();
      const cast = (here?.npcs ?? []).flatMap((id) => this.#known.value?.get(id) ?? []);
      const entry = await this.keep.chats.create({
        title: here?.name || world.metadata.name || "Chat",
        characters: cast.map(({ id }) => id),
        world: kept.world,
        playthrough: this.record,
        ...(here && { location: here.location_id }),
        ...(kept.persona !== undefined && { persona: kept.persona }),
        userName: personas.find(({ id }) => id === kept.persona)?.name || userName,
        ...(cast[0] && { characterName: cast[0].name }),
      });
      if (here?.description) await (await this.keep.chats.open(entry.id)).append({ name: here.name, role: "system", text: here.description });
      location.hash = href("chat", entry.id);
    });
    this.starting = false;
  }

  #trigger(kept: KeptPlaythrough, trigger: EventTrigger): Promise<void> {
    return this.#do(kept, (ifRev) => this.keep.playthroughs.trigger(this.record, trigger, { ifRev }));
  }

  /** Does something of which events may follow. */
  async #do(seen: KeptPlaythrough, act: (ifRev: number) => Promise<Played>): Promise<void> {
    await this.#change(seen, async (ifRev) => {
      const played = await act(ifRev);
      this.fired = played.fired;
      this.odd = played.warnings;
      return played;
    });
  }

  async #change(seen: KeptPlaythrough, change: (ifRev: number) => Promise<{ rev: number }>): Promise<void> {
    const typed = this.#saving.patch !== undefined;
    if (!this.writable || !(await this.#saving.flush())) return;
    this.doing = { is: "saving" };
    try {
      // What was typed here is saved by now, as a revision that was not seen yet.
      const { rev } = (typed ? await this.keep.playthroughs.get(this.record) : undefined) ?? seen;
      await this.#acts.run(rev, change);
      this.doing = { is: "saved" };
    } catch (error) {
      this.doing = { is: "failed", error };
      if (codeOf(error) !== "conflict") return;
    }
    await this.#run.reload();
  }

  async #export(): Promise<void> {
    await attempt(this, "The playthrough could not be exported", async () => handOut(await this.keep.playthroughs.export(this.record)));
  }

  async #delete(name: string): Promise<void> {
    const world = this.#run.value?.kept;
    if (!(await discard(this, this.keep, "playthroughs", this.record, name))) return;
    location.hash = world?.worldStatus === "ok" ? href("world", world.world) : "#/worlds";
  }
}
