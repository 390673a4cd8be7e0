// Several tabs at random work on the same few records, in a real browser: what was acknowledged is there, once; every tab
// sees the same; revisions count the acknowledged changes; conflicts tell their sides; and the second copy has all of it.
// SEEDS=40 OPS=300 node --test tests/api/tabs_work.test.mjs makes it long, FIRST=7 begins with another seed.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CHROMIUM, onePage } from "./pages.mjs";

const seeds = Number(process.env.SEEDS ?? 2);
const ops = Number(process.env.OPS ?? 60);
const first = Number(process.env.FIRST ?? 1);
const TABS = 3;

/** What follows runs in a page. */

/** Makes the records, and tells their ids and revisions. */
const begin = async (name) => {
  const { Keep } = await import("/index.js");
  const keep = await Keep.open({ name });
  const card = (name, description) => ({ name, description });
  const ids = { characters: [], chats: [], worlds: [] };
  for (const [name, description] of [["Fields", ""], ["Counter", "0"], ["Gone", ""], ["Both", ""]]) ids.characters.push((await keep.characters.put(card(name, description))).id);
  for (const title of ["A", "B"]) ids.chats.push((await keep.chats.create({ title })).id);
  ids.worlds.push((await keep.worlds.create("Here")).id);
  await keep.settings.patch({ userName: "nobody" });
  const revs = {};
  for (const domain of Object.keys(ids)) for (const { id, rev } of (await keep[domain].list()).items) revs[`${domain}/${id}`] = rev;
  await keep.close();
  return { ids, revs };
};

