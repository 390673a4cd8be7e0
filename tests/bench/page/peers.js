// The same work on IndexedDB by hand, with idb and with Dexie: one object a record, as their documentation
// shows it. By hand means relaxed durability and an explicit commit, which is as fast as it gets.

import { Dexie } from "dexie";
import { openDB } from "idb";

const promised = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const completed = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });

/** Keys are inline under `id`. */
export function openRaw(name, stores) {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => stores.forEach((store) => request.result.createObjectStore(store, { keyPath: "id" }));
  return promised(request);
}

/** A database with the tables of the medium: array keys, one multi-entry index. */
export function openTables(name) {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("rows").createIndex("by", "by", { multiEntry: true });
    request.result.createObjectStore("pages");
    request.result.createObjectStore("meta");
  };
  return promised(request);
}

/** One transaction of puts: `[store, value, key?]`. */
export function putRaw(db, puts) {
  const transaction = db.transaction([...new Set(puts.map(([store]) => store))], "readwrite", { durability: "relaxed" });
  const done = completed(transaction);
  for (const [store, value, key] of puts) transaction.objectStore(store).put(value, key);
  transaction.commit();
  return done;
}

/** The same, committed when what stands under the keys that are asked for first has been seen. */
export async function putCheckedRaw(db, asked, puts) {
  const stores = [...asked, ...puts].map(([store]) => store);
  const transaction = db.transaction([...new Set(stores)], "readwrite", { durability: "relaxed" });
  const done = completed(transaction);
  const answers = asked.map(([store, key]) => promised(transaction.objectStore(store).get(key)));
  for (const [store, value, key] of puts) transaction.objectStore(store).put(value, key);
  await Promise.all(answers);
  transaction.commit();
  return done;
}

export const getRaw = (db, store, key) => promised(db.transaction(store).objectStore(store).get(key));
export const getAllRaw = (db, store, range) => promised(db.transaction(store).objectStore(store).getAll(range));

export const openIdb = (name, stores) =>
  openDB(name, 1, { upgrade: (db) => stores.forEach((store) => db.createObjectStore(store, { keyPath: "id" })) });

export async function openDexie(name, stores) {
  const db = new Dexie(name);
  db.version(1).stores(Object.fromEntries(stores.map((store) => [store, "id"])));
  return db.open();
}
