// Personas through the package: read, changed, written, kept.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { editPersona, init, Keep, readPersonas, writeCard, writePersonas } from "cardkeep";
import { bytes, utf8 } from "./fixtures.mjs";

before(() => init());

const BACKUP = bytes(JSON.stringify({
  personas: { "a.png": "Zoë", "b.png": "Bea" },
  persona_descriptions: { "a.png": { description: "Tall.", position: 4, depth: 2, role: 1, own: 1 }, "b.png": { description: "", position: 0 } },
  default_persona: "b.png",
}));

async function all(events) {
  const items = [];
  for await (const event of events) items.push(event);
  return items;
}

test("a backup's personas are told in one shape, and written as another tool's picture", () => {
  const { dialect, personas, warnings } = readPersonas(BACKUP);
  assert.equal(dialect, "silly-tavern");
  assert.deepEqual(warnings, []);
  const [{ persona, document }, { persona: second }] = personas;
  assert.deepEqual(persona, { name: "Zoë", description: "Tall.", position: "at-depth", depth: 2, role: "user", dialect: "silly-tavern", picture: "a.png" });
  assert.equal(second.default, true);
  const edited = editPersona(document, { title: "at work", role: null });
  const file = writePersonas([edited], { dialect: "risu" });
  assert.deepEqual(file.losses.map(({ path }) => path), ["personas.0.title", "personas.0.position", "personas.0.depth"]);
  const again = readPersonas(file.bytes);
  assert.equal(again.dialect, "risu");
  assert.deepEqual([again.personas[0].persona.name, again.personas[0].persona.title], ["Zoë", "at work"]);
  const both = writePersonas([again.personas[0].document, document], { dialect: "silly-tavern" });
  assert.deepEqual(Object.keys(JSON.parse(utf8(both.bytes)).personas), ["Zo.png", "a.png"]);
});

test("what is none, and options that are none, are refused by name", () => {
  assert.throws(() => readPersonas(bytes("{}")), { code: "not-a-persona", op: "readPersonas" });
  assert.throws(() => readPersonas(BACKUP, { limit: 1 }), { code: "bad-option" });
  const [{ document }] = readPersonas(BACKUP).personas;
  assert.throws(() => editPersona(document, { nme: "x" }), { code: "bad-option", op: "editPersona" });
  assert.throws(() => writePersonas([document], { dialect: "tavern" }), { code: "bad-option", op: "writePersonas" });
  assert.throws(() => writePersonas([], { dialect: "risu" }), { code: "invalid" });
  assert.throws(() => writePersonas([document], { dialect: "risu", image: bytes("GIF") }), { code: "unsupported" });
});

test("a keep has personas with all the verbs", async () => {
  const keep = await Keep.open({ medium: "memory" });
  const events = await all(keep.personas.import([BACKUP, bytes("{}"), BACKUP]));
  assert.deepEqual(events.map(({ type, status, code }) => status ?? code ?? type),
    ["added", "added", "progress", "not-a-persona", "progress", "duplicate", "duplicate", "progress", "done"]);
  const { id, rev } = events[0].entry;
  await keep.personas.patch(id, { name: "Zoe" }, { ifRev: rev });
  const { persona, document } = await keep.personas.get(id);
  assert.equal(persona.name, "Zoe");
  assert.match(utf8(document.bytes), /"own":1/);
  const stale = await keep.personas.put({ ...persona, depth: 3 }, { id, ifRev: rev }).catch((error) => error);
  assert.equal(stale.code, "conflict");
  assert.deepEqual([stale.conflict.base.name, stale.conflict.mine.depth, stale.conflict.theirs.name], ["Zoë", 3, "Zoe"]);

  const image = writeCard({ bytes: bytes('{"name":"x"}') }, { container: "png" });
  const entry = await keep.personas.put({ name: "Me" }, { image });
  assert.deepEqual([entry.image, entry.thumbnail, entry.dialect], [true, true, "silly-tavern"]);
  assert.deepEqual(await keep.personas.image(entry.id), image);
  const file = await keep.personas.export(entry.id);
  assert.deepEqual([file.filename, file.type, readPersonas(file.bytes).dialect], ["Me.png", "image/png", "risu"]);

  await keep.transaction(["personas"], (tx) => tx.personas.delete(entry.id));
  assert.deepEqual((await keep.trash.list()).items.map(({ domain, name }) => [domain, name]), [["personas", "Me"]]);
  const saver = keep.saver({ delay: 0 });
  saver.schedule("personas", id, { description: "Short." });
  await saver.close();
  assert.equal((await keep.personas.get(id)).persona.description, "Short.");
  assert.equal((await keep.health()).stored.personas.count, 2);
  const checked = await keep.check({ full: true });
  assert.deepEqual(checked.findings, []);
});
