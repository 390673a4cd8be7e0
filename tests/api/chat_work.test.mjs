// Work on an open chat: alternatives, insertions, branches, search.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Keep } from "cardkeep";

const opened = () => Keep.open({ medium: "memory" });
const said = (text, name = "Zoë") => ({ name, role: name === "You" ? "user" : "character", text });

async function chatOf(keep, ...texts) {
  const { id } = await keep.chats.create({ title: "Talk", characters: ["zoe"] });
  const chat = await keep.chats.open(id);
  await chat.appendMany(texts.map((text) => said(text)));
  return chat;
}

test("a reply gets alternatives, and each of them comes back", async () => {
  const keep = await opened();
  const chat = await chatOf(keep, "Hello", "one");
  const two = await chat.addSwipe(1, "two");
  assert.deepEqual([two.text, two.swipes, two.swipe], ["two", ["one", "two"], 1]);
  const one = await chat.chooseSwipe(1, 0);
  assert.deepEqual([one.text, one.swipe], ["one", 0]);
  const rest = await chat.removeSwipe(1, 0);
  assert.deepEqual([rest.text, rest.swipes], ["two", ["two"]]);
  assert.equal(chat.entry.last, "two");
  await assert.rejects(chat.removeSwipe(1, 0), { code: "invalid", op: "ChatHandle.removeSwipe" });
  await assert.rejects(chat.chooseSwipe(1, 7), { code: "not-found" });
  await assert.rejects(chat.addSwipe(9, "x"), { code: "not-found" });
  const { rev } = chat.entry;
  await chat.addSwipe(0, "Hi");
  await assert.rejects(chat.addSwipe(0, "Hey", { ifRev: rev }), { code: "conflict" });
  await keep.close();
});

test("a message is put anywhere", async () => {
  const keep = await opened();
  const chat = await chatOf(keep, "a", "c");
  assert.equal((await chat.insert(1, said("b"))).index, 1);
  await chat.insert(0, said("start"));
  await chat.insert(4, said("end"));
  assert.deepEqual((await chat.page(0, 9)).map(({ text }) => text), ["start", "a", "b", "c", "end"]);
  await assert.rejects(chat.insert(9, said("nowhere")), { code: "not-found" });
  await keep.close();
});

test("a branch begins as the chat did and goes its own way", async () => {
  const keep = await opened();
  const chat = await chatOf(keep, "a", "b", "c");
  const entry = await chat.branch(1);
  assert.deepEqual([entry.title, entry.length, entry.parent, entry.characters], ["Talk - Branch #1", 2, { id: chat.id, at: 1 }, ["zoe"]]);
  const branch = await keep.chats.open(entry.id);
  await branch.append(said("elsewhere"));
  await chat.remove(0);
  assert.deepEqual((await branch.page(0, 9)).map(({ text }) => text), ["a", "b", "elsewhere"]);
  assert.deepEqual((await keep.chats.branches(chat.id)).map(({ id }) => id), [entry.id]);
  assert.equal((await branch.branch(0, { title: "Deeper" })).title, "Deeper");
  await assert.rejects(chat.branch(5), { code: "not-found", op: "ChatHandle.branch" });
  await assert.rejects(chat.branch(0, { name: "x" }), { code: "bad-option" });
  await keep.close();
});

test("what was said is found, in one chat and in all", async () => {
  const keep = await opened();
  const chat = await chatOf(keep, "🦀 The dragon sleeps", "No", "A Dragon, at last");
  await chatOf(keep, "Nothing here");
  const hits = await chat.search("dragon");
  const texts = (await chat.page(0, 9)).map(({ text }) => text);
  assert.deepEqual(hits.map(({ index, matches }) => texts[index].slice(...matches[0])), ["dragon", "Dragon"]);
  assert.deepEqual((await chat.search("dragon", { case: true })).map(({ index }) => index), [0]);
  assert.deepEqual((await chat.search("d\\w+n,", { regex: true, from: 1 })).map(({ index }) => index), [2]);
  const all = await keep.chats.search("dragon", { limit: 1 });
  assert.deepEqual(all.map(({ entry, hits }) => [entry.id, hits.length]), [[chat.id, 1]]);
  await assert.rejects(chat.search("(", { regex: true }), { code: "invalid", op: "ChatHandle.search" });
  await assert.rejects(keep.chats.search("x", { fuzzy: true }), { code: "bad-option" });
  await keep.close();
});
