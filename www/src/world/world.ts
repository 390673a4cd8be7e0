// <ck-world>: a world as one plays it. Where one is, where one can go, how one fares.

import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { handOut } from "../download";
import { attempt, codeOf, failure } from "../failure";
import { ago, counted } from "../format";
import { gone } from "../gone";
import { icon } from "../icon";
import { InTurn } from "../in-turn";
import type { CharacterEntry, Json, World, WorldEntry, WorldLocationPatch } from "../library";
import { Live } from "../live";
import { notify } from "../notice";
import { saveState, type SaveState } from "../save-state";
import { remember } from "../last-world";
import { playHref } from "../route";
import { Screen } from "../screen";
import { discard } from "../trash";
import "../history";
import "../atlas/atlas";

@customElement("ck-world")
export class WorldScreen extends Screen {
  @state() private starting = false;
  @state() private saving: SaveState = { is: "saved" };
  readonly #acts = new InTurn();
  readonly #world = new Live<World | undefined>(this, () => this.keep, ["worlds"], () => this.#load());
  readonly #known = new Live<Map<string, CharacterEntry>>(this, () => this.keep, ["characters"], async () =>
    new Map((await this.keep.characters.list()).items.map((entry) => [entry.id, entry])));

  readonly #runs = new Live(this, () => this.keep, ["playthroughs"], () => this.keep.playthroughs.list({ world: this.record }));

  async #load(): Promise<World | undefined> {
    const world = await this.keep.worlds.get(this.record);
    if (world && this.keep.access.mode === "read-write") void remember(this.keep, world.id);
    return world;
  }

  /** A world that a newer version made is looked at and not changed. */
  protected override get writable(): boolean {
    return super.writable && !this.#newer;
  }

  get #newer(): boolean {
    return (this.#world.value?.warnings ?? []).some(({ code }) => code === "newer-version");
  }

  override render() {
    const { value: world, error, loading } = this.#world;
    if (loading) return html`<p class="wait" role="status">Loading the world…</p>`;
    if (error !== undefined && world === undefined) return failure("This world could not be read", error, () => void this.#world.reload());
    if (world === undefined) return gone(this.keep, "worlds", this.record);
    return html`
      <p class="crumb"><a href="#/worlds">${icon("back")}Worlds</a></p>
      <header class="head">
        <div>
          <h1 dir="auto">${world.name || "No name"}</h1>
          <p class="quiet">${counted(world.locations, "location")} · ${saveState(this.saving)}</p>
        </div>
        <div class="tools">
          <button type="button" class="button" @click=${() => void this.#export()}>${icon("export")}Export JSON</button>
          <button type="button" class="button danger" ?disabled=${!super.writable} @click=${() => void this.#delete(world.name)}>${icon("bin")}Delete</button>
        </div>
      </header>
      ${this.#newer ? html`<p class="banner" role="status"><strong>Read-only.</strong> A newer program made this world. You can look at it,
        play it and export it; update the app to change it.</p>` : nothing}
      <ck-atlas .world=${world.state} .writable=${this.writable} .known=${this.#known.value}
        .go=${(key: string) => void this.#go(world, key)}
        .place=${(id: string, key: string) => void this.#place(world, id, key)}
        .edit=${(key: string, patch: WorldLocationPatch | null) => this.#edit(world, key, patch)}
        .set=${(stat: string, value: Json) => void this.#change(world, (ifRev) => this.keep.worlds.setStat(this.record, stat, value, { ifRev }))}></ck-atlas>
      ${this.#playthroughs(world)}
      <section class="beneath" aria-labelledby="name-title"><h2 id="name-title">Name</h2>
        <form class="tools" @submit=${(event: SubmitEvent) => void this.#rename(world, event)}>
          <input name="name" dir="auto" autocomplete="off" required aria-label="Name of the world" ?disabled=${!this.writable} .value=${world.name} />
          <button type="submit" class="button" ?disabled=${!this.writable}>Rename</button>
        </form></section>
      <section class="beneath" aria-labelledby="older-title"><h2 id="older-title">Older versions</h2><ck-history .keep=${this.keep} .domain=${"worlds"} .record=${this.record} .writable=${super.writable}></ck-history></section>
    `;
  }

  #playthroughs(world: World) {
    const runs = this.#runs.value?.items ?? [];
    return html`<section class="beneath" aria-label="Playthroughs">
      <h2>Playthroughs</h2>
      ${this.#runs.error !== undefined
        ? failure("They could not be listed", this.#runs.error, () => void this.#runs.reload())
        : html`<p class="quiet">${runs.length === 0
            ? "Play this world without changing it: a playthrough remembers where you are and what happened, and begins where you stand now."
            : "Each goes its own way through this world, which stays as it is."}</p>`}
      <ul class="list">${runs.map((run) => html`<li>
        <a class="row" href=${playHref(world.id, run.id)}>
          <span class="what"><span class="name" dir="auto">${run.name || "Playthrough"}</span>
            <span class="quiet line">At <span dir="auto">${world.state.locations[run.position]?.name ?? run.position}</span>, ${counted(run.visited, "place")} seen</span></span>
          <span class="when quiet"><span>${ago(run.changed)}</span></span>
        </a>
        <button type="button" class="bare" aria-label=${`Delete ${run.name || "Playthrough"}`} ?disabled=${!super.writable}
          @click=${() => void discard(this, this.keep, "playthroughs", run.id, run.name || "Playthrough")}>${icon("bin")}</button>
      </li>`)}</ul>
      <button type="button" class="button" ?disabled=${!super.writable || this.starting} @click=${() => void this.#start(runs.length)}>Start a playthrough</button>
    </section>`;
  }

  async #start(runs: number): Promise<void> {
    this.starting = true;
    await attempt(this, "The playthrough could not be started", async () => {
      const { id } = await this.keep.playthroughs.create({ world: this.record, name: `Playthrough ${runs + 1}` });
      location.hash = playHref(this.record, id);
    });
    this.starting = false;
  }

  async #go(world: World, key: string): Promise<void> {
    if (!this.writable || key === world.state.current_position) return;
    await this.#change(world, (ifRev) => this.keep.worlds.moveTo(this.record, key, { ifRev }));
  }

  async #place(world: World, id: string, key: string): Promise<void> {
    const name = world.state.unconnected_locations[id]?.name || id;
    await this.#write(world, `“${name}” is on the map`, (ifRev) => this.keep.worlds.place(this.record, id, key, { ifRev }));
  }

  #edit(world: World, key: string, patch: WorldLocationPatch | null): Promise<boolean> {
    const before = world.state.locations[key]?.name || key;
    const told = patch === null ? `“${before}” removed` : key in world.state.locations ? `“${before}” changed` : `“${patch.name}” is on the map`;
    return this.#write(world, told, (ifRev) => this.keep.worlds.patch(this.record, { locations: { [key]: patch } }, { ifRev }));
  }

  async #rename(world: World, event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const name = String(new FormData(event.target as HTMLFormElement).get("name")).trim();
    if (name !== "" && name !== world.name) await this.#write(world, `It is called “${name}” now`, (ifRev) => this.keep.worlds.patch(this.record, { name }, { ifRev }));
  }

  /** The state before is an older version: Undo goes back to it, as long as nothing else was written. */
  async #write(world: World, told: string, write: (ifRev: number) => Promise<World | WorldEntry>): Promise<boolean> {
    let before = world.rev;
    const written = await this.#change(world, (ifRev) => write((before = ifRev)));
    const rev = this.#world.value?.rev;
    if (!written) return false;
    const undo = () => attempt(this, "It could not be undone", async () => {
      if ((await this.keep.worlds.get(this.record))?.rev !== rev) throw new Error("The world was changed since; an older version has it as it was");
      await this.keep.worlds.restoreVersion(this.record, before);
    });
    notify(document.querySelector("ck-app") ?? this, { text: told, action: { label: "Undo", run: undo } });
    return true;
  }

  async #change(seen: World, change: (ifRev: number) => Promise<World | WorldEntry>): Promise<boolean> {
    this.saving = { is: "saving" };
    try {
      const changed = await this.#acts.run(seen.rev, change);
      this.#world.value = "state" in changed ? changed : ((await this.#load()) ?? seen);
      this.saving = { is: "saved" };
      return true;
    } catch (error) {
      this.saving = { is: "failed", error };
      if (codeOf(error) === "conflict") await this.#world.reload();
      return false;
    }
  }

  async #export(): Promise<void> {
    await attempt(this, "The world could not be exported", async () => handOut(await this.keep.worlds.export(this.record)));
  }

  async #delete(name: string): Promise<void> {
    if (await discard(this, this.keep, "worlds", this.record, name || "No name")) location.hash = "#/worlds";
  }
}
