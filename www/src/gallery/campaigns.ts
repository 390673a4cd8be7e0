// <ck-campaigns>: the campaigns of every guild, each the scope of a channel; and the files of bots, in and out.

import { html } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { handOut } from "../download";
import { attempt, failure } from "../failure";
import { ago, counted } from "../format";
import { icon } from "../icon";
import type { CampaignEntry, CampaignFiles } from "../library";
import { Live } from "../live";
import { notify } from "../notice";
import { href } from "../route";
import { Screen } from "../screen";
import { discard } from "../trash";
import { unreadable } from "./unreadable";

const TABLES = ["campaigns", "characters", "npcs"] as const;

@customElement("ck-campaigns")
export class CampaignsScreen extends Screen {
  @state() private busy = false;
  readonly #list = new Live(this, () => this.keep, ["campaigns"], () => this.keep.campaigns.list());

  override render() {
    const { value, error, loading } = this.#list;
    if (loading) return html`<p class="wait" role="status">Loading campaigns…</p>`;
    if (value === undefined) return failure("Your campaigns could not be listed", error, () => void this.#list.reload());
    const guilds = new Map<string, CampaignEntry[]>();
    for (const entry of value.items) guilds.set(entry.guild, [...(guilds.get(entry.guild) ?? []), entry]);
    return html`
      <p class="crumb"><a href="#/settings">${icon("back")}Settings</a></p>
      <header class="head">
        <div><h1>Campaigns</h1><p class="quiet">Who plays whom in the channels of a guild</p></div>
        <div class="tools">
          <input class="unseen" type="file" accept=".json,application/json" multiple tabindex="-1" aria-label="Choose the files of a bot" ?disabled=${!this.writable} @change=${this.#picked} />
          <button type="button" class="button" ?disabled=${!this.writable || this.busy} @click=${() => this.querySelector<HTMLInputElement>("input[type=file]")?.click()}>${icon("import")}Import bot files</button>
          <button type="button" class="button" ?disabled=${value.items.length === 0} @click=${() => void this.#export()}>${icon("export")}Export bot files</button>
        </div>
      </header>
      ${unreadable(value.unreadable)}
      ${value.items.length === 0
        ? html`<p class="none">No campaigns yet. Begin one below, or import the <code>campaigns.json</code>, <code>characters.json</code> and <code>npcs.json</code> of a bot.</p>`
        : [...guilds].map(([guild, entries]) => html`<section class="guild" aria-labelledby=${`guild-${guild}`}>
            <h2 id=${`guild-${guild}`}>Guild <span dir="auto">${guild}</span></h2>
            <ul class="list">${repeat(entries, ({ id }) => id, (entry) => this.#row(entry))}</ul></section>`)}
      ${this.#form()}
    `;
  }

  #row(entry: CampaignEntry) {
    const name = entry.name || `Channel ${entry.channel}`;
    return html`<li>
      <a class="row" href=${href("campaign", entry.id)}>
        <span class="what"><span class="name" dir="auto">${name}</span>
          <span class="quiet line" dir="auto">Channel ${entry.channel}${entry.gm ? `, led by ${entry.gm}` : ""}</span></span>
        <span class="when quiet"><span>${ago(entry.changed)}</span><span>${counted(entry.characters, "character")}, ${counted(entry.npcs, "NPC")}</span></span>
      </a>
      <button type="button" class="bare" aria-label=${`Delete ${name}`} ?disabled=${!this.writable}
        @click=${() => void discard(this, this.keep, "campaigns", entry.id, name)}>${icon("bin")}</button>
    </li>`;
  }

  #form() {
    return html`<section class="beneath" aria-labelledby="new-campaign"><h2 id="new-campaign">New campaign</h2>
      <form class="pair" @submit=${this.#submitted}>
        <label class="field"><span>Guild <small class="quiet">Its id.</small></span><input name="guild" required maxlength="90" autocomplete="off" ?disabled=${!this.writable} /></label>
        <label class="field"><span>Channel <small class="quiet">Its id.</small></span><input name="channel" required maxlength="90" autocomplete="off" ?disabled=${!this.writable} /></label>
        <label class="field"><span>Name</span><input name="name" dir="auto" autocomplete="off" ?disabled=${!this.writable} /></label>
        <div class="tools"><button type="submit" class="button main" ?disabled=${!this.writable || this.busy}>Begin</button></div>
      </form></section>`;
  }

  readonly #submitted = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const given = new FormData(event.target as HTMLFormElement);
    const [guild, channel, name] = ["guild", "channel", "name"].map((field) => String(given.get(field)).trim()) as [string, string, string];
    this.busy = true;
    await attempt(this, "The campaign could not be begun", async () => {
      const scope = { guild, channel };
      const there = await this.keep.campaigns.get(scope);
      // A channel has one campaign: that one is opened, never written over.
      const id = there?.id ?? (await this.keep.campaigns.change(scope, { campaign: { name } })).id;
      location.hash = href("campaign", id);
    });
    this.busy = false;
  };

  readonly #picked = async (event: Event): Promise<void> => {
    const input = event.target as HTMLInputElement;
    const chosen = [...(input.files ?? [])];
    // Emptied, so that choosing the same files again is a change again.
    input.value = "";
    this.busy = true;
    await attempt(this, "The files could not be taken in", async () => {
      const files: CampaignFiles = {};
      for (const file of chosen) {
        const table = TABLES.find((one) => file.name.toLowerCase().startsWith(one));
        if (table === undefined) throw new Error(`${file.name} is none of campaigns.json, characters.json and npcs.json`);
        files[table] = new Uint8Array(await file.arrayBuffer());
      }
      if (chosen.length === 0) return;
      const { added, changed, same, conflicts, warnings } = await this.keep.campaigns.importFiles(files);
      const kept = conflicts.length > 0 ? `. In ${counted(conflicts.length, "place")} they say something else; what was here stays` : "";
      const odd = warnings.length > 0 ? `. ${counted(warnings.length, "remark")}, the first: ${warnings[0]?.message}` : "";
      notify(this, { text: `${added} added, ${changed} changed, ${same} already here${kept}${odd}` });
    });
    this.busy = false;
  };

  async #export(): Promise<void> {
    await attempt(this, "The files could not be exported", async () => {
      const files = await this.keep.campaigns.exportFiles();
      for (const table of TABLES) await handOut({ filename: `${table}.json`, type: "application/json", bytes: files[table] });
    });
  }
}