/** Does so many random changes, and notes what was acknowledged and what went wrong. */
const work = async ({ name, ids, tab, seed, ops }) => {
  const { Keep, merge } = await import("/index.js");
  const keep = (globalThis.keep = await Keep.open({ name }));
  let state = (seed * 1000 + tab) >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit) => Math.floor(random() * limit);
  const faults = [];
  const acked = {};
  const last = {};
  const counts = { increments: 0, both: 0, branches: 0, conflicts: 0 };
  const ack = (domain, id, times = 1) => (acked[`${domain}/${id}`] = (acked[`${domain}/${id}`] ?? 0) + times);
  const wrong = (what) => faults.push(`tab ${tab}, seed ${seed}: ${what}`);
  const told = (error) => `${error.code ?? error.name}: ${error.message}`;
  let number = 0;
  const fresh = () => `t${tab}n${(number += 1)}`;

  /** A chat, and what this tab knows of its own messages there: nobody else touches them. */
  const chats = await Promise.all(ids.chats.map(async (id) => ({ id, handle: await keep.chats.open(id), own: new Map(), moved: new Set(), done: [], sent: [] })));
  const shown = ({ swipes, at }) => swipes[at];
  const anyOwn = (chat) => [...chat.own.keys()][below(chat.own.size)];
  /** Changes one of the own messages; `after` is what becomes of what is known of it. */
  const change = async (chat, id, call, after) => {
    const before = chat.own.get(id);
    await call();
    ack("chats", chat.id);
    const now = after(before);
    if (now) chat.own.set(id, now);
    else chat.own.delete(id);
    chat.done.push({ id, before });
  };

  const steps = {
    async append(chat) {
      const text = fresh() + (random() < 0.1 ? " long".repeat(3000) : "");
      const { id } = await chat.handle.append({ name: "You", role: "user", text });
      ack("chats", chat.id);
      chat.own.set(id, { swipes: [text], at: 0 });
      chat.sent.push(id);
      chat.done.push({ id, before: undefined });
    },
    async appendMany(chat) {
      const texts = Array.from({ length: 1 + below(30) }, fresh);
      const kept = await chat.handle.appendMany(texts.map((text) => ({ name: "You", role: "user", text })));
      ack("chats", chat.id);
      kept.forEach(({ id }, at) => chat.own.set(id, { swipes: [texts[at]], at: 0 }));
      chat.sent.push(...kept.map(({ id }) => id));
      chat.done.push(kept.map(({ id }) => ({ id, before: undefined })));
    },
    async insert(chat) {
      const text = fresh();
      const before = random() < 0.5 && chat.own.size > 0 ? { id: anyOwn(chat) } : chat.handle.length === 0 ? 0 : undefined;
      if (before === undefined) return;
      // Without an id it is the place in the state that this handle saw last.
      const put = await chat.handle.insert(before, { name: "You", role: "user", text }).catch((error) => {
        if (before !== 0 || error.code !== "conflict") throw error;
      });
      if (put === undefined) return;
      const { id } = put;
      ack("chats", chat.id);
      chat.own.set(id, { swipes: [text], at: 0 });
      chat.moved.add(id);
      chat.done.push({ id, before: undefined });
    },
    async edit(chat) {
      const id = anyOwn(chat);
      const text = fresh();
      if (id !== undefined) await change(chat, id, () => chat.handle.edit({ id }, { text }), ({ swipes, at }) => ({ swipes: swipes.with(at, text), at }));
    },
    async swipe(chat) {
      const id = anyOwn(chat);
      const text = fresh();
      if (id !== undefined) await change(chat, id, () => chat.handle.addSwipe({ id }, text), ({ swipes }) => ({ swipes: [...swipes, text], at: swipes.length }));
    },
    async choose(chat) {
      const id = anyOwn(chat);
      if (id === undefined || chat.own.get(id).swipes.length < 2) return;
      const at = below(chat.own.get(id).swipes.length);
      await change(chat, id, () => chat.handle.chooseSwipe({ id }, at), ({ swipes }) => ({ swipes, at }));
    },
    async remove(chat) {
      const id = anyOwn(chat);
      if (id !== undefined) await change(chat, id, () => chat.handle.remove({ id }), () => undefined);
    },
    async move(chat) {
      const id = anyOwn(chat);
      if (id === undefined) return;
      chat.moved.add(id);
      const to = below(3);
      if (to < chat.handle.length) await change(chat, id, () => chat.handle.move({ id }, to), (known) => known);
    },
    async undo(chat) {
      const done = chat.done.pop();
      const undone = await chat.handle.undo();
      if (undone !== (done !== undefined)) return wrong(`undo said ${undone} with ${JSON.stringify(done)}`);
      if (!undone) return;
      ack("chats", chat.id);
      for (const { id, before } of [done].flat()) {
        chat.moved.add(id);
        if (before) chat.own.set(id, before);
        else chat.own.delete(id);
      }
    },
    async stale(chat) {
      // An index of a state that may be an old one: it is that message or a conflict.
      const { rev } = chat.handle.entry;
      const page = await chat.handle.page(0, 50);
      const seen = page.findIndex(({ id }) => chat.own.has(id));
      if (seen < 0) return;
      const { id } = page[seen];
      const text = fresh();
      try {
        await change(chat, id, () => chat.handle.edit(seen, { text }, { ifRev: rev }), ({ swipes, at }) => ({ swipes: swipes.with(at, text), at }));
      } catch (error) {
        if (error.code !== "conflict") throw error;
        counts.conflicts += 1;
        if (!(error.rev > rev)) wrong(`a conflict of a chat with revision ${rev} tells ${error.rev}`);
      }
    },
    async rename(chat) {
      await keep.chats.rename(chat.id, fresh());
      ack("chats", chat.id);
    },
    async branch(chat) {
      const id = anyOwn(chat);
      if (id === undefined) return;
      await chat.handle.branch({ id }, { title: fresh() });
      counts.branches += 1;
    },
    async field() {
      const [id] = ids.characters;
      const [field, value] = [["description", "personality", "scenario"][tab], fresh()];
      await keep.characters.patch(id, { [field]: value });
      ack("characters", id);
      last[field] = value;
    },
    async counter() {
      const id = ids.characters[1];
      for (;;) {
        const { rev, card } = await keep.characters.get(id);
        const next = String(Number(card.description) + 1);
        try {
          await keep.characters.patch(id, { description: next, personality: fresh() }, { ifRev: rev });
          ack("characters", id);
          counts.increments += 1;
          return;
        } catch (error) {
          if (error.code !== "conflict") throw error;
          counts.conflicts += 1;
          const { base, mine, theirs } = error.conflict ?? {};
          if (!base || !mine || !theirs) return wrong(`a conflict tells ${JSON.stringify(error.conflict)?.slice(0, 300)}`);
          if (!(error.rev > rev)) wrong(`a conflict with revision ${rev} tells ${error.rev}`);
          const text = (side) => (side.data ?? side).description;
          if (text(mine) !== next || Number(text(theirs)) < Number(next) || Number(text(base)) !== Number(next) - 1) wrong(`the sides say ${text(base)}, ${text(mine)}, ${text(theirs)} for ${next}`);
          if (!merge(base, mine, theirs).conflicts.some(({ path }) => path.includes("description")) && text(mine) !== text(theirs)) wrong("a merge hides that both sides changed a field");
        }
      }
    },
    async trash() {
      const id = ids.characters[2];
      try {
        await (random() < 0.5 ? keep.characters.delete(id) : keep.characters.restore(id));
        ack("characters", id);
      } catch (error) {
        if (!["not-found", "invalid", "conflict", "trashed"].includes(error.code)) throw error;
        counts[error.code] = (counts[error.code] ?? 0) + 1;
      }
    },
    async stat() {
      const [id] = ids.worlds;
      const value = number;
      await keep.worlds.setStat(id, `tab${tab}`, value);
      ack("worlds", id);
      last.stat = value;
    },
    async setting() {
      const [key, value] = [["userName", fresh()], ["pageSize", 10 + below(80)], ["trashDays", 1 + below(90)]][tab];
      await keep.settings.patch({ [key]: value });
      last.setting = [key, value];
    },
    async both(chat) {
      const text = `both-${fresh()}`;
      const id = ids.characters[3];
      for (let tries = 0; tries < 200; tries += 1) {
        try {
          await keep.transaction(["characters", "chats"], async (tx) => {
            await tx.characters.patch(id, { description: text });
            const handle = await tx.chats.open(chats[0].id);
            await handle.append({ name: "You", role: "user", text });
          });
          ack("characters", id);
          ack("chats", chats[0].id);
          counts.both += 1;
          return;
        } catch (error) {
          if (error.code !== "conflict") throw error;
          counts.conflicts += 1;
        }
      }
      wrong("a transaction never came through");
    },
  };
  const bag = Object.entries({ append: 8, appendMany: 2, insert: 4, edit: 5, swipe: 2, choose: 2, remove: 3, move: 2, undo: 3, stale: 2, rename: 2, branch: 1, field: 4, counter: 4, trash: 3, stat: 3, setting: 2, both: 2 })
    .flatMap(([step, weight]) => new Array(weight).fill(step));
  for (let n = 0; n < ops && faults.length < 5; n += 1) {
    const step = bag[below(bag.length)];
    await steps[step](chats[below(chats.length)]).catch((error) => wrong(`${step} failed: ${told(error)}`));
  }
  const own = chats.map(({ id, own, moved, sent }) => ({ id, texts: [...own].map(([id, known]) => [id, shown(known)]), sent: sent.filter((id) => own.has(id) && !moved.has(id)) }));
  return { faults, acked, last, counts, own };
};

