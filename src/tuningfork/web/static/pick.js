// @ts-check
/** A grid of galaxies to choose from: buttons that stay pressed, with arrow keys between them. */

import { h } from "./dom.js";

export class PickGrid {
  /** @param {import("./pictures.js").Pictures} pictures @param {string} label @param {(id: string) => void} choose */
  constructor(pictures, label, choose) {
    this.pictures = pictures;
    this.choose = choose;
    this.element = h("div", { class: "pick", role: "group", "aria-label": label, onkeydown: (event) => this.onKey(event) });
  }

  /** @param {string[]} ids @param {string[]} chosen */
  show(ids, chosen) {
    this.element.replaceChildren(...ids.map((id, i) => this.button(id, i)));
    this.mark(chosen);
  }

  /** @param {string[]} chosen */
  mark(chosen) {
    for (const button of this.buttons) button.setAttribute("aria-pressed", chosen.includes(button.dataset.galaxy ?? "") ? "true" : "false");
  }

  get buttons() {
    return /** @type {HTMLButtonElement[]} */ ([...this.element.children]);
  }

  button(id, i) {
    const image = h("img", { src: this.pictures.address(id, 128, "as-is"), alt: "", draggable: "false" });
    const button = h("button", { type: "button", tabindex: i === 0 ? "0" : "-1", "aria-label": `Galaxy ${i + 1}`, onclick: () => this.choose(id) }, image, h("span", { class: "tick", "aria-hidden": "true" }, "✓"));
    button.dataset.galaxy = id;
    return button;
  }

  onKey(event) {
    const buttons = this.buttons;
    const at = buttons.indexOf(event.target);
    const columns = Math.max(1, getComputedStyle(this.element).gridTemplateColumns.split(" ").length);
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (at < 0 || step === undefined || !buttons[at + step]) return;
    event.preventDefault();
    buttons[at].tabIndex = -1;
    buttons[at + step].tabIndex = 0;
    buttons[at + step].focus();
  }
}
