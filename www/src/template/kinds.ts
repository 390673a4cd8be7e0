// What templates are for, in words.

import type { TemplateEntry } from "../library";

export const KINDS: Record<TemplateEntry["kind"], string> = {
  instruct: "Instruct",
  context: "Context",
  "system-prompt": "System prompt",
  reasoning: "Reasoning",
  "chat-completion": "Chat completion",
  sampler: "Sampling",
  cardshark: "CardShark",
};
