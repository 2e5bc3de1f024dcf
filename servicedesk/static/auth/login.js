// The list of providers under an official button: Escape closes it, arrow keys, Home and End walk through it.
(() => {
  "use strict";

  const STEPS = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };

  document.addEventListener("keydown", (event) => {
    const choice = document.activeElement.closest(".auth-choice[open]");
    if (!choice) return;
    if (event.key === "Escape") {
      choice.open = false;
      choice.querySelector("summary").focus();
    } else if (event.key in STEPS) {
      const links = [...choice.querySelectorAll("a")];
      const next = links.indexOf(document.activeElement) + STEPS[event.key];
      links[Math.max(0, Math.min(next, links.length - 1))].focus();
      event.preventDefault();
    }
  });
})();
