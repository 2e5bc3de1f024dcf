// Small comforts on every page: menus that close, focus on what went wrong, one sending per form, no lost text.
(() => {
  "use strict";

  function closeMenus(except) {
    for (const menu of document.querySelectorAll(".desk-menu[open]")) {
      if (menu !== except) menu.removeAttribute("open");
    }
  }

  document.addEventListener("click", (event) => closeMenus(event.target.closest(".desk-menu")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.activeElement.closest(".desk-menu[open]");
    closeMenus(null);
    if (menu) menu.querySelector("summary").focus();
  });

  // Buttons are marked, not disabled: a disabled button would not send its name and value.
  function setSending(form, sending) {
    form.toggleAttribute("data-sending", sending);
    for (const button of form.querySelectorAll("button[type=submit]")) {
      if (sending) button.setAttribute("aria-disabled", "true");
      else button.removeAttribute("aria-disabled");
    }
  }

  // Browsers bring typed text back with the back button, but on a fresh page with a fresh key: with its old key,
  // the same request sent again is recognised.
  function rememberKey(form) {
    const key = form.querySelector("input[data-key]");
    if (key) history.replaceState({ ...history.state, sentKey: key.value }, "");
  }
  document.addEventListener("DOMContentLoaded", () => {
    const key = document.querySelector("input[data-key]");
    if (key && history.state?.sentKey) key.value = history.state.sentKey;
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.hasAttribute("data-sending")) event.preventDefault();
    else if (!event.defaultPrevented) {
      setSending(form, true);
      rememberKey(form);
      // An answer that never comes, or comes as a download, must not lock the form.
      setTimeout(() => setSending(form, false), 10000);
    }
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest("form");
    if (form) setSending(form, false);
  });

  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-unsaved]");
    if (form) form.setAttribute("data-dirty", "");
  });
  // What came back with mistakes was typed, though not on this page.
  document.addEventListener("DOMContentLoaded", () => {
    for (const summary of document.querySelectorAll("form[data-unsaved] [data-focus]")) {
      summary.closest("form").setAttribute("data-dirty", "");
    }
  });
  window.addEventListener("beforeunload", (event) => {
    if (document.querySelector("form[data-dirty]:not([data-sending])")) event.preventDefault();
  });

  // A page brought back by the browser's back button must be able to send again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sending]")) setSending(form, false);
  });

  function focusErrors(root) {
    const summary = root.querySelector("[data-focus]");
    if (summary) summary.focus();
  }
  document.addEventListener("DOMContentLoaded", () => focusErrors(document));
  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-print]")) {
      button.hidden = false;
      button.addEventListener("click", () => window.print());
    }
  });
  // On a small screen the facts stand below the conversation, and closed.
  document.addEventListener("DOMContentLoaded", () => {
    if (!matchMedia("(max-width: 61.99rem)").matches) return;
    for (const part of document.querySelectorAll("details[data-folds]")) part.open = false;
  });
  document.addEventListener("htmx:load", (event) => focusErrors(event.target));
})();
