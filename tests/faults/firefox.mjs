// Firefox over WebDriver BiDi, which it speaks itself: no driver stands between.

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Browser, Hang, Page, found } from "./browser.mjs";
import { INSECURE } from "./site.mjs";

/** Nothing of the net, and no question after a kill. */
const PREFERENCES = {
  "remote.active-protocols": 1,
  "toolkit.startup.max_resumed_crashes": -1,
  "browser.sessionstore.resume_from_crash": false,
  "browser.startup.page": 0,
  "browser.shell.checkDefaultBrowser": false,
  "browser.safebrowsing.update.enabled": false,
  "app.update.disabledForTesting": true,
  "app.normandy.enabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,#remote-settings-dummy/v1",
  "extensions.update.enabled": false,
  "dom.min_background_timeout_value": 4,
  "network.dns.localDomains": INSECURE,
};

export const binary = found(process.env.FIREFOX, "/usr/bin/firefox-esr", "/usr/bin/firefox");

/** Where a profile has what its origins keep: `<origin>/idb`, `fs` and `ls`. */
export const databases = (profile) => join(profile, "storage", "default");

/** `quota`: how many bytes an origin may have. */
export async function launch(profile, { quota } = {}) {
  await mkdir(profile, { recursive: true });
  // An origin gets a fifth of it, and never less than ten megabytes.
  const limit = quota === undefined ? {} : { "dom.quotaManager.temporaryStorage.fixedLimit": Math.ceil((quota * 5) / 1024) };
  const lines = Object.entries({ ...PREFERENCES, ...limit }).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
  await writeFile(join(profile, "user.js"), lines.join(""));
  const told = join(profile, "WebDriverBiDiServer.json");
  await rm(told, { force: true });
  const browser = new Browser(binary, ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0", "--remote-allow-system-access", "about:blank"], ["ignore", "ignore", "pipe"], {
    ...process.env,
    MOZ_CRASHREPORTER_DISABLE: "1",
  });
  const socket = await connected(await portIn(told, browser));
  const pages = new Map();
  receive(socket, (text) => {
    const { id, type, result, error, message, method, params } = JSON.parse(text);
    if (type !== "event") return browser.answer(id, result, type === "error" ? `${error}: ${message}` : undefined);
    if (method === "script.message") pages.get(params.source.context)?.hear(params.data.value);
    else if (method === "browsingContext.load" && pages.has(params.context)) pages.get(params.context).loads += 1;
  });
  const send = (method, params = {}, { limit = 40_000 } = {}) => browser.ask(method, limit, (id) => socket.write(frame(JSON.stringify({ id, method, params }))));
  await send("session.new", { capabilities: {} });
  await send("session.subscribe", { events: ["script.message", "browsingContext.load"] });

  browser.send = send;
  browser.quit = () => browser.quitBy(() => send("browser.close"));
  /** A private window, for `page`; and its end, with all that it has. */
  browser.secret = async () => {
    const known = await tabs();
    await inside(openPrivate);
    for (;;) {
      const made = (await tabs()).find((context) => !known.includes(context));
      if (made !== undefined) return made;
      await sleep(20);
    }
  };
  browser.forget = () => inside(closePrivate);
  const tabs = async () => (await send("browsingContext.getTree", { maxDepth: 0 })).contexts.map(({ context }) => context);
  /** Runs a function in the browser's own window. */
  const inside = async (work, ...given) => {
    const { contexts } = await send("browsingContext.getTree", { "moz:scope": "chrome" });
    const values = given.map((value) => ({ type: typeof value, value }));
    const { exceptionDetails } = await send("script.callFunction", { functionDeclaration: String(work), arguments: values, awaitPromise: true, target: { context: contexts[0].context } });
    if (exceptionDetails) throw new Error(exceptionDetails.text);
  };
  browser.page = async (url, { first, context: beside } = {}) => {
    const { context } = await send("browsingContext.create", { type: "tab", ...(beside && { referenceContext: beside }) });
    const page = new Page({
      navigate: (to) => send("browsingContext.navigate", { context, url: to, wait: "none" }),
      async evaluate(expression, limit) {
        // What comes back is JSON text: the protocol's own values name every type.
        const { result, exceptionDetails } = await send(
          "script.callFunction",
          { functionDeclaration: `async () => JSON.stringify(await (${expression}))`, awaitPromise: true, target: { context } },
          { limit },
        );
        if (exceptionDetails) throw new Error(exceptionDetails.text);
        return result.type === "string" ? JSON.parse(result.value) : undefined;
      },
      close: () => send("browsingContext.close", { context }),
      clear: (origin, everything) => inside(clear, origin, everything),
      // All pages: those of one origin share their processes.
      crash() {
        if (browser.killSome(/-contentproc -isForBrowser /) === 0) throw new Error("Firefox has no process of its pages");
      },
    });
    pages.set(context, page);
    await send("script.addPreloadScript", {
      functionDeclaration: `(tell) => { globalThis.tell = (text) => tell(text); (${first ?? "() => {}"})(); }`,
      arguments: [{ type: "channel", value: { channel: "tell" } }],
      contexts: [context],
    });
    await page.go(url);
    return page;
  };
  return browser;
}

