// The quota is reached by imports: a typed error, everything before it intact, nothing half there, and small saves
// again as soon as there is room.

import { Stay } from "../stay.mjs";

const MIB = 1 << 20;

export default {
  about: "imports until the quota: a `quota` error, earlier data whole, small saves when there is room again",
  engines: ["chromium", "firefox"],
  rounds: 5,
  short: 1,
  async run(drill) {
    for (let round = 1; round <= drill.rounds; round += 1) {
      const { origin } = drill.site;
      const allow = (page, quotaSize) => drill.chromium && page.call("Storage.overrideQuotaForOrigin", { origin, quotaSize });
      // Firefox is told at its start, and gives no origin less.
      const quota = (10 + Math.floor(drill.random() * 8)) * MIB;
      // Before the first use: Chromium remembers for a while how much is free.
      const stay = await Stay.begin(drill, { quota, prepare: (page) => allow(page, quota) });
      await stay.write({ until: 2 });
      const full = await stay.page.within(120_000, fill);
      drill.count("imported until full", full.taken.length);
      if (full.code !== "quota") drill.fault("wrong", `an import over the quota ended with ${full.code}: ${full.message}`);
      for (const [what, code] of Object.entries(full.after)) if (code !== "stored" && code !== "quota") drill.fault("wrong", `with the quota reached, ${what} ended with ${code}`);
      await intact(stay, full, "the quota is reached");
      for (const [what, code] of Object.entries(await stay.page.within(60_000, look))) {
        if (code !== "told") drill.fault("wrong", `with the quota reached, ${what} ended with ${code}`);
      }
      await stay.page.run(() => stage.close());
      const { code } = await stay.open();
      if (code !== undefined) return;
      await intact(stay, full, "opened while it is full");
      const fresh = await stay.page.within(60_000, another);
      if (fresh !== "opened" && fresh !== "quota") drill.fault("wrong", `another keep, opened while it is full, ended with ${fresh}`);

      stay.quota = 500 * MIB;
      if (drill.chromium) {
        await allow(stay.page, stay.quota);
      } else {
        await stay.quit();
        await stay.start();
        await stay.open();
      }
      const freed = await stay.page.within(100_000, again);
      drill.longest("small saves again after, ms", freed.ms);
      for (const text of freed.faults) drill.fault("wrong", text);
      await intact(stay, full, "there is room again");
      await stay.quit();
      await stay.start();
      await stay.open();
      await intact(stay, full, "after a restart");
      await drill.tidy();
    }
  },
};

async function intact(stay, { taken }, when) {
  await stay.check(when);
  for (const text of await stay.page.within(60_000, compare, taken)) stay.drill.fault("lost", `${when}: ${text}`);
}

/* What follows runs in the page. */

async function look() {
  const { keep, codeOf, settled } = stage;
  const told = {};
  const views = { health: () => keep.health(), usage: () => keep.usage(), backups: () => keep.backups.list(), quarantine: () => keep.quarantine.list(), trash: () => keep.trash.list() };
  for (const [what, work] of Object.entries(views)) told[what] = await settled(work(), 30_000, what).then(() => "told", codeOf);
  return told;
}

// Random text, because Chromium compresses.
async function fill() {
  const { keep, only, cardBytes, codeOf, saidBy, settled } = stage;
  const noise = (length) => Array.from({ length: length / 40_000 }, () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(30_000))))).join("");
  const taken = [];
  const result = { taken, after: {} };
  for (let n = 0; n < 120; n += 1) {
    const text = noise(400_000);
    try {
      const { id } = await settled(only(keep.characters.import(cardBytes(`filler ${n}`, "1", text))), 30_000, "an import");
      taken.push({ id, name: `filler ${n}`, length: text.length, end: text.slice(-40) });
    } catch (error) {
      Object.assign(result, { code: codeOf(error), message: saidBy(error) });
      break;
    }
  }
  // A change of something that is there, large and small.
  const attempt = async (what, work) => (result.after[what] = await settled(work(), 30_000, what).then(() => "stored", codeOf));
  await attempt("a large change", async () => {
    const [first] = taken;
    await keep.characters.patch(first.id, { description: noise(1_200_000) });
    first.length = 1_200_000;
    first.end = undefined;
  });
  await attempt("a small chat", () => keep.chats.create({ title: "small" }));
  return result;
}

async function compare(taken) {
  const { keep, saidBy } = stage;
  const faults = [];
  for (const { id, name, length, end } of taken) {
    try {
      const found = await keep.characters.get(id);
      const text = found?.card.description;
      if (text?.length !== length || (end !== undefined && !text.endsWith(end))) faults.push(`${name} has ${text?.length} characters of ${length}`);
      if (!(await keep.characters.export(id)).bytes.length) faults.push(`${name} is exported empty`);
    } catch (error) {
      faults.push(`${name}: ${saidBy(error)}`);
    }
  }
  const listed = (await keep.characters.list()).items.filter((item) => item.name.startsWith("filler "));
  if (listed.length !== taken.length) faults.push(`${listed.length} cards are listed, ${taken.length} were imported`);
  return faults;
}

async function another() {
  const { Keep, codeOf } = stage;
  return Keep.open({ name: "another" }).then((keep) => keep.close().then(() => "opened"), codeOf);
}

async function again() {
  const { keep, codeOf, sleep } = stage;
  const faults = [];
  const begun = performance.now();
  for (;;) {
    const code = await keep.chats.create({ title: "small" }).then(() => "stored", codeOf);
    if (code === "stored") break;
    if (code !== "quota") faults.push(`with room again, a small save ended with ${code}`);
    if (performance.now() - begun > 80_000 || faults.length > 3) return { faults: [...faults, "no small save in 80 s with room again"], ms: performance.now() - begun };
    await sleep(500);
  }
  const ms = performance.now() - begun;
  const { id } = await keep.chats.create({ title: "small" });
  const chat = await keep.chats.open(id);
  await chat.append({ name: "Ann", role: "character", text: "room again" });
  if ((await stage.textsOf(id)).join() !== "room again") faults.push("a small chat is not as it was written");
  return { faults, ms };
}
