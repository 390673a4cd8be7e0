// The browser is killed in the middle of a restore. The next opening has what was there, or goes on to what the backup
// holds; nothing between, at this opening and at the one after it.

import { setTimeout as sleep } from "node:timers/promises";
import { Stay } from "../stay.mjs";

const ROUNDS_OF_A_PROFILE = 12;

export default {
  about: "SIGKILL of the whole browser in the middle of a restore, reopened twice: all of the old or all of the new",
  engines: ["chromium", "firefox"],
  rounds: 120,
  short: 3,
  async run(drill) {
    let stay, states, took;
    for (let round = 1; round <= drill.rounds; round += 1) {
      if (stay === undefined || round % ROUNDS_OF_A_PROFILE === 1) {
        await drill.tidy();
        stay = await Stay.begin(drill);
        // Two states that differ in every lane, each with its backup.
        states = [];
        for (const until of [6, 14]) {
          await stay.write({ until });
          stay.refusals();
          states.push(await stay.page.run(async (ids) => {
            const { id } = await stage.keep.backups.create({ pin: true });
            return { id, state: JSON.stringify((await stage.look(ids)).seen) };
          }, stay.model.ids));
        }
        const begun = Date.now();
        await stay.page.run((id) => stage.keep.backups.restore(id, { mode: "replace" }).then(() => undefined), states[0].id);
        took = Date.now() - begun;
        states.now = 0;
      }
      const wanted = 1 - states.now;
      const restoring = stay.page.run((id) => stage.keep.backups.restore(id, { mode: "replace" }).then(() => undefined), states[wanted].id).catch(() => undefined);
      const after = drill.random() * took * 1.2;
      await sleep(after);
      await stay.kill();
      await restoring;
      drill.say(`round ${round}: killed ${after.toFixed(0)} of about ${took} ms after a restore began`);
      for (const when of ["first", "second"]) {
        await stay.start();
        const opened = await stay.open();
        if (opened.code !== undefined) {
          stay = undefined;
          break;
        }
        if (opened.report.restore) drill.count(opened.report.restore);
        const found = await stay.page.run(async (ids) => JSON.stringify((await stage.look(ids)).seen), stay.model.ids);
        const is = states.findIndex(({ state }) => state === found);
        if (is < 0) drill.fault("torn", `round ${round}, ${when} reopening: neither the old nor the new, ${opened.report.restore ?? "no restore was found under way"}`);
        else if (when === "second" && is !== states.now) drill.fault("lost", `round ${round}: the second reopening shows another state than the first`);
        const findings = await stay.page.run(async () => (await stage.keep.check({ full: true })).findings);
        if (findings.length > 0) drill.fault("unreadable", `round ${round}, ${when} reopening: ${JSON.stringify(findings[0])}`);
        if (is < 0) {
          stay = undefined;
          break;
        }
        drill.count(is === wanted ? "new" : "old", when === "first" ? 1 : 0);
        states.now = is;
        if (when === "first") {
          await stay.page.run(() => stage.close());
          await stay.quit();
        }
      }
    }
  },
};
