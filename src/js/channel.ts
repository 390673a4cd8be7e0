// News between tabs: what one of them stored, the others hear. The news is a hint that says where to look, never data:
// whoever hears it reads the storage. Anyone on this origin can post here, so what comes is checked.

import { DOMAINS } from "./domain.js";
import type { ChangeDetail } from "./types/record.js";

type Change = Pick<ChangeDetail, "domain" | "ids">;

const IDS_AT_MOST = 10_000;

/** The other tabs, as one of them sees them. */
export interface Channel {
  tell(change: Change): void;
  /** Hears the others from now on. */
  listen(listener: (change: Change) => void): void;
  close(): void;
}

/**
 * Joins the other tabs that have this keep open; `undefined` where tabs cannot hear each other.
 * @internal
 */
export function join(name: string): Channel | undefined {
  if (typeof BroadcastChannel === "undefined") return undefined;
  const channel = new BroadcastChannel(`cardkeep:${name}`);
  let heard: (change: Change) => void = () => undefined;
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    const change = read(data);
    if (change !== undefined) heard(change);
  };
  // A page that comes back out of the browser's cache has heard nothing while it was in there.
  const shown = ({ persisted }: PageTransitionEvent) => {
    if (persisted) for (const domain of DOMAINS) heard({ domain, ids: [] });
  };
  // A message costs as much as a fifth of a save, so the news of one task go together behind it.
  let untold = new Map<Change["domain"], Set<string> | "all">();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tellAll = () => {
    clearTimeout(timer);
    timer = undefined;
    const news = untold;
    untold = new Map();
    for (const [domain, ids] of news) channel.postMessage({ type: "change", domain, ids: ids === "all" ? [] : [...ids] });
  };
  const page = typeof window === "undefined" ? undefined : window;
  page?.addEventListener("pageshow", shown);
  page?.addEventListener("pagehide", tellAll);
  return {
    tell({ domain, ids }) {
      const told = untold.get(domain) ?? new Set();
      const all = told === "all" || ids.length === 0 || told.size + ids.length > IDS_AT_MOST;
      untold.set(domain, all ? "all" : new Set([...told, ...ids]));
      // Where nobody looks timers are late, and a page may be about to go away.
      if (page?.document.visibilityState === "hidden") tellAll();
      else timer ??= setTimeout(tellAll, 0);
    },
    listen: (listener) => void (heard = listener),
    close() {
      tellAll();
      heard = () => undefined;
      page?.removeEventListener("pageshow", shown);
      page?.removeEventListener("pagehide", tellAll);
      channel.close();
    },
  };
}

/** A change, if it is one; what a newer version may say beside that is nothing to this one. */
function read(data: unknown): Change | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const { type, domain, ids } = data as { type?: unknown; domain?: unknown; ids?: unknown };
  const known = DOMAINS.find((name) => name === domain);
  if (type !== "change" || known === undefined) return undefined;
  if (!Array.isArray(ids) || ids.length > IDS_AT_MOST || !ids.every((id) => typeof id === "string")) return undefined;
  return { domain: known, ids: [...(ids as string[])] };
}
