// Work on an open chat: alternatives, insertions, branches, search.

import assert from "node:assert/strict";
import { test } from "node:test";
import init, { Keep, readChat, writeChat } from "cardkeep";

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

test("walking through a chat gives each message once, whatever is written before it meanwhile", async () => {
  const keep = await opened();
  const chat = await chatOf(keep, ...Array.from({ length: 300 }, (_, n) => `${n}`));
  const other = await keep.chats.open(chat.id);
  const seen = [];
  for await (const { text } of chat.messages({ from: 10, batch: 20 })) {
    seen.push(text);
    if (seen.length === 25) await other.remove(0);
    if (seen.length === 55) await other.insert(0, said("in front"));
    // Of the batch that was read last nothing is left but its first two.
    if (seen.length === 80) for (let n = 72; n < 90; n += 1) await other.remove({ id: (await other.search(`${n}`, { words: true }))[0].id });
    if (seen.length === 120) await other.append(said("behind"));
  }
  const wanted = Array.from({ length: 290 }, (_, n) => `${n + 10}`);
  assert.deepEqual(seen, [...wanted, "behind"]);
  await keep.close();
});

test("a branch with an empty title is refused, and a character is linked once", async () => {
  const keep = await opened();
  const chat = await chatOf(keep, "a");
  await assert.rejects(chat.branch(0, { title: " " }), { code: "invalid" });
  assert.deepEqual((await keep.chats.link(chat.id, { characters: ["zoe", "ann", "zoe"] })).characters, ["zoe", "ann"]);
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
  assert.deepEqual([entry.title, entry.length, entry.parent, entry.characters], ["Talk - Branch #1", 2, { id: chat.id, at: 1, message: 1 }, ["zoe"]]);
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

const saidBy = async (chat) => (await chat.page(0, 999)).map(({ text }) => text);

test("a message is named by its id wherever it is, in the branches too", async () => {
  const keep = await opened();
  const chat = await chatOf(keep, "a", "b", "c", "d");
  const [, b, , d] = await chat.page(0, 9);
  await chat.remove(0);
  assert.equal(await chat.indexOf(d.id), 2);
  assert.deepEqual(await chat.move({ id: d.id }, 0), { ...d, index: 0 });
  assert.equal((await chat.edit({ id: b.id }, { text: "B" })).index, 1);
  assert.equal((await chat.insert({ id: b.id }, said("before"))).index, 1);
  assert.deepEqual(await saidBy(chat), ["d", "before", "B", "c"]);
  const entry = await chat.branch({ id: b.id });
  assert.equal(entry.parent.message, b.id);
  assert.equal(await (await keep.chats.open(entry.id)).indexOf(b.id), 2);
  await chat.remove({ id: b.id });
  assert.equal(await chat.indexOf(b.id), undefined);
  for (const verb of [() => chat.edit({ id: b.id }, {}), () => chat.hide({ id: 99 }), () => chat.addSwipe({ id: 99 }, "x")]) {
    await assert.rejects(verb(), { code: "not-found" });
  }
  await assert.rejects(chat.edit({ index: 1 }, {}), { code: "bad-option", op: "ChatHandle.edit" });
  await assert.rejects(chat.move(0, 9), { code: "not-found", op: "ChatHandle.move" });
  await keep.close();
});

test("every change of messages is undone and made again, in turn", async () => {
  const keep = await opened();
  const chat = await chatOf(keep, "a", "b", "c");
  const states = [await saidBy(chat)];
  const step = async (work) => {
    await work();
    states.push(await saidBy(chat));
  };
  await step(() => chat.edit(1, { text: "B" }));
  await step(() => chat.remove(0));
  await step(() => chat.addSwipe(0, "B2"));
  await step(() => chat.move(0, 1));
  await step(() => chat.insert(0, said("first")));
  await step(() => chat.append(said("last")));
  for (const state of states.slice(0, -1).reverse()) {
    assert.equal(await chat.undo(), true);
    assert.deepEqual(await saidBy(chat), state);
  }
  for (const state of states.slice(1)) {
    assert.equal(await chat.redo({ durable: true }), true);
    assert.deepEqual(await saidBy(chat), state);
  }
  assert.equal(await chat.redo(), false);
  await assert.rejects(chat.undo({ ifRev: 1 }), { code: "bad-option", op: "ChatHandle.undo" });
  await keep.close();
});

test("a hidden message is the system's until it is shown again", async () => {
  const keep = await opened();
  const chat = await chatOf(keep, "a");
  const hidden = await chat.hide(0);
  assert.deepEqual([hidden.role, hidden.hidden, hidden.fields.is_system], ["system", true, true]);
  assert.equal(await chat.hideRange(0, { id: hidden.id }), 0);
  assert.equal(await chat.unhideRange(0, 0), 1);
  assert.equal(await chat.hideRange(0, 0), 1);
  await assert.rejects(chat.hideRange(0, "last"), { code: "bad-option", op: "ChatHandle.hideRange" });
  const shown = await chat.unhide(0);
  assert.deepEqual([shown.role, shown.hidden], ["character", undefined]);
  await keep.close();
});

test("a date and a count lead through a chat", async () => {
  const keep = await opened();
  const chat = await chatOf(keep);
  const day = (n) => Date.UTC(2026, 0, n);
  await chat.appendMany([1, 2, 3].map((n) => ({ ...said(`day ${n}`), at: day(n) })));
  assert.deepEqual([await chat.indexAt(day(2)), await chat.indexAt(new Date(day(2) + 1)), await chat.indexAt(day(4))], [1, 2, undefined]);
  for (const none of [Number.NaN, "2023", undefined, null, {}]) {
    await assert.rejects(chat.indexAt(none), { code: "bad-option", op: "ChatHandle.indexAt" });
  }
  await assert.rejects(chat.search("a", { role: "bot" }), { code: "bad-option" });
  assert.deepEqual(await chat.stats(), {
    messages: 3, words: 6, swipes: 0, unreadable: 0, branches: 0, first: day(1), last: day(3),
    speakers: [{ name: "Zoë", role: "character", messages: 3, words: 6 }],
  });
  await keep.close();
});

test("chats have titles, an archive, links and a tree", async () => {
  const keep = await opened();
  const chat = await chatOf(keep, "a", "b");
  const renamed = await keep.chats.rename(chat.id, "Evening");
  assert.equal(renamed.title, "Evening");
  await assert.rejects(keep.chats.rename(chat.id, " "), { code: "invalid", op: "chats.rename" });
  await assert.rejects(chat.checkpoint(0, "Before"), { code: "conflict" });
  const checkpoint = await chat.checkpoint(0, "Before");
  assert.deepEqual([checkpoint.checkpoint, (await chat.page(0, 1))[0].fields.extra.bookmark_link], [true, "Before"]);
  assert.equal((await keep.chats.open(checkpoint.id)).header.chat_metadata.main_chat, "Evening");
  assert.deepEqual((await keep.chats.tree(checkpoint.id)).map(({ id, depth }) => [id, depth]), [[chat.id, 0], [checkpoint.id, 1]]);

  const linked = await keep.chats.link(chat.id, { characters: ["zoe", "ann"], world: "w", location: "inn" });
  assert.deepEqual([linked.characters, linked.world, linked.location], [["zoe", "ann"], "w", "inn"]);
  const found = async (filter) => (await keep.chats.list(filter)).items.map(({ id }) => id);
  assert.deepEqual(await found({ world: "w", location: "inn", character: "ann" }), [chat.id]);
  assert.deepEqual(await found({ persona: "me" }), []);
  await assert.rejects(keep.chats.link(chat.id, { location: "inn" }), { code: "invalid", op: "chats.link" });
  await assert.rejects(keep.chats.list({ tag: "x" }), { code: "bad-option", op: "chats.list" });

  await keep.chats.archive(chat.id);
  assert.deepEqual(await found(), [checkpoint.id]);
  assert.deepEqual(await found({ archived: true }), [chat.id]);
  assert.equal((await keep.chats.unarchive(chat.id)).archived, undefined);
  assert.equal((await found()).length, 2);
  await keep.close();
});

test("a chat keeps its template's text as it was, and is written as any form", async () => {
  const keep = await opened();
  const taken = { id: "plain", text: "{{char}}" };
  const { id, template } = await keep.chats.create({ title: "T", template: taken });
  assert.equal(template, "plain");
  assert.deepEqual(await keep.chats.template(id), taken);
  await keep.chats.setTemplate(id, { text: "other" });
  assert.deepEqual(await keep.chats.template(id), { text: "other" });
  assert.equal((await keep.chats.setTemplate(id, undefined)).template, undefined);
  assert.equal(await keep.chats.template(id), undefined);
  await assert.rejects(keep.chats.setTemplate(id, { name: "x" }), { code: "bad-option", op: "chats.setTemplate" });

  await (await keep.chats.open(id)).appendMany([said("a"), said("b", "You")]);
  for (const as of ["sillytavern", "cardshark", "world", "text", "html"]) {
    const file = await keep.chats.export(id, { as });
    if (as === "text") assert.equal(new TextDecoder().decode(file.bytes), "Zoë: a\n\nYou: b\n");
    else if (as === "html") assert.match(new TextDecoder().decode(file.bytes), /<h2 dir="auto">Zoë<\/h2>/);
    else assert.deepEqual([...readChat(file.bytes).sessions[0].messages()].map(({ text, role }) => [text, role]), [["a", "character"], ["b", "user"]]);
  }
  await keep.close();
});

test("a chat that was never a file is written as any dialect", async () => {
  await init();
  const chat = { header: { userName: "You", characterName: "Zoë", created: 1_758_870_252_000, location: "inn" }, messages: [said("a"), said("b", "You")] };
  for (const as of ["sillytavern", "cardshark", "world", "tavernai", "chub"]) {
    const { bytes, losses } = writeChat(chat, { as });
    const { dialect, sessions } = readChat(bytes);
    assert.deepEqual([dialect, losses, sessions[0].page(0, 9).map(({ name, text }) => [name, text])], [as, [], [["Zoë", "a"], ["You", "b"]]]);
  }
  assert.match(new TextDecoder().decode(writeChat(chat, { as: "html", title: "A & B" }).bytes), /<title>A &amp; B<\/title>/);
  assert.throws(() => writeChat({ messages: [said("a"), { name: "b" }] }, { as: "chub" }), { code: "invalid", index: 1 });
  assert.throws(() => writeChat({ messages: "x" }, { as: "chub" }), { code: "bad-option" });
  assert.throws(() => writeChat(chat, { as: "risu" }), { code: "bad-option" });
});
