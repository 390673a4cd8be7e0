// PNG files as the tests need them: made chunk by chunk, and taken apart again.

import { crc32, deflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

export function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), Buffer.from(data)]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(body.length - 4, 0);
  out.set(body, 4);
  out.writeUInt32BE(crc32(body) >>> 0, body.length + 4);
  return out;
}

/** A small picture with a card in it, and chunks that are nobody's business. */
export function cardPng(json) {
  const [width, height] = [64, 96];
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8);
  const lines = Buffer.alloc(height * (1 + width * 3));
  for (let i = 0; i < lines.length; i += 1) if (i % (1 + width * 3) !== 0) lines[i] = (i * 7) % 251;
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", head),
    chunk("tEXt", "Comment\0made by a test"),
    chunk("teSt", [1, 2, 3, 4]),
    chunk("tEXt", `chara\0${Buffer.from(json).toString("base64")}`),
    chunk("IDAT", deflateSync(lines)),
    chunk("tIME", [7, 0xea, 1, 4, 19, 2, 0]),
    chunk("IEND", []),
  ]);
}

/** Every chunk, in order, as `{ type, data }`. */
export function chunks(bytes) {
  const found = [];
  for (let at = SIGNATURE.length; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    found.push({ type: bytes.toString("latin1", at + 4, at + 8), data: bytes.subarray(at + 8, at + 8 + length) });
    at += length + 12;
  }
  return found;
}

/** The card's JSON text under a keyword, if there is one. */
export function cardText(bytes, keyword) {
  const mark = Buffer.from(`${keyword}\0`, "latin1");
  const found = chunks(bytes).find(({ type, data }) => type === "tEXt" && data.subarray(0, mark.length).equals(mark));
  return found && Buffer.from(found.data.subarray(mark.length).toString("latin1"), "base64").toString("utf8");
}
