// Backups: everything in the keep at one moment, in a file beside the database or one that the user keeps.

import type { KeepHandle } from "./cardkeep.js";
import { failure, refuseIfAborted } from "./errors.js";
import { readerOf } from "./intake.js";
import { ask, call } from "./loading.js";
import { flag, json, list, options, record, text } from "./options.js";
import { blobOf } from "./outlet.js";
import type { BackedUp, Backup, BackupFile, BackupReport, NewBackup, Restored, RestoreOptions } from "./types/backups.js";
import type { ImportSource } from "./types/intake.js";
import type { SignalOptions } from "./types/record.js";

const TYPE = "application/zip";

export class Backups {
  readonly #handle: KeepHandle;

  /** @internal */
  constructor(handle: KeepHandle) {
    this.#handle = handle;
  }

  /** Every backup, oldest first. */
  list(): Promise<Backup[]> {
    return ask("backups.list", async () => JSON.parse(await this.#handle.backups()) as Backup[]);
  }

  /** One backup; `undefined` when there is none. */
  get(id: string): Promise<Backup | undefined> {
    return ask("backups.get", async () => {
      const found = (await this.#handle.backup(text(id, "id"))) as string | undefined;
      return found === undefined ? undefined : (JSON.parse(found) as Backup);
    });
  }

  /**
   * Makes a backup of everything as it is now, reads it back, and gives it. Edits that a saver still holds are not in it.
   *
   * Throws `quota`, `read-only`, `bad-option`.
   */
  create(given?: NewBackup): Promise<Backup> {
    return ask("backups.create", async () => {
      const { reason = "", pin } = options(given, ["reason", "pin"]);
      const wanted = json({ reason: text(reason, "reason"), pin: flag(pin, "pin") }, "options");
      return JSON.parse(await this.#handle.createBackup(wanted)) as Backup;
    });
  }

  /** Reads all of a backup and says what is sound in it. Throws `not-found`. */
  verify(id: string): Promise<BackupReport> {
    return ask("backups.verify", async () => JSON.parse(await this.#handle.verifyBackup(text(id, "id"))) as BackupReport);
  }

  /**
   * The backup as a file. `stream()` reads it in pieces, each time anew; `blob()` leaves to the browser where it is held.
   * It is what was stored: a preset that an earlier build kept with a key or password is in it with that, until it is changed.
   *
   * Throws `not-found`.
   */
  export(id: string): Promise<BackupFile> {
    return ask("backups.export", async () => {
      const { created, bytes } = JSON.parse(await this.#handle.findBackup(text(id, "id"))) as Backup;
      const at = new Date(created).toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
      const stream = () => this.#stream(id);
      return { filename: `cardkeep-${at}.cardkeep`, type: TYPE, size: bytes, stream, blob: () => blobOf("backups.export", TYPE, stream) };
    });
  }

  /**
   * Takes in a file that was exported, here or elsewhere, and pins it; nothing is restored by that. A damaged one is taken
   * in for what is sound in it: see `complete` and `verify`.
   *
   * Throws `not-a-backup`, `too-new`, `medium` when the source fails, `cancelled`, `quota`, `read-only`, `bad-option`.
   */
  import(source: ImportSource, given?: SignalOptions): Promise<Backup> {
    return ask("backups.import", async () => {
      const { signal } = options(given, ["signal"]);
      const reader = readerOf(streamed(source), signal);
      const id = this.#handle.beginBackupImport();
      try {
        for (;;) {
          refuseIfAborted(signal);
          const { done, value } = await reader.read();
          if (done) break;
          if (!(value instanceof Uint8Array)) throw failure("bad-option", "a stream gives something other than Uint8Array");
          await this.#handle.addToBackup(id, value);
        }
        return JSON.parse(await this.#handle.endBackupImport(id)) as Backup;
      } catch (thrown) {
        reader.cancel(thrown);
        await (this.#handle.giveUpBackupImport(id) as Promise<void>).catch(() => undefined);
        throw thrown;
      }
    });
  }

  /**
   * Brings back what a backup holds, after a backup of what is there now (`before`). `replace` makes the keep what it was
   * then: what came since is gone, and every other write is refused with `restoring` until it is done. Ended anywhere, the next
   * opening has what was there, or goes on to the end. `copy` changes nothing that is there: records that are gone come
   * back, others come beside what has become of them since, each with its older states; asked for again, nothing comes twice.
   *
   * Throws `not-found`, `corrupt` for `replace` with a damaged backup, `too-new`, `restoring` when another restore is
   * under way, `quota`, `read-only`, `bad-option`.
   */
  restore(id: string, given: RestoreOptions): Promise<Restored> {
    return ask("backups.restore", async () => {
      const { mode, only } = options(given, ["mode", "only"]);
      if (mode !== "replace" && mode !== "copy") {
        throw failure("bad-option", `\`mode\` is \`${String(mode)}\`, \`replace\` or \`copy\` was wanted`);
      }
      if (mode === "replace") {
        if (only !== undefined) throw failure("bad-option", "`only` goes with `copy`");
        return JSON.parse(await this.#handle.restoreBackup(text(id, "id"))) as Restored;
      }
      const wanted =
        only && list(only, "only").map((one) => {
          const { domain, id: which } = options(record(one, "only") as unknown as typeof one, ["domain", "id"]);
          return `${text(domain, "domain")}/${text(which, "id")}`;
        });
      return JSON.parse(await this.#handle.copyBackup(text(id, "id"), wanted)) as Restored;
    });
  }

  /** The entries of what a backup holds, as lists show them; what cannot be read is not among them. Throws `not-found`, `too-new`. */
  contents(id: string): Promise<BackedUp[]> {
    return ask("backups.contents", async () => JSON.parse(await this.#handle.backupContents(text(id, "id"))) as BackedUp[]);
  }

  /** Makes it stay however many there are. Throws `not-found`. */
  pin(id: string): Promise<Backup> {
    return ask("backups.pin", async () => JSON.parse(await this.#handle.pinBackup(text(id, "id"), true)) as Backup);
  }

  /** Lets it give way to others again. Throws `not-found`. */
  unpin(id: string): Promise<Backup> {
    return ask("backups.unpin", async () => JSON.parse(await this.#handle.pinBackup(text(id, "id"), false)) as Backup);
  }

  /**
   * Thins the backups as the settings `backupsKept` and `backupMegabytes` say, as the keep does by itself. Gives the ids of
   * those that went; pinned ones stay, and so does the newest.
   */
  prune(): Promise<string[]> {
    return ask("backups.prune", async () => JSON.parse(await this.#handle.pruneBackups()) as string[]);
  }

  /** Removes it for good, pinned or not. Throws `not-found`. */
  delete(id: string): Promise<void> {
    return ask("backups.delete", () => this.#handle.deleteBackup(text(id, "id")) as Promise<void>);
  }

  #stream(id: string): ReadableStream<Uint8Array<ArrayBuffer>> {
    let at = 0;
    return new ReadableStream({
      pull: async (controller) => {
        const piece = (await ask("backups.export", () => this.#handle.backupPiece(id, at) as Promise<Uint8Array<ArrayBuffer>>));
        at += piece.length;
        if (piece.length > 0) controller.enqueue(piece);
        else controller.close();
      },
    }, { highWaterMark: 1 });
  }
}

function streamed(source: ImportSource): ReadableStream<unknown> {
  return call("backups.import", () => {
    if (source instanceof Blob) return source.stream();
    if (source instanceof ReadableStream) return source;
    if (source instanceof Uint8Array) return new Blob([source as Uint8Array<ArrayBuffer>]).stream();
    throw failure("bad-option", "a source is no File, Blob, Uint8Array or ReadableStream");
  });
}
