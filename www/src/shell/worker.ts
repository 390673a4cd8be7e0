// The service worker as the page sees it: is everything here for working offline, is there a
// network, is there a new version.

import type { ReactiveController, ReactiveControllerHost } from "lit";

interface ScriptPolicy {
  createScriptURL(url: string): string;
}

declare global {
  interface Window {
    trustedTypes?: { createPolicy(name: string, rules: ScriptPolicy): ScriptPolicy };
  }
}

export class AppWorker implements ReactiveController {
  /** Every file of the app is in this browser. */
  ready = false;
  /** The app's own host cannot be reached. */
  offline = !navigator.onLine;
  /** A new version waits. */
  waiting = false;
  #registration: ServiceWorkerRegistration | undefined;
  #accepted = false;
  #stop: AbortController | undefined;

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostConnected(): void {
    const { signal } = (this.#stop = new AbortController());
    addEventListener("online", () => void this.#look(), { signal });
    addEventListener("offline", () => this.#set({ offline: true }), { signal });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") void this.#look();
    }, { signal });
    if ("serviceWorker" in navigator) void this.#register(signal);
  }

  hostDisconnected(): void {
    this.#stop?.abort();
  }

  /** Lets the waiting version take over, and loads the page anew. */
  accept(): void {
    this.#accepted = true;
    this.#registration?.waiting?.postMessage("skip-waiting");
  }

  async #register(signal: AbortSignal): Promise<void> {
    const { serviceWorker } = navigator;
    serviceWorker.addEventListener("controllerchange", () => {
      if (this.#accepted) location.reload();
    }, { signal });
    try {
      const registration = await serviceWorker.register(scriptUrl());
      this.#registration = registration;
      this.#follow(registration);
      registration.addEventListener("updatefound", () => this.#follow(registration), { signal });
      await serviceWorker.ready;
      this.#set({ ready: true });
    } catch {
      // Without a worker the app works as any page does; the chip just never promises more.
    }
    await this.#look();
  }

  /** Asks the app's host for a newer worker; that it cannot be asked is the surest sign of being offline. */
  async #look(): Promise<void> {
    if (!navigator.onLine) return this.#set({ offline: true });
    const registration = this.#registration;
    if (registration === undefined) return this.#set({ offline: false });
    try {
      await registration.update();
      this.#set({ offline: false });
    } catch (error) {
      if (error instanceof TypeError) this.#set({ offline: true });
    }
  }

  #follow(registration: ServiceWorkerRegistration): void {
    // A worker that waits beside an active one is an update; the first one ever is not.
    if (registration.waiting && registration.active) this.#set({ waiting: true });
    const coming = registration.installing;
    coming?.addEventListener("statechange", () => {
      if (coming.state === "installed" && registration.active) this.#set({ waiting: true });
    });
  }

  #set(change: Partial<Pick<AppWorker, "ready" | "offline" | "waiting">>): void {
    Object.assign(this, change);
    this.host.requestUpdate();
  }
}

/** The page's policy wants a trusted URL here: this one constant, whatever is asked for. */
function scriptUrl(): string {
  const rules: ScriptPolicy = { createScriptURL: () => "./sw.js" };
  return (window.trustedTypes?.createPolicy("service-worker", rules) ?? rules).createScriptURL("");
}
