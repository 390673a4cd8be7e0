// The page's life, as far as the storage must know of it. A frozen page answers nobody, so nothing may be held then that
// other tabs wait for.

import { follow } from "./lifecycle.js";

/** Who is put to rest and goes on. */
export interface Resting {
  rest(): void;
  wake(): void;
}

/**
 * Puts something to rest while the page is frozen or put aside in the browser's cache. Returns what ends it. A worker has to
 * be told of it.
 * @internal
 */
export function restWithPage(resting: Resting): () => void {
  const ended = new AbortController();
  const { signal } = ended;
  const rest = () => resting.rest();
  if (typeof document === "undefined") {
    follow({ rest, wake: () => resting.wake() }, signal);
    return () => ended.abort();
  }
  const aside = (work: () => void) => (event: PageTransitionEvent) => {
    if (event.persisted) work();
  };
  document.addEventListener("freeze", rest, { signal });
  document.addEventListener("resume", () => resting.wake(), { signal });
  addEventListener("pagehide", aside(rest), { signal });
  addEventListener("pageshow", aside(() => resting.wake()), { signal });
  return () => ended.abort();
}
