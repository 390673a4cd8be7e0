// Nothing is left: the browser evicted all of the origin, or the window was a private one. The keep says that it is new,
// never that something is wrong, and works; a private window keeps what it has as long as it is there, and for itself.

import { Stay } from "../stay.mjs";

export default {
  about: "all of the origin evicted, private windows: a new keep that says so and works, nothing of it in another window",
  engines: ["chromium", "firefox"],
  rounds: 3,
  short: 1,
  async run(drill) {
    for (let round = 1; round <= drill.rounds; round += 1) {
      await evicted(drill);
      await secret(drill);
      await drill.tidy();
    }
  },
};

async function evicted(drill) {
  const { origin } = drill.site;
  const stay = await Stay.begin(drill);
  await stay.write({ until: 4 });
  await stay.quit();
  await stay.start();
  await stay.page.clear(origin, true);
  await begun(stay, "everything was evicted");
}

async function secret(drill) {
  const stay = await Stay.begin(drill, { secret: true });
  await stay.write({ until: 4 });
  await stay.page.close();
  stay.page = await stay.tab();
  if ((await stay.open()).code !== undefined) return;
  await stay.check("another page of the private window");
  stay.refusals();
  await stay.browser.forget(stay.context);
  stay.context = await stay.browser.secret();
  stay.page = await stay.tab();
  await begun(stay, "another private window");
}

/** The keep is a new one, and holds what it is given. */
async function begun(stay, when) {
  const { drill } = stay;
  const opened = await stay.page.run((options) => stage.open(options), {});
  if (opened.code !== undefined) return drill.fault("unopened", `${when}: ${opened.message}`);
  drill.count("opened");
  if (!opened.report.created || opened.report.recovered) drill.fault("wrong", `${when}: the opening told ${JSON.stringify(opened.report)}`);
  await stay.setUp();
  await stay.write({ until: 4 });
  await stay.quit();
  if (stay.secret) return;
  await stay.start();
  if ((await stay.open()).code === undefined) await stay.check(`${when}, and written to again`);
  stay.refusals();
}
