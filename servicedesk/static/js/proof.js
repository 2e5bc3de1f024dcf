// Work that shows that no robot fills the public form: done by a worker while one types, awaited when one is faster.
(() => {
  "use strict";

  function begin(guard) {
    const form = guard.closest("form");
    const { started, proof } = form.elements;
    const words = guard.querySelector("[data-proof-words]");
    const byMail = guard.querySelector("[data-proof-mail]");
    let worker = null;
    let held = null; // the button that was pressed too early

    function end() {
      worker.terminate();
      worker = null;
      words.textContent = "";
      byMail.hidden = proof.value !== "";
      if (held) form.requestSubmit(held.isConnected ? held : null);
    }
    // Where the browser cannot work, the form goes as it is, and the request is confirmed by mail.
    function work() {
      byMail.hidden = proof.value !== "";
      if (worker || proof.value || !window.Worker || !window.isSecureContext) return;
      worker = new Worker(guard.dataset.proof);
      byMail.hidden = true;
      worker.addEventListener("message", ({ data }) => {
        proof.value = data;
        end();
      });
      worker.addEventListener("error", end);
      worker.postMessage(started.value);
    }

    form.addEventListener(
      "submit",
      (event) => {
        if (!worker) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        held = event.submitter || form.querySelector("[type=submit]");
        words.textContent = words.dataset.proofWords;
      },
      { capture: true },
    );
    work();
  }

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-proof]").forEach(begin));
})();
