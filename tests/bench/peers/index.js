// The libraries that the card bench is measured against, as one module for the browser.

import { Buffer } from "buffer";
import { embedIntoPNG, extractFromPNG } from "@character-foundry/character-foundry/png";
import { parseCard } from "@character-foundry/character-foundry/loader";
import { CharacterCard } from "@lenml/char-card-reader";
import textChunk from "png-chunk-text";
import encodeChunks from "png-chunks-encode";
import extractChunks from "png-chunks-extract";

export { Buffer, CharacterCard, embedIntoPNG, encodeChunks, extractChunks, extractFromPNG, parseCard, textChunk };