/** All that a keep shows. */
const look = async ({ name, medium, again }) => {
  const { Keep } = await import("/index.js");
  if (again) await globalThis.keep?.close();
  const keep = again ? await Keep.open({ name, medium }) : globalThis.keep;
  const seen = { lists: {}, chats: {} };
  for (const domain of ["characters", "chats", "worlds"]) seen.lists[domain] = await keep[domain].list();
  seen.trash = await keep.trash.list();
  for (const { id } of seen.lists.chats.items) seen.chats[id] = (await (await keep.chats.open(id)).page(0, 100_000)).map(({ id, text, swipes }) => ({ id, text, swipes }));
  seen.cards = await Promise.all([...seen.lists.characters.items, ...seen.trash.items.filter(({ domain }) => domain === "characters")].map(async ({ id, rev }) => {
    const kept = await keep.characters.get(id);
    return [id, rev, kept?.card];
  }));
  seen.cards.sort(([a], [b]) => (a < b ? -1 : 1));
  seen.worlds = await Promise.all(seen.lists.worlds.items.map(({ id }) => keep.worlds.get(id)));
  seen.settings = await keep.settings.get();
  const found = medium === undefined ? (await keep.check({ full: true })).findings : [];
  const { incomplete } = keep.report;
  const warned = keep.log.list({ level: "warn" });
  if (again) await keep.close();
  return { seen, found, incomplete, warned };
};

