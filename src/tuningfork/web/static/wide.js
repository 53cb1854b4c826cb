// @ts-check
/** What lies around the galaxy under the hand, over its picture, until the key is pressed again or one moves on. */

import { h } from "./dom.js";
import { lookToken } from "./look.js";

export class Wide {
  /** @param {import("./label.js").Label} screen */
  constructor(screen) {
    this.screen = screen;
    this.id = "";
    this.cover = h("div", { class: "blink wide-cover" });
  }

  async toggle() {
    const { screen } = this;
    const id = screen.place.roll.ids[screen.place.index] ?? "";
    if (!id || id === this.id) return this.leave("");
    const facts = await screen.sky.facts(id).catch(() => null);
    if (!facts?.context) return screen.remarks.say("Nothing wider is known of this galaxy: its stamp is all there is.");
    const size = screen.view.pictureSize;
    const image = h("img", { alt: "", src: screen.pictures.address(id, size, lookToken()).replace("/galaxy/", "/context/") });
    await image.decode().catch(() => {});
    const frame = screen.view.frameHere;
    if (!frame || screen.place.roll.ids[screen.place.index] !== id) return;
    this.id = id;
    const square = h("span", { class: "wide-square" });
    square.style.setProperty("--inner", `${100 / facts.context}%`);
    this.cover.replaceChildren(image, square, h("span", { class: "blink-name" }, `${Math.round(facts.context * 10) / 10} × wider`));
    frame.append(this.cover);
    screen.element.classList.add("wider");
    screen.remarks.say("The square is the stamp.", 2500);
  }

  /** @param {string} id of the galaxy under the hand now */
  leave(id) {
    if (!this.id || id === this.id) return;
    this.id = "";
    this.cover.remove();
    this.screen.element.classList.remove("wider");
  }
}
