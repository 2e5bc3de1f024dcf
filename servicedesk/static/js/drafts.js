// Keeps a request on the server while it is being written: a pause in typing sends what stands in the form.
(() => {
  "use strict";

  const PAUSE = 1500;

  function start(form) {
    const status = form.querySelector("[data-draft-status]");
    let timer = null;
    let sending = null;

    // Files go by their own way; here only what was typed.
    function typed() {
      const fields = [...new FormData(form)].filter(([, value]) => typeof value === "string");
      return new URLSearchParams(fields);
    }

    async function save(keepalive) {
      clearTimeout(timer);
      timer = null;
      sending?.abort();
      sending = new AbortController();
      try {
        const answer = await fetch(form.dataset.draft, {
          method: "POST", body: typed(), redirect: "manual", keepalive, signal: sending.signal,
        });
        if (!answer.ok) throw new Error(String(answer.status));
        status.textContent = await answer.text();
        form.removeAttribute("data-dirty");
      } catch (problem) {
        // Sending asks to sign in where that is what is missing, and loses nothing.
        if (problem.name !== "AbortError") status.textContent = form.dataset.draftLost;
      }
    }

    function later() {
      clearTimeout(timer);
      timer = setTimeout(save, PAUSE);
    }

    for (const kind of ["input", "change", "trix-change"]) form.addEventListener(kind, later);
    // The editor tells of a change when it is set up, too.
    form.addEventListener("trix-initialize", () => clearTimeout(timer));
    form.addEventListener("submit", () => {
      clearTimeout(timer);
      timer = null;
      sending?.abort();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden" && timer) save(true);
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const form of document.querySelectorAll("form[data-draft]")) start(form);
  });
})();
