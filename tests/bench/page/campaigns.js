// Look-ups of campaigns, as they run in the page. Called by ../campaigns.mjs.

import { Keep } from "cardkeep";

const id = (kind, n) => `${kind}${String(n).padStart(17, "0")}`;

/** A channel's campaign: five play in it, and there are ten NPCs. */
function made(guild, channel) {
  const n = guild * 100 + channel;
  const players = Array.from({ length: 5 }, (_, k) => id("u", (n * 7 + k * 13) % 400));
  return {
    guild_id: id("g", guild),
    channel_id: id("c", n),
    campaign: { name: `Campaign ${n}`, gm_id: id("m", n % 80), players },
    characters: Object.fromEntries(players.map((user, k) => [user, { name: `Hero ${n} ${k}`, avatar_url: null, description: "Somebody who swims." }])),
    npcs: Object.fromEntries(Array.from({ length: 10 }, (_, k) => [`npc${k}`, { name: `Fish ${k}`, avatar_url: null, creator_id: id("m", n % 80) }])),
  };
}

const asked = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** By hand: one object a scope, with an index for each question. */
async function table(scopes) {
  const open = indexedDB.open("by-hand", 1);
  open.onupgradeneeded = () => {
    const store = open.result.createObjectStore("scopes", { keyPath: ["guild_id", "channel_id"] });
    store.createIndex("gm", "campaign.gm_id");
    store.createIndex("player", "campaign.players", { multiEntry: true });
  };
  const base = await asked(open);
  const writing = base.transaction("scopes", "readwrite");
  for (const scope of scopes) writing.objectStore("scopes").put(scope);
  writing.commit();
  await new Promise((resolve) => (writing.oncomplete = resolve));
  return () => base.transaction("scopes").objectStore("scopes");
}

const median = (times) => times.sort((a, b) => a - b)[times.length >> 1];

/** Both in turn, in an order that changes with every round. */
export async function campaigns(guilds, channels, rounds) {
  const scopes = [];
  for (let guild = 0; guild < guilds; guild += 1) for (let channel = 0; channel < channels; channel += 1) scopes.push(made(guild, channel));
  const keep = await Keep.open({ name: "campaigns" });
  for (let at = 0; at < scopes.length; at += 200) await keep.campaigns.putMany(scopes.slice(at, at + 200).map((scope) => ({ scope })));
  const store = await table(scopes);
  const questions = [
    ["the campaign of a channel", ({ guild_id: guild, channel_id: channel }) => keep.campaigns.get({ guild, channel }), (one) => asked(store().get([one.guild_id, one.channel_id]))],
    ["the character of a player", async ({ guild_id: guild, channel_id: channel, campaign }) => (await keep.campaigns.get({ guild, channel })).scope.characters[campaign.players[0]], async (one) => (await asked(store().get([one.guild_id, one.channel_id]))).characters[one.campaign.players[0]]],
    ["the campaigns that somebody leads", async ({ campaign }) => (await keep.campaigns.list({ gm: campaign.gm_id })).items, (one) => asked(store().index("gm").getAll(one.campaign.gm_id))],
    ["the campaigns that somebody plays in", async ({ campaign }) => (await keep.campaigns.list({ player: campaign.players[0] })).items, (one) => asked(store().index("player").getAll(one.campaign.players[0]))],
  ];
  const measured = [];
  for (const [name, ours, raw] of questions) {
    const times = [[], []];
    for (let round = 0; round < rounds; round += 1) {
      const scope = scopes[(round * 37) % scopes.length];
      const found = [undefined, undefined];
      for (const who of round % 2 ? [0, 1] : [1, 0]) {
        const began = performance.now();
        found[who] = await [ours, raw][who](scope);
        times[who].push(performance.now() - began);
      }
      if (Array.isArray(found[0]) && found[0].length !== found[1].length) throw new Error(`${name}: ${found[0].length} against ${found[1].length}`);
    }
    measured.push({ name, ours: median(times[0]), raw: median(times[1]) });
  }
  await keep.close();
  return measured;
}
