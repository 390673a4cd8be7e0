// Every chat file of tests/fixtures through a keep: in, each message by page, search and date, and out again.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { init, Keep, readChat } from "cardkeep";
import { bytes, expected, fixture } from "./fixtures.mjs";

before(() => init());

const heavy = () => {
  const message = (n) => ({ name: n % 2 ? "You" : "Zoë", is_user: n % 2 === 1, send_date: 1_700_000_000_000 + n * 60_000, mes: `“Nº ${n}”\n東京 "quoted\\" ${n}\u2028`, extra: { n } });
  return bytes([{ user_name: "You", character_name: "Zoë", chat_metadata: {} }, ...Array.from({ length: 700 }, (_, n) => message(n))].map((it) => JSON.stringify(it)).join("\n"));
};

const wanted = expected("chats");
const cases = Object.keys(wanted).map((name) => ({ name, file: fixture(`chats/${name}`), ...wanted[name] }));
cases.push({ name: "700_messages.jsonl", file: heavy(), messages: 700, sessions: 1, note: "more than a segment" });

/** The messages without the ids that a keep gives them. */
const said = (messages) => messages.map(({ id, ...message }) => message);

async function imported(keep, name, file) {
  const events = [];
  for await (const event of keep.chats.import(new File([file], name))) if (event.type === "item" || event.type === "failed") events.push(event);
  return events;
}

/** Words of a text that a search has to find it by: with what JSON escapes, and in other capitals. */
function* queries(text) {
  const words = text.trim();
  if (words === "") return;
  yield [words.slice(0, 200).replace(/[\ud800-\udbff]$/, ""), { case: true }];
  const [longest] = words.split(/\s+/).sort((a, b) => b.length - a.length);
  yield [longest.toUpperCase().toLowerCase() === longest.toLowerCase() ? longest.toUpperCase() : longest, {}];
}

for (const { name, file, messages, sessions, note } of cases) {
  test(`${name}: ${note}`, async () => {
    const read = readChat(file);
    const same = !read.converted && !read.warnings.some(({ code }) => code === "relined" || code === "recoded");
    const keep = await Keep.open({ medium: "memory" });
    try {
      const events = await imported(keep, name, file);
      assert.deepEqual(events.map(({ status }) => status), Array(sessions).fill("added"));
      assert.equal(read.sessions.length, sessions);
      assert.equal(events.reduce((sum, { entry }) => sum + entry.length, 0), messages);
      const told = events.flatMap(({ warnings }) => warnings.map(({ code }) => code));
      for (const { code } of [...read.faults, ...read.warnings]) assert.ok(told.includes(code), code);
      const files = [];
      for (const [n, { entry }] of events.entries()) {
        const there = [...read.sessions[n].messages()];
        const chat = await keep.chats.open(entry.id);
        assert.equal(chat.length, there.length);
        assert.deepEqual(chat.header, read.sessions[n].header);
        // By page, of any size, and from the end.
        assert.deepEqual(said(await chat.page(0, chat.length)), there);
        for (const size of [1, 3, 64]) {
          const paged = [];
          for (let at = 0; at < chat.length; at += size) paged.push(...(await chat.page(at, at + size)));
          assert.deepEqual(said(paged), there);
        }
        assert.deepEqual(said(await chat.last(2)), there.slice(-2));
        const all = [];
        for await (const message of chat.messages({ batch: 50 })) all.push(message);
        assert.deepEqual(said(all), there);
        for (const { id, index, text, at } of all.filter((_, n) => all.length < 50 || n % 97 === 0)) {
          // By its id.
          assert.equal(await chat.indexOf(id), index);
          // By its date.
          if (at !== undefined) {
            const jumped = await chat.indexAt(at);
            assert.equal(all[jumped].at, at);
          }
          // By what it says.
          for (const [query, options] of queries(text)) {
            const hits = await chat.search(query, { ...options, from: index, limit: 1 });
            assert.deepEqual(hits.map((hit) => [hit.index, hit.id]), [[index, id]], query);
            const [[from, to]] = hits[0].matches;
            const found = text.slice(from, to);
            assert.equal(options.case ? found : found.toLowerCase(), options.case ? query : query.toLowerCase());
          }
        }
        const out = await keep.chats.export(entry.id);
        assert.deepEqual(out.bytes, read.sessions[n].bytes());
        files.push(out.bytes);
        if (!same) assert.deepEqual((await keep.chats.export(entry.id, { as: "original" })).bytes, file);
      }
      if (same) assert.deepEqual(new Uint8Array(await new Blob(files).arrayBuffer()), file);
      // Once more it is the same chat.
      const again = await imported(keep, name, file);
      assert.deepEqual(again.map(({ status, entry }) => [status, entry.id]), events.map(({ entry }) => ["duplicate", entry.id]));
    } finally {
      await keep.close();
    }
  });
}
