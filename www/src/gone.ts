// What a screen shows in place of a record that is not there. <ck-gone> looks whether it is in the trash, and brings it back.

import { html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { LightElement } from "./element";
import { attempt } from "./failure";
import { ago } from "./format";
import type { Keep, RecordDomain } from "./library";
import { Live, RECORDS } from "./live";
import { titleOf } from "./trash";

const WORDS: Record<RecordDomain, { one: string; home: string; label: string }> = {
  characters: { one: "character", home: "#/", label: "To your characters" },
  chats: { one: "chat", home: "#/chats", label: "To your chats" },
  worlds: { one: "world", home: "#/worlds", label: "To your worlds" },
  playthroughs: { one: "playthrough", home: "#/worlds", label: "To your worlds" },
  personas: { one: "persona", home: "#/personas", label: "To your personas" },
  lorebooks: { one: "lorebook", home: "#/lorebooks", label: "To the lorebooks" },
  templates: { one: "template", home: "#/templates", label: "To the templates" },
  campaigns: { one: "campaign", home: "#/campaigns", label: "To the campaigns" },
};

export function gone(keep: Keep, domain: RecordDomain, record: string): TemplateResult {
  const { home, label } = WORDS[domain];
  return html`<section class="empty"><h1>Not here</h1>
    <ck-gone .keep=${keep} .domain=${domain} .record=${record}></ck-gone>
    <a class="button" href=${home}>${label}</a></section>`;
}

@customElement("ck-gone")
export class Gone extends LightElement {
  @property({ attribute: false }) keep!: Keep;
  @property({ attribute: false }) domain!: RecordDomain;
  @property({ attribute: false }) record = "";
  readonly #trash = new Live(this, () => this.keep, RECORDS, async () =>
    (await this.keep.trash.list()).items.find(({ domain, id }) => domain === this.domain && id === this.record));

  override render() {
    const { one } = WORDS[this.domain];
    const there = this.#trash.value;
    if (there === undefined) return html`<p role="status">${this.#trash.loading ? "Looking in the trash…" : `This ${one} is not in this library, and not in its trash. A link leads only to what this browser keeps.`}</p>`;
    const title = titleOf(there) || "No name";
    return html`<p role="status"><span dir="auto">“${title}”</span> is in the trash${there.trashed === undefined ? "" : `, deleted ${ago(there.trashed)}`}.</p>
      <p><button type="button" class="button main" ?disabled=${this.keep.access.mode !== "read-write"}
        @click=${() => void attempt(this, `“${title}” could not be restored`, () => this.keep[this.domain].restore(this.record))}>Bring it back</button></p>`;
  }
}
