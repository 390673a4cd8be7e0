// A world, played and taken out again; and the settings.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { button, stage } from "./stage.mjs";
import { KEY } from "./webdriver.mjs";

const WORLD = {
  metadata: { version: "1.0", created_at: 1234567890, last_modified: 1234567890, name: "Fantasy World" },
  current_position: "0,0,0",
  visited_positions: ["0,0,0"],
  locations: {
    "0,0,0": { location_id: "start_room", name: "Starting Room", description: "The beginning of your adventure.", coordinates: [0, 0, 0], npcs: ["character_uuid1"], events: [] },
    "1,0,0": { location_id: "hall", name: "Great Hall", description: "Echoes.", coordinates: [1, 0, 0], npcs: [], events: [{ kind: "unknown" }], zone: "castle" },
    "1,1,0": { location_id: "garden", name: "Garden", description: "Roses.", coordinates: [1, 1, 0], npcs: [], events: [] },
    "1,0,1": { location_id: "attic", name: "Attic", description: "Dust.", coordinates: [1, 0, 1], npcs: [], events: [] },
  },
  unconnected_locations: { forest_clearing: { location_id: "forest_clearing", name: "Forest Clearing", description: "A peaceful clearing in the forest.", lore_source: "Lore about forests" } },
  player: { health: 100, stamina: 100, level: 1, experience: 0, title: "novice" },
  made_by: { something: "unknown" },
};

