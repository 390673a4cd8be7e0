// The storage page: what is stored and how safe, checking and repairing, quarantine and trash.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { cardPng } from "./png.mjs";
import { button, stage } from "./stage.mjs";
import { KEY } from "./webdriver.mjs";

const card = (name) => cardPng(JSON.stringify({ spec: "chara_card_v2", spec_version: "2.0", data: { name } }));

describe("the storage page", () => {
  let app;
  before(async () => {
    app = await stage();
    await app.visit();
    await app.import(await app.file("one.png", card("Ana")), await app.file("two.png", card("Bea")));
    await app.closeReport().catch(() => undefined);
    await app.visit("#/storage");
  });
  after(() => app?.close());

  /** Turns a bit of every character's record in the database; the second copy keeps the sound ones. */
  const rot = (domain) =>
    app.run(async (of) => {
      const [{ name }] = await indexedDB.databases();
      await new Promise((resolve, reject) => {
        const request = indexedDB.open(name);
        request.onerror = () => reject(request.error);
        request.onsuccess = () => {
          const tx = request.result.transaction("rows", "readwrite");
          const rows = tx.objectStore("rows");
          rows.openCursor(IDBKeyRange.bound([of], [of, []])).onsuccess = ({ target }) => {
            const cursor = target.result;
            if (cursor === null) return;
            cursor.value.bytes[cursor.value.bytes.length >> 1] ^= 16;
            cursor.update(cursor.value);
            cursor.continue();
          };
          tx.oncomplete = () => (request.result.close(), resolve());
        };
      });
    }, domain);

  test("is reached from the settings, and says where the data is and how much", async () => {
    await app.visit("#/settings");
    await button(app, "Open storage");
    await app.until(() => document.querySelector('[data-kind="characters"]'));
    assert.match(await app.text("main"), /stored only in this browser/);
    assert.match(await app.text('[data-kind="characters"]'), /Characters\s*2 · [\d.,]+ (kB|byte)/);
    assert.match(await app.text(".facts"), /Second copy\s*Every save is also written/);
    assert.match(await app.text(".space"), /used/);
  });

  test("a check of a sound library finds nothing, and is remembered", async () => {
    await button(app, "Check now");
    await app.until(() => document.querySelector("ck-check").textContent.includes("Everything is whole"));
    await app.visit("#/storage");
    await app.until(() => document.querySelector("ck-check").textContent.includes("nothing wrong"));
  });

  test("damage is found, said in plain words, repaired, and the damaged bytes are in quarantine", async () => {
    await rot("characters");
    await button(app, "Check now");
    await app.until(() => document.querySelectorAll('.findings [data-code="rotten-record"]').length === 2);
    assert.match(await app.text(".findings"), /A character is damaged.*comes back from the second copy/s);
    await button(app, "Repair");
    await app.until(() => document.querySelector("ck-check").textContent.includes("All records were copied before"));
    await app.until(() => document.querySelectorAll('[aria-label="Quarantine"] li').length === 2);
    assert.match(await app.text('[aria-label="Backups"]'), /repair/);
    const { bytes } = await app.download(() => button(app, "Save a file"));
    assert.equal(bytes.subarray(0, 3).toString(), "ckr");
    await button(app, "Delete", '[aria-label="Quarantine"] li:first-child');
    assert.match(await app.text("dialog.confirm"), /^Delete .* for good\? .*, in quarantine since just now/);
    await button(app, "Delete for good", "dialog.confirm");
    await app.until(() => document.querySelectorAll('[aria-label="Quarantine"] li').length === 1);
    await app.visit();
    await app.until(() => document.querySelectorAll(".tile").length === 2);
  });

  test("what was deleted comes back out of the trash", async () => {
    await app.visit();
    await app.click(".tile a");
    await button(app, "Delete");
    await app.until(() => location.hash === "#/" && document.querySelectorAll(".tile").length === 1);
    await app.visit("#/storage");
    await button(app, "Restore", '[aria-label="Trash"]');
    await app.until(() => document.querySelector('[aria-label="Trash"]').textContent.includes("Nothing in the trash"));
  });

  test("a backup is made, pinned, saved as a file, deleted, added again, and brings back what was there", async () => {
    const row = (nth = "last-child") => `[aria-label="Backups"] li:${nth}`;
    const counted = () => app.run(() => document.querySelectorAll('[aria-label="Backups"] li').length);
    const settled = (count) => app.until((want) => {
      const panel = document.querySelector('[aria-label="Backups"]');
      return panel?.querySelector("[role=status]") === null && panel.querySelectorAll("li").length === want;
    }, count);
    await app.visit("#/storage");
    const before = await counted();
    await button(app, "Back up now");
    await settled(before + 1);
    assert.match(await app.text(row("first-child")), /by hand, \d+ records/);
    assert.match(await app.text(".facts"), /Last backup\s*[^,]*, by hand.*Last backup saved as a file\s*None yet/s);
    await button(app, "Pin", row("first-child"));
    await app.until(() => document.querySelector('[aria-label="Backups"] li').textContent.includes("pinned"));
    const { name, bytes } = await app.download(() => button(app, "Save a file", row("first-child")));
    assert.match(name, /\.cardkeep$/);
    assert.equal(bytes.subarray(0, 2).toString(), "PK");
    await app.until(() => /saved as a file\s*(?!None)/.test(document.querySelector(".facts").textContent));
    await button(app, "Delete", row("first-child"));
    await button(app, "Delete for good", "dialog.confirm");
    await settled(before);
    await app.type('[aria-label="Backups"] input[type=file]', await app.file(name, bytes));
    await settled(before + 1);

    await app.visit();
    const tiles = await app.run(() => document.querySelectorAll(".tile").length);
    await app.click(".tile a");
    await button(app, "Delete");
    await app.until((left) => location.hash === "#/" && document.querySelectorAll(".tile").length === left, tiles - 1);
    await app.visit("#/storage");
    await app.run((css) => document.querySelector(`${css} button`).focus(), row("first-child"));
    await app.press(KEY.enter);
    assert.match(await app.text("dialog.confirm"), /^Replace everything by the backup of .*\? \d+ records?, .*, made just now\. All that was made or changed since .* a backup of what is here now is made first\./);
    assert.equal(await app.run(() => document.activeElement.textContent.trim()), "Cancel");
    await button(app, "Cancel", "dialog.confirm");
    await app.until(() => document.querySelector("dialog.confirm") === null && document.activeElement?.textContent.trim() === "Restore");
    await button(app, "Restore", row("first-child"));
    await button(app, "Replace everything", "dialog.confirm");
    await settled(before + 2);
    assert.match(await app.text('[aria-label="Backups"]'), /before a restore/);
    await app.visit();
    await app.until((count) => document.querySelectorAll(".tile").length === count, tiles);
  });

  test("what cannot be read hides nothing else", async () => {
    await app.visit("#/storage");
    await app.run(() => {
      document.querySelector("ck-storage").keep.health = () => Promise.reject(new Error("no room"));
      location.hash = "#/settings";
    });
    await app.until(() => document.querySelector("ck-settings h1"));
    await app.run(() => (location.hash = "#/storage"));
    await app.until(() => document.querySelector("ck-storage .failure")?.textContent.includes("The storage could not be examined"));
    await app.until(() => document.querySelector('[aria-label="Trash"]') && document.querySelector('[aria-label="Backups"]'));
    await app.visit("#/storage");
  });

  test("diagnostics say nothing of what is stored", async () => {
    await app.visit("#/storage");
    const { name, bytes } = await app.download(() => button(app, "Save diagnostics"));
    assert.equal(name, "cardkeep-diagnostics.json");
    const text = bytes.toString();
    assert.ok(JSON.parse(text).log.length > 0);
    assert.ok(!text.includes("Ana") && !text.includes("Bea"));
  });

  test("everything is deleted after a word is typed, and the app begins anew", async () => {
    await app.visit("#/storage");
    await app.until(() => document.querySelector("#erase-word"));
    const armed = () => app.run(() => !document.querySelector("ck-erase .danger").disabled);
    assert.equal(await armed(), false);
    const { name, bytes } = await app.download(() => button(app, "Save a file of it first"));
    assert.match(name, /\.cardkeep$/);
    assert.equal(bytes.subarray(0, 2).toString(), "PK");
    await app.type("#erase-word", "delete");
    assert.equal(await armed(), false);
    await app.type("#erase-word", " everything");
    assert.equal(await armed(), true);
    await button(app, "Delete everything");
    await app.until(() => location.hash === "#/" && document.querySelector("main")?.textContent.includes("Import") && document.querySelectorAll(".tile").length === 0);
    const kept = await app.run(async () => {
      const keep = document.querySelector("ck-app").opening.keep;
      return { created: keep.report.created, backups: (await keep.backups.list()).length };
    });
    assert.deepEqual(kept, { created: true, backups: 0 });
  });
});