describe("several tabs at random work on the same records", () => {
  const at = onePage();
  const windows = [];
  const inTab = async (tab, work, ...given) => {
    await at.browser.toWindow(windows[tab]);
    return at.browser.run(work, ...given);
  };

  const total = { acknowledged: 0, conflicts: 0 };
  for (let seed = first; seed < first + seeds; seed += 1) {
    test(`seed ${seed}`, async () => {
      while (windows.length < TABS) {
        if (windows.length > 0) await at.browser.newWindow();
        windows.push(await at.browser.window());
        await at.browser.go(at.server.url);
      }
      const name = `work-${seed}`;
      const { ids, revs } = await inTab(0, begin, name);
      for (let tab = 0; tab < TABS; tab += 1) await inTab(tab, `(given) => { globalThis.working = (${work})(given); }`, { name, ids, tab, seed, ops });
      const done = [];
      for (let tab = 0; tab < TABS; tab += 1) done.push(await inTab(tab, () => working));
      assert.deepEqual(done.flatMap(({ faults }) => faults), []);

      const looks = [];
      for (let tab = 0; tab < TABS; tab += 1) looks.push(await inTab(tab, look, { name, again: false }));
      for (const { seen, found, warned } of looks) {
        assert.deepEqual(seen, looks[0].seen);
        assert.deepEqual(found, [], JSON.stringify([found, warned]));
      }
      const { seen } = looks[0];
      for (const { unreadable } of Object.values(seen.lists)) assert.deepEqual(unreadable, []);

      // Every acknowledged message, once, as its tab left it, in its order; and nothing else.
      for (const { id } of done[0].own) {
        const expected = new Map();
        for (const { own } of done) for (const [number, text] of own.find((one) => one.id === id).texts) expected.set(number, text);
        const both = seen.chats[id].filter(({ text }) => text.startsWith("both-"));
        const others = seen.chats[id].filter(({ text }) => !text.startsWith("both-"));
        assert.deepEqual(new Map(others.map(({ id, text }) => [id, text])), expected);
        assert.equal(new Set(seen.chats[id].map((message) => message.id)).size, seen.chats[id].length);
        assert.equal(others.length, expected.size);
        for (const { own } of done) {
          const { sent } = own.find((one) => one.id === id);
          assert.deepEqual(others.map((message) => message.id).filter((number) => sent.includes(number)), sent);
        }
        if (id === ids.chats[0]) {
          assert.equal(both.length, done.reduce((sum, { counts }) => sum + counts.both, 0));
          assert.equal(new Set(both.map(({ text }) => text)).size, both.length);
          // Card and chat were written together, so the last of the one is the last of the other.
          const card = seen.cards.find(([card]) => card === ids.characters[3])[2];
          assert.equal(card.description, both.at(-1)?.text ?? "");
        }
      }
      // A revision for each acknowledged change.
      const entries = [...Object.entries(seen.lists).flatMap(([domain, { items }]) => items.map((item) => ({ ...item, domain }))), ...seen.trash.items];
      for (const [key, before] of Object.entries(revs)) {
        const now = entries.find(({ domain, id }) => `${domain}/${id}` === key);
        const changes = done.reduce((sum, { acked }) => sum + (acked[key] ?? 0), 0);
        assert.equal(now.rev, before + changes, `${key} was changed ${changes} times`);
      }
      // Nobody's field was written over, and no count was lost.
      const card = (n) => seen.cards.find(([id]) => id === ids.characters[n])?.[2];
      for (const [tab, field] of ["description", "personality", "scenario"].entries()) assert.equal(card(0)[field] ?? "", done[tab].last[field] ?? "");
      assert.equal(Number(card(1).description), done.reduce((sum, { counts }) => sum + counts.increments, 0));
      for (const [tab, { last }] of done.entries()) {
        if (last.stat !== undefined) assert.equal(JSON.stringify(seen.worlds[0]).includes(`"tab${tab}":${last.stat}`), true);
        if (last.setting) assert.equal(seen.settings[last.setting[0]], last.setting[1]);
      }
      assert.equal(seen.lists.chats.items.length, ids.chats.length + done.reduce((sum, { counts }) => sum + counts.branches, 0));

      // Opened anew, and read from the second copy alone, it is the same.
      for (let tab = 1; tab < TABS; tab += 1) await inTab(tab, () => keep.close());
      const anew = await inTab(0, look, { name, again: true });
      assert.deepEqual([anew.seen, anew.found], [seen, []]);
      if (!CHROMIUM.skip) {
        const copy = await inTab(0, look, { name, medium: "second-copy", again: true });
        assert.deepEqual(copy.seen, seen);
        assert.ok(!copy.incomplete);
      }
      for (const { acked, counts } of done) {
        total.acknowledged += Object.values(acked).reduce((sum, count) => sum + count, 0);
        total.conflicts += counts.conflicts;
      }
      if (process.env.SEEDS) console.log(`seed ${seed}: so far ${total.acknowledged} acknowledged, ${total.conflicts} conflicts`);
      await inTab(0, async (name) => (await import("/index.js")).Keep.erase(name), name);
    });
  }
});
