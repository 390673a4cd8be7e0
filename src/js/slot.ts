// Redo slots: what a page could not journal any more when it ended, left in localStorage, the only storage that is
// written before a call returns. It outlives the page, not a killed browser; the journal does that.

/** Characters of one slot. Origins have about five million for everything. */
const MOST = 256 * 1024;
/** Form of the slots. */
const FORM = 1;

/** One edit as the module reads it. */
export interface SlotEdit {
  seq: number;
  domain: string;
  id: string;
  base: number | undefined;
  at: number;
  patch: string;
}

/** The slots of a keep. */
export interface Slots {
  /** Leaves these edits for whoever opens the keep next; those that do not fit are left out, the longest first. */
  write(writer: string, edits: readonly SlotEdit[]): void;
  remove(writer: string): void;
  /** What every writer has left. */
  all(): Map<string, string>;
}

/**
 * The slots of a keep; `undefined` where there is no localStorage: in workers, in Node, where the page must not.
 * @internal
 */
export function slotsOf(name: string): Slots | undefined {
  const storage = localStore();
  if (storage === undefined) return undefined;
  const prefix = `cardkeep:${name}:redo:`;
  return {
    write(writer, edits) {
      const left = [...edits].sort((a, b) => a.patch.length - b.patch.length);
      for (; left.length > 0; left.pop()) {
        const text = JSON.stringify({ form: FORM, edits: left });
        if (text.length > MOST) continue;
        try {
          storage.setItem(prefix + writer, text);
          return;
        } catch {
          // Full or forbidden: less may fit, and the journal is being written as well.
        }
      }
    },
    remove(writer) {
      attempt(() => storage.removeItem(prefix + writer));
    },
    all: () => beginning(storage, prefix),
  };
}

/** What had come of replies, by their ids. */
export interface ReplySlots {
  /** Leaves a text for whoever opens the keep next, where it fits. */
  write(id: string, text: string): void;
  remove(id: string): void;
  all(): Map<string, string>;
}

/**
 * The slots of a keep's replies; `undefined` as for `slotsOf`.
 * @internal
 */
export function replySlotsOf(name: string): ReplySlots | undefined {
  const storage = localStore();
  if (storage === undefined) return undefined;
  const prefix = `cardkeep:${name}:reply:`;
  return {
    write(id, text) {
      if (text.length <= MOST) attempt(() => storage.setItem(prefix + id, text));
    },
    remove: (id) => attempt(() => storage.removeItem(prefix + id)),
    all: () => beginning(storage, prefix),
  };
}

/** What stands under the names that begin so, by the rest of them. */
function beginning(storage: Storage, prefix: string): Map<string, string> {
  const found = new Map<string, string>();
  attempt(() => {
    for (let at = 0; at < storage.length; at += 1) {
      const key = storage.key(at);
      const text = key?.startsWith(prefix) ? storage.getItem(key) : null;
      if (key !== null && text !== null) found.set(key.slice(prefix.length), text);
    }
  });
  return found;
}

/**
 * This origin's localStorage, where there is one.
 * @internal
 */
export function localStore(): Storage | undefined {
  // Node has the name as well, and warns of it.
  if (typeof window === "undefined") return undefined;
  let found: Storage | undefined;
  attempt(() => (found = window.localStorage));
  return found;
}

/** A page may be forbidden to look at its storage at any time; then there is none. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // Said above.
  }
}
