// <ck-campaign>: the campaign of a channel. Who leads and who plays, whom each player plays, and who else is there. What is typed is
// saved as it is typed, each field by itself, so that two who write about two characters both find their words.

import { html, nothing, type PropertyValues } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { handOut } from "../download";
import { attempt, failure } from "../failure";
import { ago, counted, momentOf } from "../format";
import { gone } from "../gone";
import { icon } from "../icon";
import type { CampaignPatch, Json, KeptCampaign } from "../library";
import { Live } from "../live";
import { notify } from "../notice";
import { saveState } from "../save-state";
import { Saving } from "../saving";
import { Screen } from "../screen";
import { discard } from "../trash";
import "../history";

/** Those who are in a campaign: the characters of players, and the others. */
type People = "characters" | "npcs";
type Fields = { [field: string]: Json | undefined };

interface Field {
  key: string;
  label: string;
  hint: string;
}

const CAMPAIGN: readonly Field[] = [
  { key: "name", label: "Name", hint: "" },
  { key: "gm_id", label: "Who leads", hint: "The id of a user." },
  { key: "gm_role_id", label: "Role that leads", hint: "The id of a role of the guild." },
  { key: "player_role_id", label: "Role that plays", hint: "The id of a role of the guild." },
];

const PEOPLE: Record<People, { title: string; one: string; call: string; none: string; fields: readonly Field[] }> = {
  characters: {
    title: "Players’ characters", one: "character", call: "Player’s id", none: "Nobody plays yet.",
    fields: [{ key: "name", label: "Name", hint: "" }, { key: "avatar_url", label: "Picture’s address", hint: "It is not loaded here." }, { key: "description", label: "Description", hint: "" }],
  },
  npcs: {
    title: "NPCs", one: "NPC", call: "Its id", none: "There are no NPCs yet.",
    fields: [{ key: "name", label: "Name", hint: "" }, { key: "avatar_url", label: "Picture’s address", hint: "It is not loaded here." }, { key: "creator_id", label: "Made by", hint: "The id of a user." }],
  },
};

