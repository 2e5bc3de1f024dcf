// The tree of the catalogue: open and close everything, and the arrow keys of trees on its headings.
(() => {
  "use strict";

  const headings = () => [...document.querySelectorAll(".desk-tree summary")].filter((each) => each.offsetParent);

  function step(from, by) {
    const all = headings();
    all[all.indexOf(from) + by]?.focus();
  }

  document.addEventListener("keydown", (event) => {
    const summary = event.target.closest?.(".desk-tree summary");
    if (!summary || event.altKey || event.ctrlKey || event.metaKey) return;
    const branch = summary.parentElement;
    if (event.key === "ArrowDown") step(summary, 1);
    else if (event.key === "ArrowUp") step(summary, -1);
    else if (event.key === "ArrowRight") branch.open = true;
    else if (event.key === "ArrowLeft" && branch.open) branch.open = false;
    else if (event.key === "ArrowLeft") branch.parentElement.closest("details")?.querySelector("summary").focus();
    else return;
    event.preventDefault();
  });

  document.addEventListener("DOMContentLoaded", () => {
    const tools = document.querySelector("[data-tree-tools]");
    if (!tools) return;
    tools.hidden = false;
    for (const button of tools.querySelectorAll("[data-tree]")) {
      button.addEventListener("click", () => {
        for (const branch of document.querySelectorAll(".desk-tree details")) branch.open = button.dataset.tree === "open";
      });
    }
  });
})();
