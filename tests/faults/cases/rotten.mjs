// A record or a page that cannot be decoded: its bytes flipped, cut or replaced in the database itself. It comes back from
// the second copy; where there is none, it is named, hides no other, and can be put into quarantine.

import { Stay } from "../stay.mjs";

const LANES = ["character-1", "chat-1", "world-0"];
const WAYS = ["flipped", "cut", "empty", "text", "nothing"];

export default {
  about: "rows and pages undecodable in the database: back from the second copy, or named, with everything else as it was",
  engines: ["chromium", "firefox"],
  rounds: 2,
  short: 1,
  async run(drill) {
    for (let round = 1; round <= drill.rounds; round += 1) {
      const stay = await Stay.begin(drill);
      await stay.write({ until: drill.short ? 4 : 12 });
      const first = Math.floor(drill.random() * WAYS.length);
      const chosen = drill.short ? [WAYS[first]] : WAYS;
      for (const way of chosen) {
        for (const table of ["rows", "pages"]) {
          await stay.page.run(() => stage.close());
          const rotten = await stay.page.run(rot, way, table, LANES.map((lane) => stay.model.ids[lane]));
          if (rotten === 0) drill.fault("wrong", `${way}: nothing of ${table} was there to rot`);
          drill.count(`${table} rotten`, rotten);
          if ((await stay.open()).code !== undefined || !(await stay.check(`${table} ${way}, with a second copy`))) return;
          await stay.write({ until: 1 });
        }
      }
      // Without the second copy nobody has it; all the others have to be as they were.
      const way = chosen.at(-1);
      await stay.page.run(() => stage.close());
      const lane = LANES[round % LANES.length];
      await stay.page.run(() => stage.raw.forget());
      await stay.page.run(rot, way, "rows", [stay.model.ids[lane]]);
      if ((await stay.open()).code !== undefined) return;
      await alone(stay, lane, `${way}, with no second copy`);
      const { findings, repaired, quarantine } = await stay.page.run(mend);
      if (findings === 0) drill.fault("wrong", `${way}: a check finds nothing`);
      drill.say(`${way}: ${findings} findings, repaired: ${repaired}, ${quarantine} in quarantine`);
      await stay.write({ until: 2, lanes: others(stay, lane) });
      await stay.quit();
      await stay.start();
      if ((await stay.open()).code === undefined) await alone(stay, lane, `${way}, mended and restarted`);
      stay.refusals();
      await drill.tidy();
    }
  },
};

const others = ({ model }, lane) => [...model.lanes.keys()].filter((name) => name !== lane);

/** Only this lane may be named or gone, and with a code. */
async function alone(stay, lane, when) {
  const { drill, model } = stay;
  const { seen, unreadable } = await stay.page.within(150_000, (ids) => stage.look(ids), model.ids);
  const own = unreadable.filter(({ id }) => id === model.ids[lane]);
  const found = model.compare({ seen, unreadable: unreadable.filter((one) => !own.includes(one)) });
  for (const [kind, text] of found) if (!text.includes(lane)) drill.fault(kind, `${when}: ${text}`);
  for (const [kind, text] of found) if (text.includes(lane) && (text.includes("untyped") || kind === "hang")) drill.fault(kind, `${when}: ${text}`);
  if (seen[lane].shown !== undefined && own.length > 0) drill.fault("odd", `${when}: ${lane} is named, and reads as ${seen[lane].shown}`);
  drill.count("named", own.length);
}

/* What follows runs in the page. */

/** Rows of these ids, or the pages of their chats and a few parts, become what no version of the app has written. */
async function rot(way, table, ids) {
  const database = await stage.raw.open("cardkeep");
  const store = database.transaction([table], "readwrite").objectStore(table);
  const done = (request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));
  const keys = (await done(store.getAllKeys())).filter(([kind, owner], index) => (table === "rows" ? ids.includes(owner) && kind !== "versions" : ids.includes(owner) || (kind === "part" && index % 7 === 0)));
  for (const key of keys) {
    const value = await done(store.get(key));
    const bytes = table === "rows" ? value.bytes : value;
    const damaged = {
      flipped: () => bytes.map((byte, at) => (at % 50 === 30 ? byte ^ 0x5a : byte)),
      cut: () => bytes.slice(0, bytes.length >> 1),
      empty: () => new Uint8Array(0),
      text: () => "no bytes at all",
      nothing: () => null,
    }[way]();
    const whole = table === "rows" && !["text", "nothing"].includes(way) ? { ...value, bytes: damaged } : damaged;
    await done(store.put(whole, key));
  }
  database.close();
  return keys.length;
}

async function mend() {
  const { findings } = await stage.keep.check({ full: true });
  const { items } = await stage.keep.repair(findings);
  return { findings: findings.length, repaired: items.map(({ outcome }) => outcome).join(), quarantine: (await stage.keep.quarantine.list()).length };
}
