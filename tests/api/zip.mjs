// Archives, made without the package.

import { crc32, deflateRawSync } from "node:zlib";

const bytes = (text) => Buffer.from(text, "utf8");

/** A plain archive; every other file is deflated. */
export function zip(files) {
  const parts = [];
  const lines = [];
  let at = 0;
  for (const [index, [path, content]] of Object.entries(files).entries()) {
    const name = bytes(path);
    const data = index % 2 ? deflateRawSync(content) : content;
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(0x800, 2);
    head.writeUInt16LE(index % 2 ? 8 : 0, 4);
    head.writeUInt32LE(crc32(content), 10);
    head.writeUInt32LE(data.length, 14);
    head.writeUInt32LE(content.length, 18);
    head.writeUInt16LE(name.length, 22);
    const start = Buffer.alloc(4);
    start.writeUInt32LE(at);
    parts.push(bytes("PK\x03\x04"), head, name, data);
    lines.push(bytes("PK\x01\x02"), bytes("\x14\0"), head, Buffer.alloc(10), start, name);
    at += 30 + name.length + data.length;
  }
  const directory = Buffer.concat(lines);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(Object.keys(files).length % 0xffff, 4);
  end.writeUInt16LE(Object.keys(files).length % 0xffff, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(at, 12);
  return new Uint8Array(Buffer.concat([...parts, directory, bytes("PK\x05\x06"), end]));
}
