// @ts-check
/** Short remarks: read out by screen readers, shown for a while at the foot of the board. */

import { h } from "./dom.js";

export class Remarks {
  constructor() {
    this.element = h("p", { class: "remark", role: "status", "aria-live": "polite" });
    this.timer = 0;
    this.stands = "";
  }

  /** @param {string} text @param {number} [stays] ms */
  say(text, stays = 4000) {
    clearTimeout(this.timer);
    this.element.textContent = text;
    this.timer = setTimeout(() => (this.element.textContent = this.stands), stays);
  }

  /** What is shown for as long as it is true, whenever nothing else is. @param {string} text "" when it is over */
  stand(text) {
    const shown = this.element.textContent;
    if (shown === this.stands || shown === "") this.element.textContent = text;
    this.stands = text;
  }
}
