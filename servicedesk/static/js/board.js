// The board renews itself while it is looked at; it waits while something in it has the focus, and when it is paused.
(() => {
  "use strict";
  const EVERY = 30000;
  const board = document.querySelector("[data-board]");
  const pause = document.querySelector("[data-board-pause]");
  const status = document.querySelector("[data-board-status]");
  if (!board || !pause) return;

  const isPaused = () => pause.getAttribute("aria-pressed") === "true";

  async function renew() {
    if (isPaused() || document.hidden || board.contains(document.activeElement)) return;
    try {
      const answer = await fetch(board.dataset.board, { redirect: "error" });
      if (!answer.ok) throw new Error(answer.statusText);
      board.innerHTML = await answer.text();
      status.textContent = "";
    } catch {
      if (!status.textContent) status.textContent = status.dataset.lost;
    }
  }

  pause.hidden = false;
  pause.addEventListener("click", () => {
    pause.setAttribute("aria-pressed", String(!isPaused()));
    renew();
  });
  document.addEventListener("visibilitychange", renew);
  setInterval(renew, EVERY);
})();
