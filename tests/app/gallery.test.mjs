// The gallery of a large library.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { zip } from "../api/zip.mjs";
import { cardPng } from "./png.mjs";
import { button, stage } from "./stage.mjs";
import { KEY } from "./webdriver.mjs";

const COUNT = 400;

describe(`a gallery of ${COUNT} characters`, () => {
  let app;
  before(async () => {
    app = await stage();
    const files = {};
    for (let n = 0; n < COUNT; n += 1) files[`characters/${n}.json`] = Buffer.from(JSON.stringify({ spec: "chara_card_v2", spec_version: "2.0", data: { name: `Number ${(n * 7) % COUNT}`, first_mes: `Hi ${n}.`, tags: [n % 2 ? "odd" : "even"] } }));
    await app.visit("#/folder");
    await app.type("#archive", await app.file("many.zip", zip(files)));
    await button(app, "Import all");
    await app.until(() => document.querySelector("#done-title"));
    await app.visit();
  });
  after(() => app?.close());

  const names = () => app.run(() => [...document.querySelectorAll(".tile .name")].map((one) => one.textContent));
  const settled = () => app.run(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done)))));
  const scroll = async (to) => {
    await app.run((top) => scrollTo(0, top === "end" ? document.documentElement.scrollHeight : top), to);
    await settled();
  };

  test("has in its document only what is near the screen, and the whole length", async () => {
    const [tiles, height, screen] = await app.run(() => [document.querySelectorAll(".tile").length, document.documentElement.scrollHeight, innerHeight]);
    assert.ok(tiles > 0 && tiles < 100, `${tiles} tiles`);
    assert.ok(height > 10 * screen, `${height} of ${screen}`);
  });

  test("comes to every character from the first to the last, none twice and none left out", async () => {
    const seen = new Map();
    const look = async () => {
      const items = await app.run(() => [...document.querySelectorAll(".tile")].map((one) => [Number(one.getAttribute("aria-posinset")), one.dataset.place, one.getAttribute("aria-setsize")]));
      assert.ok(items.length < 100);
      for (const [at, id, all] of items) {
        assert.equal(Number(all), COUNT);
        assert.equal(seen.get(at) ?? id, id);
        seen.set(at, id);
      }
    };
    for (let top = 0; ; top += 1_500) {
      await scroll(top);
      await look();
      if (await app.run(() => scrollY + innerHeight >= document.documentElement.scrollHeight - 1)) break;
    }
    assert.deepEqual([...seen.keys()].sort((a, b) => a - b), Array.from({ length: COUNT }, (_, n) => n + 1));
    assert.equal(new Set(seen.values()).size, COUNT);
  });

  test("stands still while what is out of sight comes and goes", async () => {
    await scroll(3_000);
    const before = await app.run(() => {
      const tile = [...document.querySelectorAll(".tile")].find((one) => one.getBoundingClientRect().top > 0);
      return [tile.dataset.place, tile.getBoundingClientRect().top + scrollY];
    });
    await scroll(3_400);
    const after = await app.run((id) => document.querySelector(`.tile[data-place="${id}"]`).getBoundingClientRect().top + scrollY, before[0]);
    assert.ok(Math.abs(after - before[1]) < 1, `${before[1]} and ${after}`);
  });

  test("keeps what has the focus, and Tab goes on from there", async () => {
    await scroll(0);
    const id = await app.run(() => {
      const tile = document.querySelector('.tile[aria-posinset="3"]');
      tile.querySelector(".bare").focus({ preventScroll: true });
      return tile.dataset.place;
    });
    await scroll("end");
    assert.equal(await app.run(() => document.activeElement.closest(".tile")?.dataset.place), id);
    await app.press(KEY.tab);
    await settled();
    assert.deepEqual(await app.run(() => {
      const tile = document.activeElement.closest(".tile");
      const { top, bottom } = tile.getBoundingClientRect();
      return [tile.getAttribute("aria-posinset"), bottom > 0 && top < innerHeight, getComputedStyle(tile).position];
    }), ["4", true, "relative"]);
  });

  test("walks by Tab further than the document reached, tile after tile", async () => {
    await scroll(0);
    const reach = await app.run(() => {
      document.querySelector('.tile[aria-posinset="1"] a').focus();
      return document.querySelectorAll(".tile").length;
    });
    let last = 1;
    for (let steps = 0; last <= reach + 5; steps += 1) {
      assert.ok(steps < 600, `stopped at ${last}`);
      await app.press(KEY.tab);
      const at = await app.run(() => Number(document.activeElement.closest(".tile")?.getAttribute("aria-posinset")));
      assert.ok(at === last || at === last + 1, `from ${last} to ${at}`);
      last = at;
    }
  });

  test("gives the focus to what comes after a character that is deleted", async () => {
    await scroll(0);
    const next = await app.run(() => document.querySelector('.tile[aria-posinset="3"]').dataset.place);
    const gone = await app.run(() => {
      const tile = document.querySelector('.tile[aria-posinset="2"]');
      tile.querySelector(".corner").focus();
      return tile.dataset.place;
    });
    await app.press(KEY.enter);
    await app.until((id) => document.querySelector(`.tile[data-place="${id}"]`) === null, gone);
    await app.until((id) => document.activeElement.closest(".tile")?.dataset.place === id, next);
    await button(app, "Undo", ".notice");
    await app.until((all) => document.querySelector(".tile")?.getAttribute("aria-setsize") === String(all), COUNT);
  });

  test("is where one left it when one comes back", async () => {
    await scroll(9_000);
    const [name, top] = await app.run(() => {
      const tile = [...document.querySelectorAll(".tile")].find((one) => one.getBoundingClientRect().top > 100);
      return [tile.querySelector(".name").textContent, tile.getBoundingClientRect().top];
    });
    await app.run((words) => [...document.querySelectorAll(".tile")].find((one) => one.querySelector(".name").textContent === words).querySelector("a").click(), name);
    await app.until((words) => document.querySelector("ck-card h1")?.textContent === words, name);
    assert.equal(await app.run(() => scrollY), 0);
    await app.run(() => history.back());
    const place = () => app.until((words) => [...document.querySelectorAll(".tile")].find((one) => one.querySelector(".name").textContent === words)?.getBoundingClientRect().top, name);
    await app.until(() => scrollY > 0);
    await settled();
    assert.ok(Math.abs((await place()) - top) < 2, `it stood at ${top}, and now at ${await place()}`);
    assert.ok((await names()).length < 100);
  });

  test("is not read again when one comes back and nothing was changed, and is when something was", async () => {
    await scroll(0);
    await app.run(() => {
      const { characters } = document.querySelector("ck-characters").keep;
      const { list } = characters;
      window.lists = 0;
      characters.list = (...given) => {
        window.lists += 1;
        return list.apply(characters, given);
      };
    });
    const open = async () => {
      const one = await app.run(() => [document.querySelector(".tile").dataset.place, document.querySelector(".tile .name").textContent]);
      await app.click(".tile a");
      await app.until(() => document.querySelector("ck-card h1"));
      return one;
    };
    await open();
    await app.run(() => history.back());
    await app.until(() => document.querySelector(".tile"));
    assert.equal(await app.run(() => window.lists), 0);
    const [id, name] = await open();
    await app.run((one) => document.querySelector("ck-card").keep.characters.patch(one, { name: "Changed meanwhile" }), id);
    await app.run(() => history.back());
    await app.until(() => document.querySelector(".tile .name")?.textContent === "Changed meanwhile");
    assert.ok((await app.run(() => window.lists)) > 0);
    await app.run((one, was) => document.querySelector("ck-characters").keep.characters.patch(one, { name: was }), id, name);
    await app.until((was) => document.querySelector(".tile .name")?.textContent === was, name);
  });

  test("stands at its top with what a tag finds, and the keyboard is where that is changed", async () => {
    await scroll(5_000);
    await app.run(() => [...document.querySelectorAll(".tile .tag")].find((one) => one.textContent === "odd").focus());
    await app.press(KEY.enter);
    await app.until(() => document.querySelector(".head [role=status]")?.textContent === "200 of 400 characters");
    await settled();
    assert.deepEqual(await app.run(() => [scrollY, document.activeElement.type, document.activeElement.value]), [0, "search", "odd"]);
    await app.clear(".search input");
    await app.run(() => document.querySelector(".search input").dispatchEvent(new InputEvent("input", { bubbles: true })));
    await app.until(() => document.querySelector(".head [role=status]")?.textContent === "400 characters");
  });

  test("says how many are found", async () => {
    await scroll(0);
    await app.type(".search input", "odd");
    await app.until(() => document.querySelector(".head [role=status]")?.textContent === "200 of 400 characters");
    assert.equal(await app.run(() => document.querySelector(".tile").getAttribute("aria-setsize")), "200");
    await app.run(() => {
      const input = document.querySelector(".search input");
      input.value = "";
      input.dispatchEvent(new InputEvent("input", { bubbles: true }));
    });
    await app.until(() => document.querySelector(".head [role=status]")?.textContent === "400 characters");
  });

  test("is put in order by name, and stays so, with what was looked for", async () => {
    await app.run(() => {
      const order = document.querySelector(".head select");
      order.value = "name";
      order.dispatchEvent(new Event("change", { bubbles: true }));
      scrollTo(0, 0);
    });
    await app.until(() => document.querySelector(".tile .name").textContent === "Number 0");
    assert.deepEqual((await names()).slice(0, 12), Array.from({ length: 12 }, (_, n) => `Number ${n}`));
    await app.type(".search input", "even 39");
    await app.until(() => document.querySelectorAll(".tile").length < 10);
    const found = await names();
    await app.click(".tile a");
    await app.until(() => document.querySelector("ck-card h1"));
    await button(app, "Characters");
    await app.until(() => document.querySelector(".search input")?.value === "even 39");
    assert.deepEqual(await names(), found);
  });
});

