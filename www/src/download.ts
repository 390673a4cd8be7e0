// Hands a file to the person: as a download, or through the share sheet on a phone, where downloads
// of web apps are easily lost.

import type { Exported } from "./library";

/** The content may be a `Blob`, which the browser need not hold in memory. */
export async function handOut({ filename, type, bytes }: Pick<Exported, "filename" | "type"> & { bytes: Exported["bytes"] | Blob }): Promise<void> {
  const coarse = matchMedia("(pointer: coarse)").matches;
  if (coarse && "canShare" in navigator) {
    const file = new File([bytes as BlobPart], filename, { type });
    if (navigator.canShare({ files: [file] })) {
      try {
        return await navigator.share({ files: [file], title: filename });
      } catch (error) {
        // Closing the sheet is an answer; anything else falls back to a download.
        if (error instanceof DOMException && error.name === "AbortError") return;
      }
    }
  }
  // An octet stream is saved, never opened as a document of this origin.
  const url = URL.createObjectURL(new Blob([bytes as BlobPart], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = filename;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
