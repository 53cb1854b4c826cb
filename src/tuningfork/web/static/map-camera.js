// @ts-check
/** Where one looks on the map and how close; between the pixels of the screen and the places of the map. */

import { SPAN } from "./map-points.js";

const CLOSEST = 60; // screen pixels to a thousandth of the map's width, at most
const ROOM = 0.84; // of the screen's side, for what shall be seen whole

export class Camera {
  /** @param {() => void} moved told after every move */
  constructor(moved) {
    this.moved = moved;
    this.view = { x: SPAN / 2, y: SPAN / 2, scale: 0.01 };
    this.size = { width: 0, height: 0 };
    this.least = 0;
  }

  /** From so far away that a rectangle is seen whole. @param {number[]} box left, bottom, right, top */
  whole([left, bottom, right, top]) {
    const { width, height } = this.size;
    this.view = { x: (left + right) / 2, y: (bottom + top) / 2, scale: Math.max(1e-4, ROOM * Math.min(width / Math.max(right - left, 1), height / Math.max(top - bottom, 1))) };
    this.least = Math.min(this.view.scale, (ROOM * Math.min(width, height)) / SPAN) / 2;
    this.moved();
  }

  /** @param {number} factor @param {number} px place on the screen that stays where it is @param {number} py */
  zoom(factor, px = this.size.width / 2, py = this.size.height / 2) {
    const [x, y] = this.toMap(px, py);
    const scale = Math.max(this.least, Math.min((CLOSEST * 1000) / SPAN, this.view.scale * factor));
    this.view = { x: x - (px - this.size.width / 2) / scale, y: y + (py - this.size.height / 2) / scale, scale };
    this.moved();
  }

  /** @param {number} dx pixels of the screen @param {number} dy */
  pan(dx, dy) {
    const keep = (value) => Math.max(0, Math.min(SPAN, value));
    this.view.x = keep(this.view.x - dx / this.view.scale);
    this.view.y = keep(this.view.y + dy / this.view.scale);
    this.moved();
  }

  toMap(px, py) {
    const { x, y, scale } = this.view;
    return [x + (px - this.size.width / 2) / scale, y - (py - this.size.height / 2) / scale];
  }

  toScreen(x, y) {
    const { view, size } = this;
    return [size.width / 2 + (x - view.x) * view.scale, size.height / 2 - (y - view.y) * view.scale];
  }

  /** What of the map is on the screen: left, bottom, right, top. */
  region() {
    const [left, top] = this.toMap(0, 0);
    const [right, bottom] = this.toMap(this.size.width, this.size.height);
    return [left, bottom, right, top];
  }
}
