// What would come of files, before anything is imported: each is taken into a transaction that is given up.

import { codeOf } from "../failure";
import { diffCards, fingerprintCard, readCard, type Card, type CardFile, type CharacterEntry, type Keep } from "../library";
import { Cast, INTO, known, records, refused, speakersOf, type Like, type Outcome, type Progress } from "./intake";

/** One file, and what would come of it. */
export type Look = { file: File } & (
  | { is: "backup" }
  | { is: "folder" }
  | {
      is: "records";
      outcomes: Outcome[];
      /** Who speaks in it, where it is a chat. */
      speakers: Set<string>;
      /** Whom its chats would be linked to, by name. */
      partners: string[];
      /** The character of the same name by the same person that is here, and the fields in which the file says something else. */
      other?: Like & { fields: string[] };
      /** What a file before it is called of which a model reads the same words. */
      twin?: string;
    }
);

/** Thrown out of the transaction, so that nothing of it stays. */
const GIVEN_UP = Symbol("given up");

/** Looks at files one by one; at one that comes alone only as far as it may have to be asked about. Rejects with the reason of `signal` when that is aborted. */
export async function look(
  keep: Keep,
  files: File[],
  options: { characters?: string[] | undefined; progress: (progress: Progress) => void; signal: AbortSignal },
): Promise<Look[]> {
  const looks: Look[] = [];
  const here = (await keep.characters.list()).items;
  const cast = new Cast(keep, here);
  const seen = new Map<string, string>();
  const linked = options.characters?.map((id) => here.find((one) => one.id === id)?.name ?? "").filter(Boolean);
  for (const [done, file] of files.entries()) {
    options.signal.throwIfAborted();
    options.progress({ done, total: files.length, name: file.name, looking: true });
    try {
      const what = await known(keep, file);
      if (what.is !== "records") {
        looks.push({ file, is: what.is });
        continue;
      }
      const { kind, bytes } = what;
      // Only a card is asked about when it comes alone.
      if (files.length === 1 && kind !== "card") return [];
      const speakers = kind === "chat" ? speakersOf(bytes) : new Set<string>();
      let outcomes: Outcome[] = [];
      await keep.transaction(INTO, async (tx) => {
        outcomes = await records(tx, kind, bytes, file.name, undefined);
        throw GIVEN_UP;
      }).catch((thrown: unknown) => {
        if (thrown !== GIVEN_UP) throw thrown;
      });
      const [first] = outcomes;
      const one: Look = { file, is: "records", outcomes, speakers, partners: [] };
      if (kind === "card" && first?.was === "added" && first.like.length === 0) {
        const { card, document } = readCard(bytes);
        const words = fingerprintCard(document);
        const twin = seen.get(words);
        seen.set(words, twin ?? file.name);
        const other = await otherOf(keep, here, card, document);
        if (twin !== undefined) one.twin = twin;
        if (other !== undefined) one.other = other;
      }
      looks.push(one);
      for (const outcome of outcomes) if ("id" in outcome && outcome.kind === "card" && outcome.was === "added") cast.enter({ id: outcome.id, name: outcome.title });
    } catch (error) {
      if (codeOf(error) === "closed") throw error;
      looks.push({ file, is: "records", outcomes: [refused(file.name, error)], speakers: new Set(), partners: [] });
    }
  }
  // A chat may come before the character that it is with.
  for (const one of looks) if (one.is === "records" && one.speakers.size > 0) one.partners = linked ?? [...(await cast.meant(one.speakers)).keys()];
  return looks;
}

/** A new card beside one of the same name and creator looks like another state of that one. */
async function otherOf(keep: Keep, here: CharacterEntry[], card: Card, document: CardFile["document"]): Promise<(Like & { fields: string[] }) | undefined> {
  const same = here.find((one) => one.name !== "" && one.name === card.name && one.creator === card.creator);
  const kept = same && (await keep.characters.get(same.id));
  if (kept === undefined) return undefined;
  const fields = new Set(diffCards(kept.document, document).map(({ path }) => path.split(".")[0] ?? path));
  return { id: kept.id, title: kept.name, fields: [...fields] };
}

/** Chats come behind the characters that they are with. */
export function inOrder(looks: Look[]): File[] {
  const late = (one: Look) => Number(one.is === "records" && one.speakers.size > 0);
  return looks.toSorted((a, b) => late(a) - late(b)).map(({ file }) => file);
}

/** Whether an import of this would add or change something. */
export function brings(one: Look): boolean {
  return one.is !== "records" || one.outcomes.some(({ was }) => was === "added" || was === "updated");
}

/** Whether somebody should say first what they want: there are several, or it looks like something that is here. */
export function asks(looks: Look[]): boolean {
  const coming = looks.filter((one) => one.is === "records" && brings(one));
  return coming.length > 0 && (looks.length > 1 || coming.some(resembles));
}

/** Whether it looks like a character that is here, or that comes before it. */
export function resembles(one: Look): boolean {
  return one.is === "records" && (one.other !== undefined || one.twin !== undefined || one.outcomes.some((outcome) => "like" in outcome && outcome.like.length > 0));
}
