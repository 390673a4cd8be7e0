// Places for a keep that are no browser's: files of a folder.

import { mkdtempSync, rmSync } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryMedium } from "cardkeep/testing";

const made = [];
process.on("exit", () => made.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A new folder, gone with the process. */
export function newFolder() {
  const folder = mkdtempSync(join(tmpdir(), "cardkeep-medium-"));
  made.push(folder);
  return folder;
}

/** A medium whose content is one file, written anew beside the old one and put in its place. */
export function fileMedium(folder = newFolder()) {
  const [file, draft] = [join(folder, "keep.json"), join(folder, "keep.json.new")];
  let content;
  /** One write after the other. */
  let last = Promise.resolve();
  const opened = () => content ?? memoryMedium();
  return {
    async open() {
      await rm(draft, { force: true });
      const text = await readFile(file, "utf8").catch((error) => (error.code === "ENOENT" ? "{}" : Promise.reject(error)));
      content = memoryMedium(JSON.parse(text));
      await content.open();
    },
    read: (table, keys) => opened().read(table, keys),
    scan: (scan) => opened().scan(scan),
    find: (by) => opened().find(by),
    write(burst) {
      const written = last.then(async () => {
        const next = memoryMedium(opened().dump());
        await next.open();
        if (content === undefined) await next.close();
        const unmet = await next.write(burst);
        if (unmet !== undefined) return unmet;
        const handle = await open(draft, "w");
        try {
          await handle.writeFile(JSON.stringify(next.dump()));
          if (burst.durable) await handle.datasync();
        } finally {
          await handle.close();
        }
        await rename(draft, file);
        content = next;
      });
      last = written.catch(() => undefined);
      return written;
    },
    async close() {
      await last;
      content = undefined;
    },
  };
}
