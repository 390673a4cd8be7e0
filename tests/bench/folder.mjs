// Takes in a data folder of SillyTavern, 500 cards and 1,000 chats of 40 messages, and gives it again. `--quick` for a tenth of
// it, `--package <folder>` for another build.

import { given, onePage } from "./page.mjs";

const [characters, chats] = given.quick ? [50, 100] : [500, 1_000];
const MESSAGES = 40;

const { result, machine } = await onePage(async (...all) => (await import("./folder.js")).folder(...all), characters, chats, MESSAGES);
const { files, bytes, first, again } = result;
console.log(`${machine}; ${files} files, ${(bytes / 1e6).toFixed(1)} MB\n`);
console.log("| a folder of SillyTavern | seconds | ms a file | added | kept already |\n|---|---:|---:|---:|---:|");
for (const [name, { milliseconds, added, duplicates }] of [["taken in", first], ["given again", again]]) {
  console.log(`| ${name} | ${(milliseconds / 1000).toFixed(1)} | ${(milliseconds / files).toFixed(1)} | ${added} | ${duplicates} |`);
}
