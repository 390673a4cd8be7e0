// Deleting: into the trash at once, with Undo in the notice.

import { sentence } from "./failure";
import type { Keep } from "./library";
import { notify } from "./notice";

type Domain = "characters" | "chats" | "worlds" | "personas";

/** True when it is in the trash now. */
export async function discard(from: EventTarget, keep: Keep, domain: Domain, id: string, name: string): Promise<boolean> {
  // The notice outlives the element that asked for it.
  const frame = document.querySelector("ck-app") ?? from;
  try {
    await keep[domain].delete(id);
  } catch (error) {
    notify(frame, { text: `“${name}” could not be deleted: ${sentence(error)}`, tone: "bad" });
    return false;
  }
  const undo = async () => {
    try {
      await keep[domain].restore(id);
      notify(frame, { text: `“${name}” is back` });
    } catch (error) {
      notify(frame, { text: `“${name}” could not be restored: ${sentence(error)}`, tone: "bad" });
    }
  };
  notify(frame, { text: `“${name}” is in the trash`, action: { label: "Undo", run: undo } });
  return true;
}
