// Requests of those without an account, who have no place on the server: what is typed stays in this tab, and beyond it
// only where the person says that the device is their own. Sent, or cleared, it is gone.
(() => {
  "use strict";

  const PREFIX = "request:";
  const LIFE = 7 * 24 * 3600 * 1000;
  const NOT_TYPED = new Set(["csrf_token", "idempotency_key", "follows", "started", "proof", "homepage", "answer"]);

  function stores() {
    try {
      return [sessionStorage, localStorage];
    } catch {
      return []; // a browser that keeps nothing
    }
  }

  function forgetAll() {
    for (const store of stores()) {
      for (const key of Object.keys(store)) if (key.startsWith(PREFIX)) store.removeItem(key);
    }
  }

  function found(key) {
    for (const store of stores()) {
      const kept = JSON.parse(store.getItem(key) || "null");
      if (kept && Date.now() - kept.at < LIFE) return { store, ...kept };
      store.removeItem(key);
    }
    return null;
  }

  function typed(form) {
    return [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !NOT_TYPED.has(name));
  }

  function fill(form, fields) {
    for (const [name, value] of fields) {
      for (const control of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
        if (control.type === "checkbox" || control.type === "radio") control.checked ||= control.value === value;
        else control.value = value;
      }
    }
  }

  function begin(part) {
    const form = part.closest("form");
    const own = part.querySelector("[data-local-own]");
    const status = part.querySelector("[data-local-status]");
    const key = PREFIX + location.pathname;
    const [tab, device] = stores();
    if (!tab) return;
    // What came back with mistakes is newer.
    const kept = form.querySelector("[data-focus]") ? null : found(key);
    if (kept) {
      fill(form, kept.fields);
      own.checked = kept.store === device;
      status.textContent = part.dataset.again;
    }

    function keep() {
      const [here, there] = own.checked ? [device, tab] : [tab, device];
      there.removeItem(key);
      here.setItem(key, JSON.stringify({ at: Date.now(), fields: typed(form) }));
    }
    for (const kind of ["input", "change", "trix-change"]) form.addEventListener(kind, keep);
    part.querySelector("[data-local-clear]").addEventListener("click", () => {
      forgetAll();
      form.removeAttribute("data-dirty");
      location.assign(location.href);
    });
    part.hidden = false;
  }

  document.addEventListener("DOMContentLoaded", () => {
    if (document.querySelector("[data-local-sent]")) forgetAll();
    for (const part of document.querySelectorAll("[data-local]")) begin(part);
  });
})();
