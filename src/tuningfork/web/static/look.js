// @ts-check
/** How galaxies are shown: stretch, levels, band, inversion. One token says it all, in addresses and in the log. */

import { preferences, STRETCH_WORDS } from "./preferences.js";

export const MOST = 10; // steps of black and white to either side, as on the server
export const PLAIN = { black: 0, white: 0, band: -1, inverted: false };

/** @typedef {typeof PLAIN} Levels */

/** The token of what is chosen now. @param {Partial<Levels>} [other] levels that differ from what is chosen */
export function lookToken(other = {}) {
  const { black, white, band, inverted } = { ...preferences.get("look"), ...other };
  const parts = [preferences.get("stretch"), black ? `_k${black}` : "", white ? `_w${white}` : "", band >= 0 ? `_b${band}` : "", inverted ? "_n" : ""];
  return parts.join("");
}

/** @param {Partial<Levels>} changes */
export function setLook(changes) {
  const look = { ...preferences.get("look"), ...changes };
  look.black = Math.max(-MOST, Math.min(MOST, look.black));
  look.white = Math.max(-MOST, Math.min(MOST, look.white));
  preferences.set({ look });
}

/** What a key of the look does; its words, or null for any other key. @param {string} action @param {string[]} bands */
export function lookAction(action, bands) {
  const { black, white, inverted } = preferences.get("look");
  const signed = (value) => (value > 0 ? `+${value}` : String(value));
  const now = () => preferences.get("look");
  if (action === "white-up" || action === "white-down") {
    setLook({ white: white + (action === "white-up" ? 1 : -1) });
    return `Brightness ${signed(now().white)}`;
  }
  if (action === "black-up" || action === "black-down") {
    setLook({ black: black + (action === "black-up" ? 1 : -1) });
    return `Black level ${signed(now().black)}`;
  }
  if (action === "invert") {
    setLook({ inverted: !inverted });
    return inverted ? "Not inverted" : "Inverted";
  }
  if (action === "next-band") {
    if (bands.length < 2) return "There is one band only.";
    setLook({ band: now().band + 1 < bands.length ? now().band + 1 : -1 });
    return now().band < 0 ? "In colour" : `Band ${bands[now().band]}`;
  }
  if (action === "plain-look") {
    preferences.set({ stretch: "as-is", look: { ...PLAIN } });
    return `Stretch: ${STRETCH_WORDS["as-is"]}, in colour`;
  }
  return null;
}
