// Addresses of screens. Everything is behind the `#`, so any static host serves the app.

export type Route =
  | { screen: "gallery" }
  | { screen: "chats" }
  | { screen: "worlds" }
  | { screen: "personas" }
  | { screen: "settings" }
  | { screen: "storage" }
  | { screen: "card"; id: string }
  | { screen: "chat"; id: string }
  | { screen: "world"; id: string }
  | { screen: "persona"; id: string }
  | { screen: "unknown"; path: string };

/** Reads `location.hash`. */
export function parse(hash: string): Route {
  const path = hash.replace(/^#\/?/, "");
  const [screen = "", id = ""] = path.split("/");
  if (path === "") return { screen: "gallery" };
  if (path === "chats" || path === "worlds" || path === "personas" || path === "settings" || path === "storage") return { screen: path };
  if ((screen === "card" || screen === "chat" || screen === "world" || screen === "persona") && id !== "") {
    return { screen, id: decode(id) };
  }
  return { screen: "unknown", path };
}

/** The link to a screen, for `href`. */
export function href(screen: "card" | "chat" | "world" | "persona", id: string): string {
  return `#/${screen}/${encodeURIComponent(id)}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
