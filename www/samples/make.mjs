// Writes the samples and icons of the app into public/: `node www/samples/make.mjs`.
// The results are checked in, so that a build needs nothing of this; the same source gives the same bytes.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import * as art from "./art.mjs";
import * as cards from "./cards.mjs";
import { writePng } from "./png.mjs";
import { world } from "./world.mjs";

const out = (path) => new URL(`../public/${path}`, import.meta.url);
const base64 = (value) => Buffer.from(JSON.stringify(value)).toString("base64");

/** A card as SillyTavern and others write it: V2 under `chara`, V3 under `ccv3`. */
function texts({ companion, ...fields }) {
  const data = {
    ...fields,
    system_prompt: "",
    post_history_instructions: "",
    extensions: { "cardkeep/companion": companion },
  };
  return [
    ["chara", base64({ spec: "chara_card_v2", spec_version: "2.0", data })],
    ["ccv3", base64({ spec: "chara_card_v3", spec_version: "3.0", data: { ...data, group_only_greetings: [] } })],
  ];
}

/** The chat log as SillyTavern writes it, one message a minute or so. */
async function chat() {
  const name = cards.maren.name;
  const lines = (await readFile(new URL("watch.txt", import.meta.url), "utf8")).trim().split("\n");
  let now = Date.UTC(2026, 0, 4, 19, 2);
  const messages = lines.map((line, n) => {
    const [who, text] = [line[0], line.slice(2).replaceAll("¶", "\n\n")];
    // Gaps of one to three minutes by a fixed rule: the file is the same whenever it is made.
    now += (60 + ((n * 37) % 120)) * 1000;
    const date = new Date(now).toISOString();
    if (who === "Y") return { name: "Traveller", is_user: true, is_system: false, send_date: date, mes: text, extra: {} };
    const mes = text;
    const greetings = n === 0 ? { swipe_id: 0, swipes: [mes, ...cards.maren.alternate_greetings] } : {};
    return { name, is_user: false, is_system: false, send_date: date, mes, extra: {}, ...greetings };
  });
  const header = { user_name: "Traveller", character_name: name, create_date: "2026-01-04@19h02m00s", chat_metadata: { note_prompt: "", tainted: false } };
  return [header, ...messages].map((line) => JSON.stringify(line)).join("\n");
}

await mkdir(out("samples/"), { recursive: true });
await mkdir(out("icons/"), { recursive: true });
for (const [file, key] of [["maren-holt", "maren"], ["oriel-vance", "oriel"], ["bracken", "bracken"]]) {
  await writeFile(out(`samples/${file}.png`), writePng(art[key], texts(cards[key])));
}
await writeFile(out("samples/maren-holt-the-long-watch.jsonl"), await chat());
await writeFile(out("samples/gannet-point.json"), JSON.stringify(world, null, 2));
await writeFile(out("icons/icon-192.png"), writePng(art.mark(192, 0)));
await writeFile(out("icons/icon-512.png"), writePng(art.mark(512, 0)));
await writeFile(out("icons/icon-maskable-512.png"), writePng(art.mark(512, 0.22)));
