// The user clears the site's data while the keep is open and written to.

import { setTimeout as sleep } from "node:timers/promises";
import { Model } from "../model.mjs";
import { Stay } from "../stay.mjs";

export default {
  about: "site data cleared while open: `closed` or typed errors, no hang, reopening works",
  engines: ["chromium", "firefox"],
  rounds: 8,
  short: 2,
  async run(drill) {
    for (let round = 0; round < drill.rounds; round += 1) {
      const everything = round % 2 === 0;
      const when = everything ? "everything is cleared" : "IndexedDB is cleared";
      await drill.tidy();
      const stay = await Stay.begin(drill);
      const writing = stay.write({ limit: 20_000 });
      await sleep(100 + drill.random() * 700);
      await stay.page.clear(drill.site.origin, everything);
      await sleep(800);
      await stay.page.run(() => stage.stop());
      const ends = await writing;
      if (ends.interrupted) throw ends.interrupted;
      for (const { lane, code, message } of ends) {
        if (code === "HANG") drill.fault("hang", `${when}: ${message}`);
        else if (code?.startsWith("untyped")) drill.fault("untyped", `${when}, ${lane}: ${message}`);
      }
      const refused = ends.filter(({ code }) => code !== undefined);
      drill.count("refused", refused.length);
      stay.model.refused = [];
      const told = await stay.page.run(() => stage.closedEvents());
      drill.count("closed events", told);
      if (told > 1) drill.fault("wrong", `${when}: \`closed\` came ${told} times`);
      // Either the keep still works, or it says that it is gone.
      const works = await stay.page.run(() => stage.settled(stage.keep.chats.create({ title: "after" }), 20_000, "a save").then(() => "stored", stage.codeOf));
      if (works === "HANG" || works.startsWith("untyped")) drill.fault("hang", `${when}: a save afterwards ended with ${works}`);
      if (works !== "stored" && told === 0 && refused.length === 0) drill.fault("wrong", `${when}: neither event nor error, and then ${works}`);

      await stay.page.run(() => stage.close());
      if (everything) stay.model = new Model(`${stay.model.seed}-again`);
      const opened = await stay.open();
      if (opened.code === undefined) {
        if (everything) stay.model.ids = await stay.page.run(() => stage.setUp());
        if (!(await stay.check(`${when}, reopened`))) continue;
        await stay.write({ until: 3 });
        stay.refusals();
        await stay.quit();
        await stay.start();
        if ((await stay.open()).code === undefined) await stay.check(`${when}, reopened and restarted`);
      }
    }
  },
};
