// The queue and the ticket at work by single keys, where the person has not turned them off; filters that close.
(() => {
  "use strict";

  const TYPED_IN = "input:not([type=checkbox], [type=radio]), textarea, select, trix-editor, [contenteditable]";
  const WRITES = { r: "comment", n: "note", c: "reply_close" };
  const AFTER = "#do-";
  let pending = null;

  // Filters

  document.addEventListener("click", (event) => {
    for (const pick of document.querySelectorAll("[data-pick][open]")) {
      if (!pick.contains(event.target)) pick.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    const pick = event.key === "Escape" && document.activeElement.closest("[data-pick][open]");
    if (!pick) return;
    pick.open = false;
    pick.querySelector("summary").focus();
  });

  // Rows

  const rows = () => [...document.querySelectorAll("tr[data-row]")];
  const current = () => document.querySelector("tr[data-row].is-current") || document.activeElement.closest("tr[data-row]");

  function choose(row) {
    for (const other of document.querySelectorAll("tr[data-row].is-current")) other.classList.remove("is-current");
    row.classList.add("is-current");
    row.querySelector("[data-open]").focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  function step(by) {
    const all = rows();
    if (!all.length) return false;
    const at = all.indexOf(current());
    choose(all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)]);
    return true;
  }

  function openWith(key) {
    const link = current()?.querySelector("[data-open]");
    if (link) location.assign(link.href + (key ? AFTER + key : ""));
    return Boolean(link);
  }

  function click(element) {
    element?.click();
    return Boolean(element);
  }

  const IN_LIST = {
    j: () => step(1),
    k: () => step(-1),
    t: () => click(current()?.querySelector("[data-take]")),
    x: () => click(current()?.querySelector("input[data-select]")),
    "*": selectAll,
    o: () => openWith(""),
    r: () => openWith("r"),
    n: () => openWith("n"),
    f: () => openWith("f"),
    c: () => openWith("c"),
  };

  // Selection

  const boxes = () => [...document.querySelectorAll("input[data-select]")];

  function tell() {
    const chosen = boxes().filter((box) => box.checked).length;
    const bar = document.querySelector("[data-selected]");
    if (!bar) return;
    const all = document.querySelector("[data-select-all]");
    all.checked = chosen > 0 && chosen === boxes().length;
    all.indeterminate = chosen > 0 && !all.checked;
    bar.textContent = chosen ? `${chosen} ${bar.dataset.words}` : bar.dataset.none;
    bar.closest("form").classList.toggle("is-used", chosen > 0);
  }

  function selectAll() {
    const isWhole = boxes().every((box) => box.checked);
    for (const box of boxes()) box.checked = !isWhole;
    tell();
    return boxes().length > 0;
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-select-all]")) {
      for (const box of boxes()) box.checked = event.target.checked;
    }
    if (event.target.matches("[data-select], [data-select-all]")) tell();
  });

  // Arrivals: told, and shown when the person asks

  const EVERY = 20000;

  async function look(bar) {
    if (document.visibilityState !== "visible") return;
    try {
      const answer = await fetch(bar.dataset.arrivals, { redirect: "error" });
      if (!answer.ok) return;
      const found = await answer.json();
      const [link, words] = [bar.querySelector("a"), bar.querySelector("span")];
      if (words.textContent !== found.words) words.textContent = found.words;
      link.hidden = !found.words;
      document.querySelectorAll(".desk-tabs")[0].querySelectorAll(".desk-count").forEach((count, at) => {
        count.textContent = found.counts[at] ?? count.textContent;
      });
    } catch {
      // The next look may get through.
    }
  }

  // The ticket

  const field = () => document.querySelector(".desk-composer trix-editor, .desk-composer textarea[name=note]");

  function write(key) {
    const form = field()?.closest("form");
    const button = form?.querySelector(`button[formaction$="/${WRITES[key]}"]`);
    if (!button) return false;
    for (const other of form.querySelectorAll(".is-meant")) other.classList.remove("is-meant");
    button.classList.add("is-meant");
    pending = field().matches("textarea") ? key : null;
    field().focus();
    field().scrollIntoView({ block: "center" });
    return true;
  }

  function forward() {
    const note = document.querySelector("form[action$='/forward'] textarea[name=note]");
    if (!note) return false;
    for (let fold = note.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    const form = note.closest("form");
    const first = form.querySelector("select, input:not([type=hidden])") || note;
    first.focus();
    form.scrollIntoView({ block: "center" });
    return true;
  }

  const IN_TICKET = {
    t: () => click(document.querySelector("form[action$='/take'] button")),
    r: () => write("r"),
    n: () => write("n"),
    c: () => write("c"),
    f: forward,
  };

  // The editor replaces the plain field a moment after the page is there.
  document.addEventListener("trix-initialize", () => {
    if (pending) write(pending);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const form = document.activeElement.closest(".desk-composer form");
    if (form) click(form.querySelector(".is-meant") || form.querySelector("button[formaction].btn-primary"));
  });

  // Everywhere

  function help() {
    const keys = document.querySelector("dialog[data-keys]");
    if (keys.open) keys.close();
    else keys.showModal();
    return true;
  }

  function search() {
    const box = document.querySelector("[data-shortcut='/']");
    if (!box) return false;
    location.hash = "filters"; // on a phone the filters are folded away
    box.focus();
    box.select();
    return true;
  }

  const follow = (key) => () => click(document.querySelector(`[data-shortcut="${key}"]`));
  const ANYWHERE = { "?": help, "/": search, g: follow("g"), "[": follow("["), "]": follow("]"), u: follow("u") };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (event.target.closest(TYPED_IN)) return;
    if (document.querySelector("dialog[open]") && event.key !== "?") return;
    if (!document.querySelector("dialog[data-keys='on']")) return;
    const does = (document.querySelector("[data-rows]") ? IN_LIST : IN_TICKET)[event.key] || ANYWHERE[event.key];
    if (does?.()) event.preventDefault();
  });

  // Arrows belong to the page until a row has the focus.
  document.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey || !document.activeElement.matches("[data-open]")) return;
    if (step(by)) event.preventDefault();
  });
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("tr[data-row]");
    if (row && !row.classList.contains("is-current")) {
      for (const other of document.querySelectorAll("tr[data-row].is-current")) other.classList.remove("is-current");
      row.classList.add("is-current");
    }
  });

  document.addEventListener("DOMContentLoaded", () => {
    for (const link of document.querySelectorAll("[data-keys-link]")) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        help();
      });
    }
    const arrivals = document.querySelector("[data-arrivals]");
    if (arrivals) {
      setInterval(look, EVERY, arrivals);
      document.addEventListener("visibilitychange", () => look(arrivals));
    }
    const bar = document.querySelector("[data-selected]");
    if (bar) {
      bar.dataset.none = bar.textContent;
      document.querySelector("[data-select-all]").hidden = false;
      tell();
    }
    if (location.hash.startsWith(AFTER)) IN_TICKET[location.hash.slice(AFTER.length)]?.();
  });
})();
