// A profile with a keep in it and the model of what that keep has to hold, over many runs of the browser.

import { mkdtemp, rename, rm, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Model } from "./model.mjs";

export class Stay {
  /**
   * An empty profile; `prepare(page)` comes before the keep is made, `first` runs before the scripts of each page;
   * `secret` has all pages in a private window; `quota`: how many bytes the origin may have, where that is said at the start.
   */
  static async begin(drill, { prepare, first, secret, quota, url = drill.site.url, name = drill.number() } = {}) {
    const stay = new Stay();
    stay.drill = drill;
    Object.assign(stay, { first, secret, quota, url });
    stay.name = name;
    stay.profile = await mkdtemp(join(tmpdir(), "cardkeep-faults-"));
    drill.later(() => stay.end());
    await stay.start();
    await prepare?.(stay.page);
    const opened = await stay.page.run((options) => stage.open(options), {});
    if (opened.code !== undefined) throw new Error(`an empty keep cannot be made: ${opened.message}`);
    await stay.setUp();
    return stay;
  }

  /** What the open keep, a new one, is to hold: nothing yet. */
  async setUp() {
    this.model = new Model(`${this.drill.seed}-${this.name}`);
    this.model.ids = await this.page.run(() => stage.setUp());
  }

  /** Runs the browser, with one page. */
  async start() {
    this.browser = await this.drill.engine.launch(this.profile, { quota: this.quota });
    if (this.secret) this.context = await this.browser.secret();
    this.page = await this.tab();
  }

  /** Another page of the same browser, heard as well. */
  async tab() {
    const page = await this.browser.page(this.url, { first: this.first, context: this.context });
    this.#hear(page);
    return page;
  }

  /** Where the profile has its databases. */
  get databases() {
    return this.drill.engine.databases(this.profile);
  }

  #hear(page) {
    page.listen((payload) => {
      if (payload.startsWith("saved ")) this.drill.count("saved");
      this.model.tell(payload);
    });
  }

  /** Opens the keep that was made before; counts what the opening tells. */
  async open(options = {}, page = this.page, limit = 25_000) {
    const opened = await page.within(limit + 10_000, (given, ms) => stage.open(given, ms), options, limit);
    this.drill.count("opened");
    this.drill.longest("slowest open, ms", opened.ms);
    if (opened.code !== undefined) {
      this.drill.fault(opened.code === "HANG" ? "hang" : opened.code.startsWith("untyped") ? "untyped" : "unopened", opened.message);
      return opened;
    }
    if (opened.missing || opened.report.created) this.drill.count("wiped");
    if (opened.report.recovered) {
      this.drill.count("recovered");
      this.drill.say(`recovered ${JSON.stringify(opened.report.recovered)}`);
    }
    return opened;
  }

  /** Writes on all lanes until the browser ends or `until` operations each are done. Never rejects. */
  write({ lanes, page = this.page, ...more } = {}) {
    return page.within(120_000, (given) => stage.write(given), { ...this.model.start(lanes), ...more }).catch((error) => ({ interrupted: error }));
  }

  /** Looks at everything, and tells of what is wrong. True when nothing is. */
  async check(when, page = this.page) {
    const begun = Date.now();
    const found = await page.within(150_000, (ids) => stage.look(ids), this.model.ids);
    this.drill.say(`${when}: looked in ${Date.now() - begun} ms`);
    const faults = this.model.compare(found);
    for (const [kind, text] of faults) this.drill.fault(kind, `${when}: ${text}`);
    return faults.length === 0;
  }

  /** A save that was refused though nothing should refuse it. */
  refusals(allowed = []) {
    const odd = this.model.refused.filter(({ code }) => !allowed.includes(code));
    this.model.refused = [];
    for (const { lane, n, code } of odd) this.drill.fault(code === "HANG" ? "hang" : code.startsWith("untyped") ? "untyped" : "refused", `operation ${n} of ${lane}: ${code}`);
    return odd.length === 0;
  }

  async kill() {
    await this.browser.kill();
    this.drill.count("kills");
  }

  quit() {
    return this.browser.quit();
  }

  /** Ends, and leaves nothing behind, or a damaged profile where it was asked for. */
  async end() {
    await this.browser?.kill();
    if (this.drill.keep && this.drill.faults.length > 0) {
      await mkdir("target/faults", { recursive: true });
      await rename(this.profile, `target/faults/${this.drill.name}-${this.drill.seed}-${this.name}`).catch(() => {});
    }
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
