// @ts-check
/** Light or dark: as the system has it until somebody chooses; the choice is remembered. */

import { h } from "./dom.js";
import { home } from "./home.js";
import { preferences } from "./preferences.js";

export const THEME_WORDS = { system: "as the system", light: "light", dark: "dark" };

/** Dress the page as was chosen. */
export function dress() {
  const theme = preferences.get("theme");
  home.dress(theme === "system" ? "" : theme);
}

/** The other of the two, whatever holds now. */
export function themeButton() {
  const other = () => {
    const theme = preferences.get("theme");
    const dark = theme === "system" ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
    preferences.set({ theme: dark ? "light" : "dark" });
  };
  return h("button", { type: "button", class: "button theme", title: "Light or dark", "aria-label": "Light or dark colours", onmousedown: (e) => e.preventDefault(), onclick: other });
}

preferences.addEventListener("change", (event) => "theme" in /** @type {CustomEvent} */ (event).detail && dress());
