// The card bench, as it runs in the page. Every function is one part of it, called by ../cards.mjs; what it
// gives is what `measure` gives, by the name of the operation.

import init, { peekCard, readCard, writeCard } from "cardkeep";
import { Buffer, CharacterCard, embedIntoPNG, encodeChunks, extractChunks, extractFromPNG, parseCard, textChunk } from "peers";
import { prose, random } from "./data.js";
import { measure } from "./measure.js";

// Engines translate a module anew, and better, where much runs; the first rounds are over by then.
const WARMUP = 60;
const scaled = (effort, rounds) => ({ passes: effort.passes, rounds: Math.max(1, Math.round(rounds * effort.share)) });
const encoder = new TextEncoder();
const decoder = new TextDecoder();

const CJK = "月城夜歩龍剣森川灯影門冬道嵐私君名前静笑囁、。「」";

function words(next, length, script) {
  if (script === "CJK") return Array.from({ length: Math.ceil(length / 3) }, () => CJK[Math.floor(next() * CJK.length)]).join("");
  const text = prose(next, length);
  return script === "ASCII" ? text.replace(/[^\x00-\x7f]/g, "-") : text;
}

/** A V2 card of about so many bytes, half of it lorebook. */
function card(seed, bytes, script) {
  const next = random(seed);
  const half = bytes / 2;
  const entries = Array.from({ length: Math.round(half / 700) }, (_, id) => ({
    keys: [`key ${id}`, words(next, 12, script)],
    content: words(next, 480, script),
    extensions: { position: 0, probability: 100, depth: 4 },
    enabled: true,
    insertion_order: id,
    id,
  }));
  return {
    spec: "chara_card_v2",
    spec_version: "2.0",
    data: {
      name: `Character ${seed}`,
      description: words(next, half * 0.5, script),
      personality: words(next, 200, script),
      scenario: words(next, 300, script),
      first_mes: words(next, half * 0.2, script),
      mes_example: words(next, half * 0.2, script),
      creator_notes: "",
      system_prompt: "",
      post_history_instructions: "",
      alternate_greetings: [words(next, half * 0.1, script)],
      tags: ["bench", `tag ${seed}`],
      creator: "nobody",
      character_version: "1",
      extensions: { talkativeness: "0.5", fav: false },
      character_book: { extensions: {}, entries },
    },
  };
}

/** A PNG of noise, which has about four bytes a pixel. */
async function picture(seed, bytes) {
  const side = Math.max(8, Math.round(Math.sqrt(bytes / 3)));
  const canvas = new OffscreenCanvas(side, side);
  const context = canvas.getContext("2d");
  const image = context.createImageData(side, side);
  const next = random(seed);
  for (let at = 0; at < image.data.length; at += 1) image.data[at] = at % 4 === 3 ? 255 : Math.floor(next() * 256);
  context.putImageData(image, 0, 0);
  return new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
}

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

function crc(bytes) {
  let value = -1;
  for (let at = 0; at < bytes.length; at += 1) value = TABLE[(value ^ bytes[at]) & 255] ^ (value >>> 8);
  return ~value >>> 0;
}

/** A `tEXt` chunk whose value is the document in base64. */
function chunk(keyword, document) {
  const text = document.toBase64 ? document.toBase64() : Buffer.from(document).toString("base64");
  const body = encoder.encode(`tEXt${keyword}\0${text}`);
  const made = new Uint8Array(body.length + 8);
  const view = new DataView(made.buffer);
  view.setUint32(0, body.length - 4);
  made.set(body, 4);
  view.setUint32(4 + body.length, crc(body));
  return made;
}

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Where the chunks of a PNG are. */
function* chunks(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) yield { at, type: view.getUint32(at + 4), length: view.getUint32(at) };
}
const TEXT = 0x74455874;
const END = 0x49454e44;

/** The card as most tools write it: behind the picture. */
function embedded(image, document, keywords) {
  const end = image.length - 12;
  return joined([image.subarray(0, end), ...keywords.map((keyword) => chunk(keyword, document)), image.subarray(end)]);
}

