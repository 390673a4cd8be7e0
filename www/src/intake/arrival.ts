// What a person hands over, from there until it is kept: folders are told apart, files are looked at where somebody has to
// be asked, and what is wanted of them is taken in.

import type { Keep } from "../library";
import type { Dropped } from "../shell/drop";
import { holdsFolder, intake, type Outcome, type Progress } from "./intake";
import { asks, look } from "./look";
import type { IntakeRequest } from "./request";
import { addSamples } from "./samples";
import { askWhich } from "./sheet";

interface Watched {
  /** How far it is; nothing while the person is asked. */
  progress: (progress?: Progress) => void;
  signal: AbortSignal;
}

/** What became of it all; nothing where the person stopped before something was imported. */
export async function arrive(keep: Keep, request: IntakeRequest, dropped: Dropped[], watched: Watched): Promise<Outcome[] | undefined> {
  if (request.samples) return addSamples(keep, watched.progress);
  const files = [...request.files];
  const folders = new Map<string, Dropped[]>();
  for (const one of dropped) {
    const [top = "", ...deeper] = one.path.split("/");
    if (deeper.length === 0) files.push(one.file);
    else folders.set(top, [...(folders.get(top) ?? []), one]);
  }
  const known: Outcome[] = [];
  for (const [name, source] of folders) {
    if (await holdsFolder(keep, source)) known.push({ name, was: "folder", source });
    else files.push(...source.map(({ file }) => file));
  }
  const chosen = await choose(keep, files, request.characters, watched);
  if (chosen === undefined) return undefined;
  const { characters } = request;
  return [...known, ...(await intake(keep, chosen, { ...watched, ...(characters && { characters }) }))];
}

/** The files that the person wants, asked where there are several or one looks like what is here; nothing when they stop. */
async function choose(keep: Keep, files: File[], characters: string[] | undefined, { progress, signal }: Watched): Promise<File[] | undefined> {
  if (files.length === 0 || keep.access.mode !== "read-write") return files;
  try {
    const looks = await look(keep, files, { characters, progress, signal });
    if (!asks(looks)) return files;
    progress();
    return await askWhich(looks);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}
