// Lorebooks and templates through the package: changed, rendered, kept.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { builtInTemplates, editLorebook, editTemplate, init, Keep, merge, readLorebook, readTemplates, renderTemplate } from "cardkeep";
import { bytes, utf8 } from "./fixtures.mjs";

before(() => init());

const SEA = bytes('{"entries": {"0": {"uid": 0, "key": ["shark"], "content": "Sharks sing.", "own": 1.50}, "7": {"uid": 7, "key": ["ray"], "content": "Rays fly."}}}');
const PRESET = bytes('{"name": "Mine", "input_sequence": "<u>", "output_sequence": "<a>", "wrap": false, "own": 1.50}');

const named = (content, name) => new File([content], name);
async function all(events) {
  const items = [];
  for await (const event of events) items.push(event);
  return items;
}
const codeOf = (promise) => promise.then(() => undefined, ({ code }) => code);

test("a lorebook is changed entry by entry, and nothing beside it", () => {
  const { document } = readLorebook(SEA);
  const edited = editLorebook(document, { entries: { 0: { content: "Sharks dance." } } });
  assert.equal(utf8(edited.bytes), utf8(SEA).replace("sing", "dance"));
  const { book } = readLorebook(editLorebook(edited, { name: "Sea", add: [{ keys: ["eel"] }], entries: { 7: null } }).bytes);
  assert.deepEqual([book.name, book.entries.map(({ id }) => id)], ["Sea", [0, 8]]);
  assert.throws(() => editLorebook(document, { entries: { 5: {} } }), { code: "invalid", op: "editLorebook" });
  assert.throws(() => editLorebook(document, { nme: "x" }), { code: "bad-option" });
});

test("a keep has lorebooks, and what two tabs write into two entries stays", async () => {
  const keep = await Keep.open({ medium: "memory" });
  const events = await all(keep.lorebooks.import([named(SEA, "Sea.json"), bytes("{}"), SEA]));
  assert.deepEqual(events.map(({ type, status, code }) => status ?? code ?? type), ["added", "progress", "not-a-lorebook", "progress", "duplicate", "progress", "done"]);
  const [{ entry: { id, rev, name, entries } }] = events;
  assert.deepEqual([name, entries], ["Sea", 2]);
  await keep.lorebooks.patchEntry(id, 0, { content: "one" });
  const { book: mine } = await keep.lorebooks.get(id);
  mine.entries[0].content = "mine";
  await keep.lorebooks.patchEntry(id, 7, { content: "two" });
  const conflict = await keep.lorebooks.put(mine, { id, ifRev: rev + 1 }).catch((error) => error);
  assert.equal(conflict.code, "conflict");
  const { base, theirs } = conflict.conflict;
  const { merged, conflicts } = merge(base, mine, theirs);
  assert.deepEqual(conflicts, []);
  await keep.lorebooks.put(merged, { id });
  const { book, document } = await keep.lorebooks.get(id);
  assert.deepEqual(book.entries.map(({ content }) => content), ["mine", "two"]);
  assert.match(utf8(document.bytes), /"own": 1.50/);
  const added = await keep.lorebooks.addEntry(id, { keys: ["eel"], content: "Eels." });
  assert.deepEqual([added.id, added.entry.entries], ["8", 3]);
  assert.equal((await keep.lorebooks.removeEntry(id, added.id)).entries, 2);
  assert.equal(await codeOf(keep.lorebooks.patchEntry(id, "none", {})), "invalid");
  assert.equal((await keep.lorebooks.duplicate(id, { name: "Copy" })).name, "Copy");
  assert.equal((await keep.lorebooks.put({ name: "New", entries: [{ keys: ["a"], content: "A" }] })).dialect, "silly-tavern");
  assert.equal((await keep.lorebooks.validate({ entries: [{ content: 1 }] })).ok, false);
  await keep.lorebooks.delete(id);
  assert.equal(await keep.lorebooks.get(id), undefined);
  const { items } = await keep.trash.list();
  assert.deepEqual(items.map(({ domain }) => domain), ["lorebooks"]);
  await keep.lorebooks.restore(id);
  assert.equal((await keep.lorebooks.history(id)).length > 3, true);
});

