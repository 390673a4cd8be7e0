// Keeps of one origin are apart: whatever is done in one, with its backups, its second copy and its end, changes not a byte of
// another, wherever the browser has it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CHROMIUM, onePage } from "./pages.mjs";

const SEED = 20;
const STEPS = 120;
/** The one that is worked in begins the names of the others, and differs from one in case alone. */
const [HERE, ...OTHERS] = ["home", "home2", "Home", "home-rescue", "hom"];

describe("keeps of one origin", () => {
  const at = onePage();

  test("whatever is done in one changes not a byte of another", CHROMIUM, async () => {
    await at.browser.go(at.server.url);
    const told = await at.browser.run(async (seed, steps, here, others) => {
      const { Keep, writeCard, DataManager } = await import("/index.js");
      const utf8 = (value) => new TextEncoder().encode(JSON.stringify(value));
      let state = seed;
      const below = (n) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor((state / 2 ** 32) * n);
      };
      const card = (name) => writeCard({ bytes: utf8({ spec: "chara_card_v2", spec_version: "2.0", data: { name, description: "", personality: "", scenario: "", first_mes: "Hi.", mes_example: "", extensions: {} } }) }, { container: "png" });
      const drain = async (events) => {
        for await (const _ of events);
      };
      const filled = async (name) => {
        const keep = await Keep.open({ name });
        await drain(keep.characters.import(card(`Ann of ${name}`)));
        const [{ id }] = (await keep.characters.list()).items;
        const chat = await keep.chats.create({ title: "First", characters: [id] });
        await (await keep.chats.open(chat.id)).append({ name: "Ann", role: "character", text: "Hello." });
        await keep.worlds.create("Isle");
        await keep.campaigns.change({ guild: "1", channel: "2" }, { campaign: { name } });
        await keep.settings.patch({ userName: name });
        await keep.backups.create();
        return keep;
      };

      /** Everything the browser has of a keep. */
      const digest = async (name) => {
        const parts = [];
        const db = await new Promise((resolve, reject) => {
          const request = indexedDB.open(name);
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
        for (const table of [...db.objectStoreNames].sort()) {
          const store = db.transaction(table).objectStore(table);
          const read = (verb) => new Promise((resolve, reject) => {
            const request = store[verb]();
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);
          });
          const values = await read("getAll");
          for (const [n, key] of (await read("getAllKeys")).entries()) parts.push(table, JSON.stringify(key), JSON.stringify(values[n], (_, value) => (value instanceof Uint8Array ? [...value].join() : value)));
        }
        db.close();
        const walk = async (directory, path) => {
          const entries = [];
          for await (const entry of directory.values()) entries.push(entry);
          for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
            if (entry.kind === "directory") await walk(entry, `${path}/${entry.name}`);
            else parts.push(`${path}/${entry.name}`, new Uint8Array(await (await entry.getFile()).arrayBuffer()).join());
          }
        };
        const top = await (await navigator.storage.getDirectory()).getDirectoryHandle("cardkeep");
        await walk(await top.getDirectoryHandle(name), name);
        for (const key of Object.keys(localStorage).sort()) if (key.startsWith(`cardkeep:${name}:`)) parts.push(key, localStorage[key]);
        const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(parts.join("\n"))));
        return `${parts.length} ${[...hash].join()}`;
      };

      for (const name of others) await (await filled(name)).close();
      const before = {};
      for (const name of others) before[name] = await digest(name);
      const changed = [];
      const look = async (what) => {
        for (const name of others) if ((await digest(name)) !== before[name]) changed.push([name, what]);
      };
      let keep = await filled(here);
      const any = async (domain) => {
        const { items } = await keep[domain].list();
        if (items.length === 0) throw Object.assign(new Error("nothing is there"), { code: "not-found" });
        return items[below(items.length)];
      };
      const done = {};
      const verbs = {
        card: async (n) => drain(keep.characters.import(card(`New ${n}`))),
        patch: async (n) => keep.characters.patch((await any("characters")).id, { description: `Of ${n}` }),
        chat: async (n) => keep.chats.create({ title: `Chat ${n}`, characters: [(await any("characters")).id] }),
        append: async (n) => (await keep.chats.open((await any("chats")).id)).append({ name: "You", role: "user", text: `Line ${n}` }),
        world: async (n) => keep.worlds.create(`World ${n}`),
        stat: async (n) => keep.worlds.setStat((await any("worlds")).id, "health", n),
        campaign: async (n) => keep.campaigns.change({ guild: "1", channel: String(below(4)) }, { npcs: { [n]: { name: "Orc" } } }),
        tables: async (n) => {
          const data = await DataManager.open(keep);
          data.campaigns["1"]["2"] = { name: `Saved ${n}`, players: [] };
          await data.saveData();
        },
        settings: async (n) => keep.settings.patch({ userName: `User ${n}` }),
        trash: async () => keep.characters.delete((await any("characters")).id, { chats: "trash" }),
        restore: async () => {
          for (const { domain, id } of (await keep.trash.list()).items.slice(0, 1)) await keep[domain].restore(id);
        },
        empty: async () => keep.trash.empty(),
        check: async () => keep.check({ full: true }),
        repair: async () => keep.repair("all"),
        backup: async () => keep.backups.create(),
        back: async () => keep.backups.restore((await keep.backups.list())[0].id, { mode: "replace" }),
        again: async () => {
          await keep.close();
          keep = await Keep.open({ name: here });
        },
      };
      const names = Object.keys(verbs);
      for (let n = 0; n < steps; n += 1) {
        const name = names[below(names.length)];
        const worked = await verbs[name](n).then(() => true, ({ code, message }) => code !== undefined ? false : Promise.reject(new Error(`${name}: ${message}`)));
        if (worked) done[name] = (done[name] ?? 0) + 1;
        if (n % 10 === 9) await look(`${name} at ${n}`);
      }
      await keep.close();
      await Keep.erase(here);
      await look("erasing");
      // They open, and are as they were.
      const users = [];
      for (const name of others) {
        const other = await Keep.open({ name });
        users.push([(await other.settings.get()).userName, (await other.characters.list()).items.map(({ name }) => name).join(), (await other.check({ full: true })).findings.length]);
        await other.close();
      }
      return { changed, done, users, names };
    }, SEED, STEPS, HERE, OTHERS);
    assert.deepEqual(told.changed, []);
    assert.deepEqual(told.users, OTHERS.map((name) => [name, `Ann of ${name}`, 0]));
    assert.deepEqual(told.names.filter((name) => !told.done[name]), []);
  });
});
