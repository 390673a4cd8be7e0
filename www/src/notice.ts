// Short messages at the edge of the screen. An element asks for one with `notify`; the frame shows it.

export interface Notice {
  text: string;
  /** A button in the message, such as Undo. */
  action?: { label: string; run: () => void | Promise<void> };
  /** Bad news stays until it is closed. */
  tone?: "good" | "bad";
}

export const NOTICE = "ck-notice";

export function notify(from: EventTarget, notice: Notice): void {
  from.dispatchEvent(new CustomEvent<Notice>(NOTICE, { detail: notice, bubbles: true, composed: true }));
}
