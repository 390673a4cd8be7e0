// The service worker: the app's own files, from the cache first. It keeps nothing else, never user data.
// The build replaces the list: [path, hash] of every file of the app.

const FILES = __FILES__;
const CACHE = "app";

// Files are kept under path and hash, so that an update fetches only what changed.
const keyOf = ([path, hash]) => new URL(`${path}?hash=${hash}`, registration.scope).href;
const keys = new Map(FILES.map((file) => [new URL(file[0], registration.scope).pathname, keyOf(file)]));
const page = keyOf(FILES.find(([path]) => path === "index.html"));

addEventListener("install", (event) => {
  event.waitUntil(keepAll());
});

async function keepAll() {
  const cache = await caches.open(CACHE);
  for (const [path, hash] of FILES) {
    const key = keyOf([path, hash]);
    if (await cache.match(key)) continue;
    const answer = await fetch(new Request(new URL(path, registration.scope), { cache: "reload" }));
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    await cache.put(key, answer);
  }
}

addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    const wanted = new Set(keys.values());
    for (const request of await cache.keys()) if (!wanted.has(request.url)) await cache.delete(request);
    await clients.claim();
  })());
});

// The page asks a waiting worker to take over when the user accepts the update.
addEventListener("message", (event) => {
  if (event.data === "skip-waiting") skipWaiting();
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  const root = new URL(registration.scope).pathname;
  const key = request.mode === "navigate" && url.pathname === root ? page : keys.get(url.pathname);
  if (key === undefined) return;
  event.respondWith(caches.open(CACHE).then(async (cache) => (await cache.match(key)) ?? fetch(request)));
});
