// The samples aboard: characters, a chat and a world, all original and free of rights (CC0).

import type { Keep } from "../library";
import { intake, type Outcome, type Progress } from "./intake";

const CARDS = ["maren-holt.png", "oriel-vance.png", "bracken.png"];
const CHAT = "maren-holt-the-long-watch.jsonl";
const WORLD = "gannet-point.json";

export async function addSamples(keep: Keep, progress: (progress: Progress) => void): Promise<Outcome[]> {
  const [chat, world, ...cards] = await Promise.all([CHAT, WORLD, ...CARDS].map(file));
  const outcomes = await intake(keep, cards, { progress });
  const [maren] = outcomes;
  const partner = maren !== undefined && "id" in maren ? [maren.id] : [];
  if (chat) outcomes.push(...(await intake(keep, [chat], { progress, characters: partner })));
  if (world) outcomes.push(...(await intake(keep, [world], { progress })));
  return outcomes;
}

async function file(name: string): Promise<File> {
  const answer = await fetch(`./samples/${name}`);
  if (!answer.ok) throw new Error(`${name}: ${answer.status} ${answer.statusText}`);
  return new File([await answer.arrayBuffer()], name);
}
