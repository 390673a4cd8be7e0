// A PNG writer: RGBA pixels in, an image out, and text chunks beside it. Knows nothing of drawing or cards.

import { crc32, deflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

export function writePng({ width, height, pixels }, texts = []) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8); // eight bits a channel, RGB
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", head),
    ...texts.map(([keyword, text]) => chunk("tEXt", Buffer.from(`${keyword}\0${text}`, "latin1"))),
    chunk("IDAT", deflateSync(filtered(width, height, pixels), { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body) >>> 0);
  return Buffer.concat([length, body, sum]);
}

/** Each line by the filter that leaves the smallest numbers: smooth color compresses well that way. */
function filtered(width, height, pixels) {
  const bytes = width * 3;
  const lines = [];
  let above = Buffer.alloc(bytes);
  for (let y = 0; y < height; y += 1) {
    const line = Buffer.alloc(bytes);
    for (let x = 0; x < width; x += 1) for (let c = 0; c < 3; c += 1) line[x * 3 + c] = pixels[(y * width + x) * 4 + c];
    let best;
    for (const filter of [0, 1, 2, 4]) {
      const out = Buffer.alloc(bytes + 1);
      out[0] = filter;
      let cost = 0;
      for (let i = 0; i < bytes; i += 1) {
        const left = i >= 3 ? line[i - 3] : 0;
        const up = above[i];
        const corner = i >= 3 ? above[i - 3] : 0;
        const guess = filter === 0 ? 0 : filter === 1 ? left : filter === 2 ? up : paeth(left, up, corner);
        out[i + 1] = line[i] - guess;
        cost += Math.abs((out[i + 1] << 24) >> 24);
      }
      if (best === undefined || cost < best.cost) best = { out, cost };
    }
    lines.push(best.out);
    above = line;
  }
  return Buffer.concat(lines);
}

function paeth(left, up, corner) {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
