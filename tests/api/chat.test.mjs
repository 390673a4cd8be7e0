// Chat logs through the package.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { ChatText, init, readChat, writeChat } from "cardkeep";
import { bytes } from "./fixtures.mjs";

before(() => init());

const header = { user_name: "You", character_name: "Ann", create_date: "2024-01-02@03h04m05s", chat_metadata: {} };
const line = (index) => ({ name: index % 2 ? "You" : "Ann", is_user: index % 2 === 1, send_date: "January 2, 2024 3:04am", mes: `Message ${index} 東京 \u{1F988}` });
const log = (count) => bytes([header, ...Array.from({ length: count }, (_, index) => line(index))].map((it) => JSON.stringify(it)).join("\n"));

test("a log is read page by page", () => {
  const { dialect, sessions, faults } = readChat(log(250));
  assert.equal(dialect, "sillytavern");
  assert.deepEqual(faults, []);
  const [chat] = sessions;
  assert.equal(sessions.length, 1);
  assert.ok(chat instanceof ChatText);
  assert.equal(chat.length, 250);
  assert.equal(chat.header.character_name, "Ann");
  const page = chat.page(100, 103);
  assert.deepEqual(page.map(({ index, text, role }) => [index, text, role]), [
    [100, "Message 100 東京 \u{1F988}", "character"],
    [101, "Message 101 東京 \u{1F988}", "user"],
    [102, "Message 102 東京 \u{1F988}", "character"],
  ]);
  assert.equal(page[0].fields.mes, page[0].text);
  assert.deepEqual(chat.page(249, 1000).map(({ index }) => index), [249]);
  assert.deepEqual([chat.page(250, 300), chat.page(5, 5), chat.page(9, 3)], [[], [], []]);
  const all = [...chat.messages()];
  assert.deepEqual(all.map(({ index }) => index), Array.from({ length: 250 }, (_, index) => index));
});

test("the bytes come back as they were, faults included", () => {
  const text = `${JSON.stringify(header)}\r\n${JSON.stringify(line(0))}\r\n{"mes": broken\r\n\r\n${JSON.stringify(line(1))}\n`;
  const { sessions, faults } = readChat(bytes(text));
  assert.deepEqual(sessions[0].bytes(), bytes(text));
  assert.equal(sessions[0].length, 2);
  assert.deepEqual(faults.map(({ line }) => line), [3]);
});

test("a chat that was freed says so, and may be freed again", () => {
  const [chat] = readChat(log(3)).sessions;
  chat.free();
  chat.free();
  chat[Symbol.dispose]();
  assert.throws(() => chat.page(0, 1), { name: "CardkeepError", code: "closed", op: "ChatText.page" });
  assert.throws(() => chat.bytes(), { code: "closed" });
});

test("what is no chat is refused by name", () => {
  assert.throws(() => readChat(bytes("hello\nworld")), { code: "not-a-chat", op: "readChat" });
  assert.throws(() => readChat(log(3), { limits: { chat: 5 } }), { code: "too-large" });
  assert.throws(() => readChat(log(3), { limits: { chats: 5 } }), { code: "bad-option" });
});

test("positions are whole numbers", () => {
  const [chat] = readChat(log(3)).sessions;
  for (const [from, to] of [[-1, 2], [0.5, 2], ["0", 2], [0, NaN], [undefined, 2]]) {
    assert.throws(() => chat.page(from, to), { code: "bad-option" });
  }
});

test("a document of another tool is read as its chats, and says whose it is", () => {
  const chat = (name) => ({ name, message: [{ role: "user", data: "yo", time: 1700000000000 }, { role: "char", data: "hi" }] });
  const file = readChat(bytes(JSON.stringify({ type: "risuAllChats", ver: 2, data: [chat("A"), chat("B")] })));
  assert.deepEqual([file.source.tool, file.source.era, file.converted, file.dialect], ["risu", "all-2", true, "sillytavern"]);
  assert.equal(file.warnings[0].code, "converted");
  assert.deepEqual(file.sessions.map(({ header }) => header.chat_metadata.title), ["A", "B"]);
  assert.deepEqual(file.sessions[1].page(0, 2).map(({ text, role, at }) => [text, role, at]), [["yo", "user", 1700000000000], ["hi", "character", undefined]]);
  assert.equal(readChat(log(1)).converted, false);
});

test("a chat is written in another form, with what is lost", () => {
  const [chat] = readChat(log(2)).sessions;
  const text = (written) => new TextDecoder().decode(written.bytes);
  assert.deepEqual(writeChat(chat, { as: "cardshark" }), { bytes: log(2), losses: [] });
  const page = writeChat(chat, { as: "html", title: "<A>" });
  assert.ok(text(page).includes("<title>&lt;A&gt;</title>"));
  assert.deepEqual(page.losses.map(({ path }) => path), ["header"]);
  assert.ok(text(writeChat(chat, { as: "text" })).startsWith("Ann: Message 0"));
  assert.equal(readChat(writeChat(chat, { as: "world" }).bytes).dialect, "world");
  assert.throws(() => writeChat(chat, { as: "chub" }), { code: "bad-option", op: "writeChat" });
  assert.throws(() => writeChat(log(1), { as: "text" }), { code: "bad-option" });
});

test("words are found in a file as in a keep", async () => {
  const file = bytes(['{"user_name":"You","character_name":"Zoë"}', '{"name":"Zoë","mes":"The Dragon sleeps"}', '{"name":"You","is_user":true,"mes":"d\\u0072agon?"}'].join("\n"));
  const [chat] = readChat(file).sessions;
  assert.deepEqual(chat.search("dragon").map(({ index, name, matches, id }) => [index, name, matches, id]), [[0, "Zoë", [[4, 10]], undefined], [1, "You", [[0, 6]], undefined]]);
  assert.deepEqual(chat.search("dragon", { role: "user", from: 1 }).map(({ index }) => index), [1]);
  assert.deepEqual(chat.search("dragon", { limit: 1 }).length, 1);
  assert.throws(() => chat.search("(", { regex: true }), { code: "invalid", op: "ChatText.search" });
  assert.throws(() => chat.search("x", { fuzzy: true }), { code: "bad-option" });
  chat.free();
});
