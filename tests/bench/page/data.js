// What is stored: made from a seed, the same in every run, of the sizes that cards, chats and worlds have.

/** Mulberry32. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const WORDS = "the a of and she he they under moon castle whispered *smiles* forest blade river \"Hello\" {{user}} {{char}} quietly Zoë naïve — light shadow door, window. asked; laughed! never always ember storm road winter\n".split(" ");

/** So many characters of prose. */
export function prose(next, length) {
  let text = "";
  while (text.length < length) text += `${WORDS[Math.floor(next() * WORDS.length)]} `;
  return text.slice(0, length);
}

/** A card of 2 to 9 KB. */
export function card(seed) {
  const next = random(seed);
  return {
    spec: "chara_card_v2",
    spec_version: "2.0",
    data: {
      name: `Character ${seed}`,
      description: prose(next, 800 + Math.floor(next() * 3500)),
      personality: prose(next, 200),
      scenario: prose(next, 300),
      first_mes: prose(next, 300 + Math.floor(next() * 1500)),
      mes_example: prose(next, Math.floor(next() * 1500)),
      creator_notes: prose(next, 150),
      system_prompt: "",
      post_history_instructions: "",
      alternate_greetings: [prose(next, 200)],
      tags: ["seeded", `tag ${seed % 40}`],
      creator: `creator ${seed % 100}`,
      character_version: "1",
      extensions: {},
    },
  };
}

/** A line of a SillyTavern log, half a kilobyte in the mean. */
export function line(next, index) {
  const user = index % 2 === 0;
  return {
    name: user ? "You" : "Zoë",
    is_user: user,
    is_system: false,
    send_date: new Date(1_700_000_000_000 + index * 60_000).toISOString(),
    mes: prose(next, user ? 40 + Math.floor(next() * 200) : 200 + Math.floor(next() * 900)),
    extra: user ? {} : { api: "openai", model: "m" },
  };
}

export const HEADER = { chat_metadata: {}, user_name: "You", character_name: "Zoë" };

/** The lines of a chat, as objects. */
export function lines(seed, count) {
  const next = random(seed);
  return Array.from({ length: count }, (_, index) => line(next, index));
}

const utf8 = new TextEncoder();

/** A chat as its file. */
export function chatFile(messages) {
  return utf8.encode([HEADER, ...messages].map((one) => `${JSON.stringify(one)}\n`).join(""));
}

export const jsonFile = (value) => utf8.encode(JSON.stringify(value));

/** A world of this many locations, a quarter of a kilobyte each. */
export function world(seed, count) {
  const next = random(seed);
  const position = (n) => `${n},0,0`;
  return {
    metadata: { version: "1.0", created_at: 1_700_000_000, last_modified: 1_700_000_000, name: `World ${seed}` },
    current_position: position(0),
    visited_positions: [position(0)],
    locations: Object.fromEntries(
      Array.from({ length: count }, (_, n) => [
        position(n),
        { location_id: `place_${n}`, name: `Place ${n}`, description: prose(next, 150), coordinates: [n, 0, 0], npcs: [], events: [] },
      ]),
    ),
    unconnected_locations: {},
    player: { health: 100, stamina: 100, level: 1, experience: 0 },
  };
}
