// A data folder of SillyTavern taken in, as it runs in the page. Called by ../folder.mjs.

import { Keep, writeCard, init } from "cardkeep";
import { card, chatFile, jsonFile, lines } from "./data.js";

/** So many characters and chats, with a lorebook for every tenth character. */
async function made(characters, chats, messages) {
  await init();
  const files = [];
  for (let n = 0; n < characters; n += 1) {
    files.push({ path: `characters/Character ${n}.png`, file: new Blob([writeCard({ bytes: jsonFile(card(n)) }, { container: "png" })]) });
    if (n % 10 === 0) files.push({ path: `worlds/Book ${n}.json`, file: new Blob([jsonFile({ entries: { 0: { uid: 0, key: ["a"], content: `Book ${n}` } } })]) });
  }
  for (let n = 0; n < chats; n += 1) {
    files.push({ path: `chats/Character ${n % characters}/Chat ${n}.jsonl`, file: new Blob([chatFile(lines(n, messages))]) });
  }
  return files;
}

async function taken(keep, files) {
  const began = performance.now();
  let done;
  for await (const event of keep.importFolder(files)) {
    if (event.type === "failed") throw new Error(`${event.path}: ${event.message}`);
    if (event.type === "done") done = event;
  }
  return { milliseconds: performance.now() - began, added: done.added, duplicates: done.duplicates };
}

/** Taken in, and given again. */
export async function folder(characters, chats, messages) {
  const files = await made(characters, chats, messages);
  const bytes = files.reduce((sum, { file }) => sum + file.size, 0);
  const keep = await Keep.open({ name: "folder" });
  const first = await taken(keep, files);
  const again = await taken(keep, files);
  await keep.close();
  return { files: files.length, bytes, first, again };
}