/** As fast as JavaScript does it: the picture is stepped over, and its bytes are never looked at. */
function readTuned(bytes) {
  let found;
  for (const { at, type, length } of chunks(bytes)) {
    if (type !== TEXT) continue;
    const end = bytes.indexOf(0, at + 8);
    const keyword = String.fromCharCode(...bytes.subarray(at + 8, Math.min(end, at + 8 + 12))).toLowerCase();
    if (keyword === "ccv3") found = bytes.subarray(end + 1, at + 8 + length);
    else if (keyword === "chara") found ??= bytes.subarray(end + 1, at + 8 + length);
  }
  const text = decoder.decode(found);
  const raw = Uint8Array.fromBase64 ? Uint8Array.fromBase64(text) : Buffer.from(text, "base64");
  return JSON.parse(decoder.decode(raw));
}

/** SillyTavern's way of reading. */
function readLikeSillyTavern(bytes) {
  const texts = extractChunks(bytes).filter(({ name }) => name === "tEXt").map(({ data }) => textChunk.decode(data));
  const of = (wanted) => texts.find(({ keyword }) => keyword.toLowerCase() === wanted);
  return JSON.parse(Buffer.from((of("ccv3") ?? of("chara")).text, "base64").toString("utf8"));
}

/** SillyTavern's way of writing. */
function writeLikeSillyTavern(image, document) {
  const all = extractChunks(image).filter(({ name }) => name !== "tEXt");
  const base64 = (text) => Buffer.from(text, "utf8").toString("base64");
  const v3 = { ...document, spec: "chara_card_v3", spec_version: "3.0" };
  all.splice(-1, 0, textChunk.encode("chara", base64(JSON.stringify(document))), textChunk.encode("ccv3", base64(JSON.stringify(v3))));
  return new Uint8Array(encodeChunks(all));
}

/** As fast as JavaScript does it: what stays is copied once. */
function writeTuned(image, document) {
  const v3 = { ...document, spec: "chara_card_v3", spec_version: "3.0" };
  const kept = [image.subarray(0, 8)];
  for (const { at, type, length } of chunks(image)) {
    if (type === END) kept.push(chunk("chara", encoder.encode(JSON.stringify(document))), chunk("ccv3", encoder.encode(JSON.stringify(v3))));
    if (type !== TEXT) kept.push(image.subarray(at, at + 12 + length));
  }
  return joined(kept);
}

const KB = 1024;
const MB = 1024 * KB;
export const SHAPES = [
  { picture: 0.5 * MB, text: 30 * KB, script: "mixed" },
  { picture: 1.7 * MB, text: 30 * KB, script: "mixed" },
  { picture: 1.7 * MB, text: 100 * KB, script: "mixed" },
  { picture: 1.7 * MB, text: 500 * KB, script: "mixed" },
  { picture: 4.5 * MB, text: 30 * KB, script: "mixed" },
  { picture: 1.7 * MB, text: 100 * KB, script: "ASCII" },
  { picture: 1.7 * MB, text: 100 * KB, script: "CJK" },
];
const named = ({ picture, text, script }) => `${(picture / MB).toFixed(1)} MB picture, ${Math.round(text / KB)} KB ${script}`;

async function made(shape, seed) {
  const image = await picture(seed, shape.picture);
  const document = card(seed, shape.text, shape.script);
  return { image, document, file: embedded(image, encoder.encode(JSON.stringify(document)), ["chara"]) };
}

