// <ck-more>: the end of a list of which only a part is in the document. Asks for more when it comes near to the screen, or by
// its button.

import { html } from "lit";
import { customElement, property } from "lit/decorators.js";
import { LightElement } from "./element";
import { counted } from "./format";

/** How near to the screen is near. */
const NEAR = "1200px";

@customElement("ck-more")
export class More extends LightElement {
  /** What is not shown yet. */
  @property({ attribute: false }) left = 0;
  @property({ attribute: false }) more!: () => void;
  readonly #observer = new IntersectionObserver((entries) => {
    if (entries.at(-1)?.isIntersecting) this.more();
  }, { rootMargin: NEAR });

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#observer.disconnect();
  }

  override render() {
    return html`<p class="more"><button type="button" class="button" @click=${() => this.more()}>Show more</button> <span class="quiet">${counted(this.left, "more", "more")}</span></p>`;
  }

  override updated(): void {
    // Observed anew, it tells also when it is still as near as before.
    this.#observer.disconnect();
    this.#observer.observe(this);
  }
}
