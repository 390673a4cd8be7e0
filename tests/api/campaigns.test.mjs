// Campaigns through the package: scopes, roles, and the files of bots.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DataManager, Keep } from "cardkeep";
import { bytes, utf8 } from "./fixtures.mjs";

const opened = () => Keep.open({ medium: "memory" });
const codeOf = (promise) => promise.then(() => undefined, ({ code }) => code);
const GUILD = "9007199254740993";
const FILES = {
  campaigns: bytes(`{\n  "${GUILD}": {\n    "1": {\n      "name": "Höhle",\n      "gm_id": "9",\n      "players": [\n        "5"\n      ]\n    }\n  }\n}`),
  characters: bytes(`{\n  "${GUILD}": {\n    "5": {\n      "1": {\n        "name": "Ann",\n        "avatar_url": "",\n        "description": ""\n      }\n    }\n  }\n}`),
  npcs: bytes("{}"),
};

test("the files of a bot go in and come out as they were", async () => {
  const keep = await opened();
  assert.deepEqual(await keep.campaigns.importFiles(FILES), { added: 1, changed: 0, same: 0, conflicts: [], warnings: [] });
  const out = await keep.campaigns.exportFiles();
  for (const name of Object.keys(FILES)) assert.equal(utf8(out[name]), utf8(FILES[name]));
  const { scope } = await keep.campaigns.get({ guild: GUILD, channel: "1" });
  assert.equal(scope.characters["5"].name, "Ann");
  assert.equal(await codeOf(keep.campaigns.importFiles({ campaigns: bytes("[]") })), "invalid");
  assert.equal(await codeOf(keep.campaigns.importFiles({ campaign: bytes("{}") })), "bad-option");
});

test("a scope is made when it is written to, found by who plays, and kept like any record", async () => {
  const { campaigns, trash } = await opened();
  const scope = { guild: "a/b", channel: "1" };
  const { id, rev } = await campaigns.change(scope, { campaign: { name: "First", gm_id: "9" } });
  assert.equal(id, campaigns.idOf(scope));
  await campaigns.change(scope, { characters: { 5: { name: "Ann" } } }, { ifRev: rev });
  await campaigns.patch(id, { npcs: { a: { name: "A" }, b: { name: "B", own: 1 } } });
  const entry = await campaigns.change(scope, { npcs: { a: null } });
  assert.deepEqual([entry.name, entry.players, entry.characters, entry.npcs], ["First", 1, 1, 1]);
  assert.equal(await codeOf(campaigns.change(scope, { npcs: {} }, { ifRev: rev })), "conflict");
  assert.deepEqual((await campaigns.list({ player: "5" })).items.map((item) => item.id), [id]);
  assert.deepEqual((await campaigns.list({ guild: "a" })).items, []);
  assert.deepEqual((await campaigns.get(id)).scope.npcs, { b: { name: "B", own: 1 } });
  assert.equal(await codeOf(campaigns.change(scope, { campaign: { webhook_id: "https://x/api/webhooks/1/y" } })), "invalid");
  assert.equal(await codeOf(campaigns.change({ guild: "" , channel: "1" }, {})), "invalid");
  assert.equal((await campaigns.validate({ guild_id: "1", channel_id: "2", npcs: { a: {} }, characters: {} })).ok, false);
  const put = await campaigns.put({ guild_id: "1", channel_id: "2", npcs: {}, characters: {} });
  assert.equal(put.id, "1/2");
  await campaigns.delete(id);
  assert.equal(await campaigns.get(scope), undefined);
  assert.deepEqual((await trash.list()).items.map(({ domain }) => domain), ["campaigns"]);
  await campaigns.restore(id);
  assert.equal((await campaigns.history(id)).length > 1, true);
});

test("roles say who may lead, play and look on", async () => {
  const { campaigns } = await opened();
  const scope = { guild: "1", channel: "2" };
  await campaigns.change(scope, { campaign: { name: "x", gm_id: "9", player_role_id: "r" } });
  const may = (actor) => Promise.all(["read", "play", "lead"].map((action) => campaigns.can(actor, action, scope)));
  assert.deepEqual(await may({ user: "9" }), [true, true, true]);
  assert.deepEqual(await may({ user: "1", roles: ["r"] }), [true, true, false]);
  assert.deepEqual(await may({ user: "1" }), [true, false, false]);
  assert.equal(await codeOf(campaigns.can({ user: "1" }, "rule", scope)), "bad-option");
  assert.equal(await codeOf(campaigns.can({ user: "1" }, "read", { guild: "1", channel: "3" })), "not-found");
});

test("NPCs are listed by who made them, in one guild or in all", async () => {
  const keep = await Keep.open({ medium: "memory" });
  const { campaigns } = keep;
  await campaigns.change({ guild: "a", channel: "1" }, { npcs: { owl: { name: "Owl", creator_id: "7" }, fox: { name: "Fox", creator_id: "8" } } });
  await campaigns.change({ guild: "b", channel: "2" }, { npcs: { eel: { name: "Eel", creator_id: "7" }, crab: { name: "Crab" } } });
  const names = async (filter) => (await campaigns.npcs(filter)).map(({ guild, id, npc }) => `${guild} ${id} ${npc.name}`).sort();
  assert.deepEqual(await names({ creator: "7" }), ["a owl Owl", "b eel Eel"]);
  assert.deepEqual(await names({ creator: "7", guild: "b" }), ["b eel Eel"]);
  assert.deepEqual(await names({ creator: "9" }), []);
  assert.deepEqual(await names(), ["a fox Fox", "a owl Owl", "b crab Crab", "b eel Eel"]);
  assert.deepEqual((await campaigns.list({ creator: "8" })).items.map(({ guild }) => guild), ["a"]);
  await campaigns.change({ guild: "a", channel: "1" }, { npcs: { fox: null } });
  assert.deepEqual(await names({ creator: "8" }), []);
  assert.deepEqual((await campaigns.list({ creator: "8" })).items, []);
  await keep.close();
});

