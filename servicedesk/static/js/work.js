// The ticket at work: counts down what is about to be sent; tells the others who is here, and shows
// what they say; puts names and known solutions into what is being written.
(() => {
  "use strict";

  function countDown(held) {
    const status = held.querySelector("[data-held-status]");
    const count = held.querySelector("[data-held-count]");
    const bar = held.querySelector("[data-held-bar]");
    const whole = Number(held.dataset.held);
    const end = Date.now() + whole * 1000;
    const form = held.querySelector("form[action$='/send']");

    // Nothing moves while one reads: the page stays, and says where to look.
    async function send() {
      held.querySelector(".desk-actions").hidden = true;
      try {
        const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
        const isBack = !answer.ok || new URL(answer.url).searchParams.has("unsent");
        if (isBack) location.reload();
        else status.textContent = status.dataset.sent;
      } catch {
        status.textContent = status.dataset.failed;
      }
    }

    const tick = setInterval(() => {
      const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
      count.textContent = left;
      bar.style.inlineSize = `${(100 * left) / Math.max(1, whole)}%`;
      if (left > 0) return;
      clearInterval(tick);
      send();
    }, 250);
    held.addEventListener("submit", () => clearInterval(tick));
  }

  const EVERY = 15000;
  const WRITES = 30000;
  // Whoever has not touched the page for so long is no longer reading it.
  const AWAY = 600000;

  function stayInTouch(place) {
    const news = document.querySelector("[data-news]");
    let seen = Number(place.dataset.seen);
    let touched = Date.now();
    let typed = 0;

    function body(more) {
      const token = document.querySelector("input[name=csrf_token]");
      const fields = { csrf_token: token ? token.value : "", seen, ...more };
      if (Date.now() - typed < WRITES) fields.writing = "1";
      return new URLSearchParams(fields);
    }

    // Said anew only when it changed.
    function show(markup) {
      const box = document.createElement("div");
      box.innerHTML = markup;
      if (box.textContent.trim() !== place.textContent.trim()) place.replaceChildren(...box.childNodes);
    }

    async function beat() {
      if (document.visibilityState !== "visible" || Date.now() - touched > AWAY) return;
      try {
        const answer = await fetch(place.dataset.presence, { method: "POST", body: body({}), redirect: "error" });
        if (!answer.ok) return;
        const found = await answer.json();
        show(found.people);
        if (found.news && news) news.insertAdjacentHTML("beforeend", found.news);
        seen = found.seen;
      } catch {
        // The next sign of life may get through; nothing is lost by this one.
      }
    }

    for (const kind of ["keydown", "pointerdown", "scroll"]) {
      document.addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
    }
    for (const kind of ["input", "trix-change"]) {
      document.addEventListener(kind, (event) => {
        if (!event.target.closest(".desk-composer")) return;
        const isFirst = Date.now() - typed > WRITES;
        typed = Date.now();
        if (isFirst) beat();
      });
    }
    // The editor tells of a change when it is set up, too.
    document.addEventListener("trix-initialize", () => { typed = 0; });
    window.addEventListener("pagehide", () => navigator.sendBeacon(place.dataset.presence, body({ gone: "1" })));
    document.addEventListener("visibilitychange", beat);
    setInterval(beat, EVERY);
    beat();

    if (!news) return;
    news.addEventListener("click", (event) => {
      if (!event.target.closest("[data-news-read]")) return;
      for (const field of document.querySelectorAll("input[name=seen_seq]")) field.value = seen;
      news.replaceChildren();
      document.querySelector(".desk-composer trix-editor, .desk-composer textarea")?.focus();
    });
  }

  // Puts a text where the caret is, in the editor or in the plain field.
  function insert(text, markup) {
    const editor = document.querySelector(".desk-composer trix-editor");
    const plain = document.querySelector(".desk-composer textarea[name=note]");
    if (editor) {
      if (markup) editor.editor.insertHTML(markup);
      else editor.editor.insertString(text);
      editor.focus();
    } else if (plain) {
      plain.setRangeText(text, plain.selectionStart, plain.selectionEnd, "end");
      plain.dispatchEvent(new Event("input", { bubbles: true }));
      plain.focus();
    }
  }

  function nameColleagues(place) {
    const field = place.querySelector("input");
    const name = () => {
      if (field.value.trim()) insert(`@${field.value.trim()} `);
      field.value = "";
    };
    place.hidden = false;
    place.querySelector("button").addEventListener("click", name);
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      name();
    });
  }

  function offerText(button) {
    const template = button.nextElementSibling;
    button.hidden = false;
    button.addEventListener("click", () => {
      const box = document.createElement("div");
      box.append(template.content.cloneNode(true));
      const link = box.querySelector("a:only-child");
      const text = link && box.children.length === 1 ? `${link.textContent} ${link.href} ` : box.innerText.trim();
      insert(text, box.innerHTML.trim());
      document.getElementById("write").scrollIntoView();
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-insert]")) offerText(button);
    for (const place of document.querySelectorAll("[data-mention]")) nameColleagues(place);
    for (const place of document.querySelectorAll("[data-presence]")) stayInTouch(place);
    for (const held of document.querySelectorAll("[data-held]")) countDown(held);
  });
})();
