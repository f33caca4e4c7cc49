// Keeps the shell of this console (styles, scripts, icons, an offline page) and nothing else: no page, no payload,
// nothing of a person. All that is kept is kept when this worker is installed; no answer is ever put aside later.
"use strict";
const KEPT = {{ kept|safe }};
const PREFIX = "placet.shell.";
const CACHE = PREFIX + KEPT.version;
const [OFFLINE, OFFLINE_SENT] = KEPT.pages;

self.addEventListener("install", (event) => {
  const pages = KEPT.pages.map((page) => new Request(page, { credentials: "omit", cache: "reload" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([...KEPT.files, ...pages])));
  self.skipWaiting();  // files go by their names, so an older page beside it asks for nothing that this one has wrong
});

self.addEventListener("activate", (event) => {
  const older = async () => {
    for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(older());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (address.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    // What was sent may have arrived though its answer did not: then the page does not say that nothing was decided.
    const page = request.method === "GET" ? OFFLINE : OFFLINE_SENT;
    event.respondWith(fetch(request).catch(async () => (await caches.match(page, { cacheName: CACHE })) ?? Response.error()));
  } else if (request.method === "GET" && KEPT.files.includes(address.pathname)) {
    event.respondWith(caches.match(address.pathname, { cacheName: CACHE }).then((kept) => kept ?? fetch(request)));
  }
});
