// Where what is handed out as a stream is read into a blob, by the browser, which decides where it is held.

import { failure, isCardkeepError } from "./errors.js";
import { ask } from "./loading.js";

/**
 * Reads a stream to its end. Where it fails, with what it failed with: of that a browser's own reading tells nothing.
 * @internal
 */
export function blobOf(op: string, type: string, stream: () => ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Blob> {
  return ask(op, async () => {
    const reader = stream().getReader();
    let failed: unknown;
    const heard = new ReadableStream<Uint8Array<ArrayBuffer>>({
      async pull(out) {
        try {
          const { done, value } = await reader.read();
          if (done) out.close();
          else out.enqueue(value);
        } catch (thrown) {
          failed = thrown;
          throw thrown;
        }
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 });
    try {
      return await new Response(heard, { headers: { "content-type": type } }).blob();
    } catch (thrown) {
      if (isCardkeepError(failed)) throw failed;
      throw failure("medium", `the browser could not hold the file: ${String(failed ?? thrown)}`, { cause: failed ?? thrown });
    }
  });
}