describe("a world", () => {
  let app;
  before(async () => {
    app = await stage();
    await app.visit("#/worlds");
  });
  after(() => app?.close());

  test("is shown as a map, with where one is", async () => {
    await app.import(await app.file("world_state.json", JSON.stringify(WORLD, null, 2)));
    await app.click(".list .row");
    await app.until(() => document.querySelectorAll(".place").length === 3);
    assert.equal(await app.text('.place[data-is="here"] text'), "Starting Room");
    assert.match(await app.text(".tray"), /1 location without a place.*Forest Clearing/);
    assert.match(await app.text(".here"), /The beginning of your adventure\./);
  });

  test("is walked by buttons and by arrow keys", async () => {
    await app.click('.compass [data-to="East"]');
    await app.until(() => document.querySelector(".here h2").textContent === "Great Hall");
    assert.equal(await app.run(() => document.querySelector('.compass [data-to="South"]').disabled), true);
    await app.run(() => document.querySelector('.compass [data-to="North"]').focus());
    await app.press(KEY.up);
    await app.until(() => document.querySelector(".here h2").textContent === "Garden");
  });

  test("has a list that does the same as the map", async () => {
    await button(app, "List");
    assert.equal(await app.run(() => document.querySelectorAll(".places tbody tr").length), 4);
    await app.run(() => document.querySelector('button[aria-label="Go to Attic"]').click());
    await app.until(() => document.querySelector(".here h2").textContent === "Attic");
    await button(app, "Map");
    await app.until(() => document.querySelectorAll(".place").length === 1);
  });

  test("keeps the position and a changed stat over a reload", async () => {
    await app.run(() => document.querySelector('button[aria-label="health minus 1"]').click());
    await app.until(() => document.querySelector('input[aria-label="health"]').value === "99");
    await app.clear('input[aria-label="title"]');
    await app.type('input[aria-label="title"]', `wanderer${KEY.tab}`);
    await app.until(() => document.querySelector(".save-state").textContent === "Saved");
    await app.restart();
    assert.equal(await app.text(".here h2"), "Attic");
    assert.equal(await app.run(() => document.querySelector('input[aria-label="health"]').value), "99");
    assert.equal(await app.run(() => document.querySelector('input[aria-label="title"]').value), "wanderer");
  });

  test("is exported in the shape it came in", async () => {
    const { name, bytes } = await app.download(() => button(app, "Export JSON"));
    assert.match(name, /\.json$/);
    const out = JSON.parse(bytes.toString("utf8"));
    assert.deepEqual(Object.keys(out), Object.keys(WORLD));
    assert.ok(out.metadata.last_modified >= WORLD.metadata.last_modified);
    assert.deepEqual(out, {
      ...WORLD,
      metadata: { ...WORLD.metadata, last_modified: out.metadata.last_modified },
      current_position: "1,0,1",
      visited_positions: ["0,0,0", "1,0,0", "1,1,0", "1,0,1"],
      player: { ...WORLD.player, health: 99, title: "wanderer" },
    });
  });

  test("takes a location that waits onto the map, beside where one is, and back again", async () => {
    const at = await app.text(".here .over");
    await app.run(() => (document.querySelector(".tray details").open = true));
    await app.run(() => (document.querySelector(".tray select").value = document.querySelector(".tray option:nth-child(2)").value));
    await button(app, "Place on the map");
    await app.until(() => document.querySelectorAll(".place").length === 2 && document.querySelector(".tray") === null);
    assert.equal(await app.text(".here .over"), at);
    await app.restart();
    await app.until(() => document.querySelectorAll(".place").length === 2);
    assert.match(await app.text(".map"), /Forest/);
    await app.run(() => (document.querySelector("details.history").open = true));
    await button(app, "Bring back");
    await app.until(() => document.querySelector(".tray")?.textContent.includes("Forest Clearing"));
  });

  test("the world that was open last is offered", async () => {
    const other = { ...WORLD, metadata: { ...WORLD.metadata, name: "Other World" } };
    await app.visit("#/worlds");
    await app.import(await app.file("other.json", JSON.stringify(other)));
    await app.until(() => document.querySelectorAll(".list .row").length === 2);
    assert.equal(await app.text(".go-on"), "Go on in Fantasy World");
    await app.run(() => [...document.querySelectorAll(".list .row")].find((row) => row.textContent.includes("Other World")).click());
    await app.until(() => document.querySelector("h1")?.textContent === "Other World");
    await app.visit("#/worlds");
    await app.until(() => document.querySelector(".go-on")?.textContent.trim() === "Go on in Other World");
    await app.click(".go-on a");
    await app.until(() => document.querySelector("h1")?.textContent === "Other World");
  });

  test("one of a newer version is looked at and not changed", async () => {
    const newer = JSON.stringify({ ...WORLD, metadata: { version: "2.0", name: "Newer World" } });
    await app.visit("#/worlds");
    await app.import(await app.file("newer.json", newer));
    await app.run(() => document.querySelector("dialog.report[open] footer button")?.click());
    await app.until(() => [...document.querySelectorAll(".list .row")].find((row) => row.textContent.includes("Newer World"))?.click() === undefined && document.querySelector("h1")?.textContent === "Newer World");
    assert.match(await app.text("main .banner"), /Read-only\. A newer program made this world/);
    assert.equal(await app.run(() => [...document.querySelectorAll(".compass button, .stats input, .stats button")].every((one) => one.disabled)), true);
    const { bytes } = await app.download(() => button(app, "Export JSON"));
    assert.equal(bytes.toString("utf8"), newer);
  });
});

