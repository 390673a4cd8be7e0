// Other versions of the app: a structure that another tab wants to upgrade, and data that a newer version wrote.

import { Stay } from "../stay.mjs";

export default {
  about: "an upgrade blocks or is blocked, newer data opens read-only, and back: typed, in time, nothing changed",
  engines: ["chromium", "firefox"],
  rounds: 5,
  short: 1,
  async run(drill) {
    for (let round = 1; round <= drill.rounds; round += 1) {
      const stay = await Stay.begin(drill);
      await stay.write({ until: 3 });
      for (const work of [newer, takenOver, queued, upgraded]) {
        const wrong = (truth, text) => truth || drill.fault("wrong", `${work.name}: ${text}`);
        await work(stay, wrong);
        if (!stay.refusals()) break;
      }
      await drill.tidy();
    }
  },
};

/** Reads and exports; does not write. */
async function readsOnly(stay, wrong) {
  const { access, code } = await stay.open();
  if (!wrong(code === undefined, `opening newer data ended with ${code}`)) return;
  wrong(access.mode === "read-only" && access.reason === "too-new" && access.stored === 99, `the access is ${JSON.stringify(access)}`);
  const codes = await stay.page.run(attempts, stay.model.ids);
  for (const [what, found] of Object.entries(codes)) wrong(found === "read-only", `${what} ended with ${found}`);
  await stay.check("newer data, read-only");
}

async function newer(stay, wrong) {
  await stay.page.run(() => stage.close());
  const own = await stay.page.run(() => stage.raw.meta("cardkeep"));
  const from = JSON.parse(own);
  await stay.page.run((text) => stage.raw.meta("cardkeep", text), JSON.stringify({ ...from, schema: 99, minWriter: 99 }));
  await readsOnly(stay, wrong);
  await stay.quit();
  await stay.start();
  await readsOnly(stay, wrong);
  await stay.page.run(() => stage.close());
  await stay.page.run((text) => stage.raw.meta("cardkeep", text), own);
  const { access } = await stay.open();
  wrong(access?.mode === "read-write", `back again, the access is ${JSON.stringify(access)}`);
  await stay.check("newer data and back");
  await stay.write({ until: 2 });
  await stay.check("newer data, back and written");
}

/** A newer version takes over while this one is open: its next write is refused, and stored nowhere. */
async function takenOver(stay, wrong) {
  const own = await stay.page.run(() => stage.raw.meta("cardkeep"));
  await stay.page.run((text) => stage.raw.meta("cardkeep", text), JSON.stringify({ ...JSON.parse(own), schema: 99, minWriter: 99 }));
  await stay.page.run(hearAccess);
  const codes = await stay.page.run(attempts, stay.model.ids);
  for (const [what, found] of Object.entries(codes)) wrong(found === "too-new" || found === "read-only", `${what} under a newer version ended with ${found}`);
  const { heard, access } = await stay.page.run(() => ({ heard: globalThis.heard, access: stage.keep.access }));
  wrong(access.mode === "read-only" && access.reason === "too-new" && access.stored === 99, `under a newer version the access is ${JSON.stringify(access)}`);
  wrong(heard.length === 1 && heard[0] === JSON.stringify(access), `\`access\` came as ${heard.join(", ") || "nothing"}`);
  await stay.check("under a newer version");
  await stay.page.run(() => stage.close());
  await readsOnly(stay, wrong);
  await stay.page.run(() => stage.close());
  await stay.page.run((text) => stage.raw.meta("cardkeep", text), own);
  await stay.open();
}

/** Another tab upgrades the structure: this keep lets go at once, tells, and says `closed` afterwards. */
async function upgraded(stay, wrong) {
  const other = await stay.tab();
  const version = await other.run(upgrade);
  wrong(version === "upgraded", `the other tab's upgrade ${version}`);
  const told = await stay.page.run(() => stage.closedEvents());
  wrong(told === 1, `\`closed\` came ${told} times`);
  const code = await stay.page.run(() => stage.settled(stage.keep.settings.patch({ theme: "dark" }), 10_000, "a save").then(() => "stored", stage.codeOf));
  wrong(code === "closed", `a save afterwards ended with ${code}`);
  await stay.open();
  await stay.check("with another structure");
}

/** A tab that does not let go, an upgrade that waits for it, and an opening queued behind: it answers in time. */
async function queued(stay, wrong) {
  await stay.page.run(() => stage.close());
  const other = await stay.tab();
  await other.run(hold);
  const begun = Date.now();
  const waited = await stay.page.run(() => stage.open({ timeout: 2500 }));
  const took = Date.now() - begun;
  if (waited.code !== undefined) wrong(["timeout", "blocked"].includes(waited.code), `the queued opening ended with ${waited.code}: ${waited.message}`);
  wrong(took < 6000, `the queued opening took ${took} ms with a limit of 2500`);
  // Meanwhile everything can be read from the second copy.
  const copy = await stay.page.run(() => stage.open({ medium: "second-copy" }));
  wrong(copy.access?.mode === "read-only" && copy.access.reason === "second-copy", `the second copy opened with ${copy.code ?? JSON.stringify(copy.access)}`);
  await stay.check("the second copy, while an upgrade is blocked");
  const codes = await stay.page.run(attempts, stay.model.ids);
  for (const [what, found] of Object.entries(codes)) wrong(found === "read-only", `${what} in the second copy ended with ${found}`);
  await stay.page.run(() => stage.close());
  await other.run(() => stage.raw.held.forEach((database) => database.close()));
  await other.run(() => globalThis.waiting);
  await other.close();
  const { access } = await stay.open();
  wrong(access?.mode === "read-write", `afterwards the access is ${JSON.stringify(access)}`);
  await stay.check("after a blocked upgrade");
}

/* What follows runs in the page. */

function hearAccess() {
  globalThis.heard = [];
  stage.keep.addEventListener("access", ({ detail }) => globalThis.heard.push(JSON.stringify(detail)));
}

async function attempts(ids) {
  const { keep, settled, codeOf, only, cardBytes } = stage;
  const chat = await keep.chats.open(ids["chat-0"]);
  const works = {
    "a patch": () => keep.characters.patch(ids["character-0"], { name: "older" }),
    "an append": () => chat.append({ name: "Ann", role: "character", text: "older" }),
    "a move": () => keep.worlds.setStat(ids["world-0"], "step", -1),
    "a setting": () => keep.settings.patch({ userName: "older" }),
    "an import": () => only(keep.characters.import(cardBytes("older", "0", ""))),
    "a deletion": () => keep.chats.delete(ids["chat-1"]),
  };
  const codes = {};
  for (const [what, work] of Object.entries(works)) codes[what] = await settled(work(), 10_000, what).then(() => "stored", codeOf);
  return codes;
}

function upgrade() {
  return new Promise((resolve) => {
    const request = indexedDB.open("cardkeep", 10);
    const late = setTimeout(() => resolve("was blocked for 10 s"), 10_000);
    request.onsuccess = () => {
      clearTimeout(late);
      request.result.close();
      resolve("upgraded");
    };
    request.onerror = () => resolve(String(request.error));
  });
}

async function hold() {
  stage.raw.held.push(await stage.raw.open("cardkeep"));
  globalThis.waiting = new Promise((resolve) => {
    const request = indexedDB.open("cardkeep", 9);
    request.onsuccess = () => {
      request.result.close();
      resolve();
    };
    request.onerror = () => resolve();
  });
}
