// @ts-check
/** The bands of the galaxy under the hand one after the other, for as long as a key is held; a tap takes the next band. */

import { h } from "./dom.js";
import { lookToken } from "./look.js";
import { home } from "./home.js";

const TAP = 260; // ms: shorter is a tap
const BEAT = 420; // ms a band: under three changes a second, so that nobody is harmed by flashes
const CALM_BEAT = 1000; // for who has asked for less motion

export class Blink {
  /** @param {import("./label.js").Label} screen @param {() => void} tap what a short press does */
  constructor(screen, tap) {
    this.screen = screen;
    this.tap = tap;
    this.timer = 0;
    this.held = false;
    this.band = -1;
    this.cover = h("div", { class: "blink", "aria-hidden": "true" });
    this.stop = (event) => this.end(event.type === "keyup");
  }

  start() {
    if (this.held) return;
    this.held = true;
    this.band = -1;
    home.events.addEventListener("keyup", this.stop);
    window.addEventListener("blur", this.stop);
    this.timer = setTimeout(() => this.next(), TAP);
  }

  async next() {
    const { bands } = this.screen.state.collection;
    const { roll, index } = this.screen.place;
    const frame = this.screen.view.frameHere;
    const id = roll.ids[index];
    if (!frame || !id || bands.length < 2) return;
    this.band = (this.band + 1) % bands.length;
    const { band } = this;
    const image = h("img", { alt: "", src: this.screen.pictures.address(id, this.screen.view.pictureSize, lookToken({ band })) });
    await image.decode().catch(() => {});
    if (!this.held || band !== this.band) return;
    if (this.screen.view.frameHere !== frame || this.screen.place.roll.ids[this.screen.place.index] !== id) return this.next(); // one has moved on
    this.cover.replaceChildren(image, h("span", { class: "blink-name" }, bands[band]));
    frame.append(this.cover);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.timer = setTimeout(() => this.next(), calm ? CALM_BEAT : BEAT);
  }

  end(released = false) {
    clearTimeout(this.timer);
    home.events.removeEventListener("keyup", this.stop);
    window.removeEventListener("blur", this.stop);
    this.cover.remove();
    const tapped = this.held && this.band < 0 && released;
    this.held = false;
    if (tapped) this.tap();
  }
}
