// How findings, remedies and kinds of data read to a person.

import type { Finding, Health, Remedy, RepairReport } from "../library";

export const READ_ONLY = {
  "too-new": "read-only: a newer version of the app wrote it",
  "rolled-back": "read-only: another tab took it back to an older format",
  locked: "read-only: another tab writes",
  "second-copy": "read-only: the second copy, while the database cannot be had",
} as const;

export const SECOND_COPY = {
  on: "Every save is also written beside the database, and comes back from there if the database is damaged",
  off: "None: this browser has no place for one",
  failing: "Not written at the moment; saves are in the database only",
  "catching-up": "Being completed after it failed; new saves are in both",
} as const;

export const KINDS: readonly (readonly [kind: keyof Health["stored"], label: string])[] = [
  ["characters", "Characters"],
  ["chats", "Chats"],
  ["worlds", "Worlds"],
  ["personas", "Personas"],
  ["lorebooks", "Lorebooks"],
  ["templates", "Templates"],
  ["campaigns", "Campaigns"],
  ["assets", "Assets"],
  ["playthroughs", "Playthroughs"],
  ["versions", "Older versions"],
  ["trash", "Trash"],
  ["snapshots", "Copies of all records"],
  ["quarantine", "Quarantine"],
  ["drafts", "Recovered drafts"],
  ["unreadable", "Unreadable"],
  ["other", "Other"],
];

const WRONG: Record<Finding["code"], string> = {
  "rotten-record": "is damaged",
  "lost-record": "was lost",
  "newer-record": "was written by a newer version of the app",
  "wrong-index": "is not found where it should be",
  "lost-content": "lacks a part of its contents",
  "lost-messages": "lacks messages",
  "broken-link": "names a character that is not there any more",
  "uncopied-records": "does not have everything that was saved",
  "rotten-edit": "is damaged",
};

const WILL: Record<Remedy, string> = {
  "second-copy": "comes back from the second copy",
  version: "its newest whole older version takes its place",
  salvage: "what can be read is kept",
  rewrite: "is put in order",
  unlink: "the name is taken out",
  copy: "a complete second copy is made",
  quarantine: "is put into quarantine, as it is",
  none: "nothing can be done",
};

const DOMAINS: Record<string, string> = {
  characters: "A character",
  chats: "A chat",
  worlds: "A world",
  personas: "A persona",
  lorebooks: "A lorebook",
  templates: "A template",
  campaigns: "A campaign",
  assets: "An asset",
  playthroughs: "A playthrough",
  settings: "A setting",
  unsent: "An unsent message",
  drafts: "A recovered draft",
  quarantine: "An item in quarantine",
  snapshots: "A copy of all records",
  journal: "A scheduled edit",
  "second-copy": "The second copy",
};

/** What it is, such as "A character" or "An older version of a chat". */
export function whose({ domain, rev }: { domain: string; rev?: number }): string {
  const one = DOMAINS[domain] ?? "An item";
  return rev === undefined ? one : `An older version of ${one.charAt(0).toLowerCase()}${one.slice(1)}`;
}

export function wrong(finding: Finding): string {
  return `${whose(finding)} ${WRONG[finding.code]}`;
}

export function remedy({ repair }: Finding): string {
  return WILL[repair];
}

const BECAME: Record<RepairReport["items"][number]["outcome"], string> = {
  repaired: "Repaired",
  planned: "Would be repaired",
  sound: "Was sound already",
  left: "Left as it is",
  failed: "Could not be repaired",
};

export function became({ outcome }: RepairReport["items"][number]): string {
  return BECAME[outcome];
}
