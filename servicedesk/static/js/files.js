// File fields: drop files, gather them over several choices, see names and sizes, take one away.
(() => {
  "use strict";

  function inWords(bytes) {
    const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
    const step = Math.min(bytes > 0 ? Math.floor(Math.log10(bytes) / 3) : 0, units.length - 1);
    const options = { style: "unit", unit: units[step], unitDisplay: step ? "short" : "long", maximumFractionDigits: 1 };
    return new Intl.NumberFormat(document.documentElement.lang, options).format(bytes / 1000 ** step);
  }

  function sameFile(one, other) {
    return one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;
  }

  function enhance(field) {
    const input = field.querySelector("input[type=file]");
    const zone = field.querySelector("[data-files-zone]");
    const list = field.querySelector("[data-files-list]");
    const status = field.querySelector("[data-files-status]");
    const words = field.dataset;
    let chosen = [...input.files];

    function keep(files) {
      const transfer = new DataTransfer();
      for (const file of files) transfer.items.add(file);
      chosen = files;
      input.files = transfer.files;
      show();
    }

    function add(files) {
      keep([...chosen, ...[...files].filter((file) => !chosen.some((known) => sameFile(known, file)))]);
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }

    function row(file, index) {
      const item = document.createElement("li");
      const name = item.appendChild(document.createElement("span"));
      name.textContent = `${file.name} (${inWords(file.size)})`;
      if (file.size > Number(words.maxBytes)) {
        const wrong = item.appendChild(document.createElement("span"));
        wrong.className = "is-wrong";
        wrong.textContent = words.tooBig;
      }
      const button = item.appendChild(document.createElement("button"));
      button.type = "button";
      button.className = "desk-files__remove";
      button.textContent = words.remove;
      button.setAttribute("aria-label", `${words.remove} ${file.name}`);
      button.addEventListener("click", () => {
        keep(chosen.filter((_, position) => position !== index));
        (list.querySelectorAll("button")[Math.min(index, chosen.length - 1)] || input).focus();
      });
      return item;
    }

    function show() {
      list.replaceChildren(...chosen.map(row));
      const total = chosen.reduce((sum, file) => sum + file.size, 0);
      const kept = field.querySelectorAll(".desk-files__kept input:checked").length;
      const tooMany = chosen.length + kept > Number(words.maxFiles);
      status.textContent = chosen.length ? `${words.total} ${chosen.length} (${inWords(total)})` : "";
      if (tooMany) status.textContent += ` ${words.tooMany}`;
      status.classList.toggle("desk-error", tooMany);
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
