// The browser is killed while replies come in. What came more than about a second before is found again, and what was
// told to be finished is a message.

import { setTimeout as sleep } from "node:timers/promises";
import { Stay } from "../stay.mjs";

/** A second between two saves of what came, and the time that one takes. */
const BEHIND_MS = 1_000 + 1_000;

export default {
  about: "killed while replies come in: all but about the last second is found, finished ones are messages, each once",
  engines: ["chromium", "firefox"],
  rounds: 10,
  short: 1,
  async run(drill) {
    const stay = await Stay.begin(drill);
    const chats = ["chat-0", "chat-2"].map((lane) => stay.model.ids[lane]);
    const messages = new Map(chats.map((id) => [id, []]));
    for (let round = 1; round <= drill.rounds; round += 1) {
      const [pieces, finished] = [new Map(chats.map((id) => [id, []])), new Set()];
      stay.page.listen((payload) => {
        const [what, id, n] = payload.split(" ");
        if (what === "piece") pieces.get(id).push([Number(n), Date.now()]);
        else if (what === "finished") finished.add(`${id} ${n}`);
        else drill.fault("refused", `round ${round}: ${payload}`);
      });
      const lengths = chats.map(() => 40 + Math.floor(drill.random() * 120));
      stay.page.run(talk, chats, round, lengths).catch(() => undefined);
      await sleep(300 + drill.random() * 3_500);
      const at = Date.now();
      await stay.kill();
      for (const opening of ["first", "second"]) {
        await stay.start();
        if ((await stay.open()).code !== undefined) return;
        const found = await stay.page.run(heard, chats, opening === "second");
        for (const [index, id] of chats.entries()) {
          const when = `round ${round}, ${opening} opening, reply ${index}`;
          const whole = wordsOf(round, lengths[index]);
          const came = pieces.get(id).filter(([, then]) => then < at - BEHIND_MS).length;
          const [known, now] = [messages.get(id), found.chats[id]];
          if (known.some((text, place) => now[place] !== text)) drill.fault("lost", `${when}: earlier messages are ${JSON.stringify(now).slice(0, 200)}`);
          const more = now.slice(known.length);
          const waiting = found.interrupted.filter((reply) => reply.chat === id).map(({ text }) => text);
          const all = [...more, ...waiting];
          if (all.length > 1) drill.fault("odd", `${when}: it is there ${all.length} times`);
          const [text = ""] = all;
          if (!whole.startsWith(text)) drill.fault("torn", `${when}: is not what came: ${text.slice(-80)}`);
          if (text.length < wordsOf(round, came).length) drill.fault("lost", `${when}: ${text.length} of ${wordsOf(round, came).length} characters that came in time`);
          if (finished.has(`${id} ${round}`)) {
            if (more[0] !== whole) drill.fault("lost", `${when}: it was told to be finished`);
            drill.count("finished");
          } else if (waiting.length > 0) {
            drill.count("found again");
          }
          drill.longest("characters lost at most", wordsOf(round, pieces.get(id).length).length - text.length);
          if (opening === "second") messages.set(id, now);
        }
        if (opening === "first") await (drill.random() < 0.5 ? stay.kill() : stay.quit());
      }
      if (drill.faults.length > 0) return;
      drill.count("pieces", [...pieces.values()].flat().length);
    }
  },
};

const wordsOf = (round, count) => Array.from({ length: count }, (_, n) => `${round}.${n + 1} `).join("");

/* What follows runs in the page. */

function talk(chats, round, lengths) {
  return Promise.all(
    chats.map(async (id, index) => {
      const chat = await stage.keep.chats.open(id);
      const reply = await chat.begin({ name: "Ann", role: "character" });
      for (let n = 1; n <= lengths[index]; n += 1) {
        reply.push(`${round}.${n} `);
        tell(`piece ${id} ${n}`);
        await stage.sleep(20);
      }
      await reply.finish();
      tell(`finished ${id} ${round}`);
    }),
  ).catch((error) => tell(`error ${stage.codeOf(error)}`));
}

/** The messages of the chats, and the replies that wait; at the end those become messages. */
async function heard(chats, keep) {
  const interrupted = await stage.keep.chats.interrupted();
  if (keep) for (const { id } of interrupted) await stage.keep.chats.keepReply(id);
  const all = {};
  for (const id of chats) all[id] = await stage.textsOf(id);
  return { interrupted: keep ? await stage.keep.chats.interrupted() : interrupted, chats: all };
}
