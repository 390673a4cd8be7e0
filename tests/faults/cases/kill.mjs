// The browser is killed in the middle of heavy writing over all tables. The damage a kill does may show only when
// the database is opened for the second time: LevelDB goes on writing behind a torn record.

import { setTimeout as sleep } from "node:timers/promises";
import { LANES } from "../page/workload.mjs";
import { Stay } from "../stay.mjs";

/** Those that write often and little. */
const SMALL = ["chat-0", "chat-1", "chat-2", "world-0", "world-1", "settings", "trash"];
const ROUNDS_OF_A_PROFILE = 10;

export default {
  about: "SIGKILL of the whole browser during writes, reopened twice: nothing acknowledged is lost, no group is torn",
  engines: ["chromium", "firefox"],
  rounds: 200,
  short: 3,
  async run(drill) {
    let stay;
    for (let round = 1; round <= drill.rounds; round += 1) {
      if (stay === undefined || round % ROUNDS_OF_A_PROFILE === 1) {
        await drill.tidy();
        stay = await Stay.begin(drill);
      }
      const before = stay.model.saved;
      const writing = stay.write({ lanes: drill.random() < 0.5 ? SMALL : LANES });
      const after = 30 + drill.random() * 1500;
      await sleep(after);
      await stay.kill();
      await writing;
      drill.say(`round ${round}: killed after ${after.toFixed(0)} ms, ${stay.model.saved - before} saved`);
      const whole = (await reopened(stay, drill, `round ${round}, first reopening`)) && (await between(stay, drill)) && (await reopened(stay, drill, `round ${round}, second reopening`)) && stay.refusals();
      if (!whole) stay = undefined;
    }
  },
};

async function reopened(stay, drill, when) {
  await stay.start();
  if ((await stay.open()).code !== undefined) return false;
  return stay.check(when);
}

/** The run between: left alone or written to, then quit or killed. */
async function between(stay, drill) {
  if (drill.random() < 0.5) await stay.write({ until: 3 });
  if (drill.random() < 0.5) {
    await stay.page.run(() => stage.close());
    await stay.quit();
  } else {
    await stay.kill();
  }
  return true;
}
