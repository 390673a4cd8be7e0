// The page's life, as far as the storage must know of it. A frozen page answers nobody, so nothing may be held then that
// other tabs wait for.

/** Who is put to rest and goes on. */
export interface Resting {
  rest(): void;
  wake(): void;
}

/**
 * Puts something to rest while the page is frozen or put aside in the browser's cache. Returns what ends it. In workers,
 * which nobody tells of it, it does nothing.
 * @internal
 */
export function restWithPage(resting: Resting): () => void {
  if (typeof document === "undefined") return () => undefined;
  const ended = new AbortController();
  const { signal } = ended;
  const rest = () => resting.rest();
  const aside = (work: () => void) => (event: PageTransitionEvent) => {
    if (event.persisted) work();
  };
  document.addEventListener("freeze", rest, { signal });
  document.addEventListener("resume", () => resting.wake(), { signal });
  addEventListener("pagehide", aside(rest), { signal });
  addEventListener("pageshow", aside(() => resting.wake()), { signal });
  return () => ended.abort();
}