test("a data manager saves what was changed, and keeps what others wrote", async () => {
  const keep = await opened();
  const data = await DataManager.open(keep);
  assert.deepEqual([data.campaigns, data.characters, data.npcs], [{}, {}, {}]);
  data.campaigns[GUILD] = { 1: { name: "Cave", gm_id: "9", players: [] } };
  assert.equal((await data.saveData()).added, 1);
  await keep.campaigns.change({ guild: GUILD, channel: "1" }, { characters: { 5: { name: "Ann" } } });
  data.campaigns[GUILD]["1"].name = "Hall";
  data.npcs[GUILD] = { 1: { n: { name: "Smith", creator_id: "9" } } };
  assert.equal((await data.saveData()).changed, 1);
  assert.deepEqual(data.characters, { [GUILD]: { 5: { 1: { name: "Ann" } } } });
  const { scope } = await keep.campaigns.get({ guild: GUILD, channel: "1" });
  assert.deepEqual([scope.campaign.name, scope.npcs.n.name], ["Hall", "Smith"]);
  delete data.npcs[GUILD];
  await data.saveData();
  assert.deepEqual((await keep.campaigns.get({ guild: GUILD, channel: "1" })).scope.npcs, {});
  const { rev } = await keep.campaigns.get({ guild: GUILD, channel: "1" });
  assert.deepEqual(await data.saveData(), { added: 0, changed: 0, same: 1, conflicts: [], warnings: [] });
  assert.equal((await keep.campaigns.get({ guild: GUILD, channel: "1" })).rev, rev);
});

test("a scope is made once, and what is there is given back as it is", async () => {
  const { campaigns } = await opened();
  const scope = { guild: GUILD, channel: "1" };
  const [first, second] = await Promise.all([campaigns.ensure(scope, { campaign: { name: "First" } }), campaigns.ensure(scope, { campaign: { name: "Second" } })]);
  assert.deepEqual([first.rev, second.rev, first.scope], [1, 1, second.scope]);
  assert.equal((await campaigns.ensure(scope, { campaign: { name: "Third" } })).scope.campaign.name, first.scope.campaign.name);
  assert.equal((await campaigns.ensure({ guild: GUILD, channel: "2" })).rev, 1);
  await campaigns.delete(first.id);
  assert.equal(await codeOf(campaigns.ensure(scope)), "conflict");
  await campaigns.restore(first.id);
  assert.equal((await campaigns.ensure(scope)).id, first.id);
  for (const wrong of [campaigns.ensure({ guild: 1, channel: "1" }), campaigns.ensure(scope, {}, { ifRev: 1 })]) assert.equal(await codeOf(wrong), "bad-option");
  assert.equal(await codeOf(campaigns.ensure({ guild: "x", channel: "1" }, { characters: 5 })), "invalid");
});

test("tables that cannot be saved, and what is no keep, are errors of the table", async () => {
  const keep = await opened();
  const data = await DataManager.open(keep);
  const loop = {};
  loop.loop = loop;
  for (const characters of [undefined, null, [], "x", { 1: { 2: { 3: { name: "A", age: 1n } } } }, loop]) {
    data.characters = characters;
    await assert.rejects(data.saveData(), { code: "bad-option", op: "DataManager.saveData" });
  }
  await data.loadData();
  await assert.rejects(data.saveData({ base: {} }), { code: "bad-option" });
  for (const none of [undefined, null, {}, 7]) await assert.rejects(DataManager.open(none), { code: "bad-option", op: "DataManager.open" });
  // Halves of characters all become the same one, and two scopes would be one.
  assert.equal(await codeOf(keep.campaigns.change({ guild: "\ud800", channel: "1" }, {})), "bad-option");
  assert.deepEqual((await keep.campaigns.list()).items, []);
});

test("a world is drafted of a character's lore, looked at, and kept", async () => {
  const keep = await opened();
  const { id: ann } = await keep.characters.put({ name: "Ann", scenario: "A storm." });
  assert.deepEqual(await keep.worlds.suggestLocations(ann), []);
  const state = await keep.worlds.fromCharacter(ann);
  assert.deepEqual([state.metadata.name, state.locations["0,0,0"].npcs], ["Ann", [ann]]);
  assert.equal(await codeOf(keep.worlds.fromCharacter(ann, { include: ["1"] })), "invalid");
  const { id } = await keep.worlds.put(state);
  assert.deepEqual(await keep.worlds.inhabitants(id), [{ id: ann, status: "ok", name: "Ann", locations: ["0,0,0"] }]);
  await keep.characters.delete(ann);
  assert.equal((await keep.worlds.inhabitants(id))[0].status, "trashed");
});
