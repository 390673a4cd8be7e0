// A tab is frozen in the middle of its writes, as phones do it to tabs in the background; another one goes on.

import { setTimeout as sleep } from "node:timers/promises";
import { Stay } from "../stay.mjs";

const FROZEN = ["character-0", "character-1", "chat-0", "chat-1", "world-0", "logs", "cards"];
const OTHER = ["character-2", "chat-2", "world-1", "settings", "trash"];

/** How long the other tab may wait. Chromium itself ends the transaction of a frozen tab after 60 s only. */
const PATIENCE_MS = 10_000;

export default {
  about: "a tab frozen in the middle of writes: another opens and saves at once, and the frozen one goes on later",
  rounds: 10,
  short: 3,
  async run(drill) {
    const stay = await Stay.begin(drill);
    for (let round = 1; round <= drill.rounds; round += 1) {
      const frozen = stay.page;
      const lifecycle = (state) => frozen.call("Page.setWebLifecycleState", { state });
      const writing = stay.write({ lanes: FROZEN, limit: 90_000 });
      await sleep(50 + drill.random() * 700);
      await lifecycle("frozen");
      const before = stay.model.saved;
      const other = await stay.tab();
      const opening = await stay.open({}, other);
      if (opening.ms > PATIENCE_MS) drill.fault("hang", `round ${round}: opening beside a frozen tab took ${opening.ms.toFixed(0)} ms`);
      if (opening.code !== undefined || opening.ms > PATIENCE_MS) return;
      const begun = Date.now();
      const ends = await stay.write({ page: other, lanes: OTHER, until: 5, limit: PATIENCE_MS });
      const took = Date.now() - begun;
      drill.longest("slowest saves beside it, ms", took);
      if (took > PATIENCE_MS) drill.fault("hang", `round ${round}: saves beside a frozen tab took ${took} ms`);
      if (ends.interrupted) throw ends.interrupted;
      if (!stay.refusals()) return;
      drill.say(`round ${round}: ${stay.model.saved - before} saved beside the frozen tab in ${took} ms`);
      await lifecycle("active");
      await sleep(200);
      await frozen.run(() => stage.stop());
      await writing;
      stay.refusals();
      const whole = await stay.check(`round ${round}`, other);
      await other.run(() => stage.close());
      await other.close();
      if (!whole) return;
    }
    await stay.quit();
    await stay.start();
    await stay.open();
    await stay.check("after a restart");
  },
};
