// Rich text fields: fetches the editor only where one is needed, keeps the textarea as what the form sends.
(() => {
  "use strict";

  let loading = null;

  function load(field) {
    if (!loading) {
      const style = document.createElement("link");
      style.rel = "stylesheet";
      style.href = field.dataset.style;
      // Before our own sheets, which adjust it.
      document.head.prepend(style);
      loading = new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = field.dataset.script;
        script.addEventListener("load", resolve);
        script.addEventListener("error", reject);
        document.head.append(script);
      });
    }
    return loading;
  }

  function asHtml(text) {
    if (!text) return "";
    const holder = document.createElement("div");
    holder.textContent = text;
    return `<div>${holder.innerHTML.replace(/\r?\n/g, "<br>")}</div>`;
  }

  // One stop in the tab order; arrows, Home and End move inside, as the toolbar pattern of ARIA asks.
  function rove(toolbar) {
    const buttons = () => [...toolbar.querySelectorAll(".desk-tool:not(:disabled)")];
    const makeStop = (stop) => {
      for (const button of toolbar.querySelectorAll(".desk-tool")) button.tabIndex = button === stop ? 0 : -1;
    };
    const moves = {
      ArrowRight: (index, count) => (index + 1) % count,
      ArrowLeft: (index, count) => (index + count - 1) % count,
      Home: () => 0,
      End: (_, count) => count - 1,
    };
    toolbar.addEventListener("keydown", (event) => {
      const all = buttons();
      const index = all.indexOf(document.activeElement);
      if (index < 0) return;
      if (event.key in moves) {
        const next = all[moves[event.key](index, all.length)];
        makeStop(next);
        next.focus();
        event.preventDefault();
      } else if (event.key === "Enter" || event.key === " ") {
        // The editor listens to the mouse alone.
        document.activeElement.dispatchEvent(new MouseEvent("mousedown", { bubbles: true, cancelable: true }));
        event.preventDefault();
      }
    });
    makeStop(buttons()[0]);
  }

  function showPressed(toolbar, attributes) {
    for (const button of toolbar.querySelectorAll("[aria-pressed]")) {
      button.setAttribute("aria-pressed", String(Boolean(attributes[button.dataset.trixAttribute])));
    }
  }

  function describe(editor, source, label) {
    editor.setAttribute("aria-multiline", "true");
    if (label) editor.setAttribute("aria-labelledby", label.id);
    for (const name of ["aria-describedby", "aria-invalid"]) {
      if (source.hasAttribute(name)) editor.setAttribute(name, source.getAttribute(name));
    }
    if (source.required) editor.setAttribute("aria-required", "true");
  }

  // The editor takes the textarea's id, so that its label and links from the error summary lead to it.
  function enhance(field) {
    const source = field.querySelector("textarea");
    const format = field.querySelector("[data-rich-format]");
    const toolbar = field.querySelector("template").content.firstElementChild.cloneNode(true);
    const editor = document.createElement("trix-editor");
    // Whoever has begun to type goes on typing where they were.
    const isTyping = document.activeElement === source;
    if (format.value !== "html") source.value = asHtml(source.value);
    const id = source.id;
    describe(editor, source, document.getElementById(`${id}-label`));
    source.id = `${id}-source`;
    source.required = false;
    source.hidden = true;
    toolbar.id = `${id}-toolbar`;
    toolbar.setAttribute("aria-controls", id);
    editor.id = id;
    editor.className = "form-control";
    editor.setAttribute("input", source.id);
    editor.setAttribute("toolbar", toolbar.id);
    editor.addEventListener("trix-file-accept", (event) => event.preventDefault());
    editor.addEventListener("trix-attributes-change", (event) => showPressed(toolbar, event.attributes));
    editor.addEventListener("trix-initialize", () => {
      rove(toolbar);
      if (!isTyping) return;
      editor.focus();
      editor.editor.setSelectedRange(editor.editor.getDocument().getLength() - 1);
    });
    source.after(toolbar, editor);
    format.value = "html";
  }

  function start(root) {
    for (const field of root.querySelectorAll("[data-rich-text]:not([data-ready])")) {
      field.setAttribute("data-ready", "");
      load(field).then(() => enhance(field));
    }
  }
  document.addEventListener("DOMContentLoaded", () => start(document));
  document.addEventListener("htmx:load", (event) => start(event.target));
})();