describe("a world of one's own", () => {
  let app;
  before(async () => {
    app = await stage();
    await app.visit("#/worlds");
  });
  after(() => app?.close());

  /** Fills the form beneath the summary with this text, and sends it. */
  const fill = async (inside, fields, send) => {
    await app.run((css) => (document.querySelector(`${css} details.editing`).open = true), inside);
    for (const [name, text] of Object.entries(fields)) {
      await app.clear(`${inside} details.editing [name=${name}]`);
      await app.type(`${inside} details.editing [name=${name}]`, text);
    }
    await button(app, send, `${inside} details.editing`);
  };

  test("is made and given a name", async () => {
    await button(app, "New world");
    await app.until(() => document.querySelector("h1")?.textContent === "New world" && document.querySelectorAll(".place").length === 1);
    await app.clear('.beneath input[name="name"]');
    await app.type('.beneath input[name="name"]', "Gannet Point");
    await button(app, "Rename");
    await app.until(() => document.querySelector("h1").textContent === "Gannet Point");
  });

  test("gets places beside the one where one is, which one can walk to", async () => {
    await fill(".atlas", { name: "Boat House", description: "Two boats." }, "Add it");
    await app.until(() => document.querySelectorAll(".place").length === 2);
    await app.click('.compass [data-to="North"]');
    await app.until(() => document.querySelector(".here h2").textContent === "Boat House");
    assert.match(await app.text(".here"), /Two boats\./);
  });

  test("has its places changed, and changed back", async () => {
    await fill(".here", { name: "Old Boat House" }, "Save");
    await app.until(() => document.querySelector(".here h2").textContent === "Old Boat House");
    await app.run(() => [...document.querySelectorAll(".notice button")].findLast((one) => one.textContent.trim() === "Undo").click());
    await app.until(() => document.querySelector(".here h2").textContent === "Boat House");
  });

  test("keeps the spelling of what was not changed", async () => {
    const odd = { ...WORLD, metadata: { ...WORLD.metadata, name: "Odd World" }, locations: { "0,0,0": { ...WORLD.locations["0,0,0"], description: " Two\r\nlines. \n" } }, current_position: "0,0,0" };
    const own = await app.run(() => location.hash);
    await app.visit("#/worlds");
    await app.import(await app.file("odd.json", JSON.stringify(odd)));
    await app.run(() => [...document.querySelectorAll(".list .row")].find((row) => row.textContent.includes("Odd World")).click());
    await app.until(() => document.querySelector("h1")?.textContent === "Odd World");
    await fill(".here", { name: "The Hall" }, "Save");
    await app.until(() => document.querySelector(".here h2").textContent === "The Hall");
    const { bytes } = await app.download(() => button(app, "Export JSON"));
    assert.equal(JSON.parse(bytes.toString("utf8")).locations["0,0,0"].description, odd.locations["0,0,0"].description);
    await app.visit(own);
  });

  test("loses a place that is removed, and nothing else", async () => {
    await app.run(() => document.querySelector('.place:not([data-is="here"])').dispatchEvent(new MouseEvent("click", { bubbles: true })));
    await app.until(() => document.querySelector('[aria-label="Picked location"]'));
    await app.run(() => (document.querySelector('[aria-label="Picked location"] details.editing').open = true));
    await button(app, "Remove", '[aria-label="Picked location"]');
    await app.until(() => document.querySelectorAll(".place").length === 1);
    const { bytes } = await app.download(() => button(app, "Export JSON"));
    const state = JSON.parse(bytes.toString("utf8"));
    assert.deepEqual(Object.keys(state.locations), ["0,1,0"]);
    const { location_id, ...place } = state.locations["0,1,0"];
    assert.match(location_id, /^[0-9a-f-]{36}$/);
    assert.deepEqual(place, { coordinates: [0, 1, 0], name: "Boat House", description: "Two boats.", npcs: [], events: [] });
    assert.equal(state.metadata.name, "Gannet Point");
  });
});

describe("settings", () => {
  let app;
  before(async () => {
    app = await stage();
    await app.visit("#/settings");
  });
  after(() => app?.close());

  test("a change is kept over a reload, and can be reset", async () => {
    await app.run(() => {
      const theme = document.querySelector("#set-theme");
      theme.value = "dark";
      theme.dispatchEvent(new Event("change", { bubbles: true }));
    });
    await app.until(() => document.documentElement.dataset.theme === "dark");
    await app.clear("#set-userName");
    await app.type("#set-userName", `Robin${KEY.tab}`);
    await app.until(() => document.querySelector('button[aria-label="Reset Your name"]') !== null);
    await app.restart();
    assert.equal(await app.run(() => document.documentElement.dataset.theme), "dark");
    assert.equal(await app.run(() => document.querySelector("#set-userName").value), "Robin");
    await app.run(() => document.querySelector('button[aria-label="Reset Theme"]').click());
    await app.until(() => document.documentElement.dataset.theme === "system");
    assert.equal(await app.run(() => document.querySelector("#set-userName").value), "Robin");
  });

  test("a value out of range is refused in words, and changes nothing", async () => {
    await app.clear("#set-pageSize");
    await app.type("#set-pageSize", `5${KEY.tab}`);
    await app.until(() => document.querySelector('.save-state[data-is="failed"]') !== null);
    assert.match(await app.text(".save-state"), /^Not saved: /);
    await app.restart();
    assert.equal(await app.run(() => document.querySelector("#set-pageSize").value), "50");
  });
});
