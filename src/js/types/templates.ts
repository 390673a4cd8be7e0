// Templates in a keep.

import type { Entry, PutOptions, SafetyOptions } from "./record.js";
import type { Template, TemplateDocument, TemplateGiven, TemplateKind } from "./template.js";

/** One of the templates of `putMany`. */
export interface PutTemplate extends Omit<PutOptions, keyof SafetyOptions> {
  template: TemplateGiven;
}

export interface TemplateEntry extends Entry {
  name: string;
  kind: TemplateKind;
}

export interface KeptTemplate extends TemplateEntry {
  /** Set for one that comes with the library. */
  builtIn?: true;
  document: TemplateDocument;
  template: Template;
}
