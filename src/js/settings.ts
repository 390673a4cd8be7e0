// The settings of a keep.

import { rawDefaults, type KeepHandle } from "./cardkeep.js";
import { subscribe } from "./changes.js";
import { fromOutside } from "./intake.js";
import { ask } from "./loading.js";
import { bytes as bytesOf, fields, flag, limits, options, safety, text } from "./options.js";
import type { Validity } from "./types/reading.js";
import type { ChangeDetail, SafetyOptions } from "./types/record.js";
import type { ImportedSettings, ImportSettingsOptions, Settings } from "./types/settings.js";

export class SettingsStore {
  readonly #handle: KeepHandle;
  /** What holds where nothing was set. */
  readonly defaults: Settings;
  /** Where changes are told; nowhere in a transaction. @internal */
  changes: EventTarget | undefined;

  /** @internal */
  constructor(handle: KeepHandle) {
    this.#handle = handle;
    this.defaults = JSON.parse(rawDefaults()) as Settings;
  }

  /** The settings, with the defaults where nothing was set. */
  get(): Promise<Settings> {
    return this.#answer("get", () => this.#handle.settings());
  }

  /** Those that are otherwise than their defaults. */
  diff(): Promise<Partial<Settings>> {
    return ask("settings.diff", async () => {
      const all = JSON.parse((await this.#handle.settings()) as string) as Settings;
      const usual = new Map(Object.entries(this.defaults).map(([key, value]) => [key, JSON.stringify(value)]));
      return Object.fromEntries(Object.entries(all).filter(([key, value]) => JSON.stringify(value) !== usual.get(key))) as Partial<Settings>;
    });
  }

  /**
   * Hears which settings were changed, here or in another tab, until the function that it returns is called. Throws
   * `bad-option`, also in a transaction.
   */
  subscribe(listener: (change: ChangeDetail) => void): () => void {
    return subscribe(this.changes, "settings", listener);
  }

  /** Changes some of them. Throws `bad-option` for an unknown one, `invalid` for a value out of range. */
  patch(patch: Partial<Settings>, given?: SafetyOptions): Promise<Settings> {
    return this.#answer("patch", () => this.#handle.patchSettings(fields(patch, "patch"), safety(given)));
  }

  /** Sets one back to its default, or all. */
  reset(key?: keyof Settings, given?: SafetyOptions): Promise<Settings> {
    return this.#answer("reset", () => this.#handle.resetSettings(key === undefined ? undefined : text(key, "key"), safety(given)));
  }

  /** Says what `patch` would say of some settings, all of it at once; changes nothing. */
  validate(patch: object): Promise<Validity> {
    return ask("settings.validate", async () => JSON.parse((await this.#handle.validateSettings(fields(patch, "patch"))) as string) as Validity);
  }

  /**
   * Takes over what the `settings.json` of SillyTavern or CardShark says, as far as it has a counterpart here, and tells the
   * rest. Keys and passwords are left out, with a warning.
   *
   * Throws `unsupported` for settings of another tool, `bad-json`, `too-large`.
   */
  import(source: Blob | Uint8Array, given?: ImportSettingsOptions): Promise<ImportedSettings> {
    return ask("settings.import", async () => {
      const { limits: within, keepMine } = options(given, ["limits", "keepMine"]);
      const mine = flag(keepMine, "keepMine");
      const bytes = source instanceof Blob ? new Uint8Array(await fromOutside(source.arrayBuffer())) : bytesOf(source, "source");
      return JSON.parse((await this.#handle.importSettings(bytes, mine, limits(within))) as string) as ImportedSettings;
    });
  }

  #answer(verb: string, work: () => Promise<string>): Promise<Settings> {
    return ask(`settings.${verb}`, async () => JSON.parse(await work()) as Settings);
  }
}
