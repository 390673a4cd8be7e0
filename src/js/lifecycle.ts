// The end of a page, as far as a page can see it coming. No single event is fired by every browser for every end, so
// all of them count. Outside of windows there is nothing to see.

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
  if (typeof window === "undefined" || typeof document === "undefined") return () => undefined;
  const { signal, stop } = listening();
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

function listening(): { signal: AbortSignal; stop: Stop } {
  const controller = new AbortController();
  return { signal: controller.signal, stop: () => controller.abort() };
}
