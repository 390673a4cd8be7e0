// Replies that come in pieces: kept while they come, ended once, found again when nobody ended them.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Keep } from "cardkeep";
import { faults, memoryMedium } from "cardkeep/testing";
import { twoTabs } from "./pages.mjs";

async function chatOf(keep) {
  const { id } = await keep.chats.create({ title: "Talk" });
  const chat = await keep.chats.open(id);
  await chat.append({ name: "You", role: "user", text: "Tell me" });
  return chat;
}

const zoe = { name: "Zoë", role: "character" };
const texts = async (chat) => (await chat.page(0, 99)).map(({ text }) => text);

test("a reply comes in pieces and is one message", async () => {
  const keep = await Keep.open({ medium: "memory" });
  const chat = await chatOf(keep);
  const reply = await chat.begin(zoe);
  for (const piece of ["Once ", "upon ", "a time"]) reply.push(piece);
  assert.deepEqual([reply.text, reply.chat], ["Once upon a time", chat.id]);
  assert.deepEqual(await texts(chat), ["Tell me"]);
  const message = await reply.finish({ durable: true });
  assert.deepEqual([message.index, message.text, message.interrupted], [1, "Once upon a time", undefined]);
  assert.deepEqual(await texts(chat), ["Tell me", "Once upon a time"]);
  assert.throws(() => reply.push("!"), { code: "closed" });
  for (const end of [() => reply.finish(), () => reply.interrupt(), () => reply.cancel()]) await assert.rejects(end(), { code: "closed" });
  await keep.close();
});

test("a reply that is stopped says so, and one of which nothing came leaves nothing", async () => {
  const keep = await Keep.open({ medium: "memory" });
  const chat = await chatOf(keep);
  const reply = await chat.begin(zoe);
  reply.push("Once upon");
  assert.equal((await reply.interrupt()).interrupted, true);
  assert.equal(await (await chat.begin(zoe)).interrupt(), undefined);
  const cancelled = await chat.begin(zoe);
  cancelled.push("no");
  await cancelled.flush();
  await cancelled.cancel();
  assert.deepEqual(await texts(chat), ["Tell me", "Once upon"]);
  assert.equal(await chat.undo(), true);
  assert.deepEqual(await keep.chats.interrupted(), []);
  await keep.close();
});

test("an alternative comes in pieces too, for the message it was begun for", async () => {
  const keep = await Keep.open({ medium: "memory" });
  const chat = await chatOf(keep);
  const said = await chat.append({ ...zoe, text: "No" });
  const reply = await chat.begin({ swipeOf: said.id });
  reply.push("Yes");
  await chat.insert(0, { ...zoe, text: "Hello" });
  const message = await reply.finish();
  assert.deepEqual([message.index, message.id, message.text, message.swipes], [2, said.id, "Yes", ["No", "Yes"]]);
  await assert.rejects(chat.begin({ swipeOf: 99 }), { code: "not-found", op: "ChatHandle.begin" });
  await assert.rejects(chat.begin({ name: "Zoë" }), { code: "invalid" });
  await assert.rejects(chat.begin({ ...zoe, text: "x" }), { code: "bad-option" });
  await assert.rejects(keep.transaction(["chats"], async (tx) => (await tx.chats.open(chat.id)).begin(zoe)), { code: "bad-option" });
  await keep.close();
});

test("what has come is kept within about a second, and twenty late replies end in their own chats", async () => {
  const keep = await Keep.open({ medium: "memory" });
  const chats = await Promise.all(Array.from({ length: 20 }, () => chatOf(keep)));
  const replies = await Promise.all(chats.map((chat) => chat.begin(zoe)));
  replies.forEach((reply, n) => reply.push(`for ${n}`));
  await sleep(1_300);
  // This page lives, so none of them is interrupted.
  assert.deepEqual(await keep.chats.interrupted(), []);
  await Promise.all(replies.reverse().map((reply) => reply.finish()));
  for (const [n, chat] of chats.entries()) assert.deepEqual(await texts(chat), ["Tell me", `for ${n}`]);
  await assert.rejects(keep.chats.keepReply("none"), { code: "not-found", op: "chats.keepReply" });
  await assert.rejects(keep.chats.discardReply("none"), { code: "not-found", op: "chats.discardReply" });
  await keep.close();
});

