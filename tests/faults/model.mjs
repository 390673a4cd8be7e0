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
      known.told = Math.max(known.told, Number(n));
      this.saved += 1;
    } else {
      this.refused.push({ lane, n: Number(n), code: rest.join(" ") });
    }
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

/** Finds the operation that left what was found, at or behind the last one told. */
function place(model, lane, known, found) {
  let [n, state, behind] = [known.n, structuredClone(known.state), undefined];
  for (; n <= known.told + UNTOLD; n += 1) {
    if (shown(lane, state) === found) {
      if (n >= known.told) {
        model.lanes.set(lane, { n, state, told: n });
        return [];
      }
      behind = n;
    }
    apply(lane, state, operation(model.seed, lane, n + 1, state));
  }
  if (behind !== undefined) return [["lost", `${lane} is at operation ${behind}, ${known.told} were saved`]];
  if (found === shown(lane, fresh(lane))) return [["lost", `${lane} is as it began, ${known.told} operations were saved`]];
  // A set of records that are whole, but not all of them.
  if (state.there && found.split("; ").every((item) => state.there.includes(item))) return [["lost", `of ${lane}, ${found.split("; ").length} are there, ${known.told} were saved`]];
  const about = found.length > 200 ? `${found.slice(0, 100)} … ${found.slice(-90)}` : found;
  return [["torn", `${lane} is what no operation left, ${known.told} were saved: ${about}`]];
}
