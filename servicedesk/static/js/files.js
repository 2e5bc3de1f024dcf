// File fields: drop files, gather them over several choices, see names and sizes, take one away. Where the field names an
// address (data-upload) each file goes there at once, with its progress; what does not get there goes with the form.
(() => {
  "use strict";

  const AT_ONCE = 2;

  function inWords(bytes) {
    const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
    const step = Math.min(bytes > 0 ? Math.floor(Math.log10(bytes) / 3) : 0, units.length - 1);
    const options = { style: "unit", unit: units[step], unitDisplay: step ? "short" : "long", maximumFractionDigits: 1 };
    return new Intl.NumberFormat(document.documentElement.lang, options).format(bytes / 1000 ** step);
  }

  function sameFile(one, other) {
    return one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;
  }

  function element(parent, name, properties) {
    return Object.assign(parent.appendChild(document.createElement(name)), properties);
  }

  // Who sends, and for which form: what every address of ours wants to know.
  function formData(form) {
    const data = new FormData();
    for (const name of ["csrf_token", "idempotency_key"]) data.append(name, form.elements[name].value);
    return data;
  }

  function enhance(field) {
    const input = field.querySelector("input[type=file]");
    const zone = field.querySelector("[data-files-zone]");
    const list = field.querySelector("[data-files-list]");
    const status = field.querySelector("[data-files-status]");
    const words = field.dataset;
    // A file waits, is on its way, is kept by the desk under an id, or is refused with a reason.
    let items = [...input.files].map((file) => ({ file, state: "waiting" }));

    function changed() {
      const transfer = new DataTransfer();
      for (const item of items) if (item.state === "waiting" || item.state === "sending") transfer.items.add(item.file);
      input.files = transfer.files;
      show();
    }

    function add(files) {
      const fresh = [...files].filter((file) => !items.some((item) => sameFile(item.file, file)));
      items = [...items, ...fresh.map((file) => ({ file, state: "waiting" }))];
      changed();
      input.dispatchEvent(new Event("input", { bubbles: true }));
      next();
    }

    function remove(item, index) {
      item.request?.abort();
      if (item.state === "kept") {
        fetch(`${words.upload}/${item.id}/remove`, { method: "POST", body: formData(input.form) });
      }
      items = items.filter((other) => other !== item);
      changed();
      (list.querySelectorAll("button")[Math.min(index, items.length - 1)] || input).focus();
      next();
    }

    function row(item, index) {
      const line = document.createElement("li");
      element(line, "span", { textContent: `${item.file.name} (${inWords(item.file.size)})` });
      if (item.state === "sending") {
        item.bar = element(line, "progress", { max: 1, value: item.done || 0 });
        item.bar.setAttribute("aria-label", `${words.sending} ${item.file.name}`);
      } else if (item.state === "kept") {
        element(line, "input", { type: "hidden", name: `${input.name}_kept`, value: item.id });
        element(line, "span", { className: "desk-muted", textContent: words.sent });
      } else if (item.state === "refused" || item.file.size > Number(words.maxBytes)) {
        element(line, "span", { className: "is-wrong", textContent: item.reason || words.tooBig });
      }
      const button = element(line, "button", { type: "button", className: "desk-files__remove", textContent: words.remove });
      button.setAttribute("aria-label", `${words.remove} ${item.file.name}`);
      button.addEventListener("click", () => remove(item, index));
      return line;
    }

    function tooMany() {
      const before = field.querySelectorAll(".desk-files__kept input:checked").length;
      return items.filter((item) => item.state !== "refused").length + before > Number(words.maxFiles);
    }

    function show(said = "") {
      list.replaceChildren(...items.map(row));
      const total = items.reduce((sum, item) => sum + item.file.size, 0);
      const parts = [said, items.length ? `${words.total} ${items.length} (${inWords(total)})` : ""];
      if (tooMany()) parts.push(words.tooMany);
      status.textContent = parts.filter(Boolean).join(" ");
      status.classList.toggle("desk-error", tooMany());
    }

    function next() {
      if (!words.upload || tooMany()) return;
      const free = AT_ONCE - items.filter((item) => item.state === "sending").length;
      const ready = items.filter((item) => item.state === "waiting" && !item.tried && item.file.size <= Number(words.maxBytes));
      for (const item of ready.slice(0, Math.max(free, 0))) send(item);
    }

    function send(item) {
      const request = new XMLHttpRequest();
      const data = formData(input.form);
      data.append("files", item.file);
      Object.assign(item, { state: "sending", tried: true, request, done: 0 });
      request.upload.addEventListener("progress", (event) => {
        item.done = event.loaded / event.total;
        if (item.bar) item.bar.value = item.done;
      });
      request.addEventListener("loadend", () => ended(item, request));
      request.open("POST", words.upload);
      request.responseType = "json";
      request.send(data);
      show();
    }

    function ended(item, request) {
      const answer = request.response;
      if (!items.includes(item)) return;
      if (request.status === 200 && answer?.id) Object.assign(item, { state: "kept", id: answer.id });
      else if (answer?.error) Object.assign(item, { state: "refused", reason: answer.error });
      else item.state = "waiting";
      changed();
      show(item.state === "waiting" ? "" : `${item.file.name}: ${item.reason || `${words.sent}.`}`);
      if (item.state === "kept") input.dispatchEvent(new Event("input", { bubbles: true }));
      next();
    }

    // Choosing in the dialog replaces the input's list: what was chosen before is put back in front.
    input.addEventListener("change", () => add(input.files));
    zone.addEventListener("dragover", (event) => {
      event.preventDefault();
      zone.classList.add("is-over");
    });
    for (const kind of ["dragleave", "drop"]) zone.addEventListener(kind, () => zone.classList.remove("is-over"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      add(event.dataTransfer.files);
    });
    // What is still on its way goes with the form instead.
    input.form?.addEventListener("submit", () => {
      delete words.upload;
      for (const item of items) item.request?.abort();
    });
    field.querySelector("[data-files-invite]").hidden = false;
    // The browser's own button speaks the browser's language; ours speaks the page's.
    field.querySelector("[data-files-choose]").hidden = false;
    input.classList.add("visually-hidden");
    show();
  }

  function start(root) {
    for (const field of root.querySelectorAll("[data-files]:not([data-ready])")) {
      field.setAttribute("data-ready", "");
      enhance(field);
    }
  }
  document.addEventListener("DOMContentLoaded", () => start(document));
  document.addEventListener("htmx:load", (event) => start(event.target));
})();
