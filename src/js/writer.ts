// Who writes: each opened keep has an id of its own, and holds a lock of that name while it lives. Whoever can have the
// lock knows that its holder is gone. Without Web Locks (a page that is no secure context) nobody else counts as living.

/** Ends holding. */
export type Release = () => void;

const nameOf = (keep: string, writer: string) => `cardkeep:${keep}:writer:${writer}`;

function locks(): LockManager | undefined {
  return typeof navigator === "undefined" ? undefined : navigator.locks;
}

/**
 * A new id. Not `randomUUID`, which insecure pages lack.
 * @internal
 */
export function newWriter(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Says that this writer lives, until it is released or its page is gone.
 * @internal
 */
export async function live(keep: string, writer: string): Promise<Release> {
  return (await request(nameOf(keep, writer), {})) ?? (() => undefined);
}

/**
 * Has a gone writer to itself; `undefined` when it lives, or another one has it already.
 * @internal
 */
export function claim(keep: string, writer: string): Promise<Release | undefined> {
  return request(nameOf(keep, writer), { ifAvailable: true });
}

/**
 * Has a writer to itself as soon as it is gone; `undefined` when the signal ends the waiting before.
 * @internal
 */
export function claimLater(keep: string, writer: string, signal: AbortSignal): Promise<Release | undefined> {
  return request(nameOf(keep, writer), { signal });
}

function request(name: string, options: LockOptions): Promise<Release | undefined> {
  const manager = locks();
  if (manager === undefined) return Promise.resolve(() => undefined);
  return new Promise((resolve) => {
    const held = (lock: Lock | null) => {
      if (lock === null) return resolve(undefined);
      return new Promise<void>((release) => resolve(() => release()));
    };
    // Refused locks (an opaque origin, a page that is not shown any more) are as good as none.
    manager.request(name, options, held).catch(() => resolve(options.signal?.aborted ? undefined : () => undefined));
  });
}
