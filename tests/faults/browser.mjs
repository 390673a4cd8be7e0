// What every browser of these tests has in common: it runs in a process group of its own, so that all of it can be
// killed at one instant, and it is called with a time limit.

import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** No answer in time: what these tests call a hang. */
export class Hang extends Error {}

/** The first of these paths that is there. */
export const found = (...paths) => paths.find((path) => path && existsSync(path));

/** Processes of a group that still live, with their command lines; a zombie no longer writes. */
function alive(group) {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const [state, , found] = readFileSync(`/proc/${name}/stat`, "latin1").replace(/^.*\) /s, "").split(" ");
      return Number(found) === group && state !== "Z";
    } catch {
      return false;
    }
  });
}

const commandOf = (process) => {
  try {
    return readFileSync(`/proc/${process}/cmdline`, "latin1").replaceAll("\0", " ");
  } catch {
    return "";
  }
};

const groups = new Set();
function killGroup(group) {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
}
process.on("exit", () => groups.forEach(killGroup));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

/** A running browser: its processes, and calls to it that are answered or over in time. */
export class Browser {
  words = "";
  gone = false;
  #waiting = new Map();
  #count = 0;

  constructor(binary, args, stdio, env = process.env) {
    this.child = spawn(binary, args, { detached: true, stdio, env });
    groups.add(this.child.pid);
    this.child.stderr.on("data", (chunk) => (this.words = (this.words + chunk).slice(-20_000)));
    for (const stream of this.child.stdio) stream?.on("error", () => {});
    this.ended = new Promise((resolve) => {
      this.child.on("exit", () => {
        this.gone = true;
        for (const { reject } of this.#waiting.values()) reject(new Error("the browser is gone"));
        this.#waiting.clear();
        resolve();
      });
    });
  }

  /** Asks and waits; `transmit(id)` sends it. */
  ask(method, limit, transmit) {
    if (this.gone) return Promise.reject(new Error("the browser is gone"));
    const id = (this.#count += 1);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Hang(`${method} was not answered in ${limit} ms`));
      }, limit);
      const done = (settle) => (value) => {
        clearTimeout(timer);
        settle(value);
      };
      this.#waiting.set(id, { resolve: done(resolve), reject: done(reject), method });
      transmit(id);
    });
  }

  /** What came back for a call; `fault` is what was wrong with it. */
  answer(id, result, fault) {
    const call = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (fault === undefined) call?.resolve(result);
    else call?.reject(new Error(`${call.method}: ${fault}`));
  }

  /** All processes at once, in the middle of whatever they do. */
  async kill() {
    killGroup(this.child.pid);
    await this.ended;
    await this.#empty("a killed browser lives on");
  }

  /** All processes stop where they are, until they go on. */
  pause() {
    process.kill(-this.child.pid, "SIGSTOP");
  }

  resume() {
    process.kill(-this.child.pid, "SIGCONT");
  }

  /** Those of its processes whose command line says so, and how many they were. */
  killSome(pattern) {
    const chosen = alive(this.child.pid).filter((process) => pattern.test(commandOf(process)));
    for (const id of chosen) process.kill(Number(id), "SIGKILL");
    return chosen.length;
  }

  /** As a person quits it; `ask` is how it is told. */
  async quitBy(ask) {
    if (this.gone) return;
    ask().catch(() => {});
    const late = sleep(15_000, "late", { ref: false });
    if ((await Promise.race([this.ended, late])) === "late") await this.kill();
    await this.#empty("a browser that quit lives on");
  }

  async #empty(otherwise) {
    for (let tries = 0; alive(this.child.pid).length > 0; tries += 1) {
      if (tries > 500) throw new Error(otherwise);
      await sleep(10);
    }
    groups.delete(this.child.pid);
  }
}

/** A page of a browser: runs functions in it and hears what it tells. `evaluate(expression, limit)` gives a value. */
export class Page {
  /** How many documents were loaded here. */
  loads = 0;
  hear = () => {};

  constructor(parts) {
    Object.assign(this, parts);
  }

  /** Is told at once what the page tells. */
  listen(listener) {
    this.hear = listener;
  }

  async go(to) {
    await this.navigate(to);
    await this.ready();
  }

  /** Waits for the stage of this page. */
  async ready(limit = 30_000) {
    for (const begun = Date.now(); ; await sleep(15)) {
      const there = await this.evaluate("globalThis.stage !== undefined", limit).catch((error) => {
        if (error instanceof Hang || /gone|closed|not found|no such frame/.test(error.message)) throw error;
      });
      if (there === true) return;
      if (Date.now() - begun > limit) throw new Hang("the page did not load");
    }
  }

  /** Runs a function in the page; what goes in and out is JSON. */
  run(work, ...given) {
    return this.within(40_000, work, ...given);
  }

  within(limit, work, ...given) {
    return this.evaluate(`(${work})(...${JSON.stringify(given)})`, limit);
  }
}
