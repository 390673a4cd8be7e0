// The keyboard alone, from the empty library to the file that leaves it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { stage } from "./stage.mjs";
import { KEY } from "./webdriver.mjs";

describe("hands that never leave the keyboard", () => {
  let app;
  before(async () => {
    app = await stage();
    await app.visit();
  });
  after(() => app?.close());

  /** Tab after Tab, until what has the focus answers to this; every stop on the way can be seen. */
  async function tabTo(test, ...given) {
    for (let steps = 0; steps < 80; steps += 1) {
      await app.press(KEY.tab);
      const { found, at, seen } = await app.run((work, args) => {
        const one = document.activeElement;
        const { outlineStyle, boxShadow, outlineWidth } = getComputedStyle(one);
        const box = one.getBoundingClientRect();
        // What is drawn has no outline: its edge stands out from what it is filled with.
        const drawn = one.querySelector(":scope > rect");
        const edge = drawn && getComputedStyle(drawn);
        const marked = edge ? edge.stroke !== edge.fill && parseFloat(edge.strokeWidth) >= 3 : (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
        return {
          found: new Function(`return (${work})(...arguments)`)(one, ...args),
          at: one.outerHTML.slice(0, 100),
          seen: one === document.body || (box.width > 0 && box.height > 0 && marked),
        };
      }, String(test), given).catch((error) => { throw new Error(`${error}`); });
      assert.ok(seen, `the focus cannot be seen on ${at}`);
      if (found) return;
    }
    throw new Error(`no way by Tab to ${test} ${given}`);
  }
  const named = (one, ...labels) => labels.includes((one.getAttribute("aria-label") ?? one.textContent).trim());
  const reach = (...labels) => tabTo(named, ...labels);

  test("a file is asked for, and comes in", async () => {
    await reach("Import");
    // The browser's own window cannot be driven: that it is asked for is what the app does.
    await app.run(() => document.querySelector("ck-picker input").addEventListener("click", (event) => { window.asked = true; event.preventDefault(); }));
    await app.press(KEY.enter);
    assert.equal(await app.run(() => window.asked), true);
    await reach("Try the samples");
    await app.press(KEY.enter);
    await app.until(() => document.querySelectorAll(".tile").length === 3 && document.querySelector(".importing") === null);
  });

  test("a card is opened and edited", async () => {
    await tabTo((one) => one.matches(".tile a") && one.textContent.includes("Maren"));
    await app.press(KEY.enter);
    await app.until(() => document.querySelector(".card-page"));
    await reach("Edit");
    await app.press(KEY.enter);
    await app.until(() => document.querySelector(".form")?.contains(document.activeElement));
    await tabTo((one) => one.name === "description");
    await app.press("K", "e", "y", "s", ".");
    await reach("Done");
    await app.press(KEY.enter);
    await app.until(() => document.querySelector(".form") === null && document.querySelector(".card-text").textContent.includes("Keys."));
    await app.until(() => document.activeElement.textContent.trim() === "Edit");
  });

  test("a chat is begun, another greeting chosen, a message sent and answered", async () => {
    await reach("Start a chat");
    await app.press(KEY.enter);
    await app.until(() => document.querySelector(".swipes")?.textContent.includes("1 / 3"));
    await reach("Next alternative");
    await app.press(KEY.enter);
    await app.until(() => document.querySelector(".swipes").textContent.includes("2 / 3"));
    await tabTo((one) => one.matches(".composer textarea"));
    await app.press("H", "e", "l", "l", "o", KEY.enter);
    await app.until(() => document.querySelectorAll(".message:not([aria-busy])").length === 3);
    assert.ok(await app.run(() => document.activeElement.matches(".composer textarea")));
  });

  test("a branch is begun and gone to", async () => {
    await reach("More for message 2", "More");
    await app.press(KEY.enter);
    await app.until(() => document.querySelector("dialog.menu[open]"));
    await reach("Begin a branch here");
    await app.press(KEY.enter);
    const before = await app.run(() => location.hash);
    await app.until(() => document.querySelector(".notice"));
    await reach("Open");
    await app.press(KEY.enter);
    await app.until((hash) => location.hash !== hash && document.querySelectorAll(".message").length > 0, before);
  });

  test("the chat leaves as a file", async () => {
    await app.until(() => document.querySelector(".chat-head"));
    const { name, bytes } = await app.download(async () => {
      await reach("Export");
      await app.press(KEY.enter);
    });
    assert.match(name, /\.jsonl$/);
    assert.ok(bytes.length > 0);
  });

  test("one walks on the map", async () => {
    await reach("Worlds");
    await app.press(KEY.enter);
    await app.until(() => document.querySelector("ck-worlds .list .row"));
    await tabTo((one) => one.matches("ck-worlds .list .row"));
    await app.press(KEY.enter);
    await app.until(() => document.querySelector('.place[data-is="here"]'));
    const here = () => app.run(() => document.querySelector('.place[data-is="here"]').dataset.key);
    const before = await here();
    await tabTo((one) => one.matches(".place"));
    const way = await app.run((from) => {
      const [x, y, z] = from.split(",").map(Number);
      const ways = { up: [0, 1], right: [1, 0], down: [0, -1], left: [-1, 0] };
      return Object.keys(ways).find((one) => document.querySelector(`.place[data-key="${x + ways[one][0]},${y + ways[one][1]},${z}"]`));
    }, before);
    await app.press(KEY[way], KEY.enter);
    await app.until((key) => document.querySelector('.place[data-is="here"]').dataset.key !== key, before);
    assert.ok(await app.run(() => document.activeElement.matches(".place")));
  });
});
