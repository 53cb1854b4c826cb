// @ts-check
/** The levels as sliders, the bands as buttons; everything in it has a key too. */

import { h, keycap } from "./dom.js";
import { keysOf, printed } from "./keys.js";
import { lookAction, MOST, PLAIN, setLook } from "./look.js";
import { home } from "./home.js";
import { preferences } from "./preferences.js";

export class LookBar {
  /** @param {string[]} bands of the collection, from the bluest */
  constructor(bands) {
    this.bands = bands;
    this.button = h("button", { type: "button", class: "button quiet-button look-button", "aria-expanded": "false", "aria-controls": "look", onclick: () => this.toggle() }, "Look");
    this.element = h("section", { id: "look", class: "look", "aria-label": "Look", hidden: true, onkeydown: (event) => event.key === "Escape" && this.leave(event) });
  }

  toggle() {
    this.element.hidden = !this.element.hidden;
    this.button.setAttribute("aria-expanded", this.element.hidden ? "false" : "true");
    this.draw();
    if (!this.element.hidden) this.element.querySelector("input")?.focus();
  }

  leave(event) {
    event.stopPropagation();
    this.toggle();
    this.button.focus();
  }

  /** A dot on the button says that something is not as usual. */
  draw() {
    const look = preferences.get("look");
    const changed = Object.keys(PLAIN).some((name) => look[name] !== PLAIN[name]);
    this.button.classList.toggle("changed", changed);
    this.button.setAttribute("aria-label", changed ? "Look, changed" : "Look");
    if (this.element.hidden) return;
    const focused = home.root.activeElement?.id;
    this.element.replaceChildren(
      this.slider("white", "Brightness", ["white-down", "white-up"]),
      this.slider("black", "Black level", ["black-down", "black-up"]),
      this.bandRow(),
      h("label", { class: "check", for: "look-inverted" }, this.box(), "Inverted", keycapOf("invert")),
      h("button", { type: "button", id: "look-reset", class: "button small", onclick: () => lookAction("plain-look", this.bands) }, "As it was", keycapOf("plain-look")),
    );
    if (focused?.startsWith("look-")) home.root.getElementById(focused)?.focus();
  }

  slider(name, label, keys) {
    const value = preferences.get("look")[name];
    const out = h("output", { class: "number", for: `look-${name}` }, value > 0 ? `+${value}` : value);
    const input = h("input", {
      id: `look-${name}`, type: "range", min: -MOST, max: MOST, step: 1, value,
      oninput: () => (out.textContent = Number(input.value) > 0 ? `+${input.value}` : input.value),
      onchange: () => setLook({ [name]: Number(input.value) }),
    });
    return h("div", { class: "look-line" }, h("span", {}, h("label", { for: input.id }, label), " ", out), h("span", { class: "look-keys" }, keys.map(keycapOf)), input);
  }

  bandRow() {
    if (this.bands.length < 2) return null;
    const { band } = preferences.get("look");
    const button = (index, text) => h("button", { type: "button", id: `look-band-${index}`, class: "segment", "aria-pressed": index === band ? "true" : "false", onclick: () => setLook({ band: index }) }, text);
    return h("div", { class: "look-line" }, h("span", {}, "Band"), h("span", { class: "look-keys" }, keycapOf("band"), h("span", { class: "quiet" }, "hold to blink")),
      h("div", { class: "segments look-bands", role: "group", "aria-label": "Band" }, button(-1, "colour"), this.bands.map((name, i) => button(i, name))));
  }

  box() {
    const box = h("input", { type: "checkbox", id: "look-inverted", checked: preferences.get("look").inverted, onchange: () => setLook({ inverted: box.checked }) });
    return box;
  }
}

function keycapOf(action) {
  const key = keysOf(action)[0];
  return key && preferences.get("singleKeys") ? keycap(printed(key)) : null;
}
