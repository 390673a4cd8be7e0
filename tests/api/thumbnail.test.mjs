// Thumbnails of cards in JPEG and WebP: the browser draws them when a card comes in.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { init, Keep } from "cardkeep";
import { fixture } from "./fixtures.mjs";
import { CHROMIUM, onePage } from "./pages.mjs";

describe("thumbnails", () => {
  const at = onePage();

  test("a card in a JPEG or a WebP has a small picture, also out of a folder and in a transaction", CHROMIUM, async () => {
    await at.browser.go(at.server.url);
    const found = await at.browser.run(async () => {
      const { Keep } = await import("/index.js");
      const utf8 = new TextEncoder();
      const card = (name) => utf8.encode(JSON.stringify({ spec: "chara_card_v2", spec_version: "2.0", data: { name, description: "d", first_mes: "f" } }));
      const drawing = async (type, width, height) => {
        const canvas = new OffscreenCanvas(width, height);
        const context = canvas.getContext("2d");
        context.fillStyle = "rgb(200, 30, 40)";
        context.fillRect(0, 0, width, height);
        return new Uint8Array(await (await canvas.convertToBlob({ type })).arrayBuffer());
      };
      const joined = async (...parts) => new Uint8Array(await new Blob(parts).arrayBuffer());
      const number = (value, length, little) => {
        const bytes = Array.from({ length }, (_, n) => (value >>> (8 * n)) & 255);
        return Uint8Array.from(little ? bytes : bytes.reverse());
      };
      const jpeg = async (name) => {
        const words = card(name);
        const picture = await drawing("image/jpeg", 800, 1_200);
        return joined(picture.subarray(0, 2), Uint8Array.of(0xff, 0xfe), number(words.length + 2, 2), words, picture.subarray(2));
      };
      const webp = async (name) => {
        const words = card(name);
        // One directory with one entry, the user comment, which stands behind it.
        const entry = await joined(number(0x9286, 2, true), number(7, 2, true), number(words.length, 4, true), number(26, 4, true));
        const tiff = await joined(utf8.encode("II*\0"), number(8, 4, true), number(1, 2, true), entry, new Uint8Array(4), words);
        const exif = await joined(utf8.encode("EXIF"), number(tiff.length, 4, true), tiff, new Uint8Array(tiff.length & 1));
        const chunks = (await drawing("image/webp", 300, 100)).subarray(12);
        return joined(utf8.encode("RIFF"), number(4 + chunks.length + exif.length, 4, true), utf8.encode("WEBP"), chunks, exif);
      };
      const told = [];
      const tell = async (keep, { id, name, thumbnail, rev }) => {
        const small = await keep.characters.thumbnail(id);
        const size = small && (await createImageBitmap(new Blob([small], { type: "image/png" })));
        let pixel;
        if (size) {
          const context = new OffscreenCanvas(size.width, size.height).getContext("2d");
          context.drawImage(size, 0, 0);
          pixel = [...context.getImageData(size.width >> 1, size.height >> 1, 1, 1).data].map((value, n) => Math.abs(value - [200, 30, 40, 255][n]) < 12);
        }
        const file = (await keep.characters.export(id)).bytes;
        told.push({ name, thumbnail, listed: (await keep.characters.list()).items.find((one) => one.id === id).thumbnail, kept: rev, size: size && [size.width, size.height], pixel, file: file.length });
      };
      const keep = await Keep.open({ name: "small" });
      const files = [await jpeg("Jay"), await webp("Wes"), await jpeg("Eve"), await webp("Tom")];
      const entries = [];
      const folder = [Object.defineProperty(new File([files[2]], "Eve.jpg"), "webkitRelativePath", { value: "data/characters/Eve.jpg" })];
      for await (const event of keep.characters.import(files.slice(0, 2))) if (event.type === "item") entries.push(event.entry);
      for await (const event of keep.importFolder(folder)) if (event.type === "item") entries.push(event.entry);
      await keep.transaction(["characters"], async (tx) => {
        for await (const event of tx.characters.import([files[3]])) if (event.type === "item") entries.push(event.entry);
      });
      for (const entry of entries) await tell(keep, entry);
      const again = [];
      for await (const event of keep.characters.import(files)) if (event.type === "item") again.push(event.status);
      await keep.close();
      return { told, again, lengths: files.map((file) => file.length) };
    });
    assert.deepEqual(found.again, ["duplicate", "duplicate", "duplicate", "duplicate"]);
    assert.deepEqual(found.told.map(({ name, size }) => [name, size]), [["Jay", [192, 288]], ["Wes", [192, 64]], ["Eve", [192, 288]], ["Tom", [192, 64]]]);
    for (const [n, { thumbnail, listed, pixel, file }] of found.told.entries()) {
      assert.deepEqual([thumbnail, listed, pixel, file], [true, true, [true, true, true, true], found.lengths[n]]);
    }
  });

  test("a picture that cannot be drawn is no reason to refuse its card", async () => {
    await at.browser.go(at.server.url);
    const files = ["jpeg_comment.jpg", "webp_bare.webp"].map((name) => [...fixture(`cases/cards/photo/${name}`)]);
    const found = await at.browser.run(async (files) => {
      const { Keep } = await import("/index.js");
      const keep = await Keep.open({ name: "undrawn" });
      const events = [];
      for await (const event of keep.characters.import(files.map((file) => Uint8Array.from(file)))) events.push(event);
      const [{ entry }] = events;
      const small = await keep.characters.thumbnail(entry.id);
      await keep.close();
      return { done: events.at(-1), thumbnail: entry.thumbnail, small: small === undefined };
    }, files);
    assert.deepEqual([found.done.added, found.done.failed, found.thumbnail, found.small], [2, 0, false, true]);
  });
});

test("where there is no browser there is no small picture of them", async () => {
  await init();
  const keep = await Keep.open({ medium: "memory" });
  for await (const event of keep.characters.import([fixture("cards/60_webp_json_ifd0.webp")])) {
    if (event.type !== "item") continue;
    assert.deepEqual([event.status, event.entry.thumbnail], ["added", false]);
    assert.equal(await keep.characters.thumbnail(event.entry.id), undefined);
  }
  await keep.close();
});
