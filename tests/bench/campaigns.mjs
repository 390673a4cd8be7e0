// Looks things up in 1,000 campaigns, 20 channels in each of 50 guilds, against a table with indexes made by hand. `--quick` for a
// tenth of it, `--package <folder>` for another build.

import { given, onePage } from "./page.mjs";

const [guilds, channels, rounds] = given.quick ? [10, 10, 20] : [50, 20, 100];

const { result, machine } = await onePage(async (...all) => (await import("./campaigns.js")).campaigns(...all), guilds, channels, rounds);
console.log(`${machine}; ${guilds * channels} campaigns\n`);
console.log("| looked up | cardkeep, ms | indexes by hand, ms | ratio |\n|---|---:|---:|---:|");
for (const { name, ours, raw } of result) console.log(`| ${name} | ${ours.toFixed(2)} | ${raw.toFixed(2)} | ${(ours / raw).toFixed(1)} |`);
