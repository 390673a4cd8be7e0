// Chromium over the DevTools protocol on a pipe: started in a process group of its own, so that all of it can be
// killed at one instant.

import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

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
];

/** No answer in time: what these tests call a hang. */
export class Hang extends Error {}

const binary = () => {
  const found = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => path && existsSync(path));
  if (!found) throw new Error("Chromium is needed for these tests; CHROMIUM names its path");
  return found;
};

/** Processes of a group that still live; a zombie no longer writes. */
function alive(group) {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const [state, , found] = readFileSync(`/proc/${name}/stat`, "latin1").replace(/^.*\) /s, "").split(" ");
      return Number(found) === group && state !== "Z";
    } catch {
      return false;
    }
  }).length;
}

const groups = new Set();
function killGroup(group) {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
}
process.on("exit", () => groups.forEach(killGroup));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

export async function launch(profile) {
  const child = spawn(binary(), [...FLAGS, `--user-data-dir=${profile}`, "about:blank"], { detached: true, stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"] });
  groups.add(child.pid);
  const [said, input, output] = child.stdio.slice(2);
  const waiting = new Map();
  const listeners = new Set();
  let words = "";
  let over = false;
  let count = 0;
  said.on("data", (chunk) => (words = (words + chunk).slice(-20_000)));
  const gone = new Promise((resolve) => {
    child.on("exit", () => {
      over = true;
      for (const { reject } of waiting.values()) reject(new Error("the browser is gone"));
      waiting.clear();
      resolve();
    });
  });
  for (const stream of [said, input, output]) stream.on("error", () => {});
  let rest = [];
  output.on("data", (chunk) => {
    for (let end; (end = chunk.indexOf(0)) >= 0; chunk = chunk.subarray(end + 1)) {
      const message = JSON.parse(Buffer.concat([...rest, chunk.subarray(0, end)]).toString());
      rest = [];
      if (message.id === undefined) for (const listener of listeners) listener(message);
      const call = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) call?.reject(new Error(`${call.method}: ${message.error.message}`));
      else call?.resolve(message.result);
    }
    rest.push(chunk);
  });

  function send(method, params = {}, { sessionId, limit = 40_000 } = {}) {
    if (over) return Promise.reject(new Error("the browser is gone"));
    const id = (count += 1);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(id);
        reject(new Hang(`${method} was not answered in ${limit} ms`));
      }, limit);
      const done = (settle) => (value) => {
        clearTimeout(timer);
        settle(value);
      };
      waiting.set(id, { method, resolve: done(resolve), reject: done(reject) });
      input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  async function page(url) {
    const { targetId } = await send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
    let hear = () => {};
    let loads = 0;
    listeners.add(({ sessionId: from, method, params }) => {
      if (from !== sessionId) return;
      if (method === "Runtime.bindingCalled") hear(params.payload);
      else if (method === "Page.loadEventFired") loads += 1;
    });
    const call = (method, params, limit) => send(method, params, { sessionId, limit });
    const self = {
      targetId,
      call,
      /** How many documents were loaded here. */
      get loads() {
        return loads;
      },
      /** Is told at once what the page tells. */
      listen: (listener) => (hear = listener),
      async go(to) {
        await call("Page.navigate", { url: to });
        await self.ready();
      },
      /** Waits for the stage of this page. */
      async ready(limit = 30_000) {
        for (const begun = Date.now(); ; await sleep(15)) {
          const there = await call("Runtime.evaluate", { expression: "globalThis.stage !== undefined", returnByValue: true }, limit).catch((error) => {
            if (error instanceof Hang || /gone|closed|not found/.test(error.message)) throw error;
          });
          if (there?.result.value === true) return;
          if (Date.now() - begun > limit) throw new Hang("the page did not load");
        }
      },
      /** Runs a function in the page; what goes in and out is JSON. */
      async run(work, ...given) {
        return self.within(40_000, work, ...given);
      },
      async within(limit, work, ...given) {
        const expression = `(${work})(...${JSON.stringify(given)})`;
        const { result, exceptionDetails } = await call("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true }, limit);
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value;
      },
      close: () => send("Target.closeTarget", { targetId }),
    };
    await Promise.all([call("Runtime.enable"), call("Page.enable"), call("Runtime.addBinding", { name: "tell" })]);
    await self.go(url);
    return self;
  }

  async function empty(otherwise) {
    for (let tries = 0; alive(child.pid) > 0; tries += 1) {
      if (tries > 500) throw new Error(otherwise);
      await sleep(10);
    }
    groups.delete(child.pid);
  }

  const browser = {
    send,
    page,
    get words() {
      return words;
    },
    get gone() {
      return over;
    },
    /** All processes at once, in the middle of whatever they do. */
    async kill() {
      killGroup(child.pid);
      await gone;
      await empty("a killed browser lives on");
    },
    /** As a person quits it. */
    async quit() {
      if (over) return;
      send("Browser.close").catch(() => {});
      const late = sleep(15_000, "late", { ref: false });
      if ((await Promise.race([gone, late])) === "late") await browser.kill();
      await empty("a browser that quit lives on");
    },
  };
  return browser;
}
