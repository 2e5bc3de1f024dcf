// The service worker of the installed app: what to show without a connection, and files that never change.
// No page of the desk is ever kept: what pages show is personal.
"use strict";

const CACHE = `desk${new URL(self.location).search}`;
const OFFLINE = "/offline";
const FILES = /(?:href|src)="(\/(?:static\/|theme\.css|icons\/)[^"]*)"/g;

self.addEventListener("install", (event) => event.waitUntil(prepare().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(tidy().then(() => self.clients.claim())));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)));
  else if (isUnchanging(new URL(request.url))) event.respondWith(kept(request));
});

async function prepare() {
  const cache = await caches.open(CACHE);
  const page = await fetch(OFFLINE, { cache: "reload" });
  if (!page.ok) throw new Error(`${OFFLINE}: ${page.status}`);
  const files = [...(await page.clone().text()).matchAll(FILES)].map((found) => found[1].replaceAll("&amp;", "&"));
  await cache.put(OFFLINE, page);
  await cache.addAll(files);
}

async function tidy() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
}

// The address of such a file changes with its content; fonts never do.
function isUnchanging(url) {
  if (url.origin !== self.location.origin) return false;
  const isFile = /^\/(static\/|icons\/|theme\.css$)/.test(url.pathname);
  return isFile && (url.searchParams.has("v") || url.pathname.endsWith(".woff2"));
}

async function kept(request) {
  const cache = await caches.open(CACHE);
  const found = await cache.match(request);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.status === 200) await cache.put(request, answer.clone());
  return answer;
}
