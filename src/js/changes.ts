// Who hears what was stored in a domain. Knows nothing of what was stored.

import { failure } from "./errors.js";
import { call } from "./loading.js";
import type { ChangeDetail } from "./types/record.js";

/**
 * Calls the listener with each change of a domain, until the function that it returns is called. In a transaction there are no
 * `changes`.
 * @internal
 */
export function subscribe(changes: EventTarget | undefined, domain: ChangeDetail["domain"], listener: (change: ChangeDetail) => void): () => void {
  return call(`${domain}.subscribe`, () => {
    if (typeof listener !== "function") throw failure("bad-option", "the listener is no function");
    if (changes === undefined) throw failure("bad-option", "nothing is told within a transaction; subscribe to the keep's own domain");
    const hear = (event: Event) => {
      const { detail } = event as CustomEvent<ChangeDetail>;
      if (detail.domain === domain) listener(detail);
    };
    changes.addEventListener("change", hear);
    return () => changes.removeEventListener("change", hear);
  });
}
