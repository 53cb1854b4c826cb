// @ts-check
/** One large galaxy. The next ones are decoded, so that an answer shows the next in the same frame. */

import { h } from "./dom.js";
import { chip, words } from "./marks.js";
import { home } from "./home.js";

/** @typedef {import("./label.js").Label} Label */

export class Stream {
  /** @param {Label} screen */
  constructor(screen) {
    this.screen = screen;
    this.frame = h("div", { class: "frame" });
    this.mark = h("div", { class: "mark" });
    this.figure = h("div", { class: "one", role: "img", tabindex: "0" }, this.frame, screen.sky.overlay, this.mark);
    this.element = h("div", { class: "stream-room" }, this.figure);
    this.pictureSize = 640; // of the one picture; kept, since asking the layout costs a frame
    this.resize = new ResizeObserver(() => this.measure());
    this.resize.observe(this.figure);
    this.shown = null;
    this.shownId = "";
  }

  close() {
    this.resize.disconnect();
  }

  show() {
    const { place } = this.screen;
    const id = place.roll.ids[place.index];
    const image = id ? this.screen.picture(id, this.pictureSize) : null;
    this.figure.hidden = !id;
    if (image && image !== this.shown) {
      this.shown = image;
      const put = () => {
        if (this.shown !== image) return;
        this.frame.replaceChildren(image.failed ? h("span", { class: "no-picture" }, "no picture") : image);
        if (id !== this.shownId) this.screen.pictureChanged(); // another look at the same galaxy is no new one
        this.shownId = id;
      };
      if (image.decoded || image.failed) put();
      else {
        this.frame.replaceChildren(); // never the last picture beside the next question
        image.ready.then(put);
      }
    }
    this.refresh();
  }

  refresh() {
    const { desk, session, place } = this.screen;
    const id = place.roll.ids[place.index];
    const answer = id ? desk.answers.get(id) : undefined;
    const path = (id && desk.paths.get(id)) ?? "";
    this.figure.dataset.galaxy = id ?? "";
    this.figure.setAttribute("aria-label", `Galaxy ${place.index + 1}, ${answer ? words(session, answer, path) : "unanswered"}`);
    this.mark.replaceChildren(...(answer ? [chip(session, answer, path)] : []));
  }

  /** Where the picture under the hand is. */
  get frameHere() {
    return this.frame;
  }

  focus() {
    if (home.root.activeElement !== this.figure) this.figure.focus({ focusVisible: true, preventScroll: true });
  }

  get across() {
    return 1;
  }

  measure() {
    const width = this.figure.clientWidth;
    if (!width) return;
    this.pictureSize = Math.max(256, width);
    this.screen.element.style.setProperty("--board", `${width}px`);
  }

  /** Whether the picture that is asked about is on the screen. */
  get ready() {
    return Boolean(this.shown && (this.shown.decoded || this.shown.failed));
  }

  allSeen() {
    return true;
  }
}