describe("the pictures of a long gallery", () => {
  let app;
  before(async () => {
    app = await stage();
    const card = (n) => cardPng(JSON.stringify({ spec: "chara_card_v2", spec_version: "2.0", data: { name: `Number ${n}`, first_mes: `Hi ${n}.` } }));
    await app.visit("#/folder");
    await app.type("#archive", await app.file("pictures.zip", zip(Object.fromEntries(Array.from({ length: 120 }, (_, n) => [`characters/${n}.png`, card(n)])))));
    await button(app, "Import all");
    await app.until(() => document.querySelector("#done-title"));
    await app.run(() => {
      window.held = new Set();
      const [make, revoke] = [URL.createObjectURL, URL.revokeObjectURL];
      URL.createObjectURL = (blob) => {
        const url = make.call(URL, blob);
        window.held.add(url);
        return url;
      };
      URL.revokeObjectURL = (url) => {
        window.held.delete(url);
        revoke.call(URL, url);
      };
      location.hash = "#/";
    });
    await app.until(() => document.querySelector(".tile img"));
  });
  after(() => app?.close());

  const allThere = () => app.until(() => [...document.querySelectorAll(".tile")].every((tile) => tile.querySelector("img")?.complete));
  const counts = () => app.run(() => [window.held.size, document.querySelectorAll(".tile img").length]);

  test("are read where one stops, and let go where one was", async () => {
    await allThere();
    for (const top of [4_000, 8_000, 2_000]) {
      await app.run((to) => scrollTo(0, to), top);
      await allThere();
      const [held, shown] = await counts();
      assert.equal(held, shown);
      assert.ok(shown < 100);
    }
  });

  test("are all let go with the gallery", async () => {
    await button(app, "Worlds", ".rail");
    await app.until(() => document.querySelector("ck-worlds h1"));
    await app.until(() => window.held.size === 0);
  });
});

