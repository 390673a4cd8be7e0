// Browsers that lack what the keep would use: old ones, strict settings, addresses that are not secure. It opens, saves
// and says what is missing. And work in a transaction that waits for something else is refused, whatever there is.

import { Stay } from "../stay.mjs";

/** What is taken away before any script of the page, and how health calls it. */
const WAYS = {
  "no Web Locks": { first: () => delete Navigator.prototype.locks, lacks: ["locks"] },
  "no BroadcastChannel": { first: () => delete globalThis.BroadcastChannel, lacks: ["channel"] },
  "no private file system": { first: () => delete StorageManager.prototype.getDirectory, lacks: ["private-files"] },
  "no workers": { first: () => delete globalThis.Worker, lacks: ["private-files"] },
  "no navigator.storage": { first: () => delete Navigator.prototype.storage, lacks: ["private-files"] },
  "localStorage forbidden": {
    first: () =>
      Object.defineProperty(globalThis, "localStorage", {
        get() {
          throw new DOMException("The operation is insecure.", "SecurityError");
        },
      }),
    lacks: ["local-storage"],
  },
  "localStorage full": {
    first() {
      Storage.prototype.setItem = () => {
        throw new DOMException("full", "QuotaExceededError");
      };
    },
  },
  "no storage buckets, compression streams, idle time or random ids": {
    first() {
      for (const name of ["CompressionStream", "DecompressionStream", "requestIdleCallback", "scheduler"]) delete globalThis[name];
      delete Navigator.prototype.storageBuckets;
      delete Crypto.prototype.randomUUID;
    },
  },
  "an older IndexedDB": {
    first() {
      delete IDBFactory.prototype.databases;
      delete IDBTransaction.prototype.commit;
      delete IDBTransaction.prototype.durability;
      delete IDBObjectStore.prototype.getAllRecords;
      delete IDBIndex.prototype.getAllRecords;
    },
  },
  "an address that is not secure": { insecure: true, lacks: ["private-files", "locks"] },
};

export default {
  about: "interfaces missing or forbidden: it opens, saves, has everything again and says what is missing; foreign waits are refused",
  engines: ["chromium", "firefox"],
  rounds: 1,
  short: 1,
  async run(drill) {
    const ways = Object.entries(WAYS);
    const from = Math.floor(drill.random() * ways.length);
    const chosen = drill.short ? [ways.at(-1), ways[from % (ways.length - 1)]] : ways;
    for (let round = 1; round <= drill.rounds; round += 1) {
      for (const [way, { first, insecure, lacks = [] }] of chosen) {
        const stay = await Stay.begin(drill, { first, url: insecure ? drill.site.insecureUrl : drill.site.url });
        await stay.write({ until: 4 });
        await stay.check(way);
        const health = await stay.page.run(() => stage.keep.health());
        if (JSON.stringify(health.lacks) !== JSON.stringify(lacks)) drill.fault("wrong", `${way}: health says that ${JSON.stringify(health.lacks)} is missing`);
        const found = await stay.page.run(foreign, stay.model.ids["character-0"]);
        for (const text of found) drill.fault("wrong", `${way}: ${text}`);
        await stay.quit();
        await stay.start();
        if ((await stay.open()).code !== undefined || !(await stay.check(`${way}, again`)) || !stay.refusals()) return;
        drill.count("ways");
        await drill.tidy();
      }
    }
  },
};

/* What follows runs in the page. */

async function foreign(id) {
  const { keep, settled, codeOf } = stage;
  const faults = [];
  const waits = {
    "a timer": () => stage.sleep(50),
    "the network": () => fetch("/elsewhere"),
    "a picture": () => createImageBitmap(new Blob(["no picture"])).catch(() => undefined),
    "another database": () => stage.raw.open("another").then((database) => database.close()),
    "nothing that ever comes": () => new Promise(() => undefined),
  };
  for (const [what, wait] of Object.entries(waits)) {
    const { card, rev } = await keep.characters.get(id);
    const work = async ({ characters, settings }) => {
      await characters.patch(id, { name: `waited for ${what}` });
      await wait();
      await settings.patch({ userName: `waited for ${what}` });
    };
    const code = await settled(keep.transaction(["characters", "settings"], work), 10_000, what).then(() => "stored", codeOf);
    if (code !== "foreign-await") faults.push(`waiting for ${what} in a transaction ended with ${code}`);
    const after = await keep.characters.get(id);
    if (after.rev !== rev || after.card.name !== card.name) faults.push(`waiting for ${what} left half of a transaction`);
  }
  return faults;
}
