// A page ends within 50 ms after a save that was awaited, while other saves are under way.

import { setTimeout as sleep } from "node:timers/promises";
import { Stay } from "../stay.mjs";

/** How a page ends, and how there is a page again. Those without `leave` are ended from outside. */
const WAYS = {
  reload: { leave: "reload", again: (stay) => stay.page.ready() },
  navigate: { leave: "navigate", again: (stay) => stay.page.go(stay.drill.site.url) },
  close: { end: (stay) => stay.page.close(), again: anotherPage },
  crash: { end: (stay) => stay.page.crash(), again: anotherPage },
  quit: { end: (stay) => stay.quit(), again: (stay) => stay.start() },
  kill: { end: (stay) => stay.kill(), again: (stay) => stay.start() },
};

async function anotherPage(stay) {
  stay.page = await stay.tab();
}

export default {
  about: "reload, navigation, closed tab, crash, quit and kill within 50 ms after an awaited save: it is there",
  engines: ["chromium", "firefox"],
  rounds: 12,
  short: 1,
  async run(drill) {
    let stay;
    for (let round = 1; round <= drill.rounds; round += 1) {
      if (round % 2 === 1) {
        await drill.tidy();
        stay = await Stay.begin(drill);
      }
      for (const [way, { leave, end, again }] of Object.entries(WAYS)) {
        const [lane, saves, delay] = ["settings", 2 + Math.floor(drill.random() * 7), drill.random() * 50];
        const from = stay.model.lanes.get(lane).n;
        const { loads } = stay.page;
        stay.write({ after: { lane, saves, delay, leave } });
        await reached(() => stay.model.lanes.get(lane).told >= from + saves);
        if (end) {
          await sleep(delay);
          await end(stay);
        } else {
          await reached(() => stay.page.loads > loads);
        }
        await again(stay);
        const opened = await stay.open();
        if (opened.code !== undefined || !(await stay.check(`${way} in round ${round}`)) || !stay.refusals()) return;
        drill.count(way);
      }
    }
  },
};

async function reached(there) {
  for (const begun = Date.now(); !there(); await sleep(1)) if (Date.now() - begun > 30_000) throw new Error("waited 30 s in vain");
}
