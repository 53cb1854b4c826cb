// @ts-check
/** A field that holds one key: pressed, not spelled. */

import { h } from "./dom.js";
import { keyName, keysOf, printed, takenBy } from "./keys.js";
import { preferences } from "./preferences.js";

const ROLES = ["yes", "no"];
const LEFT = ["Tab", "Enter", "Backspace", "Delete", "Escape", "ArrowLeft", "ArrowRight", "Home", "End"]; // what a field does with them

/** @param {() => void} onChange @param {Record<string, any>} [more] attributes */
export function keyField(onChange, more = {}) {
  const take = (key) => {
    field.value = key;
    onChange();
  };
  const field = h("input", {
    type: "text", class: "typed-key", autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: 1, ...more,
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      if (LEFT.includes(event.key) || event.ctrlKey || event.metaKey || event.isComposing) return;
      const key = keyName(event)?.replace(/^Shift\+/, "");
      if (key === undefined || key.length !== 1) return event.key.length === 1 && event.preventDefault(); // AltGr: elsewhere it would be no key of the page
      event.preventDefault();
      if (!event.repeat) take(key);
    },
    oninput: () => take(field.value.trim().toLowerCase().slice(-1)), // from a screen's keyboard
  });
  return /** @type {HTMLInputElement} */ (/** @type {unknown} */ (field));
}

/**
 * What is wrong with the keys of answers, in one line, and at which of them; null when nothing is.
 * @param {{ words: string, key: string }[]} answers @param {string[]} [but] actions whose keys they may take
 */
export function clash(answers, but = ["yes", "no"]) {
  /** @returns {{ at: number, text: string }} */
  const wrong = (at, text) => ({ at, text: `${text}; give “${answers[at].words}” another one.` });
  for (const [i, { key }] of answers.entries()) {
    const twice = key && answers.slice(0, i).find((other) => other.key === key);
    if (twice) return wrong(i, `${printed(key)} is the key of “${twice.words}” already`);
    const taken = key && takenBy(key, but);
    if (taken) return wrong(i, `${printed(key)} is a key of the page (${taken})`);
  }
  return null;
}

/** Keys for yes and no: of this browser, as in the settings. */
export class PlainKeys {
  /** @param {() => void} onChange */
  constructor(onChange) {
    this.fields = ROLES.map((role) => keyField(onChange, { id: `key-${role}`, placeholder: keysOf(role)[0] ?? "" }));
    this.element = h("fieldset", { class: "plain-keys" }, h("legend", {}, "Keys, in this browser"),
      ROLES.map((role, i) => h("span", {}, h("label", { for: `key-${role}` }, role), this.fields[i])));
  }

  /** What is wrong with them. */
  get clash() {
    return clash(this.keys.map((key, i) => ({ words: ROLES[i], key })));
  }

  get keys() {
    return this.fields.map((field, i) => field.value || (keysOf(ROLES[i])[0] ?? ""));
  }

  /** Use them from now on. */
  use() {
    const given = this.keys;
    const own = Object.fromEntries(ROLES.flatMap((role, i) => (this.fields[i].value ? [[role, [given[i]]]] : [])));
    if (Object.keys(own).length) preferences.set({ keys: { ...preferences.get("keys"), ...own } });
  }
}
