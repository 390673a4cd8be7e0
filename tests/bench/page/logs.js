// Chat logs in memory, as they are read in the page. Called by ../logs.mjs.

import init, { peekChat, readChat } from "cardkeep";
import { chatFile, lines } from "./data.js";
import { measure } from "./measure.js";

const decoder = new TextDecoder();
const NEWLINE = 10;
const SHOWN = 50;

const split = (file) => decoder.decode(file).split("\n").filter(Boolean).map((line) => JSON.parse(line));

/** Where the lines begin, and the end. */
function starts(file) {
  const all = [];
  for (let at = 0; at < file.length; ) {
    all.push(at);
    const newline = file.indexOf(NEWLINE, at);
    at = newline < 0 ? file.length : newline + 1;
  }
  return [...all, file.length];
}

function byLines(file, from = 0) {
  const all = starts(file);
  const read = [];
  for (let n = Math.max(0, from < 0 ? all.length - 1 + from : from); n + 1 < all.length; n += 1) read.push(JSON.parse(decoder.decode(file.subarray(all[n], all[n + 1]))));
  return read;
}

function whole(file) {
  const [chat] = readChat(file).sessions;
  const all = [...chat.messages()];
  chat.free();
  return all;
}

const same = (found, wanted) => {
  if (found !== wanted) throw new Error(`${found} where ${wanted} was wanted`);
};

/** A log of a length: its last messages, and all of them. */
export async function read(length, passes) {
  await init();
  const messages = lines(length, length);
  const file = chatFile(messages);
  const { mes } = messages.at(-SHOWN);
  const first = await measure(
    {
      "cardkeep, peekChat": async () => same((await peekChat(file)).last[0].text, mes),
      "JavaScript, lines by indexOf": () => same(byLines(file, -SHOWN)[0].mes, mes),
      "split and parse": { every: length > 20_000 ? 4 : 1, run: () => same(split(file).at(-SHOWN).mes, mes) },
      "cardkeep, readChat": () => {
        const [chat] = readChat(file).sessions;
        same(chat.page(chat.length - SHOWN, chat.length)[0].text, mes);
        chat.free();
      },
    },
    { passes, rounds: length > 20_000 ? 8 : 24, warmup: 4 },
  );
  const all = await measure(
    {
      cardkeep: () => same(whole(file).at(-SHOWN).text, mes),
      "JavaScript, line by line": () => same(byLines(file).at(-SHOWN).mes, mes),
      "split and parse": () => same(split(file).at(-SHOWN).mes, mes),
    },
    { passes, rounds: length > 20_000 ? 3 : 12, warmup: 3 },
  );
  const named = `${length.toLocaleString("en")} messages, ${(file.length / 1e6).toFixed(1)} MB`;
  return { [`the last ${SHOWN} of ${named}`]: first, [`all of ${named}`]: all };
}
