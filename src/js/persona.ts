// Personas: bytes in, who the user is out, and a file of another tool.

import { rawEditPersona, rawReadPersonas, rawWritePersonas } from "./cardkeep.js";
import { call } from "./loading.js";
import { bytes, documentOr, fields, limits, list, options, text } from "./options.js";
import type { Persona, PersonaDocument, PersonaFile, PersonaGiven, PersonaPatch, WritePersonasOptions } from "./types/persona.js";
import type { Limits, Loss } from "./types/reading.js";

type Head = Omit<PersonaFile, "personas"> & { personas: Persona[] };

/**
 * Reads personas: a backup or the settings of SillyTavern, of which nothing else is taken; a persona of RisuAI (PNG or JSON);
 * a user of CardShark (PNG); JSON also compressed with gzip. Any other character card is read as a persona, with a warning.
 *
 * Throws `not-a-persona`, `bad-json`, `bad-encoding`, `bad-png`, `cut-short`, `too-large`, `bad-option`, `not-ready`.
 */
export function readPersonas(file: Uint8Array, given?: { limits?: Limits }): PersonaFile {
  return call("readPersonas", () => {
    const chosen = options(given, ["limits"]);
    const raw = rawReadPersonas(bytes(file), limits(chosen.limits));
    try {
      const { personas, ...head } = JSON.parse(raw.head) as Head;
      return { ...head, personas: personas.map((persona, index) => ({ persona, document: { bytes: raw.document(index) as Uint8Array } })) };
    } finally {
      raw.free();
    }
  });
}

/**
 * Changes fields of a persona; the rest of its text stays as it was written. `null` removes what may be absent.
 *
 * Throws `bad-option`, `invalid`, `not-a-persona`, `bad-json`, `too-large`, `not-ready`.
 */
export function editPersona(persona: PersonaGiven, patch: PersonaPatch, given?: { limits?: Limits }): PersonaDocument {
  return call("editPersona", () => {
    const chosen = options(given, ["limits"]);
    return { bytes: rawEditPersona(documentOr(persona, "persona"), fields(patch, "patch"), limits(chosen.limits)) };
  });
}

/**
 * Puts personas into the file of a tool, and tells what that tool does not read of them; it stands in the file all the same.
 * `silly-tavern` is a backup of any number, `risu` and `cardshark` are a picture of one.
 *
 * Throws `invalid` for another number, `unsupported` for a picture that is no PNG, `not-a-persona`, `bad-png`, `bad-json`,
 * `too-large`, `bad-option`, `not-ready`.
 */
export function writePersonas(personas: readonly PersonaGiven[], given: WritePersonasOptions): { bytes: Uint8Array; losses: Loss[] } {
  return call("writePersonas", () => {
    const { dialect, image, limits: within } = options(given, ["dialect", "image", "limits"]);
    const documents = list(personas, "personas").map((persona) => documentOr(persona, "persona"));
    const raw = rawWritePersonas(documents, text(dialect, "dialect"), image && bytes(image, "image"), limits(within));
    try {
      return { bytes: raw.bytes, losses: JSON.parse(raw.losses) as Loss[] };
    } finally {
      raw.free();
    }
  });
}
