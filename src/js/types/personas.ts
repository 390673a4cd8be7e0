// Personas in a keep.

import type { Persona, PersonaDialect, PersonaDocument, PersonaGiven } from "./persona.js";
import type { Entry, PutOptions, SafetyOptions } from "./record.js";

export interface PutPersonaOptions extends PutOptions {
  /** A PNG to be the picture. Without it the picture stays. */
  image?: Uint8Array;
}

/** One of the personas of `putMany`. */
export interface PutPersona extends Omit<PutPersonaOptions, keyof SafetyOptions> {
  persona: PersonaGiven;
}

export interface PersonaEntry extends Entry {
  name: string;
  title: string;
  dialect: PersonaDialect;
  /** Whether `personas.image` has a picture. */
  image: boolean;
  /** Whether `personas.thumbnail` has one. */
  thumbnail: boolean;
}

export interface KeptPersona extends PersonaEntry {
  document: PersonaDocument;
  persona: Persona;
}
