// Chromium over the DevTools protocol, through a pipe: no driver, no port, and no limit on how long a
// page may measure. A profile may be started again, which a cold start needs.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { once } from "node:events";

const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
  "--disable-background-timer-throttling",
  "--disable-renderer-backgrounding",
  "--remote-debugging-pipe",
];

function binary() {
  const paths = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const found = paths.find((path) => path && existsSync(path));
  if (!found) throw new Error("Chromium was not found; CHROMIUM may name it");
  return found;
}

/** Starts Chromium on a profile, with more flags where something needs them. */
export async function start(profile, more = []) {
  const child = spawn(binary(), [...FLAGS, ...more, `--user-data-dir=${profile}`, "about:blank"], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  const [, , , to, from] = child.stdio;
  const waiting = new Map();
  let rest = "";
  from.setEncoding("utf8");
  from.on("data", (text) => {
    const messages = (rest + text).split("\0");
    rest = messages.pop();
    for (const message of messages) {
      const { id, result, error } = JSON.parse(message);
      const settle = waiting.get(id);
      waiting.delete(id);
      if (error) settle?.reject(new Error(error.message));
      else settle?.resolve(result);
    }
  });
  const gone = () => {
    for (const { reject } of waiting.values()) reject(new Error("Chromium ended"));
    waiting.clear();
  };
  child.once("exit", gone);
  to.on("error", gone);
  let count = 0;
  let sessionId;
  const send = (method, params = {}) =>
    new Promise((resolve, reject) => {
      count += 1;
      waiting.set(count, { resolve, reject });
      to.write(`${JSON.stringify({ id: count, method, params, sessionId })}\0`);
    });
  const { targetInfos } = await send("Target.getTargets");
  const { targetId } = targetInfos.find(({ type }) => type === "page");
  ({ sessionId } = await send("Target.attachToTarget", { targetId, flatten: true }));

  /** The value of a function of the page; what goes in and out is JSON. */
  async function run(work, ...given) {
    const expression = `(${work})(...${JSON.stringify(given)})`;
    const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  return {
    send,
    run,
    version: async () => (await send("Browser.getVersion")).product,
    async go(url) {
      await send("Page.navigate", { url });
      for (;;) {
        const there = await run((wanted) => location.href === wanted && document.readyState === "complete", url).catch(() => false);
        if (there) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async close() {
      const ended = child.exitCode === null ? once(child, "exit") : undefined;
      sessionId = undefined;
      send("Browser.close").catch(() => undefined);
      await ended;
    },
  };
}
