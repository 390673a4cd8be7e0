// Two tabs write the same record, the same chat and the settings at the same time.

import { Stay } from "../stay.mjs";

const TIMES = 30;

export default {
  about: "two tabs on one record, one chat and the settings: no update is lost, both see the same in the end",
  engines: ["chromium", "firefox"],
  rounds: 10,
  short: 1,
  async run(drill) {
    const stay = await Stay.begin(drill);
    const other = await stay.tab();
    await stay.open({}, other);
    const tabs = [stay.page, other];
    for (let round = 1; round <= drill.rounds; round += 1) {
      const { id } = await stay.page.run((text) => stage.only(stage.keep.characters.import(stage.cardBytes(`shared ${text}`, "0", ""))), round);
      const chat = await stay.page.run(() => stage.keep.chats.create({ title: "shared" }).then(({ id }) => id));
      for (const work of [count, fields, append, settings]) {
        const ends = await Promise.all(tabs.map((tab, index) => tab.within(90_000, work, { id, chat, times: TIMES, index })));
        for (const { conflicts = 0, error } of ends) {
          drill.count("conflicts", conflicts);
          if (error) drill.fault(error.includes("HANG") ? "hang" : "wrong", `${work.name}: ${error}`);
        }
      }
      for (const [index, tab] of tabs.entries()) for (const text of await tab.within(60_000, compare, { id, chat, times: TIMES })) drill.fault("lost", `round ${round}, seen from tab ${index}: ${text}`);
      if (round === drill.rounds) {
        await stay.quit();
        await stay.start();
        await stay.open();
        for (const text of await stay.page.within(60_000, compare, { id, chat, times: TIMES })) drill.fault("lost", `after a restart: ${text}`);
      }
    }
  },
};

/* What follows runs in the page. */

/** Reads, adds one, writes with the revision that was read. */
async function count({ id, times }) {
  let conflicts = 0;
  try {
    for (let n = 0; n < times; ) {
      const { rev, card } = await stage.keep.characters.get(id);
      const saved = await stage.settled(stage.keep.characters.patch(id, { character_version: String(Number(card.character_version) + 1) }, { ifRev: rev }), 20_000, "a patch").then(() => true, (error) => {
        if (stage.codeOf(error) !== "conflict") throw error;
        conflicts += 1;
      });
      if (saved) n += 1;
    }
    return { conflicts };
  } catch (error) {
    return { conflicts, error: `${error.code} ${stage.saidBy(error)}` };
  }
}

/** Each tab another field, without a revision; a conflict is repeated. */
async function fields({ id, times, index }) {
  let conflicts = 0;
  try {
    for (let n = 1; n <= times; ) {
      const saved = await stage.settled(stage.keep.characters.patch(id, { [["description", "personality"][index]]: `tab ${index} ${n}` }), 20_000, "a patch").then(() => true, (error) => {
        if (stage.codeOf(error) !== "conflict") throw error;
        conflicts += 1;
      });
      if (saved) n += 1;
    }
    return { conflicts };
  } catch (error) {
    return { conflicts, error: `${error.code} ${stage.saidBy(error)}` };
  }
}

async function append({ chat, times, index }) {
  let conflicts = 0;
  try {
    const handle = await stage.keep.chats.open(chat);
    for (let n = 1; n <= times; ) {
      const saved = await stage.settled(handle.append({ name: `Tab ${index}`, role: "user", text: `tab ${index} ${n}` }), 20_000, "an append").then(() => true, (error) => {
        if (stage.codeOf(error) !== "conflict") throw error;
        conflicts += 1;
      });
      if (saved) n += 1;
    }
    return { conflicts };
  } catch (error) {
    return { conflicts, error: `${error.code} ${stage.saidBy(error)}` };
  }
}

async function settings({ times, index }) {
  let conflicts = 0;
  try {
    for (let n = 1; n <= times; ) {
      const patch = index === 0 ? { pageSize: 10 + n } : { userName: `User ${n}` };
      const saved = await stage.settled(stage.keep.settings.patch(patch), 20_000, "a setting").then(() => true, (error) => {
        if (stage.codeOf(error) !== "conflict") throw error;
        conflicts += 1;
      });
      if (saved) n += 1;
    }
    return { conflicts };
  } catch (error) {
    return { conflicts, error: `${error.code} ${stage.saidBy(error)}` };
  }
}

async function compare({ id, chat, times }) {
  const faults = [];
  const { card } = await stage.keep.characters.get(id);
  if (Number(card.character_version) !== 2 * times) faults.push(`the counter is ${card.character_version}, ${2 * times} were added`);
  if (card.description !== `tab 0 ${times}` || card.personality !== `tab 1 ${times}`) faults.push(`the fields are \`${card.description}\` and \`${card.personality}\``);
  const texts = await stage.textsOf(chat);
  for (const index of [0, 1]) {
    const own = texts.filter((text) => text.startsWith(`tab ${index} `));
    const wanted = Array.from({ length: times }, (_, n) => `tab ${index} ${n + 1}`);
    if (own.join() !== wanted.join()) faults.push(`the chat has ${own.length} lines of tab ${index}, in order: ${own.join(", ")}`);
  }
  const { pageSize, userName } = await stage.keep.settings.get();
  if (pageSize !== 10 + times || userName !== `User ${times}`) faults.push(`the settings are ${pageSize} and ${userName}`);
  return faults;
}