function agree(name, found, wanted) {
  if (found !== wanted) throw new Error(`${name} reads ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
}

/** Cards read out of files that are in memory, to objects of JavaScript. */
export async function reads(effort) {
  await init();
  const operations = {};
  for (const [seed, shape] of SHAPES.entries()) {
    const { file, document } = await made(shape, seed + 1);
    const description = (data) => data.description;
    const peers = {
      cardkeep: () => description(readCard(file).card),
      "JavaScript, tuned by hand": () => description(readTuned(file).data),
      "character-foundry, extractFromPNG": () => description(extractFromPNG(file).data.data),
      "character-foundry, parseCard": () => description(parseCard(file).card.data),
      "SillyTavern's way": () => description(readLikeSillyTavern(file).data),
    };
    for (const [name, peer] of Object.entries(peers)) agree(name, peer(), document.data.description);
    const lenml = async () => (await CharacterCard.from_file(file)).description;
    agree("lenml", await lenml(), document.data.description);
    operations[`read: ${named(shape)}`] = await measure({ ...peers, "@lenml/char-card-reader": { every: 10, run: lenml } }, { ...scaled(effort, 40), warmup: WARMUP });
  }
  return operations;
}

/** Cards written into a picture, as V2 and V3. */
export async function writes(effort) {
  await init();
  const operations = {};
  for (const [seed, shape] of SHAPES.slice(0, 5).entries()) {
    const { image, document } = await made(shape, seed + 1);
    const bytes = encoder.encode(JSON.stringify(document));
    const peers = {
      "cardkeep, from bytes": () => writeCard({ bytes }, { container: "png", image }),
      "cardkeep, from an object": () => writeCard({ bytes: encoder.encode(JSON.stringify(document)) }, { container: "png", image }),
      "JavaScript, tuned by hand": () => writeTuned(image, document),
      "character-foundry, embedIntoPNG": () => embedIntoPNG(image, document),
      "SillyTavern's way": () => writeLikeSillyTavern(image, document),
    };
    for (const [name, peer] of Object.entries(peers)) agree(name, readTuned(peer()).data.description, document.data.description);
    operations[`write: ${named(shape)}`] = await measure(peers, scaled(effort, 20));
  }
  return operations;
}

/** The same files on the disk, as an `<input>` gives them, and what removes them. */
async function onDisk(files) {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle("gallery", { create: true });
  const stored = [];
  for (const file of files) {
    const handle = await folder.getFileHandle(file.name, { create: true });
    const writable = await handle.createWritable();
    await writable.write(file);
    await writable.close();
    stored.push(await handle.getFile());
  }
  return { stored, remove: () => root.removeEntry("gallery", { recursive: true }) };
}

/** What a gallery does: `count` files of the kinds that there are, looked into eight at a time, in memory and on the disk. */
export async function gallery(count, effort) {
  await init();
  const pictures = await Promise.all([0.3, 0.8, 1.7, 2.6, 4.4].map((size, seed) => picture(seed, size * MB)));
  let read = 0;
  class Counted extends File {
    slice(start, end, type) {
      const part = super.slice(start, end, type);
      read += part.size;
      return part;
    }
  }
  const files = Array.from({ length: count }, (_, n) => {
    const bytes = encoder.encode(JSON.stringify(card(n, 62 * KB * (0.3 + (n % 8) / 5), "mixed")));
    return new Counted([embedded(pictures[n % pictures.length], bytes, n % 5 < 2 ? ["chara", "ccv3"] : ["chara"])], `${n}.png`);
  });
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const each = async (list, work) => {
    let next = 0;
    const lane = async () => {
      while (next < list.length) await work(list[next++]);
    };
    await Promise.all(Array.from({ length: 8 }, lane));
  };
  await each(files, (file) => peekCard(file));
  const share = read / total;
  const looked = (list) => {
    const whole = (parse) => () => each(list, async (file) => parse(new Uint8Array(await file.arrayBuffer())));
    return measure(
      {
        "cardkeep, peekCard": () => each(list, (file) => peekCard(file)),
        "JavaScript, tuned by hand, whole files": whole(readTuned),
        "character-foundry, extractFromPNG": whole(extractFromPNG),
        "SillyTavern's way": whole(readLikeSillyTavern),
        "@lenml/char-card-reader": { every: 100, run: whole((bytes) => CharacterCard.from_file(bytes)) },
      },
      { passes: effort.passes, rounds: 1, warmup: 1 },
    );
  };
  const size = `look into ${count} files of ${(total / MB).toFixed(0)} MB`;
  const operations = { [size]: await looked(files) };
  const { stored, remove } = await onDisk(files);
  try {
    operations[`${size}, on the disk`] = await looked(stored);
  } finally {
    await remove();
  }
  return { operations, share };
}
