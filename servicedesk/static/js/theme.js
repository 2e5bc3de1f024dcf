// The sample of the look follows the form as it is changed; without JavaScript a button shows it.
"use strict";
{
  const sheet = document.querySelector("[data-theme-sheet]");
  const colours = [...document.querySelectorAll("[data-theme-colour]")];
  const name = document.querySelector("[data-theme-name]");
  const shown = document.querySelector("[data-theme-shown]");
  let waiting;
  const wear = () => {
    const tried = new URLSearchParams(colours.map((field) => [field.dataset.themeColour, field.value]));
    sheet.href = `${sheet.dataset.themeSheet}?${tried}`;
  };
  for (const field of colours) {
    field.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(wear, 150);
    });
  }
  name?.addEventListener("input", () => {
    shown.textContent = name.value.trim() || name.dataset.themeName;
  });
}
