// IndexedDB loses a part of old data without a word, and goes on as if nothing had happened.

import { Stay } from "../stay.mjs";

const WAYS = {
  "every row is gone": [["rows"], 1],
  "every second row is gone": [["rows"], 2],
  "every second page is gone": [["pages"], 2],
  "every page is gone": [["pages"], 1],
};

export default {
  about: "rows or pages of old data vanish silently: it is noticed at the next opening, and put back",
  engines: ["chromium", "firefox"],
  rounds: 3,
  short: 1,
  async run(drill) {
    for (let round = 1; round <= drill.rounds; round += 1) {
      for (const [way, [tables, every]] of Object.entries(WAYS)) {
        const stay = await Stay.begin(drill);
        await stay.write({ until: 4 });
        // Old enough that no recent write tells of it.
        for (let times = 0; times < 3; times += 1) await again(stay);
        await stay.page.run(() => stage.close());
        await stay.page.run((...given) => stage.raw.empty(...given), tables, every);
        if ((await stay.open()).code === undefined) await stay.check(way);
        await again(stay);
        await stay.check(`${way}, opened again`);
        await drill.tidy();
      }
    }
  },
};

async function again(stay) {
  await stay.quit();
  await stay.start();
  await stay.open();
}
