// Remembers which parts beside a ticket one keeps open and which folded, in this browser alone.
(() => {
  "use strict";

  const KEY = "desk-parts";

  function kept() {
    try {
      return JSON.parse(localStorage.getItem(KEY)) || {};
    } catch {
      return {};
    }
  }

  function keep(name, isOpen) {
    try {
      localStorage.setItem(KEY, JSON.stringify({ ...kept(), [name]: isOpen }));
    } catch {
      // Where nothing may be stored, every page begins as the desk lays it out.
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    const wishes = kept();
    for (const part of document.querySelectorAll("details[data-part]")) {
      const wish = wishes[part.dataset.part];
      // A form that is shown again stays in sight.
      if (typeof wish === "boolean" && !part.querySelector("details[open]")) part.open = wish;
      part.querySelector("summary").addEventListener("click", () => keep(part.dataset.part, !part.open));
    }
  });
})();
