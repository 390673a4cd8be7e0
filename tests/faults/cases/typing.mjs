// A page ends while somebody types. The saver would wait for a minute: whatever is there again was saved by the end of
// the page, left in the redo slot, or replayed from the journal.

import { setTimeout as sleep } from "node:timers/promises";
import { Stay } from "../stay.mjs";

/**
 * How a page ends, and how there is a page again. What sees its end coming loses no key; what does not, loses none that
 * the journal had.
 */
const WAYS = {
  reload: { leave: "reload", again: (stay) => stay.page.ready() },
  navigate: { leave: "navigate", again: (stay) => stay.page.go(stay.drill.site.url) },
  close: { end: (stay) => stay.page.close(), again: anotherPage },
  freeze: { end: frozen, again: anotherPage },
  // Chromium without a screen does not wait for its pages when it quits.
  quit: { sudden: true, end: (stay) => stay.quit(), again: (stay) => stay.start() },
  crash: { sudden: true, end: (stay) => stay.page.crash(), again: anotherPage },
  kill: { sudden: true, end: (stay) => stay.kill(), again: (stay) => stay.start() },
};

async function anotherPage(stay) {
  stay.page = await stay.tab();
}

/** As a browser does with tabs that it needs the memory of. */
async function frozen(stay) {
  await stay.page.freeze();
  await stay.page.close();
}

export default {
  about: "reload, navigation, closed, frozen and discarded tab, quit, crash and kill 0 to 50 ms after a key: it is there again, once",
  engines: ["chromium", "firefox"],
  rounds: 12,
  short: 1,
  async run(drill) {
    let [stay, n] = [undefined, 0];
    for (let round = 1; round <= drill.rounds; round += 1) {
      if (round % 3 === 1) {
        await drill.tidy();
        [stay, n] = [await Stay.begin(drill), 0];
      }
      const id = stay.model.ids["character-0"];
      for (const [way, { leave, sudden, end, again }] of Object.entries(WAYS)) {
        // Firefox has no such state.
        if (way === "freeze" && !drill.chromium) continue;
        const when = `${way} in round ${round}`;
        const [keys, delay] = [1 + Math.floor(drill.random() * 30), drill.random() * 50];
        // Somebody else writes the record while the edit waits: then it has to be among the recovered drafts.
        const foreign = drill.random() < 0.3;
        const told = { key: n, journalled: n };
        const { loads } = stay.page;
        stay.page.listen((payload) => {
          const [what, key] = payload.split(" ");
          if (what in told) told[what] = Number(key);
          else drill.fault("refused", `${when}: ${payload}`);
        });
        // A page that is gone does not answer.
        stay.page.within(30_000, (id, how) => stage.type(id, how), id, { seed: drill.seed, from: n, keys, foreign, delay, leave }).catch(() => undefined);
        await reached(() => told.key >= n + keys);
        if (end) {
          await sleep(delay);
          await end(stay);
        } else {
          await reached(() => stay.page.loads > loads);
        }
        const wanted = sudden ? told.journalled : told.key;
        await again(stay);
        if (sudden && round % 2 === 0) {
          // The replay itself is cut short.
          void stay.open().catch(() => undefined);
          await sleep(drill.random() * 150);
          await stay.kill();
          await stay.start();
        }
        let before;
        for (const opening of ["first", "second"]) {
          const opened = await stay.open();
          if (opened.code !== undefined) return;
          const found = await stay.page.run((id, seed) => stage.typed(id, seed), id, drill.seed);
          for (const text of found.torn) drill.fault("torn", `${when}: ${text}`);
          if (found.waiting > 0) drill.fault("left", `${when}: ${found.waiting} entries are in the journal after the ${opening} opening`);
          const there = foreign ? Math.max(found.record, ...found.drafts) : found.record;
          if (there < wanted) drill.fault("lost", `${when}: key ${there} is there, ${wanted} was pressed, ${told.journalled} was journalled`);
          if (foreign && found.theirs !== `somebody, ${n}`) drill.fault("lost", `${when}: what somebody else wrote was written over`);
          if (!foreign && found.drafts.length > 0) drill.fault("odd", `${when}: a draft, though nobody else wrote`);
          if (before !== undefined && JSON.stringify(found) !== before) drill.fault("changed", `${when}: ${JSON.stringify(found)} at the second opening, ${before} at the first`);
          if (opening === "first" && there > told.journalled) drill.count("by the slot or the last save");
          if (opening === "first" && found.drafts.length > 0) drill.count("drafts");
          before = JSON.stringify(found);
          await stay.page.run(() => stage.close());
        }
        const opened = await stay.open();
        if (opened.code !== undefined || drill.faults.length > 0) return;
        await stay.page.run((id) => stage.forgetDrafts());
        n += keys;
        drill.count(way);
      }
    }
  },
};

async function reached(there) {
  for (const begun = Date.now(); !there(); await sleep(1)) if (Date.now() - begun > 30_000) throw new Error("waited 30 s in vain");
}
