// The browser's own helpers die while a page writes: those for storage and for the network, where it has them as processes
// of their own. The page lives on, and so has the keep to, without a reload.

import { setTimeout as sleep } from "node:timers/promises";
import { Stay } from "../stay.mjs";

/** Firefox has its databases in the browser itself, and beside the pages helpers for sockets, media and small tasks. */
const FIREFOX = { "every helper": /-contentproc (?!.*-isForBrowser ).* (socket|utility|rdd|gpu)\b/ };

const CHROMIUM = {
  storage: /--utility-sub-type=storage\./,
  network: /--utility-sub-type=network\./,
  "every helper": /--type=utility/,
  graphics: /--type=gpu-process/,
};

export default {
  about: "the browser's storage, network and other helpers are killed during writes: saves go on without a reload",
  engines: ["chromium", "firefox"],
  rounds: 3,
  short: 1,
  async run(drill) {
    for (let round = 1; round <= drill.rounds; round += 1) {
      const stay = await Stay.begin(drill);
      for (const [helper, pattern] of Object.entries(drill.chromium ? CHROMIUM : FIREFOX)) {
        const writing = stay.write({ limit: 30_000 });
        await sleep(100 + drill.random() * 600);
        const killed = stay.browser.killSome(pattern);
        drill.count(`killed of ${helper}`, killed);
        const before = stay.model.saved;
        await sleep(1_500);
        await stay.page.run(() => stage.stop());
        const ends = await writing;
        if (ends.interrupted) throw ends.interrupted;
        if (stay.model.saved === before) drill.fault("hang", `${helper}: nothing was saved in the 1.5 s after it was killed`);
        if (!stay.refusals() || !(await stay.check(`${helper} killed`))) return;
      }
      const told = await stay.page.run(() => stage.closedEvents());
      if (told > 0) drill.fault("wrong", `\`closed\` came ${told} times`);
      await stay.quit();
      await stay.start();
      if ((await stay.open()).code === undefined) await stay.check("after a restart");
      await drill.tidy();
    }
  },
};
