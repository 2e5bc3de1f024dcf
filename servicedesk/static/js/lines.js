// Ready reasons: one press writes them into the field of the reason.
(() => {
  "use strict";

  for (const row of document.querySelectorAll("[data-reasons]")) {
    const field = document.getElementById(row.dataset.reasons);
    row.hidden = false;
    row.addEventListener("click", (event) => {
      if (event.target.tagName !== "BUTTON") return;
      field.value = [field.value.trim(), event.target.textContent.trim()].filter(Boolean).join(" ");
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
    });
  }
})();
