// The settings of a keep.

import { rawDefaults, type KeepHandle } from "./cardkeep.js";
import { ask } from "./loading.js";
import { fields, safety, text } from "./options.js";
import type { SafetyOptions, Settings, Validity } from "./types.js";

export class SettingsStore {
  readonly #handle: KeepHandle;
  /** What holds where nothing was set. */
  readonly defaults: Settings;

  /** @internal */
  constructor(handle: KeepHandle) {
    this.#handle = handle;
    this.defaults = JSON.parse(rawDefaults()) as Settings;
  }

  /** The settings, with the defaults where nothing was set. */
  get(): Promise<Settings> {
    return this.#answer("get", () => this.#handle.settings());
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

  #answer(verb: string, work: () => Promise<string>): Promise<Settings> {
    return ask(`settings.${verb}`, async () => JSON.parse(await work()) as Settings);
  }
}
