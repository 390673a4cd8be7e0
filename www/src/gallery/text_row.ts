// What stands in a row of the lists of lorebooks and templates: its name, what there is to say of it, and how it is deleted.

import { html, type TemplateResult } from "lit";
import { ago } from "../format";
import { icon } from "../icon";
import type { Keep, LorebookEntry, TemplateEntry } from "../library";
import { href } from "../route";
import { discard } from "../trash";

const SCREENS = { lorebooks: "lorebook", templates: "template" } as const;

export function textRow(from: EventTarget, keep: Keep, domain: keyof typeof SCREENS, entry: LorebookEntry | TemplateEntry, about: string): TemplateResult {
  const name = entry.name || "No name";
  const writable = keep.access.mode === "read-write";
  return html`
      <a class="row" href=${href(SCREENS[domain], entry.id)}>
        <span class="what"><span class="name" dir="auto">${name}</span><span class="quiet line">${about}</span></span>
        <span class="when quiet"><span>${ago(entry.changed)}</span></span>
      </a>
      <button type="button" class="bare" aria-label=${`Delete ${name}`} ?disabled=${!writable}
        @click=${() => void discard(from, keep, domain, entry.id, name)}>${icon("bin")}</button>`;
}
