// Long readings that a signal may end: before each stretch the module asks for leave to go on.

import { refuseIfAborted } from "./errors.js";

/** How long others wait for their turn while nothing has to be waited for. */
const STRETCH_MS = 40;

/** Asked by the module before each stretch; a promise is awaited. */
export type Leave = () => Promise<void> | undefined;

/**
 * Runs a reading that ends with `cancelled` when the signal is aborted, and does nothing any more then.
 * @internal
 */
export async function reading<T>(signal: AbortSignal | undefined, read: (leave?: Leave) => Promise<T>): Promise<T> {
  if (signal === undefined) return read();
  refuseIfAborted(signal);
  let since = performance.now();
  const leave = () => {
    refuseIfAborted(signal);
    if (performance.now() - since < STRETCH_MS) return undefined;
    return turn().then(() => {
      since = performance.now();
      refuseIfAborted(signal);
    });
  };
  try {
    return await read(leave);
  } finally {
    // The reason is the caller's own.
    refuseIfAborted(signal);
  }
}

/** Whatever came meanwhile has its turn. Timers are slow in pages that are out of sight. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
