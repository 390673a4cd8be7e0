// Where one was in a long list: what stood at the top of the screen, how much of it was shown, what was looked for. So that who
// comes back finds it as it was left. It lives as long as the page. An item of the list names itself by `data-place`.

import type { ReactiveController, ReactiveControllerHost } from "lit";

interface Left<S> {
  state: S;
  /** The first item on the screen, and where its upper edge was. */
  item: string | undefined;
  top: number;
}

/** The frame says so at the window, before it goes to the top of the next screen. */
export const LEAVING = "ck-leaving";

const places = new Map<string, Left<unknown>>();

export class Place<S> implements ReactiveController {
  #back: Left<S> | undefined;
  #stop: AbortController | undefined;

  constructor(
    private readonly host: ReactiveControllerHost & HTMLElement,
    private readonly name: string,
    /** What the list is like now. */
    private readonly state: () => S,
    /** Makes it what it was. */
    private readonly restore: (state: S) => void,
    /** Has an item in the document that is not there yet. */
    private readonly bring: (item: string) => void = () => undefined,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.#back = places.get(this.name) as Left<S> | undefined;
    if (this.#back) this.restore(this.#back.state);
    this.#stop = new AbortController();
    addEventListener(LEAVING, () => this.#leave(), { signal: this.#stop.signal });
  }

  hostDisconnected(): void {
    this.#stop?.abort();
  }

  #items(): HTMLElement[] {
    return [...this.host.querySelectorAll<HTMLElement>("[data-place]")];
  }

  #leave(): void {
    const first = scrollY === 0 ? undefined : this.#items().find((item) => item.getBoundingClientRect().bottom > 0);
    places.set(this.name, { state: this.state(), item: first?.dataset.place, top: first?.getBoundingClientRect().top ?? 0 });
  }

  /** To be called when the list is in the document. */
  arrived(): void {
    const back = this.#back;
    this.#back = undefined;
    if (back?.item === undefined) return;
    this.bring(back.item);
    const go = () => {
      const item = this.#items().find(({ dataset }) => dataset.place === back.item);
      if (item) scrollBy(0, item.getBoundingClientRect().top - back.top);
    };
    go();
    // Items get their real height once they are in view, which moves the place away again.
    requestAnimationFrame(() => {
      go();
      requestAnimationFrame(go);
    });
  }
}
