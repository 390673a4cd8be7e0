// Installing the app: the browser says when it can be installed, and the frame offers it when that is of use, once a visit.

import type { ReactiveController, ReactiveControllerHost } from "lit";
import { notify } from "../notice";

interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

export class Install implements ReactiveController {
  #ready: InstallPrompt | undefined;
  #offered = false;
  #stop: AbortController | undefined;

  constructor(private readonly host: ReactiveControllerHost & EventTarget) {
    host.addController(this);
  }

  hostConnected(): void {
    const { signal } = (this.#stop = new AbortController());
    addEventListener("beforeinstallprompt", (event) => {
      // Otherwise the browser asks by itself, at the first visit.
      event.preventDefault();
      this.#ready = event as InstallPrompt;
    }, { signal });
    addEventListener("appinstalled", () => (this.#ready = undefined), { signal });
  }

  hostDisconnected(): void {
    this.#stop?.abort();
  }

  offer(): void {
    const ready = this.#ready;
    if (ready === undefined || this.#offered) return;
    this.#offered = true;
    notify(this.host, {
      text: "Install the app: then the browser is less likely to remove what you keep here",
      action: { label: "Install", run: async () => void (await ready.prompt()) },
    });
  }
}
