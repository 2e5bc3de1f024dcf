// Standard answers: one field with suggestions instead of a list and a button; a stroke at a line's beginning leads to it.
(() => {
  "use strict";

  const MOST = 8;

  function fold(words) {
    return words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  }

  function choicesOf(select) {
    return [...select.options].filter((option) => option.value).map((option) => ({
      id: option.value,
      words: option.textContent.trim(),
      shortcut: option.dataset.shortcut,
      then: option.dataset.then || "",
      sequel: option.dataset.sequel || "",
      group: option.dataset.group || "",
      found: fold(`${option.dataset.shortcut} ${option.textContent}`),
    }));
  }

  // What begins with the typed shortcut comes first, then what holds all the words.
  function fitting(choices, typed) {
    const shortcut = fold(typed.trim()).replace(/^\//, "");
    const words = shortcut.split(/\s+/).filter(Boolean);
    const first = choices.filter((each) => shortcut && each.shortcut.startsWith(shortcut));
    const others = choices.filter((each) => !first.includes(each) && words.every((word) => each.found.includes(word)));
    return [...first, ...others].slice(0, MOST);
  }

  function field(root, select) {
    const box = document.createElement("div");
    box.className = "desk-standard__box";
    const input = document.createElement("input");
    Object.assign(input, { id: "standard-words", className: "form-control", type: "text", autocomplete: "off" });
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-expanded": "false", "aria-controls": "standard-list", "aria-autocomplete": "list",
    })) input.setAttribute(name, value);
    const list = document.createElement("ul");
    Object.assign(list, { id: "standard-list", className: "desk-standard__list", hidden: true });
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", root.dataset.label);
    root.querySelector("label").htmlFor = input.id;
    box.append(input, list);
    select.closest(".desk-standard__row").replaceWith(box);
    return { input, list };
  }

  function start(root) {
    const form = root.closest("form");
    const select = root.querySelector("select");
    const choices = choicesOf(select);
    const kept = form.querySelector("input[name=standard_answer]");
    const status = root.querySelector("[data-standard-status]");
    const { input, list } = field(root, select);
    let shown = [];
    let active = -1;

    const editor = () => form.querySelector("trix-editor");
    const writing = () => editor() || form.querySelector("textarea[name=note]");

    function mark(index) {
      active = index;
      [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === index)));
      const item = list.children[index];
      if (item) item.scrollIntoView({ block: "nearest" });
      if (item) input.setAttribute("aria-activedescendant", item.id);
      else input.removeAttribute("aria-activedescendant");
    }

    function close() {
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
      mark(-1);
    }

    function open() {
      shown = fitting(choices, input.value);
      list.replaceChildren(...shown.map((each, place) => {
        const item = document.createElement("li");
        item.id = `standard-${place}`;
        item.setAttribute("role", "option");
        item.append(each.words);
        if (each.then) {
          const then = document.createElement("span");
          then.className = "desk-muted";
          then.textContent = ` → ${each.then}${each.group ? `: ${each.group}` : ""}`;
          item.append(then);
        }
        item.addEventListener("mousedown", (event) => {
          event.preventDefault();
          choose(each);
        });
        return item;
      }));
      list.hidden = shown.length === 0;
      input.setAttribute("aria-expanded", String(shown.length > 0));
      if (shown.length === 0) status.textContent = root.dataset.none;
      mark(shown.length ? 0 : -1);
    }

    function insert(found) {
      const trix = editor();
      if (trix) {
        trix.editor.insertHTML(found.html);
        return;
      }
      const note = form.querySelector("textarea[name=note]");
      note.value = [note.value.trimEnd(), found.text].filter(Boolean).join("\n\n");
    }

    // The button of what the answer asks for becomes the main one.
    function prefer(each) {
      let preferred = null;
      for (const button of form.querySelectorAll("button[formaction]")) {
        const action = new URL(button.formAction).pathname.split("/").pop();
        const isForward = button.hasAttribute("data-standard-forward");
        if (isForward) button.hidden = each.sequel !== "forward";
        if (isForward) button.querySelector("span").textContent = each.group;
        const isIt = each.sequel !== "" && action === each.sequel;
        if (each.sequel && button.closest(".desk-way, .desk-actions")) {
          button.classList.toggle("btn-primary", isIt);
          button.classList.toggle("btn-outline-primary", !isIt);
        }
        if (isIt) preferred = button;
      }
      return preferred;
    }

    async function choose(each) {
      close();
      try {
        const answer = await fetch(root.dataset.standard.replace(/0$/, each.id), { headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(String(answer.status));
        const found = await answer.json();
        insert(found);
        kept.value = each.id;
        input.value = "";
        const then = each.then ? ` → ${each.then}` : "";
        status.textContent = found.missing || `${root.dataset.inserted} ${each.words}${then}`;
        const preferred = prefer(each);
        (found.missing || !preferred ? writing() : preferred).focus();
      } catch {
        status.textContent = root.dataset.failed;
      }
    }

    function backToText() {
      const typed = input.value;
      input.value = "";
      close();
      const trix = editor();
      writing().focus();
      if (trix && typed.startsWith("/")) trix.editor.insertString(typed);
    }

    const keys = {
      ArrowDown: () => (list.hidden ? open() : mark((active + 1) % shown.length)),
      ArrowUp: () => (list.hidden ? open() : mark((active + shown.length - 1) % shown.length)),
      Enter: () => {
        if (!list.hidden && shown[active]) choose(shown[active]);
      },
      Escape: backToText,
    };
    input.addEventListener("keydown", (event) => {
      if (!(event.key in keys)) return;
      event.preventDefault();
      event.stopPropagation();
      keys[event.key]();
    });
    input.addEventListener("input", open);
    input.addEventListener("click", open);
    input.addEventListener("blur", close);

    form.addEventListener("keydown", (event) => {
      const trix = event.target.closest("trix-editor");
      if (!trix || event.key !== "/" || event.ctrlKey || event.altKey || event.metaKey) return;
      const before = trix.editor.getDocument().toString()[trix.editor.getPosition() - 1];
      if (before !== undefined && before !== "\n") return;
      event.preventDefault();
      input.value = "/";
      input.focus();
      open();
    });
    root.querySelector("[data-standard-how]").hidden = false;
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const root of document.querySelectorAll("[data-standard]")) start(root);
  });
})();
