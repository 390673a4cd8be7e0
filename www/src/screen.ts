// What every screen is: an element with the keep, whose heading names the page and takes the focus
// when the person comes from another screen.

import { property } from "lit/decorators.js";
import { LightElement } from "./element";
import type { Keep } from "./library";

export abstract class Screen extends LightElement {
  @property({ attribute: false }) keep!: Keep;
  /** The record that the address names, on screens of one record. */
  @property({ attribute: false }) record = "";
  /** Set by the frame after a change of screen, so that a screen reader starts at the heading. */
  @property({ attribute: false }) arriving = false;

  /** True when the keep takes changes. */
  protected get writable(): boolean {
    return this.keep.access.mode === "read-write";
  }

  override updated(): void {
    const heading = this.querySelector("h1");
    if (heading === null) return;
    document.title = `${heading.textContent?.trim()} · cardkeep`;
    if (!this.arriving) return;
    this.arriving = false;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
}