test("what is typed into two entries is saved together", async () => {
  const keep = await Keep.open({ medium: "memory" });
  const { id } = await keep.lorebooks.put({ name: "B", entries: [{ content: "a" }, { content: "b" }] });
  const saver = keep.saver();
  saver.schedule("lorebooks", id, { entries: { 0: { content: "x" } } });
  saver.schedule("lorebooks", id, { entries: { 1: { content: "y" } } });
  saver.schedule("lorebooks", id, { entries: { 0: { comment: "z" } }, add: [{ content: "c" }] });
  saver.schedule("lorebooks", id, { add: [{ content: "d" }] });
  await saver.flush();
  const { book } = await keep.lorebooks.get(id);
  assert.deepEqual(book.entries.map(({ content, comment }) => content + comment), ["xz", "y", "c", "d"]);
});

test("templates are told apart, changed and filled", () => {
  const [{ template, document }] = readTemplates(PRESET).templates;
  assert.deepEqual([template.kind, template.name, template.fields.own], ["instruct", "Mine", 1.5]);
  const edited = editTemplate(document, { fields: { input_sequence: "<usr>", own: null } });
  assert.equal(utf8(edited.bytes), '{"name": "Mine", "input_sequence": "<usr>", "output_sequence": "<a>", "wrap": false}');
  const filled = renderTemplate(edited, { character: "Ann", messages: [{ role: "user", content: "Hi {{char}}" }], reply: true });
  assert.deepEqual(filled, { text: "<usr>Hi {{char}}<a>", messages: [], stop: [], unknown: [] });
  assert.throws(() => readTemplates(bytes("{}")), { code: "not-a-template", op: "readTemplates" });
  assert.throws(() => renderTemplate(document, { mesages: [] }), { code: "bad-option" });
  assert.throws(() => renderTemplate(document, { messages: [{ role: "bot", content: "" }] }), { code: "bad-option" });
  assert.throws(() => editTemplate(document, { fields: { input_sequence: null } }), { code: "invalid" });
});

test("a keep has templates, and copies of those that come along", async () => {
  const keep = await Keep.open({ medium: "memory" });
  const [{ id }] = builtInTemplates();
  const builtIn = await keep.templates.get(id);
  assert.deepEqual([builtIn.builtIn, builtIn.template.kind], [true, "instruct"]);
  assert.deepEqual((await keep.templates.list()).items, []);
  const copy = await keep.templates.duplicate(id, { name: "Mine" });
  await keep.templates.patch(copy.id, { fields: { wrap: false } }, { ifRev: copy.rev });
  const { template, document } = await keep.templates.get(copy.id);
  assert.deepEqual([template.name, template.fields.wrap], ["Mine", false]);
  assert.equal(renderTemplate(document, { messages: [{ role: "user", content: "Hi" }] }).stop.length, 1);
  assert.equal(await codeOf(keep.templates.put({ kind: "instruct", name: "x" }, { id })), "invalid");
  assert.equal(await codeOf(keep.templates.duplicate("none")), "not-found");
  assert.equal((await keep.templates.validate({ kind: "none" })).ok, false);
  const both = bytes('{"instruct": {"name": "i", "input_sequence": "", "output_sequence": ""}, "sysprompt": {"name": "s", "content": "x"}}');
  const events = await all(keep.templates.import(both));
  assert.deepEqual(events.map(({ status, type }) => status ?? type), ["added", "added", "progress", "done"]);
  const { bytes: exported, filename } = await keep.templates.export(events[1].entry.id);
  assert.deepEqual([utf8(exported), filename], ['{"name": "s", "content": "x"}', "s.json"]);
});
