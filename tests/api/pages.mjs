// Pages of a real browser that have the package and nothing else, open while the tests of a file or a group run.

import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { serve } from "../app/serve.mjs";
import { open, WEBKIT } from "../app/webdriver.mjs";

/**
 * For tests that need what WebKitGTK 2.50 lacks: `navigator.storage` with its private file system, pictures written as WebP,
 * no database where opening one was given up, and a way to clear a site's data from outside.
 */
export const CHROMIUM = { skip: WEBKIT !== undefined && "WebKitGTK lacks what it needs" };

/** A browser and the address of an empty page: `{ browser, server }`, there when the tests begin. */
export function onePage() {
  const at = {};
  before(async () => {
    at.server = await serve(fileURLToPath(new URL("../../pkg", import.meta.url)));
    at.server.replace("/", Buffer.from("<!doctype html><title>keep</title>"));
    at.browser = await open({});
  });
  after(async () => {
    await at.browser?.close();
    await at.server?.close();
  });
  return at;
}

/** The same with two tabs on that page; `tab` runs a function in one of them, `until` waits there for what is true. */
export function twoTabs() {
  const at = onePage();
  const [one, two] = [{}, {}];
  before(async () => {
    await at.browser.go(at.server.url);
    one.window = await at.browser.window();
    await at.browser.newWindow();
    two.window = await at.browser.window();
    await at.browser.go(at.server.url);
  });
  const to = ({ window }) => at.browser.toWindow(window);
  return {
    at,
    one,
    two,
    to,
    async tab(which, work, ...given) {
      await to(which);
      return at.browser.run(work, ...given);
    },
    async until(which, work, ...given) {
      await to(which);
      return at.browser.until(work, ...given);
    },
  };
}
