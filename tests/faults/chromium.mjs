// Chromium over the DevTools protocol on a pipe.

import { join } from "node:path";
import { Browser, Page, found } from "./browser.mjs";
import { INSECURE } from "./site.mjs";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--remote-debugging-pipe",
  "--disable-gpu",
  "--no-first-run",
  "--disable-breakpad",
  "--disable-extensions",
  "--disable-sync",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-dev-shm-usage",
  "--disable-background-timer-throttling",
  "--disable-renderer-backgrounding",
  "--disable-backgrounding-occluded-windows",
  "--password-store=basic",
  `--host-resolver-rules=MAP ${INSECURE} 127.0.0.1`,
];

export const binary = found(process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome");

/** Where a profile has its databases. */
export const databases = (profile) => join(profile, "Default", "IndexedDB");

export async function launch(profile) {
  const browser = new Browser(binary, [...FLAGS, `--user-data-dir=${profile}`, "about:blank"], ["ignore", "ignore", "pipe", "pipe", "pipe"]);
  const [input, output] = browser.child.stdio.slice(3);
  const listeners = new Set();
  let rest = [];
  output.on("data", (chunk) => {
    for (let end; (end = chunk.indexOf(0)) >= 0; chunk = chunk.subarray(end + 1)) {
      const message = JSON.parse(Buffer.concat([...rest, chunk.subarray(0, end)]).toString());
      rest = [];
      if (message.id === undefined) for (const listener of listeners) listener(message);
      else browser.answer(message.id, message.result, message.error?.message);
    }
    rest.push(chunk);
  });
  const send = (method, params = {}, { sessionId, limit = 40_000 } = {}) => browser.ask(method, limit, (id) => input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`));

  browser.send = send;
  browser.quit = () => browser.quitBy(() => send("Browser.close"));
  /** A private window, for `page`; and its end, with all that it has. */
  browser.secret = async () => (await send("Target.createBrowserContext")).browserContextId;
  browser.forget = (browserContextId) => send("Target.disposeBrowserContext", { browserContextId });
  browser.page = async (url, { first, context } = {}) => {
    const { targetId } = await send("Target.createTarget", { url: "about:blank", ...(context && { browserContextId: context }) });
    const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
    const call = (method, params, limit) => send(method, params, { sessionId, limit });
    const page = new Page({
      call,
      navigate: (to) => call("Page.navigate", { url: to }),
      async evaluate(expression, limit) {
        const { result, exceptionDetails } = await call("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true }, limit);
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value;
      },
      close: () => send("Target.closeTarget", { targetId }),
      clear: (origin, everything) => call("Storage.clearDataForOrigin", { origin, storageTypes: everything ? "all" : "indexeddb" }),
      crash: () => void call("Page.crash").catch(() => {}),
      freeze: () => call("Page.setWebLifecycleState", { state: "frozen" }),
    });
    listeners.add(({ sessionId: from, method, params }) => {
      if (from !== sessionId) return;
      if (method === "Runtime.bindingCalled") page.hear(params.payload);
      else if (method === "Page.loadEventFired") page.loads += 1;
    });
    await Promise.all([call("Runtime.enable"), call("Page.enable"), call("Runtime.addBinding", { name: "tell" })]);
    // Before any script of the pages themselves.
    if (first) await call("Page.addScriptToEvaluateOnNewDocument", { source: `(${first})();` });
    await page.go(url);
    return page;
  };
  return browser;
}