/* What follows runs in the browser's own window. */

async function openPrivate() {
  const opened = window.OpenBrowserWindow({ private: true });
  await new Promise((resolve) => opened.addEventListener("load", resolve, { once: true }));
}

async function closePrivate() {
  for (const opened of Services.wm.getEnumerator("navigator:browser")) if (PrivateBrowsingUtils.isWindowPrivate(opened)) opened.close();
}

async function clear(origin, everything) {
  const principal = Services.scriptSecurityManager.createContentPrincipalFromOrigin(origin);
  const asked = everything ? Services.qms.clearStoragesForPrincipal(principal) : Services.qms.clearStoragesForClient(principal, "idb");
  await new Promise((resolve) => (asked.callback = resolve));
}

/** Firefox writes down where it listens. */
async function portIn(file, browser) {
  for (const begun = Date.now(); Date.now() - begun < 40_000; await sleep(20)) {
    if (browser.gone) throw new Error(`Firefox ended before it listened: ${browser.words.slice(-500)}`);
    try {
      return JSON.parse(readFileSync(file, "utf8")).ws_port;
    } catch {
      // Not there, or not all of it.
    }
  }
  throw new Hang("Firefox does not listen");
}

/* As much of WebSocket as one connection to this machine needs; Node has a client of its own from 22 on. */

function connected(port) {
  return new Promise((resolve, reject) => {
    const headers = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13", "sec-websocket-key": randomBytes(16).toString("base64") };
    const asked = request({ host: "127.0.0.1", port, path: "/session", headers });
    asked.on("upgrade", (_, socket) => {
      socket.on("error", () => {});
      resolve(socket);
    });
    asked.on("response", ({ statusCode }) => reject(new Error(`Firefox answered ${statusCode}`)));
    asked.on("error", reject);
    asked.end();
  });
}

const MASK = Buffer.from([1, 2, 3, 4]);

function frame(text) {
  const content = Buffer.from(text);
  const { length } = content;
  const head = length < 126 ? Buffer.from([0x81, 0x80 | length]) : length < 65_536 ? Buffer.from([0x81, 0xfe, length >> 8, length & 255]) : Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]);
  if (length >= 65_536) head.writeBigUInt64BE(BigInt(length), 2);
  // Clients have to mask, and not with zeros.
  return Buffer.concat([head, MASK, content.map((byte, at) => byte ^ MASK[at & 3])]);
}

function receive(socket, hear) {
  let [rest, message] = [Buffer.alloc(0), []];
  socket.on("data", (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      if (rest.length < 2) return;
      const short = rest[1] & 0x7f;
      const head = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (rest.length < head) return;
      const length = short < 126 ? short : short === 126 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2));
      if (rest.length < head + length) return;
      const [kind, last, content] = [rest[0] & 0x0f, rest[0] & 0x80, rest.subarray(head, head + length)];
      rest = rest.subarray(head + length);
      // Text, or more of it; nothing else is said here but farewells.
      if (kind > 1) continue;
      message.push(content);
      if (!last) continue;
      hear(Buffer.concat(message).toString());
      message = [];
    }
  });
}
