// @ts-check
/** Short remarks: read out by screen readers, shown for a while at the foot of the board. */

import { h } from "./dom.js";

export class Remarks {
  constructor() {
    this.element = h("p", { class: "remark", role: "status", "aria-live": "polite" });
    this.timer = 0;
  }

  /** @param {string} text @param {number} [stays] ms */
  say(text, stays = 4000) {
    clearTimeout(this.timer);
    this.element.textContent = text;
    this.timer = setTimeout(() => (this.element.textContent = ""), stays);
  }
}
