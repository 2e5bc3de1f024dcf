// What fits the title stays one line with a count on a narrow screen, and is open on a wide one; as one left it after that.
(() => {
  "use strict";

  const wide = matchMedia("(min-width: 40rem)");
  const left = new Map();

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id !== "suggestions") return;
    for (const part of event.target.querySelectorAll("details[data-suggests]")) {
      const kind = part.dataset.suggests;
      part.open = left.has(kind) ? left.get(kind) : wide.matches;
      part.querySelector("summary").addEventListener("click", () => left.set(kind, !part.open));
    }
  });
})();
