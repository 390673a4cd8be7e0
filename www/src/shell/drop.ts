// Dropping files anywhere on the page.

import type { ReactiveController, ReactiveControllerHost } from "lit";

export class Drop implements ReactiveController {
  /** Files are held over the page. */
  hovering = false;
  #depth = 0;
  #stop: AbortController | undefined;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly take: (files: File[]) => void,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    const { signal } = (this.#stop = new AbortController());
    addEventListener("dragenter", (event) => this.#move(event, 1), { signal });
    addEventListener("dragleave", (event) => this.#move(event, -1), { signal });
    addEventListener("dragover", (event) => {
      if (carriesFiles(event)) event.preventDefault();
    }, { signal });
    addEventListener("drop", (event) => {
      if (!carriesFiles(event)) return;
      // Otherwise the browser leaves the app and opens the file.
      event.preventDefault();
      this.#depth = 0;
      this.#set(false);
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length > 0) this.take(files);
    }, { signal });
  }

  hostDisconnected(): void {
    this.#stop?.abort();
  }

  /** Entering a child fires before leaving its parent, so hovering is a depth, not a flag. */
  #move(event: DragEvent, by: number): void {
    if (!carriesFiles(event)) return;
    this.#depth = Math.max(0, this.#depth + by);
    this.#set(this.#depth > 0);
  }

  #set(hovering: boolean): void {
    if (hovering === this.hovering) return;
    this.hovering = hovering;
    this.host.requestUpdate();
  }
}

function carriesFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}
