// Looking into chat files through the package: what is told is what reading the whole file gives.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { init, peekChat, readChat } from "cardkeep";
import { bytes, expected, fixture } from "./fixtures.mjs";

before(() => init());

const header = { user_name: "Bea", character_name: "Ann", chat_metadata: {} };
const line = (n) => ({ name: n % 2 ? "Bea" : "Ann", is_user: n % 2 === 1, send_date: 1_700_000_000_000 + n, mes: `“${n}” 東京 ${"said nothing. ".repeat(50)}`, swipes: [`“${n}”`, "no"], swipe_id: 0 });
const log = (count) => [header, ...Array.from({ length: count }, (_, n) => line(n))].map((it) => JSON.stringify(it)).join("\n");

/** What reading gives of the end of a file. */
function ended(file, last) {
  const { sessions, ...head } = readChat(file);
  const chat = sessions.at(-1);
  const from = Math.max(0, chat.length - last);
  return { ...head, length: chat.length, header: chat.header, last: chat.page(from, chat.length) };
}

for (const name of Object.keys(expected("chats"))) {
  test(`${name} ends as reading it says`, async () => {
    const file = fixture(`chats/${name}`);
    for (const last of [0, 1, 50]) {
      const { bytesRead, size, complete, title, userName, characterName, ...told } = await peekChat(new Blob([file]), { last });
      assert.deepEqual([bytesRead, size, complete], [file.length, file.length, true]);
      const wanted = ended(file, last);
      if (wanted.header === undefined) delete wanted.header;
      assert.deepEqual(told, wanted);
    }
  });
}

test("of a long file the beginning and the end are read, whatever its newlines", async () => {
  for (const text of [log(3000), log(3000).replaceAll("\n", "\r\n"), `\ufeff${log(3000)}`, `${log(2000)}\n\n${log(1000).replace("Ann", "Zoë")}\n`]) {
    const file = bytes(text);
    const told = await peekChat(new Blob([file]));
    assert.deepEqual([told.complete, told.size, told.bytesRead, told.length], [false, file.length, 192 * 1024, undefined]);
    assert.deepEqual([told.title, told.userName, told.characterName], ["Ann", "Bea", "Ann"]);
    const wanted = ended(file, 50);
    assert.deepEqual(told.last, wanted.last.map((message) => ({ ...message, index: message.index - wanted.length })));
    assert.equal(told.last.at(-1).index, -1);
    assert.deepEqual([told.dialect, told.source, told.converted, told.faults, told.warnings], [wanted.dialect, wanted.source, false, [], []]);
  }
});

test("a file that is cut says so, from the end", async () => {
  const file = bytes(log(1000)).subarray(0, -7);
  const { last, faults } = await peekChat(new Blob([file]), { last: 2 });
  assert.deepEqual(faults.map(({ line, code }) => [line, code]), [[-1, "cut-short"]]);
  assert.deepEqual(last.map(({ index, text }) => [index, text.slice(0, 5)]), [[-2, "“997”"], [-1, "“998”"]]);
});

test("more messages take more of the file, and all of them all", async () => {
  const file = new Blob([log(1000)]);
  const some = await peekChat(file, { last: 400 });
  assert.ok(!some.complete && some.last.length === 400 && some.bytesRead < file.size);
  const all = await peekChat(file, { last: 1_000_000 });
  assert.deepEqual([all.complete, all.last.length, all.bytesRead, all.last[0].index], [true, 1000, file.size, 0]);
});

test("what is no chat, or cannot be read, is refused by name", async () => {
  await assert.rejects(peekChat(new Blob(["hello\nworld"])), { code: "not-a-chat", op: "peekChat" });
  await assert.rejects(peekChat(new Blob([new Uint8Array(300_000)])), { code: "not-a-chat" });
  await assert.rejects(peekChat(new Blob([log(3)]), { limits: { chat: 5 } }), { code: "too-large" });
  await assert.rejects(peekChat(log(3)), { code: "bad-option" });
  for (const given of [{ last: -1 }, { last: 1.5 }, { last: "3" }, { first: 1 }, { limits: { chats: 1 } }, { signal: {} }]) {
    await assert.rejects(peekChat(new Blob([log(3)]), given), { code: "bad-option" });
  }
  await assert.rejects(peekChat(new Blob([log(3)]), { signal: AbortSignal.abort() }), { code: "cancelled" });
  class Gone extends Blob {
    slice() {
      return { arrayBuffer: () => Promise.reject(new DOMException("gone", "NotReadableError")) };
    }
  }
  await assert.rejects(peekChat(new Gone([log(3)])), { code: "medium" });
  class Shrunk extends Blob {
    slice(from) {
      return super.slice(from, from + 10);
    }
  }
  await assert.rejects(peekChat(new Shrunk([log(3)])), { code: "medium" });
});
