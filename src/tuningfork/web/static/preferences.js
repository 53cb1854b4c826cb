// @ts-check
/** What this browser remembers of how its person likes to work. */

const PLACE = "tuningfork:preferences";

/**
 * @typedef {object} Preferences
 * @property {"grid" | "stream"} view
 * @property {number} columns
 * @property {number} rows
 * @property {"as-is" | "linear" | "asinh" | "deep"} stretch
 * @property {{ black: number, white: number, band: number, inverted: boolean }} look levels beside the stretch; band -1 is colour
 * @property {"system" | "light" | "dark"} theme
 * @property {boolean} sky show where a galaxy lies on the sky
 * @property {boolean} reveal show why a galaxy was asked, after it was answered
 * @property {boolean} singleKeys
 * @property {Record<string, string[]>} keys action -> keys that differ from the usual ones
 */

/** @type {Preferences} */
const USUAL = { view: "grid", columns: 6, rows: 4, stretch: "as-is", look: { black: 0, white: 0, band: -1, inverted: false }, theme: "system", sky: true, reveal: false, singleKeys: true, keys: {} };

export const GRID_SIZES = [[3, 2], [4, 3], [6, 4], [8, 5], [10, 8]];
export const STRETCHES = /** @type {const} */ (["as-is", "linear", "asinh", "deep"]);
export const STRETCH_WORDS = { "as-is": "as is", linear: "linear", asinh: "asinh", deep: "deep" };

class PreferenceStore extends EventTarget {
  constructor() {
    super();
    this.values = { ...USUAL, ...read() };
  }

  /** @template {keyof Preferences} K @param {K} name @returns {Preferences[K]} */
  get(name) {
    return this.values[name];
  }

  /** @param {Partial<Preferences>} changes */
  set(changes) {
    Object.assign(this.values, changes);
    try {
      localStorage.setItem(PLACE, JSON.stringify(this.values));
    } catch {
      // a full or forbidden store: the choice lasts until the page is closed
    }
    this.dispatchEvent(new CustomEvent("change", { detail: changes }));
  }
}

/** @returns {Partial<Preferences>} only values that could have been written by this page */
function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE) ?? "{}");
    return Object.fromEntries(Object.entries(kept).filter(([name, value]) => plausible(name, value)));
  } catch {
    return {};
  }
}

function plausible(name, value) {
  if (name === "view") return value === "grid" || value === "stream";
  if (name === "theme") return value === "system" || value === "light" || value === "dark";
  if (name === "stretch") return STRETCHES.includes(value);
  if (name === "columns" || name === "rows") return Number.isInteger(value) && value >= 1 && value <= 12;
  if (name === "look") {
    const whole = (value, low, high) => Number.isInteger(value) && value >= low && value <= high;
    return value && whole(value.black, -10, 10) && whole(value.white, -10, 10) && whole(value.band, -1, 63) && typeof value.inverted === "boolean";
  }
  if (name === "keys") {
    const lists = value && typeof value === "object" ? Object.values(value) : [null];
    return lists.every((keys) => Array.isArray(keys) && keys.every((key) => typeof key === "string"));
  }
  return typeof value === typeof USUAL[name];
}

export const preferences = new PreferenceStore();
