// What has to be in a keep, known from the saves that were told of. Every lane may be ahead of what was told, never
// behind, and always in a state that one of its operations left: that is a group.

import { LANES, apply, fresh, operation, shown } from "./page/workload.mjs";

/** How many stored operations the news of which a kill may have swallowed. */
const UNTOLD = 60;

export class Model {
  constructor(seed) {
    this.seed = seed;
    this.saved = 0;
    this.refused = [];
    this.lanes = new Map(LANES.map((lane) => [lane, { n: 0, state: fresh(lane), told: 0 }]));
    /** Since the last strict save, in the order in which they were told; none where relaxed ones count too. */
    this.order = undefined;
  }

  copy() {
    return Object.assign(new Model(this.seed), structuredClone({ ...this }));
  }

  /** Everything told so far was made sure. What is told from now on may be lost, but for no gap. */
  strict() {
    this.order = [];
  }

  /** Where the page goes on. */
  start(lanes = LANES) {
    const from = lanes.map((lane) => {
      const { n, state } = this.lanes.get(lane);
      return [lane, { id: this.ids[lane], n, state }];
    });
    return { seed: this.seed, lanes: Object.fromEntries(from) };
  }

  tell(payload) {
    const [what, lane, n, ...rest] = payload.split(" ");
    if (what === "saved") {
      const known = this.lanes.get(lane);
      if (this.order === undefined) known.told = Math.max(known.told, Number(n));
      else this.order.push([lane, Number(n)]);
      this.saved += 1;
    } else {
      this.refused.push({ lane, n: Number(n), code: rest.join(" ") });
    }
  }

  /** How many of those that may be lost are. */
  missing() {
    return this.order.filter(([lane, n]) => this.lanes.get(lane).n < n).length;
  }

  /** What is there though it was begun after something was told that is not there. */
  gaps() {
    const first = this.order.findIndex(([lane, n]) => this.lanes.get(lane).n < n);
    const later = first < 0 ? [] : this.order.slice(first + 1);
    // Who was told of operation n begins n + 1.
    const there = later.filter(([lane, n]) => this.lanes.get(lane).least > n);
    return there.map(([lane, n]) => `operation ${n + 1} of ${lane} is there, operation ${this.order[first][1]} of ${this.order[first][0]}, told before it began, is not`);
  }

  /** Everything that is not as it was promised; what is fine is what has to be there from now on. */
  compare({ seen, unreadable }) {
    const faults = unreadable.map(({ domain, id, code, message }) => ["unreadable", `${domain} ${id}: ${code} ${message}`]);
    for (const [lane, known] of this.lanes) {
      const found = seen[lane];
      if (found.missing) faults.push(["lost", `${lane} is gone, ${known.told} operations were saved`]);
      else if (found.torn !== undefined) faults.push(["torn", `${lane}: ${found.torn}`]);
      else if (found.shown === undefined) faults.push([found.code === "HANG" ? "hang" : "unreadable", `${lane}: ${found.message}`]);
      else faults.push(...place(this, lane, known, found.shown));
    }
    return faults;
  }
}

/** Finds the operation that left what was found, at or behind the last one told of. */
function place(model, lane, known, found) {
  let [n, state, behind, place] = [known.n, structuredClone(known.state), undefined, undefined];
  // Where saves may be missing, the last operation that fits counts, and the first one for what must not be there; no more
  // than one of a lane is under way.
  const most = model.order === undefined ? known.told + UNTOLD : (model.order.findLast(([name]) => name === lane)?.[1] ?? known.told) + 1;
  for (; n <= most && (place === undefined || model.order !== undefined); n += 1) {
    if (shown(lane, state) === found) {
      if (n >= known.told) place = { n, state: structuredClone(state), told: n, least: place?.least ?? n };
      else behind = n;
    }
    apply(lane, state, operation(model.seed, lane, n + 1, state));
  }
  if (place !== undefined) {
    model.lanes.set(lane, place);
    return [];
  }
  if (behind !== undefined) return [["lost", `${lane} is at operation ${behind}, ${known.told} were saved`]];
  if (found === shown(lane, fresh(lane))) return [["lost", `${lane} is as it began, ${known.told} operations were saved`]];
  // A set of records that are whole, but not all of them.
  if (state.there && found.split("; ").every((item) => state.there.includes(item))) return [["lost", `of ${lane}, ${found.split("; ").length} are there, ${known.told} were saved`]];
  const about = found.length > 200 ? `${found.slice(0, 100)} … ${found.slice(-90)}` : found;
  return [["torn", `${lane} is what no operation left, ${known.told} were saved: ${about}`]];
}
