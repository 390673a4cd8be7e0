// The end of a page, as far as a page can see it coming. No single event is fired by every browser for every end, so
// all of them count. In a worker there is nothing to see, and it may be told.

import type { PageEvent } from "./wire.js";

/** What a worker was told of the page it works for. */
const told = new EventTarget();

/** Ends listening. */
export type Stop = () => void;

export interface PageEvents {
  /** The page may be gone after this call; it is called several times for one end. */
  ending(): void;
  /** The page is going away, into the browser's cache perhaps. */
  away(): void;
  /** It came back out of the cache. */
  back(): void;
}

/**
 * Listens to the page.
 * @internal
 */
export function followPage({ ending, away, back }: PageEvents): Stop {
  const { signal, stop } = listening();
  if (typeof window === "undefined" || typeof document === "undefined") {
    follow({ ending, away, back }, signal);
    return stop;
  }
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") ending();
  }, { signal });
  document.addEventListener("freeze", ending, { signal });
  window.addEventListener("pagehide", () => {
    ending();
    away();
  }, { signal });
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) back();
  }, { signal });
  return stop;
}

/**
 * Listens to `beforeunload`, which keeps pages out of some browsers' cache: only for as long as something is unsaved.
 * @internal
 */
export function followUnload(ending: () => void): Stop {
  if (typeof window === "undefined") return () => undefined;
  const { signal, stop } = listening();
  window.addEventListener("beforeunload", ending, { signal });
  return stop;
}

/**
 * Tells a worker what happens to the page it works for.
 * @internal
 */
export function tellOfPage(event: PageEvent): void {
  told.dispatchEvent(new Event(event));
}

/**
 * Hears what a worker is told of its page.
 * @internal
 */
export function follow(works: { [event in PageEvent]?: () => void }, signal: AbortSignal): void {
  for (const [event, work] of Object.entries(works)) told.addEventListener(event, work, { signal });
}

function listening(): { signal: AbortSignal; stop: Stop } {
  const controller = new AbortController();
  return { signal: controller.signal, stop: () => controller.abort() };
}
