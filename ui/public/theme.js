// Runs before the first paint, so that a chosen theme does not flash: `data-theme` is always light or dark.
const dark = matchMedia("(prefers-color-scheme: dark)");
const apply = () => {
  let choice = null;
  try {
    choice = localStorage.getItem("plimsoll-theme");
  } catch {
    // Storage is blocked: the system's theme applies.
  }
  const theme = choice === "light" || choice === "dark" ? choice : dark.matches ? "dark" : "light";
  if (document.documentElement.dataset.theme !== theme) document.documentElement.dataset.theme = theme;
};
dark.addEventListener("change", apply);
addEventListener("storage", apply);
addEventListener("plimsoll-theme", apply);
apply();
