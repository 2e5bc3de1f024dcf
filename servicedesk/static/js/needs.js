// Fields that a choice asks for: shown with it and put away without it. The page works without this, by a button.
(() => {
  "use strict";

  function settle(form) {
    const typed = new FormData(form);
    for (const part of form.querySelectorAll("[data-needs]")) {
      const wanted = part.dataset.needsOneOf.split(" ");
      part.hidden = !typed.getAll(part.dataset.needs).some((value) => wanted.includes(value));
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const form of document.querySelectorAll("form:has([data-needs])")) {
      for (const button of form.querySelectorAll("[data-needs-button]")) button.hidden = true;
      form.addEventListener("change", () => settle(form));
      settle(form);
    }
  });
})();
