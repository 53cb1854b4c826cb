// @ts-check
/** Run before anything is painted, so that a page in the colours one chose does not flash in those of the system. */
(() => {
  try {
    const { theme } = JSON.parse(localStorage.getItem("tuningfork:preferences") ?? "{}");
    if (theme === "light" || theme === "dark") document.documentElement.style.colorScheme = theme;
  } catch {
    // nothing is kept here: as the system has it
  }
})();
