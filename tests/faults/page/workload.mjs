// The work that is disturbed, and the model of what it leaves behind. A lane is one record (or a growing set of
// them) that is written by numbered operations, one after the other; operation n of a lane is always the same for
// the same seed, so that page and harness agree on every state without telling each other.
// Pure functions: nothing here knows a browser or the keep.

/** Numbers in [0, 1), the same for the same seed. */
export function random(...seed) {
  let a = 2166136261;
  for (const char of seed.join("/")) a = Math.imul(a ^ char.codePointAt(0), 16777619);
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** 53 bits over a text, with its length. */
export function digest(text) {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return `${(b >>> 0).toString(16)}${(a >>> 0).toString(16)}:${text.length}`;
}

const WORDS = "lantern quiet harbor Ångström 星 ember moth gate \u{1F988} rust violet \"said\" north\nfold glass".split(" ");

export function prose(next, length) {
  const words = [];
  for (let size = 0; size < length; size += words.at(-1).length + 1) words.push(WORDS[Math.floor(next() * WORDS.length)] + Math.floor(next() * 1e6).toString(36));
  return words.join(" ");
}

// Mostly small; some above one page of the store, few above what Chromium puts into a file of its own (64 KiB).
const size = (next) => {
  const kind = next();
  return kind < 0.8 ? 40 + next() * 400 : kind < 0.96 ? 2_000 + next() * 8_000 : 60_000 + next() * 30_000;
};
const pick = (next, count) => Math.floor(next() * count);

/** What a chat has before its first operation; the second one begins with sealed segments. */
const beginning = (lane) => (lane === "chat-1" ? Array.from({ length: 150 }, (_, index) => `line ${index} of the beginning`) : []);

export const POSITIONS = ["0,0,0", "1,0,0", "1,1,0"];

/** What somebody has typed after so many keys; now and then it is long. */
export const typed = (seed, n) => `${n} ${prose(random(seed, "typed", n), n % 7 === 0 ? 90_000 : 200)}`;

const KINDS = {
  // Two fields and an array, changed together: a group.
  character: {
    fresh: () => ({ version: "0", text: "" }),
    operation: (next, n) => ({ version: String(n), text: prose(next, size(next)) }),
    apply: (state, { version, text }) => Object.assign(state, { version, text }),
    shown: ({ version, text }) => `${version} ${digest(text)}`,
  },
  chat: {
    fresh: (lane) => ({ lines: beginning(lane) }),
    operation(next, n, { lines }) {
      const kind = next();
      if (lines.length < 5 || kind < 0.7) return { append: `${n} ${prose(next, size(next) / 4)}` };
      if (kind < 0.95 && lines.length < 600) return { edit: pick(next, lines.length), text: `${n} edited ${prose(next, 200)}` };
      return { remove: pick(next, lines.length) };
    },
    apply({ lines }, op) {
      if (op.append !== undefined) lines.push(op.append);
      else if (op.edit !== undefined) lines[op.edit] = op.text;
      else lines.splice(op.remove, 1);
    },
    shown: ({ lines }) => `${lines.length} ${digest(lines.join("\u0000"))}`,
  },
  world: {
    fresh: (lane) => ({ step: 0, position: "0,0,0", bounded: lane === "world-0" }),
    operation: (next, n, { bounded }) => (bounded || next() < 0.5 ? { step: n } : { position: POSITIONS[pick(next, POSITIONS.length)] }),
    apply: (state, op) => Object.assign(state, op),
    shown: ({ step, position }) => `${step} at ${position}`,
  },
  settings: {
    fresh: () => ({ userName: "You", pageSize: 50 }),
    operation: (next, n) => ({ userName: `User ${n}`, pageSize: 10 + (n % 490) }),
    apply: (state, op) => Object.assign(state, op),
    shown: ({ userName, pageSize }) => `${userName} ${pageSize}`,
  },
  // One chat, to the trash and back.
  trash: {
    fresh: () => ({ trashed: false }),
    operation: (next, n) => ({ trashed: n % 2 === 1 }),
    apply: (state, op) => Object.assign(state, op),
    shown: ({ trashed }) => (trashed ? "in the trash" : "there"),
  },
  // Whole chats that come in at once: a record with its pages.
  logs: {
    fresh: () => ({ there: [] }),
    operation: (next, n) => ({ number: n, title: `log ${n}`, lines: Array.from({ length: 20 + pick(next, 250) }, () => prose(next, 120)) }),
    apply: ({ there }, { number, lines }) => void there.push(`${number} ${lines.length} ${digest(lines.join("\u0000"))}`),
    shown: ({ there }) => there.join("; "),
  },
  // Cards with pictures: a record with its parts and a thumbnail.
  cards: {
    fresh: () => ({ there: [] }),
    operation: (next, n) => ({ number: n, name: `card ${n}`, text: prose(next, 500 + next() * 90_000) }),
    apply: ({ there }, { number, text }) => void there.push(`${number} ${digest(text)}`),
    shown: ({ there }) => there.join("; "),
  },
};

export const LANES = ["character-0", "character-1", "character-2", "chat-0", "chat-1", "chat-2", "world-0", "world-1", "settings", "trash", "logs", "cards"];

export const kindOf = (lane) => KINDS[lane.split("-")[0]];
export const fresh = (lane) => kindOf(lane).fresh(lane);
export const operation = (seed, lane, n, state) => kindOf(lane).operation(random(seed, lane, n), n, state);
export const apply = (lane, state, op) => void kindOf(lane).apply(state, op);
export const shown = (lane, state) => kindOf(lane).shown(state);