@customElement("ck-campaign")
export class CampaignScreen extends Screen {
  @state() private edits: CampaignPatch = {};
  /** Who was added last, to be opened. */
  @state() private fresh: string | undefined;
  readonly #data = new Live<KeptCampaign | undefined>(this, () => this.keep, ["campaigns"], () => this.keep.campaigns.get(this.record));
  readonly #saving = new Saving(this, () => this.keep, "campaigns", () => this.record, () => {
    void this.#data.reload().then(() => {
      if (this.#saving.patch === undefined) this.edits = {};
    });
  });

  override firstUpdated(changed: PropertyValues<this>): void {
    super.firstUpdated(changed);
    this.edits = { ...(this.#saving.patch as CampaignPatch | undefined) };
  }

  override render() {
    const { value, error, loading } = this.#data;
    if (loading) return html`<p class="wait" role="status">Loading the campaign…</p>`;
    if (error !== undefined && value === undefined) return failure("This campaign could not be read", error, () => void this.#data.reload());
    if (value === undefined) return gone(this.keep, "campaigns", this.record);
    const campaign: Fields = { ...value.scope.campaign, ...this.edits.campaign };
    const name = words(campaign.name) || `Channel ${value.channel}`;
    const players = Array.isArray(campaign.players) ? campaign.players.map(String) : [];
    return html`
      <p class="crumb"><a href="#/campaigns">${icon("back")}Campaigns</a></p>
      <header class="head"><div><h1 dir="auto">${name}</h1><p class="quiet">Guild ${value.guild}, channel ${value.channel} · ${saveState(this.#saving.state)}</p></div>
        <div class="tools">
          <button type="button" class="button" @click=${() => void this.#export()}>${icon("export")}Export JSON</button>
          <button type="button" class="button danger" ?disabled=${!this.writable} @click=${() => void this.#delete(name)}>${icon("bin")}Delete</button>
        </div></header>
      <div class="lore-page">
        <form class="pair" aria-label="The campaign" @submit=${(event: Event) => event.preventDefault()}>
          ${CAMPAIGN.map((field) => this.#field(field, campaign, (to) => this.#set({ campaign: { [field.key]: to } })))}
          <label class="field"><span>Players <small class="quiet">Ids of users between commas.</small></span>
            <input name="players" autocomplete="off" ?disabled=${!this.writable} .value=${players.join(", ")}
              @change=${(event: Event) => this.#set({ campaign: { players: [...new Set(typed(event).split(",").map((id) => id.trim()).filter((id) => id !== ""))] } })} /></label>
        </form>
        ${(["characters", "npcs"] as const).map((kind) => this.#people(kind, value))}
        <dl class="facts"><div><dt>Changed</dt><dd title=${momentOf(value.changed)}>${ago(value.changed)}</dd></div></dl>
        <ck-history .keep=${this.keep} .domain=${"campaigns"} .record=${this.record} .writable=${this.writable}></ck-history>
      </div>
    `;
  }

  #people(kind: People, { scope }: KeptCampaign) {
    const { title, one, call, none } = PEOPLE[kind];
    const people = Object.entries(scope[kind] as { [id: string]: Fields });
    return html`<section class="beneath" aria-labelledby=${`${kind}-title`}>
      <h2 id=${`${kind}-title`}>${title} <small class="quiet">${people.length > 0 ? counted(people.length, one) : nothing}</small></h2>
      ${people.length === 0 ? html`<p class="quiet">${none}</p>` : nothing}
      <ul class="entries">${repeat(people, ([id]) => id, ([id, stored]) => this.#person(kind, id, stored))}</ul>
      <form class="tools" @submit=${(event: SubmitEvent) => void this.#add(kind, event, people.map(([id]) => id))}>
        <label><span class="unseen">${call}</span><input name="id" required maxlength="90" autocomplete="off" placeholder=${call} ?disabled=${!this.writable} /></label>
        <button type="submit" class="button" ?disabled=${!this.writable}>Add ${one === "NPC" ? "an NPC" : "a character"}</button>
      </form>
    </section>`;
  }

  #person(kind: People, id: string, stored: Fields) {
    const { fields, one } = PEOPLE[kind];
    const person: Fields = { ...stored, ...this.edits[kind]?.[id] };
    const name = words(person.name) || "No name";
    return html`<li class="entry">
      <details ?open=${this.fresh === `${kind} ${id}`}>
        <summary><span dir="auto">${name}</span> <span class="quiet" dir="auto">${kind === "characters" ? `played by ${id}` : id}</span></summary>
        <div class="form">
          ${fields.map((field) => this.#field(field, person, (to) => this.#set({ [kind]: { [id]: { [field.key]: field.key === "name" ? (to ?? "") : to } } })))}
          <div class="tools"><button type="button" class="button danger" aria-label=${`Remove ${name}`} ?disabled=${!this.writable} @click=${() => void this.#remove(kind, id, name)}>Remove ${one === "NPC" ? "the NPC" : "the character"}</button></div>
        </div>
      </details>
    </li>`;
  }

  /** An emptied field is not there any more. */
  #field({ key, label, hint }: Field, values: Fields, set: (to: string | null) => void) {
    return html`<label class="field"><span>${label} ${hint ? html`<small class="quiet">${hint}</small>` : nothing}</span>
      <input name=${key} dir="auto" autocomplete="off" ?disabled=${!this.writable} .value=${words(values[key])} @input=${(event: Event) => set(typed(event) || null)} /></label>`;
  }

  #set(patch: CampaignPatch): void {
    const edits = this.edits;
    const people = (kind: People) => {
      const now: { [id: string]: { [field: string]: Json } | null } = { ...edits[kind] };
      for (const [id, fields] of Object.entries(patch[kind] ?? {})) now[id] = { ...now[id], ...fields };
      return now;
    };
    this.edits = { campaign: { ...edits.campaign, ...patch.campaign }, characters: people("characters"), npcs: people("npcs") };
    this.#saving.schedule(patch);
  }

  async #add(kind: People, event: SubmitEvent, known: string[]): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const id = String(new FormData(form).get("id")).trim();
    if (id === "") return;
    this.fresh = `${kind} ${id}`;
    if (known.includes(id)) return notify(this, { text: `“${id}” is here already` });
    await attempt(this, "It could not be added", async () => {
      const kept = this.#data.value;
      if (kept === undefined || !(await this.#saving.flush())) return;
      await this.keep.campaigns.change({ guild: kept.guild, channel: kept.channel }, { [kind]: { [id]: { name: id } } });
      form.reset();
      await this.#data.reload();
    });
  }

  /** The state before is an older one: Undo puts back who was there, as long as nobody of that id came meanwhile. */
  async #remove(kind: People, id: string, name: string): Promise<void> {
    await attempt(this, "It could not be removed", async () => {
      if (!(await this.#saving.flush())) return;
      const kept = await this.keep.campaigns.get(this.record);
      const gone = kept?.scope[kind][id];
      if (kept === undefined || gone === undefined) return;
      const scope = { guild: kept.guild, channel: kept.channel };
      await this.keep.campaigns.change(scope, { [kind]: { [id]: null } }, { ifRev: kept.rev });
      await this.#data.reload();
      const undo = () => attempt(this, "It could not be put back", async () => {
        const now = await this.keep.campaigns.get(this.record);
        if (now?.scope[kind][id] === undefined) await this.keep.campaigns.change(scope, { [kind]: { [id]: gone as { [field: string]: Json } } });
      });
      notify(this, { text: `“${name}” was removed`, action: { label: "Undo", run: undo } });
    });
  }

  async #export(): Promise<void> {
    await attempt(this, "The campaign could not be exported", async () => {
      if (await this.#saving.flush()) await handOut(await this.keep.campaigns.export(this.record));
    });
  }

  async #delete(name: string): Promise<void> {
    if (await discard(this, this.keep, "campaigns", this.record, name)) location.hash = "#/campaigns";
  }
}

function words(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function typed(event: Event): string {
  return (event.target as HTMLInputElement).value;
}
