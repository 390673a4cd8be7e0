// Addresses of screens. Everything is behind the `#`, so any static host serves the app.

export type Route =
  | { screen: "gallery" }
  | { screen: "chats" }
  | { screen: "worlds" }
  | { screen: "personas" }
  | { screen: "settings" }
  | { screen: "storage" }
  | { screen: "folder" }
  | { screen: "lorebooks" }
  | { screen: "templates" }
  | { screen: "campaigns" }
  | { screen: "card"; id: string }
  | { screen: "chat"; id: string }
  | { screen: "world"; id: string }
  | { screen: "play"; id: string }
  | { screen: "persona"; id: string }
  | { screen: "lorebook"; id: string }
  | { screen: "template"; id: string }
  | { screen: "campaign"; id: string }
  | { screen: "unknown"; path: string };

/** Screens without a record. */
const LISTS = ["chats", "worlds", "personas", "lorebooks", "templates", "campaigns", "settings", "storage", "folder"] as const;
/** Screens of one record. */
const RECORDS = ["card", "chat", "world", "persona", "lorebook", "template", "campaign"] as const;

/** Reads `location.hash`. */
export function parse(hash: string): Route {
  const path = hash.replace(/^#\/?/, "");
  const [screen = "", id = "", within = "", part = ""] = path.split("/");
  if (path === "") return { screen: "gallery" };
  const list = LISTS.find((known) => known === path);
  if (list !== undefined) return { screen: list };
  if (screen === "world" && within === "play" && part !== "") return { screen: "play", id: decode(part) };
  const record = RECORDS.find((known) => known === screen);
  if (record !== undefined && id !== "") return { screen: record, id: decode(id) };
  return { screen: "unknown", path };
}

/** The link to a screen, for `href`. */
export function href(screen: (typeof RECORDS)[number], id: string): string {
  return `#/${screen}/${encodeURIComponent(id)}`;
}

/** The link to a playthrough of a world. */
export function playHref(world: string, id: string): string {
  return `${href("world", world)}/play/${encodeURIComponent(id)}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