test("a keep that is closed while a reply comes keeps all of it for the next opening, in the same page too", async () => {
  const place = memoryMedium();
  const keep = await Keep.open({ medium: place });
  const chat = await chatOf(keep);
  const reply = await chat.begin(zoe);
  reply.push("Once upon ");
  reply.push("a time");
  await keep.close();
  assert.throws(() => reply.push("!"), { code: "closed" });
  await assert.rejects(reply.finish(), { code: "closed" });
  assert.equal(reply.text, "Once upon a time");
  const again = await Keep.open({ medium: place });
  const [found] = await again.chats.interrupted();
  assert.deepEqual([found.chat, found.text], [chat.id, "Once upon a time"]);
  assert.equal((await again.chats.keepReply(found.id)).interrupted, true);
  assert.deepEqual(await texts(await again.chats.open(chat.id)), ["Tell me", "Once upon a time"]);
  await again.close();
});

test("a keep closes although what has come of a reply finds no space", async () => {
  const medium = faults(memoryMedium());
  const keep = await Keep.open({ medium });
  const reply = await (await chatOf(keep)).begin(zoe);
  reply.push("Once upon a time");
  medium.reset({ call: "write", fails: "quota" });
  await keep.close();
  assert.equal(reply.text, "Once upon a time");
});

describe("a page that ends while a reply comes", () => {
  const { at, one, two, to } = twoTabs();

  test("leaves what had come to the others, as one message, and a page that lives keeps its own", async () => {
    const opened = async () => {
      const { Keep } = await import("/index.js");
      globalThis.keep = await Keep.open({ name: "reply" });
    };
    await to(one);
    await at.browser.run(opened);
    const id = await at.browser.run(async () => {
      const { id } = await keep.chats.create({ title: "Talk" });
      const chat = await keep.chats.open(id);
      globalThis.reply = await chat.begin({ name: "Zoë", role: "character" });
      reply.push("Once upon ");
      reply.push("a time");
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      return id;
    });
    await to(two);
    await at.browser.run(opened);
    assert.deepEqual(await at.browser.run(() => keep.chats.interrupted()), []);
    await to(one);
    await at.browser.go("about:blank");
    await to(two);
    await at.browser.until(async () => (await keep.chats.interrupted()).length === 1);
    const [found] = await at.browser.run(() => keep.chats.interrupted());
    assert.deepEqual([found.chat, found.text, found.name, found.role], [id, "Once upon a time", "Zoë", "character"]);
    const ends = await at.browser.run(async (id) => {
      const both = await Promise.allSettled([keep.chats.keepReply(id), keep.chats.keepReply(id)]);
      return both.map(({ status, value, reason }) => (status === "fulfilled" ? value.text : reason.code)).sort();
    }, found.id);
    assert.deepEqual(ends, ["Once upon a time", "not-found"]);
    const messages = await at.browser.run(async (id) => (await keep.chats.open(id)).last(9), id);
    assert.deepEqual(messages.map(({ text, interrupted }) => [text, interrupted]), [["Once upon a time", true]]);
    assert.deepEqual(await at.browser.run(() => keep.chats.interrupted()), []);
  });

  test("what came in the last moment before its page ends is there for the next one", async () => {
    await to(two);
    const ended = await at.browser.run(async () => {
      const { Keep } = await import("/index.js");
      const keep = await Keep.open({ name: "last-words" });
      const chat = await keep.chats.open((await keep.chats.create({ title: "Talk" })).id);
      const ends = [];
      for (const name of ["Zoë", "Ann"]) ends.push(await chat.begin({ name, role: "character" }));
      setTimeout(() => {
        for (const reply of ends) reply.push("the last words \u{1F989}");
        location.href = "about:blank";
      }, 0);
      return true;
    });
    assert.equal(ended, true);
    await at.browser.until(() => location.href === "about:blank");
    await at.browser.go(at.server.url);
    const open = async () => {
      const { Keep } = await import("/index.js");
      globalThis.keep = await Keep.open({ name: "last-words" });
    };
    await at.browser.run(open);
    await at.browser.until(async () => (await keep.chats.interrupted()).length === 2);
    const told = await at.browser.run(async () => {
      const found = await keep.chats.interrupted();
      const kept = await keep.chats.keepReply(found.find(({ name }) => name === "Zoë").id);
      await keep.chats.discardReply(found.find(({ name }) => name === "Ann").id);
      const left = [await keep.chats.interrupted(), Object.keys(localStorage).filter((key) => key.startsWith("cardkeep:last-words:reply:"))];
      await keep.close();
      return [found.map(({ text }) => text), kept.text, left];
    });
    assert.deepEqual(told, [Array(2).fill("the last words \u{1F989}"), "the last words \u{1F989}", [[], []]]);
  });
});
