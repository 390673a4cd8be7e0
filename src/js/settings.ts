// The settings of a keep.

import { rawDefaults, type KeepHandle } from "./cardkeep.js";
import { ask } from "./loading.js";
import { fields, text } from "./options.js";
import type { Settings } from "./types.js";

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
  patch(patch: Partial<Settings>): Promise<Settings> {
    return this.#answer("patch", () => this.#handle.patchSettings(fields(patch, "patch")));
  }

  /** Sets one back to its default, or all. */
  reset(key?: keyof Settings): Promise<Settings> {
    return this.#answer("reset", () => this.#handle.resetSettings(key === undefined ? undefined : text(key, "key")));
  }

  #answer(verb: string, work: () => Promise<string>): Promise<Settings> {
    return ask(`settings.${verb}`, async () => JSON.parse(await work()) as Settings);
  }
}
