// Personas, as documents and as views of them.

import type { Json, Limits, Warning } from "./reading.js";

export type PersonaDialect = "silly-tavern" | "risu" | "cardshark";

/**
 * A persona as it was written: the JSON text, byte for byte; of SillyTavern a backup with this persona alone. Change it with
 * `editPersona`.
 */
export interface PersonaDocument {
  readonly bytes: Uint8Array;
}

/** Who the user is, in one shape for all dialects. */
export interface Persona {
  name: string;
  description: string;
  /** Tells it from others of the same name. */
  title?: string;
  /** For the user alone. */
  note?: string;
  /** Where the description goes; `at-depth` with `depth` and `role`. */
  position?: "in-prompt" | "after-character" | "note-top" | "note-bottom" | "at-depth" | "none";
  depth?: number;
  role?: "system" | "user" | "assistant";
  /** The name of a lorebook. */
  lorebook?: string;
  /** As the file has it: usually `{type, id}[]`, characters and groups that it is taken for. */
  connections?: Json[];
  dialect: PersonaDialect;
  /** The file name that SillyTavern knows it by. */
  picture?: string;
  /** Whether SillyTavern takes it for new chats. */
  default?: boolean;
  /** Of CardShark. */
  userId?: string;
}

/** Fields of a persona to change. Absent ones stay; `null` removes what may be absent. */
export type PersonaPatch = {
  [F in "title" | "note" | "position" | "depth" | "role" | "lorebook" | "connections"]?: Exclude<Persona[F], undefined> | null;
} & { name?: string; description?: string };

export interface PersonaFile {
  dialect: PersonaDialect;
  personas: { persona: Persona; document: PersonaDocument }[];
  warnings: Warning[];
}

export interface WritePersonasOptions {
  dialect: PersonaDialect;
  /** The PNG to write into, for `risu` and `cardshark`: its other chunks stay. Without it a plain portrait is generated. */
  image?: Uint8Array;
  limits?: Limits;
}

/** What is taken for a persona: the document that was read, its fields, or the object of a parsed file of one persona. */
export type PersonaGiven =
  | PersonaDocument
  | Persona
  | NewPersona
  | { name: string; personaPrompt: string }
  | { personas: object }
  | { data: object; spec?: string };

/** A persona to be made; what is left out is empty or absent. */
export type NewPersona = Partial<Omit<Persona, "dialect" | "picture" | "default" | "userId">> & { name: string };
