// @ts-check
/** The card on the map: the galaxy under the pointer, or the one that the keys are on. */

import { post } from "./api.js";
import { h } from "./dom.js";
import { chip, words } from "./marks.js";
import { preferences } from "./preferences.js";

const PIXELS = 168;
const REST = 50; // ms the pointer stays before a galaxy's name is asked for
const MOST = 2000;

export class MapCard {
  /** @param {import("./map.js").MapView} map */
  constructor(map) {
    this.map = map;
    this.point = -1;
    this.timer = 0;
    /** point -> name and answer @type {Map<number, Promise<{ id: string, answer?: string }>>} */
    this.known = new Map();
    this.frame = h("div", { class: "frame" });
    this.text = h("div", { class: "map-card-text" });
    this.element = h("figure", { class: "map-card", hidden: true }, this.frame, h("figcaption", {}, this.text));
  }

  /** @param {number} point -1 for none */
  show(point) {
    if (point === this.point) return;
    this.point = point;
    clearTimeout(this.timer);
    if (point < 0) return this.hide();
    this.timer = setTimeout(() => this.fill(point), REST);
  }

  hide() {
    clearTimeout(this.timer);
    this.point = -1;
    this.element.hidden = true;
  }

  /** Answers may be others now. */
  forget() {
    this.known.clear();
    this.point = -1;
  }

  /** Name and answer of a point. @param {number} point */
  ask(point) {
    let asked = this.known.get(point);
    if (!asked) {
      asked = post(this.map.path(`/${this.map.version}/names`), { points: [point] })
        .then(({ galaxies, answers }) => ({ id: galaxies[0], answer: answers[galaxies[0]] }));
      asked.catch(() => this.known.delete(point));
      if (this.known.size > MOST) this.known.clear();
      this.known.set(point, asked);
    }
    return asked;
  }

  async fill(point) {
    try {
      const { id, answer } = await this.ask(point);
      if (point !== this.point) return;
      const { screen, points } = this.map;
      const image = screen.picture(id, PIXELS);
      // a copy: the picture itself may stand in the grid behind the map
      const put = () => point === this.point && this.frame.replaceChildren(image.failed ? h("span", { class: "no-picture" }, "no picture") : image.cloneNode());
      if (image.decoded || image.failed) put();
      else image.ready.then(put);
      const rank = points.scores?.[point] && preferences.get("reveal") ? h("span", { class: "quiet" }, `ranked above ${Math.floor((100 * points.scores[point]) / 256)} %`) : null;
      this.text.replaceChildren(...[answer ? chip(screen.session, answer) : h("span", { class: "quiet" }, "unanswered"), rank].filter((part) => part !== null));
      this.element.dataset.galaxy = id;
      this.element.hidden = false;
    } catch {
      this.hide(); // the server is away: the page's own line says so
    }
  }

  /** What a screen reader hears of a point. @param {number} point */
  async spoken(point) {
    const { answer } = await this.ask(point);
    return answer ? words(this.map.screen.session, answer) : "unanswered";
  }

  async openSimilar() {
    const point = this.map.hand.focused();
    if (point < 0) return;
    const { screen } = this.map;
    try {
      const { id } = await this.ask(point);
      screen.mapping.leave();
      screen.visits.openSimilar(id);
    } catch (error) {
      screen.remarks.say(error.message, 8000);
    }
  }
}
