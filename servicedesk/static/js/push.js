// The button that lets this device be told of news: asks the browser, then posts what it gives like any form.
(() => {
  "use strict";

  const form = document.querySelector("form[data-push]");
  if (!form || !("serviceWorker" in navigator) || !("PushManager" in window)) return;
  const note = form.querySelector("[data-push-note]");

  function bytes(text) {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
  }

  function written(buffer) {
    return btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function begun(worker) {
    return new Promise((done) => {
      worker.addEventListener("statechange", () => { if (worker.state === "activated") done(); });
    });
  }

  async function subscribed() {
    // A worker of its own beside the one of the web app: whoever installs nothing can be told all the same.
    const ready = await navigator.serviceWorker.register(form.dataset.worker);
    if (!ready.active) await begun(ready.installing || ready.waiting);
    const options = { userVisibleOnly: true, applicationServerKey: bytes(form.dataset.push) };
    try {
      return await ready.pushManager.subscribe(options);
    } catch (error) {
      // Made with a key that this desk had before.
      const old = await ready.pushManager.getSubscription();
      if (!old) throw error;
      await old.unsubscribe();
      return ready.pushManager.subscribe(options);
    }
  }

  form.addEventListener("submit", async (event) => {
    if (form.endpoint.value) return;
    event.preventDefault();
    try {
      if ((await Notification.requestPermission()) !== "granted") throw new Error("not allowed");
      const subscription = await subscribed();
      form.endpoint.value = subscription.endpoint;
      form.p256dh.value = written(subscription.getKey("p256dh"));
      form.auth.value = written(subscription.getKey("auth"));
      form.requestSubmit();
    } catch {
      note.textContent = form.dataset.refused;
    }
  });
  form.hidden = false;
})();
