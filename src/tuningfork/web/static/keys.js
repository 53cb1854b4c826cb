// @ts-check
/** Single keys: what they do, how they are remapped, and when they must be ignored. */

import { home } from "./home.js";
import { preferences } from "./preferences.js";

/** @typedef {{ name: string, words: string, keys: string[], repeats?: boolean }} Action */

/** By what they are for, as the card of keys shows them. @type {{ title: string, actions: Action[] }[]} */
export const GROUPS = [
  {
    title: "Answer",
    actions: [
      { name: "yes", words: "yes", keys: ["f"] },
      { name: "no", words: "no", keys: ["j"] },
      { name: "maybe", words: "maybe", keys: ["Space"] },
      { name: "junk", words: "bad image", keys: ["d"] },
      { name: "undo", words: "undo", keys: ["z", "Backspace"] },
      { name: "redo", words: "redo", keys: ["Shift+z"] },
      { name: "rest-no", words: "rest of page: no", keys: ["Enter"] },
      { name: "rest-yes", words: "rest of page: yes, or the answer pressed next", keys: ["Shift+Enter"] },
    ],
  },
  {
    title: "Look",
    actions: [
      { name: "stretch", words: "next stretch", keys: ["e"] },
      { name: "band", words: "next band; hold to blink", keys: ["b"] },
      { name: "white-up", words: "brighter", keys: ["w"], repeats: true },
      { name: "white-down", words: "darker", keys: ["Shift+w"], repeats: true },
      { name: "black-up", words: "blacker sky", keys: ["k"], repeats: true },
      { name: "black-down", words: "lighter sky", keys: ["Shift+k"], repeats: true },
      { name: "invert", words: "invert", keys: ["i"] },
      { name: "plain-look", words: "as it was", keys: ["0"] },
      { name: "wider", words: "what lies around", keys: ["o"] },
      { name: "sky", words: "position and scale", keys: ["c"] },
      { name: "viewer", words: "in a sky viewer", keys: ["v"] },
      { name: "samp", words: "show in TOPCAT, Aladin, …", keys: ["x"] },
    ],
  },
  {
    title: "Find",
    actions: [
      { name: "similar", words: "similar", keys: ["s"] },
      { name: "picture", words: "search by a picture", keys: ["Shift+s"] },
      { name: "compare", words: "beside your answers", keys: ["n"] },
      { name: "review", words: "what to look at again", keys: ["r"] },
      { name: "link", words: "copy a link to this galaxy", keys: ["Shift+c"] },
    ],
  },
  {
    title: "Go",
    actions: [
      { name: "view", words: "Stream or Grid", keys: ["g"] },
      { name: "map", words: "map", keys: ["m"] },
      { name: "estimates", words: "estimates", keys: ["p"] },
      { name: "history", words: "your history", keys: ["y"] },
      { name: "back", words: "back", keys: ["Escape"] },
      { name: "help", words: "all keys", keys: ["?"] },
    ],
  },
  {
    title: "Move and select",
    actions: [
      { name: "left", words: "left", keys: ["ArrowLeft", "h"], repeats: true },
      { name: "right", words: "right", keys: ["ArrowRight", "l"], repeats: true },
      { name: "up", words: "up", keys: ["ArrowUp"], repeats: true },
      { name: "down", words: "down", keys: ["ArrowDown"], repeats: true },
      { name: "select-left", words: "select to the left", keys: ["Shift+ArrowLeft"], repeats: true },
      { name: "select-right", words: "select to the right", keys: ["Shift+ArrowRight"], repeats: true },
      { name: "select-up", words: "select upwards", keys: ["Shift+ArrowUp"], repeats: true },
      { name: "select-down", words: "select downwards", keys: ["Shift+ArrowDown"], repeats: true },
    ],
  },
];

export const ACTIONS = GROUPS.flatMap((group) => group.actions);

const CALM = 120; // ms after a picture changed in which keys do nothing: a double press answers once
const PRINTED = {
  Space: "Space", Escape: "Esc", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Backspace: "⌫",
};

/** The keys of an action, as the person has set them. @param {string} action @returns {string[]} */
export function keysOf(action) {
  return preferences.get("keys")[action] ?? ACTIONS.find((a) => a.name === action)?.keys ?? [];
}

/** A key as a person reads it. @param {string} key */
export function printed(key) {
  const parts = key.split("+");
  const last = parts.pop() || "+";
  return [...parts, PRINTED[last] ?? (last.length === 1 ? last.toUpperCase() : last)].join(" ");
}

/** Give an action another key, taking it from the one that had it. @param {string} action @param {string} key */
export function remap(action, key) {
  const keys = { ...preferences.get("keys") };
  for (const other of ACTIONS) {
    if (keysOf(other.name).includes(key)) keys[other.name] = keysOf(other.name).filter((k) => k !== key);
  }
  keys[action] = [key];
  preferences.set({ keys });
}

/** What a key does on the page whatever is asked, in words; "" when it is free. @param {string} key @param {string[]} [but] actions that may have it */
export function takenBy(key, but = []) {
  return ACTIONS.find(({ name }) => !but.includes(name) && keysOf(name).includes(key))?.words ?? "";
}

/**
 * The key of an event, or null for what must not be ours: browser and system combinations, modifiers alone, dead keys.
 * @param {KeyboardEvent} event
 */
export function keyName(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return null;
  if (event.getModifierState?.("AltGraph")) return null; // as where AltGr is Ctrl and Alt
  let key = event.key === " " ? "Space" : event.key;
  if (["Shift", "Dead", "Process", "Unidentified", "CapsLock", "Tab"].includes(key)) return null;
  if (key.length === 1 && key > "~" && /^Key[A-Z]$/.test(event.code)) key = event.code.slice(3); // other alphabets
  if (key.length === 1 && !event.shiftKey && /^Digit\d$/.test(event.code) && !/\d/.test(key)) key = event.code.slice(5); // where digits want Shift
  const letter = key.length === 1 && key.toLowerCase() !== key.toUpperCase();
  if (letter) key = key.toLowerCase();
  return event.shiftKey && (letter || key.length > 1) ? `Shift+${key}` : key;
}

/** Listens to the whole page, or the cell, and calls actions by name. */
export class Keyboard {
  /** @param {(action: string) => void} act @param {(key: string) => boolean} [first] whether it took the key */
  constructor(act, first = (/** @type {string} */ _key) => false) {
    this.act = act;
    this.first = first; // what a question with steps takes for itself
    this.lastChange = -Infinity;
    this.listener = (event) => this.onKey(event);
    home.events.addEventListener("keydown", this.listener);
  }

  /** A picture has just changed under the hand. */
  pictureChanged() {
    this.lastChange = performance.now();
  }

  close() {
    home.events.removeEventListener("keydown", this.listener);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const key = keyName(event);
    if (key === null || !preferences.get("singleKeys") || belongsElsewhere(event, key)) return;
    const calm = performance.now() - this.lastChange >= CALM;
    if (!event.repeat && calm && this.first(key)) return event.preventDefault();
    const action = ACTIONS.find((a) => keysOf(a.name).includes(key));
    if (!action) return;
    event.preventDefault();
    if (event.repeat && !action.repeats) return;
    if (!calm) return;
    this.act(action.name);
  }
}

/** Text fields, open dialogs, and buttons that Enter or Space would press. */
function belongsElsewhere(event, key) {
  const target = event.target instanceof Element ? event.target : document.body;
  if (home.root.querySelector("dialog[open]")) return true;
  if (target.closest("input, textarea, select, [contenteditable]")) return true;
  return (key === "Enter" || key === "Space") && target.closest("button, a, summary") !== null;
}
