// How files of cards are put together, by the specifications of PNG, ZIP, RIFF and Exif and nothing of the crate.

import { crc32, deflateRawSync, deflateSync } from "node:zlib";

export const utf8 = (text) => Buffer.from(text, "utf8");
export const base64 = (text) => Buffer.from(text).toString("base64");
export const bytes = (...parts) => Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part))));

const u32 = (value) => { const out = Buffer.alloc(4); out.writeUInt32BE(value >>> 0); return out; };
const le32 = (value) => { const out = Buffer.alloc(4); out.writeUInt32LE(value >>> 0); return out; };
const le16 = (value) => { const out = Buffer.alloc(2); out.writeUInt16LE(value & 0xffff); return out; };

/** UTF-16 in either order, with a mark or without. */
export function utf16(text, { big = false, mark = true } = {}) {
  const out = Buffer.from((mark ? "\ufeff" : "") + text, "utf16le");
  return big ? out.swap16() : out;
}

// ---------------------------------------------------------------- PNG

export const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);

export function chunk(kind, data, { sum } = {}) {
  const named = bytes(kind, data);
  return bytes(u32(data.length), named, u32(sum ?? crc32(named)));
}

export const text = (keyword, content) => chunk("tEXt", bytes(keyword, "\0", content));
export const ztxt = (keyword, content, method = 0) => chunk("zTXt", bytes(keyword, [0, method], deflateSync(Buffer.from(content))));
export const itxt = (keyword, content, { compressed = false, language = "", translated = "" } = {}) =>
  chunk("iTXt", bytes(keyword, [0, compressed ? 1 : 0, 0], language, [0], utf8(translated), [0], compressed ? deflateSync(Buffer.from(content)) : Buffer.from(content)));

/** A card as most tools embed it. */
export const card = (keyword, json) => text(keyword, base64(json));

const HEADER = chunk("IHDR", [0, 0, 0, 4, 0, 0, 0, 4, 8, 2, 0, 0, 0]);
const row = Buffer.from([0, 200, 60, 10, 30, 90, 200, 5, 5, 5, 250, 250, 250]);
const PIXELS = deflateSync(bytes(row, row, row, row));
export const IMAGE = chunk("IDAT", PIXELS);
export const END = chunk("IEND", []);

/** A 4 by 4 picture with chunks before and behind its pixels. */
export const png = (before, after = [], { image = [IMAGE], end = END, trailing = "" } = {}) =>
  bytes(SIGNATURE, HEADER, ...before, ...image, ...after, end, trailing);

/** The same pixels in two pieces, and as an animation. */
export const split = [chunk("IDAT", PIXELS.subarray(0, 9)), chunk("IDAT", PIXELS.subarray(9))];
export const animated = {
  control: chunk("acTL", [0, 0, 0, 2, 0, 0, 0, 0]),
  frame: (n) => chunk("fcTL", bytes(u32(n), u32(4), u32(4), u32(0), u32(0), [0, 1, 0, 10, 0, 0])),
  data: (n) => chunk("fdAT", bytes(u32(n), PIXELS)),
};

// ---------------------------------------------------------------- ZIP

/** Items `{ name, data, deflate?, streamed?, unmarked?, method?, encrypted?, sum?, mode? }`; `unmarked`: what stands behind a streamed content has no mark. */
export function zip(items, { prefix = "", adjusted = true, comment = "", directory = true, utf8Names = true, count = items.length } = {}) {
  const lead = bytes(prefix);
  const locals = [];
  const lines = [];
  let at = lead.length;
  for (const { name, data, deflate = false, streamed = false, unmarked = false, method, encrypted = false, sum } of items) {
    const raw = Buffer.from(data);
    const stored = deflate ? deflateRawSync(raw) : raw;
    const file = utf8(name);
    const crc = sum ?? crc32(raw);
    const flags = (utf8Names ? 0x800 : 0) | (streamed ? 8 : 0) | (encrypted ? 1 : 0);
    const fixed = bytes(le16(20), le16(flags), le16(method ?? (deflate ? 8 : 0)), le32(0x5a215a21));
    const known = bytes(le32(crc), le32(stored.length), le32(raw.length));
    const local = bytes("PK\x03\x04", fixed, streamed ? Buffer.alloc(12) : known, le16(file.length), le16(0), file, stored, ...(streamed ? [unmarked ? "" : "PK\x07\x08", known] : []));
    lines.push(bytes("PK\x01\x02", le16(20), fixed, known, le16(file.length), Buffer.alloc(12), le32(at - (adjusted ? 0 : lead.length)), file));
    locals.push(local);
    at += local.length;
  }
  const central = bytes(...lines);
  if (!directory) return bytes(lead, ...locals);
  const end = bytes("PK\x05\x06", le32(0), le16(items.length), le16(count), le32(central.length), le32(at - (adjusted ? 0 : lead.length)), le16(comment.length), comment);
  return bytes(lead, ...locals, central, end);
}

// ---------------------------------------------------------------- Exif, WebP, JPEG

/** A TIFF with a user comment in the first directory, or below it. */
export function tiff(comment, { big = false, below = false } = {}) {
  const content = Buffer.from(comment);
  const n16 = (value) => { const out = le16(value); return big ? out.reverse() : out; };
  const n32 = (value) => { const out = le32(value); return big ? out.reverse() : out; };
  const head = bytes(big ? "MM" : "II", n16(42), n32(8));
  const one = (tag, kind, count, value) => bytes(n16(1), n16(tag), n16(kind), n32(count), n32(value), n32(0));
  if (!below) return bytes(head, one(0x9286, 7, content.length, 26), content);
  return bytes(head, one(0x8769, 4, 1, 26), one(0x9286, 7, content.length, 44), content);
}

export function webp(exif, { lead = "", more = [] } = {}) {
  const part = (kind, data) => bytes(kind, le32(data.length), data, data.length % 2 ? [0] : []);
  const body = bytes("WEBP", part("VP8X", [8, 0, 0, 0, 3, 0, 0, 3, 0, 0]), part("VP8 ", Buffer.alloc(11, 7)), ...more.map(([kind, data]) => part(kind, Buffer.from(data))), part("EXIF", bytes(lead, exif)));
  return bytes("RIFF", le32(body.length), body);
}

export function jpeg(segments, tail = "") {
  const part = (mark, data) => bytes([0xff, mark], le16(data.length + 2).reverse(), data);
  const all = segments.map(([mark, data]) => part(mark, Buffer.from(data)));
  return bytes([0xff, 0xd8], part(0xe0, "JFIF\0\x01\x01\0\0\x01\0\x01\0\0"), ...all, part(0xda, "\x01\x01\0\0\x3f\0"), [1, 2, 3, 0xff, 0, 4], [0xff, 0xd9], tail);
}
