// Deleting: into the trash, with Undo in the notice; at once, or after asking what is to become of the chats and the playthroughs that hang on it.

import { sentence } from "./failure";
import type { Leaving } from "./leaving";
import type { Dependents, Keep, Trashed } from "./library";
import { notify } from "./notice";

/** What the person calls it. */
export function titleOf(item: Trashed): string {
  if (item.domain === "campaigns") return item.name || `Channel ${item.channel}`;
  return item.domain === "chats" ? item.title : item.name;
}

type Domain = "characters" | "chats" | "worlds" | "personas" | "lorebooks" | "templates" | "playthroughs" | "campaigns";

/** True when it is in the trash now. */
export async function discard(from: EventTarget, keep: Keep, domain: Domain, id: string, name: string): Promise<boolean> {
  // The notice outlives the element that asked for it.
  const frame = document.querySelector("ck-app") ?? from;
  try {
    let leaving: Leaving | undefined;
    if (domain === "characters" || domain === "worlds" || domain === "personas" || domain === "playthroughs") {
      const links: Partial<Dependents> = await keep[domain].links(id);
      if ((links.chats ?? []).length > 0 || (links.playthroughs ?? []).length > 0) {
        leaving = await (await import("./leaving")).askLeaving(name, links);
        if (leaving === undefined) return false;
      }
    }
    await keep[domain].delete(id, leaving && { chats: leaving, ...(domain === "worlds" && { playthroughs: leaving }) });
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
