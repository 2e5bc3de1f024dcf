// The desk as an app: its service worker, and the button that installs it where the browser offers to.
(() => {
  "use strict";
  const worker = document.querySelector("meta[name=desk-worker]");
  const isApp = matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;

  // Only who asked for the app, or runs it, gets a service worker; whoever has one gets the newest.
  async function register() {
    if (!worker || !("serviceWorker" in navigator)) return;
    const wanted = isApp || document.querySelector("[data-app]") || (await navigator.serviceWorker.getRegistration());
    if (wanted) await navigator.serviceWorker.register(worker.content);
  }
  register();

  function show(selector) {
    for (const element of document.querySelectorAll(selector)) element.hidden = false;
  }
  document.addEventListener("DOMContentLoaded", () => {
    if (isApp) show("[data-app-done]");
  });
  window.addEventListener("appinstalled", () => show("[data-app-done]"));
  window.addEventListener("beforeinstallprompt", (event) => {
    const button = document.querySelector("[data-app-install]");
    if (!button) return;
    event.preventDefault();
    button.hidden = false;
    button.addEventListener("click", () => {
      button.hidden = true;
      event.prompt();
    }, { once: true });
  });
})();
