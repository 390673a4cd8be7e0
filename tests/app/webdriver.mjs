// A small W3C WebDriver client: what the tests of the app need, over fetch. The browser is Chromium, or WebKit where
// WEBKITDRIVER names its driver; that one has neither `devtools` nor `console`.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import net from "node:net";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--window-size=1280,900"];

/** Keys that are no letters, as WebDriver numbers them. */
export const KEY = { tab: "\uE004", enter: "\uE007", escape: "\uE00C", shift: "\uE008", control: "\uE009", up: "\uE013", down: "\uE015", left: "\uE012", right: "\uE014" };

function first(...paths) {
  const found = paths.find((path) => path && existsSync(path));
  if (!found) throw new Error(`none of these is here: ${paths.filter(Boolean).join(", ")}`);
  return found;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().on("error", reject).listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** What is started, and what is asked of it. */
function chromium(downloads) {
  const binary = first(process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome");
  const prefs = { "download.default_directory": downloads, "download.prompt_for_download": false, "profile.default_content_setting_values.automatic_downloads": 1 };
  return {
    driver: first(process.env.CHROMEDRIVER, "/usr/bin/chromedriver"),
    capabilities: { browserName: "chrome", "goog:chromeOptions": { binary, args: FLAGS, prefs }, "goog:loggingPrefs": { browser: "ALL" } },
  };
}

/** The driver of WebKit, where that is the browser. */
export const WEBKIT = process.env.WEBKITDRIVER;

function webkit() {
  const binary = first(process.env.WEBKIT, "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser");
  return { driver: WEBKIT, capabilities: { browserName: "MiniBrowser", "webkitgtk:browserOptions": { binary, args: ["--automation"] } } };
}

/** Starts a browser with a fresh profile. Files that pages hand out land in `downloads`. */
export async function open({ downloads }) {
  const { driver, capabilities } = WEBKIT ? webkit() : chromium(downloads);
  const port = await freePort();
  const child = spawn(driver, [`--port=${port}`], { stdio: "ignore" });
  const base = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries += 1) {
    try {
      await fetch(`${base}/status`);
      break;
    } catch (error) {
      if (tries > 400) throw error;
      await sleep(50);
    }
  }
  async function call(method, path, body) {
    const answer = await fetch(base + path, {
      method,
      headers: { "content-type": "application/json" },
      ...(method === "POST" && { body: JSON.stringify(body ?? {}) }),
    });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path.replace(/^\/session\/\w+/, "")}: ${value?.error}: ${value?.message?.split("\n")[0]}`);
    return value;
  }
  const alwaysMatch = { ...capabilities, timeouts: { script: 60_000, pageLoad: 60_000 } };
  let session;
  try {
    session = `/session/${(await call("POST", "/session", { capabilities: { alwaysMatch } })).sessionId}`;
  } catch (error) {
    child.kill();
    throw error;
  }

  const browser = {
    go: (url) => call("POST", `${session}/url`, { url }),
    reload: () => call("POST", `${session}/refresh`),

    /** Runs a function in the page; what goes in and out is JSON. */
    async run(work, ...given) {
      const script = `const done = arguments[arguments.length - 1]; const given = [...arguments].slice(0, -1);
        Promise.resolve().then(() => (${work})(...given)).then((value) => done({ value }), (error) => done({ error: [error, error?.stack].join("\\n") }));`;
      const { value, error } = await call("POST", `${session}/execute/async`, { script, args: given });
      if (error) throw new Error(error);
      return value;
    },

    /** Waits until a function of the page gives something. */
    async until(work, ...given) {
      const begun = Date.now();
      for (;;) {
        const value = await browser.run(work, ...given);
        if (value) return value;
        if (Date.now() - begun > 60_000) {
          const text = await browser.run(() => document.body.innerText.slice(0, 600));
          throw new Error(`waited in vain for ${work} with ${JSON.stringify(given)}; the page says: ${text}`);
        }
        await sleep(40);
      }
    },

    find: async (css) => (await call("POST", `${session}/element`, { using: "css selector", value: css }))[ELEMENT],
    async click(css) {
      await browser.until((selector) => document.querySelector(selector) !== null, css);
      await call("POST", `${session}/element/${await browser.find(css)}/click`);
    },
    async type(css, text) {
      await browser.until((selector) => document.querySelector(selector) !== null, css);
      await call("POST", `${session}/element/${await browser.find(css)}/value`, { text });
    },
    clear: async (css) => call("POST", `${session}/element/${await browser.find(css)}/clear`),
    text: async (css) => {
      await browser.until((selector) => document.querySelector(selector) !== null, css);
      return browser.run((selector) => document.querySelector(selector).textContent.replace(/\s+/g, " ").trim(), css);
    },

    /** Keys to whatever has the focus. */
    async press(...keys) {
      const actions = keys.flatMap((key) => [{ type: "keyDown", value: key }, { type: "keyUp", value: key }]);
      await call("POST", `${session}/actions`, { actions: [{ type: "key", id: "keyboard", actions }] });
    },

    window: () => call("GET", `${session}/window`),
    windows: () => call("GET", `${session}/window/handles`),
    toWindow: (handle) => call("POST", `${session}/window`, { handle }),
    closeWindow: () => call("DELETE", `${session}/window`),
    async newWindow() {
      const { handle } = await call("POST", `${session}/window/new`, { type: "tab" });
      await browser.toWindow(handle);
    },

    /** What the console has said since the last call. */
    console: () => call("POST", `${session}/se/log`, { type: "browser" }),
    devtools: (cmd, params = {}) => call("POST", `${session}/goog/cdp/execute`, { cmd, params }),
    async screenshot(file) {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, Buffer.from(await call("GET", `${session}/screenshot`), "base64"));
    },
    async close() {
      try {
        await call("DELETE", session);
      } finally {
        child.kill();
      }
    },
  };
  return browser;
}
