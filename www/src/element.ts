// What every element of the app is: lit without a shadow root. Page styles, labels and the
// keyboard order then work across elements as they do in any document.

import { LitElement } from "lit";

export abstract class LightElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}