describe("names, tags and makers of any length", () => {
  let app;
  before(async () => {
    app = await stage();
    await app.visit();
    const card = (name, creator, tags) => JSON.stringify({ spec: "chara_card_v2", spec_version: "2.0", data: { name, creator, tags, first_mes: "Hi." } });
    const long = "Bartholomew of the Seven Bright Kingdoms Beyond the Sea and of Several Others";
    const cards = [card(long, long.replaceAll(" ", "_"), [long, long, "x"]), card(long.replaceAll(" ", ""), "", []), card("شهرزاد راوية الليالي ".repeat(5), "كاتب", ["خيال"]), card("月島しずく夜明けの図書館司書".repeat(5), "作者", ["図書館"]), card("A", "", [])];
    await app.import(...(await Promise.all(cards.map((text, n) => app.file(`${n}.json`, text)))));
    await app.run(() => document.querySelector("dialog.report[open] footer button")?.click());
  });
  after(() => app?.close());

  for (const width of [1280, 390]) {
    test(`leave all tiles of one size and within their columns, ${width} pixels wide`, async () => {
      await app.devtools("Emulation.setDeviceMetricsOverride", { width, height: 844, deviceScaleFactor: 1, mobile: width < 700 });
      await app.until((wide) => innerWidth === wide && document.querySelectorAll(".tile").length === 5, width);
      const [tiles, links, page] = await app.run(() => [
        [...document.querySelectorAll(".tile")].map((one) => one.getBoundingClientRect().toJSON()),
        [...document.querySelectorAll(".tile > *")].map((one) => [one.getBoundingClientRect().toJSON(), one.parentElement.getBoundingClientRect().toJSON()]),
        [document.documentElement.scrollWidth, innerWidth],
      ]);
      for (const one of tiles) assert.deepEqual([Math.round(one.width), Math.round(one.height)], [Math.round(tiles[0].width), Math.round(tiles[0].height)]);
      for (const [inner, outer] of links) assert.ok(inner.left >= outer.left - 1 && inner.right <= outer.right + 1 && inner.bottom <= outer.bottom + 1, JSON.stringify([inner, outer]));
      assert.ok(page[0] <= page[1]);
    });

    test(`stand in one line each beside what is said of a card, ${width} pixels wide`, async () => {
      await app.run(() => [...document.querySelectorAll(".tile a")].find((one) => one.querySelector(".by")?.textContent.startsWith("by Bartholomew")).click());
      await app.until(() => document.querySelector("ck-card .facts dt"));
      const [names, tags, page] = await app.run(() => [
        [...document.querySelectorAll("ck-card .facts dt")].map((one) => {
          const words = document.createRange();
          words.selectNodeContents(one);
          return words.getClientRects().length;
        }),
        [...document.querySelectorAll("ck-card .tags > li")].map((one) => one.getBoundingClientRect().width - one.firstElementChild.getBoundingClientRect().width),
        [document.documentElement.scrollWidth, innerWidth],
      ]);
      assert.ok(names.length > 2 && tags.length === 3);
      for (const lines of names) assert.equal(lines, 1);
      for (const empty of tags) assert.ok(Math.abs(empty) < 1, `${empty} pixels beside a tag`);
      assert.ok(page[0] <= page[1]);
      await app.run(() => (location.hash = "#/"));
      await app.until(() => document.querySelectorAll(".tile").length === 5);
    });
  }
});

