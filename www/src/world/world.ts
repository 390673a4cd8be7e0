// <ck-world>: a world as one plays it. Where one is, where one can go, how one fares.

import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { handOut } from "../download";
import { attempt, codeOf, failure } from "../failure";
import { counted } from "../format";
import { icon } from "../icon";
import type { CharacterEntry, Json, World } from "../library";
import { Live } from "../live";
import { saveState, type SaveState } from "../save-state";
import { remember } from "../last-world";
import { Screen } from "../screen";
import { discard } from "../trash";
import "../atlas/atlas";

@customElement("ck-world")
export class WorldScreen extends Screen {
  @state() private saving: SaveState = { is: "saved" };
  readonly #world = new Live<World | undefined>(this, () => this.keep, ["worlds"], () => this.#load());
  readonly #known = new Live<Map<string, CharacterEntry>>(this, () => this.keep, ["characters"], async () =>
    new Map((await this.keep.characters.list()).items.map((entry) => [entry.id, entry])));

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
    if (world === undefined) return html`<section class="empty"><h1>Not here</h1><p>This world is in the trash or was never in this library.</p><a class="button" href="#/worlds">To your worlds</a></section>`;
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
        .set=${(stat: string, value: Json) => void this.#change(() => this.keep.worlds.setStat(this.record, stat, value, { ifRev: world.rev }))}></ck-atlas>
    `;
  }

  async #go(world: World, key: string): Promise<void> {
    if (!this.writable || key === world.state.current_position) return;
    await this.#change(() => this.keep.worlds.moveTo(this.record, key, { ifRev: world.rev }));
  }

  async #change(change: () => Promise<World>): Promise<boolean> {
    this.saving = { is: "saving" };
    try {
      this.#world.value = await change();
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
