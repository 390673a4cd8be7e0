// A backup as a file in the hands of the person.

import { handOut } from "../download";
import type { Keep } from "../library";

export async function saveBackup(keep: Keep, id: string): Promise<void> {
  const file = await keep.backups.export(id);
  await handOut({ filename: file.filename, type: file.type, bytes: await file.blob() });
}
