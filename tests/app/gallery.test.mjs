// The gallery of a large library.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { zip } from "../api/zip.mjs";
import { button, stage } from "./stage.mjs";

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

  test("shows more by itself when one comes near to the end", async () => {
    const first = (await names()).length;
    assert.ok(first < COUNT);
    await app.until((all) => {
      scrollTo(0, document.documentElement.scrollHeight);
      return document.querySelectorAll(".tile").length === all;
    }, COUNT);
    assert.equal(await app.run(() => document.querySelector("ck-more")), null);
  });

  test("is where one left it when one comes back", async () => {
    await app.run(() => document.querySelectorAll(".tile a")[300].scrollIntoView({ block: "center" }));
    await app.run(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const [name, top] = await app.run(() => {
      const tile = document.querySelectorAll(".tile")[300];
      return [tile.querySelector(".name").textContent, tile.getBoundingClientRect().top];
    });
    await app.run(() => document.querySelectorAll(".tile a")[300].click());
    await app.until((words) => document.querySelector("ck-card h1")?.textContent === words, name);
    assert.equal(await app.run(() => scrollY), 0);
    await app.run(() => history.back());
    const place = () => app.until((words) => [...document.querySelectorAll(".tile")].find((one) => one.querySelector(".name").textContent === words)?.getBoundingClientRect().top, name);
    await app.until(() => scrollY > 0);
    await app.run(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done)))));
    assert.ok(Math.abs((await place()) - top) < 8, `it stood at ${top}, and now at ${await place()}`);
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
