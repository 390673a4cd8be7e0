// What every test of the app stands on: the built app, served; a browser with nothing in it; and the
// few things that people do with the app again and again.

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { serve } from "./serve.mjs";
import { open } from "./webdriver.mjs";

const DIST = fileURLToPath(new URL("../../www/dist", import.meta.url));

export async function stage() {
  const folder = await mkdtemp(join(tmpdir(), "cardkeep-app-"));
  const downloads = join(folder, "downloads");
  await mkdir(downloads);
  const server = await serve(DIST);
  const browser = await open({ downloads }).catch(async (error) => {
    await server.close();
    throw error;
  });
  const app = {
    ...browser,
    server,

    /** Goes to a screen, as by a link from elsewhere: the page loads anew. */
    async visit(hash = "#/") {
      await browser.go("about:blank");
      await browser.go(server.url + hash);
      await app.ready();
    },
    async restart() {
      await browser.reload();
      await app.ready();
    },
    /** Waits until the screen has come to a rest. */
    ready: () => browser.until(() => document.querySelector("main :is(h1, .failure)") !== null && document.querySelector("main .wait") === null),

    /** A file with these bytes, for the picker. */
    async file(name, bytes) {
      const path = join(folder, name);
      await writeFile(path, bytes);
      return path;
    },
    /** Picks files on the screen shown, and waits for what the app says of them. */
    async import(...paths) {
      await browser.run(() => document.querySelectorAll(".notice .bare").forEach((button) => button.click()));
      await browser.type("ck-picker input[type=file]", paths.join("\n"));
      return browser.until(() => {
        // Who imports several has seen what they are and wants all of them.
        document.querySelector("dialog.sheet[open] button[type=submit]")?.click();
        const report = document.querySelector("dialog.report[open]") ?? document.querySelector(".notice");
        return document.querySelector(".importing, ck-sheet") === null && report?.textContent.replace(/\s+/g, " ").trim();
      });
    },
    /** Picks files, and stays at what is asked before they are imported. */
    async look(...paths) {
      await browser.run(() => document.querySelectorAll(".notice .bare").forEach((button) => button.click()));
      await browser.type("ck-picker input[type=file]", paths.join("\n"));
      await browser.until(() => document.querySelector("dialog.sheet[open]"));
    },
    closeReport: () => browser.click("dialog.report footer button"),

    /** Does what makes the app hand out a file, and gives that file. */
    async download(act) {
      const before = new Set(await readdir(downloads));
      await act();
      for (let tries = 0; tries < 1_200; tries += 1) {
        const name = (await readdir(downloads)).find((file) => !before.has(file) && !file.endsWith(".crdownload") && !file.startsWith("."));
        if (name) return { name, bytes: await readFile(join(downloads, name)) };
        await sleep(50);
      }
      throw new Error("no file came");
    },

    /** Opens a second tab and stays there; `back` returns to the first. */
    async tab() {
      const hash = await browser.run(() => location.hash);
      const first = await browser.window();
      await browser.newWindow();
      return { hash, back: () => browser.toWindow(first) };
    },

    async close() {
      await browser.close().catch(() => undefined);
      await server.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return app;
}

/** Clicks the button with this text, inside of what the selector names. */
export async function button(app, text, inside = "main") {
  await app.until((label, root) => {
    const found = [...document.querySelectorAll(`${root} :is(button, a)`)].find((one) => one.textContent.trim() === label && !one.disabled);
    found?.click();
    return found !== undefined;
  }, text, inside);
}

/** Types into a field of the card's form, all at once, in place of what stands there. */
export function type(app, name, text) {
  return app.run((field, words) => {
    const input = document.querySelector(`.form [name=${field}]`);
    input.value = words;
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }, name, text);
}