describe("long lists of what is no character", () => {
  let app;
  before(async () => {
    app = await stage();
    await app.visit();
    await app.run(async () => {
      const { keep } = document.querySelector("ck-characters");
      const many = (make) => Array.from({ length: 300 }, (_, n) => make(n));
      await keep.personas.putMany(many((n) => ({ persona: { name: `Persona ${n}`, description: "Somebody." } })));
      await keep.lorebooks.putMany(many((n) => ({ book: { name: `Book ${n}`, entries: [{ keys: ["key"], content: "A thing." }] } })));
      for (let n = 0; n < 300; n += 1) await keep.chats.create({ title: `Chat ${n} ${"with a long title ".repeat(n % 5)}` });
    });
  });
  after(() => app?.close());

  for (const [hash, screen] of [["#/personas", "ck-personas"], ["#/lorebooks", "ck-lorebooks"], ["#/chats", "ck-chats"]]) {
    test(`${screen}: only what is near the screen stands in the document, to the very end of the list`, async () => {
      await app.run((to) => (location.hash = to), hash);
      await app.until((name) => document.querySelector(`${name} .list .row`), screen);
      const look = () => app.run(() => [...document.querySelectorAll(".list > li")].map((one) => [one.getAttribute("aria-posinset"), one.getAttribute("aria-setsize"), one.getBoundingClientRect().height]));
      const first = await look();
      assert.ok(first.length < 100);
      assert.deepEqual(first[0].slice(0, 2), ["1", "300"]);
      for (const [, , height] of first) assert.equal(height, first[0][2]);
      await app.until(() => {
        scrollTo(0, document.documentElement.scrollHeight);
        return [...document.querySelectorAll(".list > li")].at(-1).getAttribute("aria-posinset") === "300";
      });
      assert.ok((await look()).length < 100);
    });
  }
});
