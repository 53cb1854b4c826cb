// @ts-check
/** Hands on the map: dragging, the lasso, the rectangle, and the same by keys alone. */

import { home } from "./home.js";
import { h } from "./dom.js";
import { box, lasso } from "./map-shape.js";

const REACH = 14; // screen pixels from the pointer to the galaxy it means
const STEP = 24; // screen pixels an arrow moves the cross; with Shift a sixth
const EDGE = 40; // how near to the edge the cross comes before the map moves instead
const [RING, CROSS] = [7, 8]; // shapes of the canvas
const CLICK = 4; // screen pixels a hand may shake
const HELP =
  "Arrow keys move the cross, with Shift in small steps. Plus and minus zoom, 0 shows the whole map. R begins a rectangle at the cross: arrows draw it, Enter closes it. " +
  "N selects the galaxies nearest to the cross. S shows galaxies similar to the one at the cross. Enter opens the selection in the grid. Escape clears it, then leaves the map.";

export class MapHand {
  /** @param {import("./map.js").MapView} map @param {HTMLCanvasElement & Record<string, any>} canvas */
  constructor(map, canvas) {
    this.map = map;
    this.canvas = canvas;
    /** what dragging does @type {"move" | "lasso" | "box"} */
    this.kind = "move";
    /** the cross, in the map's numbers; null until the keys or a click put it somewhere @type {number[] | null} */
    this.cross = null;
    /** first corner of a rectangle drawn by keys @type {number[] | null} */
    this.corner = null;
    /** @type {{ kind: string, from: number[], last: number[], line: number[][], moved: boolean } | null} */
    this.drag = null;
    this.keyed = false;
    /** the galaxy at the cross, once it was looked up */
    this.near = { cross: /** @type {number[] | null} */ (null), point: -1 };
    this.help = h("p", { id: "map-help", class: "visually-hidden" }, HELP);
    this.spoken = h("p", { class: "visually-hidden", role: "status", "aria-live": "polite" });
    this.saying = 0;
    const on = (name, act, options) => canvas.addEventListener(name, act, options);
    on("pointerdown", (event) => this.onDown(event));
    on("pointermove", (event) => this.onMove(event));
    on("pointerup", (event) => this.onUp(event));
    on("pointercancel", () => this.stop());
    on("pointerleave", () => this.drag || map.card.show(this.focused()));
    on("wheel", (event) => this.onWheel(event), { passive: false });
    on("keydown", (event) => this.onKey(event));
    on("focus", () => (this.keyed = canvas.matches(":focus-visible")) && this.say(HELP.split(". ")[0]));
    on("blur", () => this.draw());
  }

  close() {
    clearTimeout(this.saying);
  }

  /** @param {"move" | "lasso" | "box"} kind */
  take(kind) {
    this.kind = kind;
    this.canvas.dataset.hand = kind;
    this.map.tools.drawTools();
  }

  /** The galaxy at the cross; -1 while there is no cross. */
  focused() {
    const { cross } = this;
    if (this.near?.cross !== cross) this.near = { cross, point: cross ? this.map.points.nearestAnywhere(cross[0], cross[1]) : -1 };
    return this.near.point;
  }

  // --- by pointer ----------------------------------------------------------------------------------------------------

  place(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  onDown(event) {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    const at = this.place(event);
    const kind = event.shiftKey ? "lasso" : this.kind;
    this.corner = null;
    this.drag = { kind, from: at, last: at, line: [this.map.camera.toMap(at[0], at[1])], moved: false };
  }

  onMove(event) {
    const at = this.place(event);
    const { drag, map } = this;
    if (!drag) return map.card.show(this.under(at));
    map.card.hide(); // what floats over the canvas makes every frame dearer
    if (Math.hypot(at[0] - drag.from[0], at[1] - drag.from[1]) > CLICK) drag.moved = true;
    if (!drag.moved) return;
    if (drag.kind === "move") map.camera.pan(at[0] - drag.last[0], at[1] - drag.last[1]);
    else if (Math.hypot(at[0] - drag.last[0], at[1] - drag.last[1]) < 2) return;
    else drag.line.push(map.camera.toMap(at[0], at[1]));
    drag.last = at;
    this.draw();
  }

  onUp(event) {
    const { drag, map } = this;
    this.drag = null;
    if (!drag) return;
    if (!drag.moved) this.put(this.under(this.place(event)), this.place(event));
    else if (drag.kind === "lasso") map.select(lasso(drag.line));
    else if (drag.kind === "box") map.select(box(drag.line[0], drag.line[drag.line.length - 1]));
    this.draw();
  }

  /** A click: the cross goes to the galaxy there. */
  put(point, at) {
    const { points } = this.map;
    this.cross = point >= 0 ? [points.x[point], points.y[point]] : this.map.camera.toMap(at[0], at[1]);
    this.map.card.show(point);
    this.draw();
  }

  under([px, py]) {
    const [x, y] = this.map.camera.toMap(px, py);
    return this.map.points.nearest(x, y, REACH / this.map.camera.view.scale);
  }

  onWheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    const [px, py] = this.place(event);
    this.map.camera.zoom(Math.exp(-Math.max(-240, Math.min(240, event.deltaY * lines)) / 420), px, py);
  }

  stop() {
    this.drag = this.corner = null;
    this.draw();
  }

  // --- by keys -------------------------------------------------------------------------------------------------------

  /** Keys that mean something here only; the others go on to the page. */
  onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const acts = {
      ArrowLeft: () => this.step(-1, 0, event), ArrowRight: () => this.step(1, 0, event), ArrowUp: () => this.step(0, -1, event), ArrowDown: () => this.step(0, 1, event),
      "+": () => this.zoomAt(1.5), "=": () => this.zoomAt(1.5), "-": () => this.zoomAt(1 / 1.5), _: () => this.zoomAt(1 / 1.5), 0: () => this.map.home(),
      r: () => this.beginBox(), R: () => this.beginBox(), n: () => this.map.tools.nearest(), N: () => this.map.tools.nearest(),
      Enter: () => this.enter(), Escape: this.corner || this.drag ? () => this.stop() : undefined,
    };
    const act = acts[event.key];
    if (!act || (event.repeat && !event.key.startsWith("Arrow"))) return;
    event.preventDefault();
    event.stopPropagation();
    this.keyed = true;
    if (!this.cross && event.key !== "0") this.cross = [this.map.camera.view.x, this.map.camera.view.y];
    act();
    this.draw();
  }

  step(dx, dy, event) {
    const { map } = this;
    const length = event.shiftKey ? STEP / 6 : STEP;
    const [px, py] = map.camera.toScreen(this.cross[0], this.cross[1]).map((value, i) => value + length * [dx, dy][i]);
    const over = (value, size) => Math.min(0, value - EDGE) + Math.max(0, value - (size - EDGE));
    const [ox, oy] = [over(px, map.camera.size.width), over(py, map.camera.size.height)];
    this.cross = map.camera.toMap(px, py).map((value) => Math.max(0, Math.min(65_535, value)));
    if (ox || oy) map.camera.pan(-ox, -oy);
    this.tell();
  }

  zoomAt(factor) {
    const [px, py] = this.map.camera.toScreen(this.cross[0], this.cross[1]);
    this.map.camera.zoom(factor, px, py);
    this.tell();
  }

  beginBox() {
    this.corner = [...this.cross];
    this.say("Rectangle begun. Arrows draw it, Enter closes it, Escape leaves it.");
    this.map.screen.remarks.say("Arrows draw the rectangle, Enter closes it.");
  }

  enter() {
    if (this.corner) {
      const corner = this.corner;
      this.corner = null;
      this.map.select(box(corner, this.cross));
    } else if (this.map.points.chosen) this.map.openInGrid();
    else this.say("Nothing is selected. R begins a rectangle, N selects the nearest.");
  }

  /** The galaxy at the cross: its picture on the card, and in words. */
  tell() {
    const point = this.focused();
    this.map.card.show(point);
    clearTimeout(this.saying);
    this.saying = setTimeout(async () => {
      const { points, camera } = this.map;
      const { size, view } = camera;
      const [px, py] = camera.toScreen(points.x[point], points.y[point]);
      const many = points.within(camera.region()).toLocaleString("en");
      const answer = await this.map.card.spoken(point).catch(() => "");
      const box = this.corner ? `, rectangle ${Math.round(Math.abs(this.cross[0] - this.corner[0]) * view.scale)} by ${Math.round(Math.abs(this.cross[1] - this.corner[1]) * view.scale)}` : "";
      this.say(`Galaxy ${answer}, ${share(px, size.width)} from the left, ${share(py, size.height)} from the top${box}; about ${many} in view`);
    }, 350);
  }

  /** @param {string} text for screen readers */
  say(text) {
    clearTimeout(this.saying); // what an arrow was about to tell is old by now
    this.spoken.textContent = text;
  }

  // --- drawing -------------------------------------------------------------------------------------------------------

  draw() {
    this.map.canvas?.draw();
  }

  /** Outline and signs, in the map's numbers. @returns {{ line: number[], signs: { at: number[], shape: number, size: number }[] }} */
  drawn() {
    const { points } = this.map;
    const point = this.focused();
    const signs = point < 0 ? [] : [{ at: [points.x[point], points.y[point]], shape: RING, size: 22 }];
    if (this.cross && (this.keyed || this.corner) && this.canvas === home.root.activeElement) signs.push({ at: this.cross, shape: CROSS, size: 30 });
    return { line: this.outline().map((value) => Math.max(0, Math.min(65_535, value))), signs };
  }

  outline() {
    const { corner, cross, drag, map } = this;
    if (corner && cross) return around([...corner, ...cross]);
    if (drag?.moved && drag.kind === "box") return around([...drag.line[0], ...map.camera.toMap(drag.last[0], drag.last[1])]);
    if (drag?.moved && drag.kind === "lasso") return drag.line.flat();
    if (map.shape?.kind === "lasso") return map.shape.points;
    return map.shape?.kind === "box" ? around(map.shape.points) : [];
  }
}

/** The four corners between two. */
function around([ax, ay, bx, by]) {
  return [ax, ay, bx, ay, bx, by, ax, by];
}

function share(value, size) {
  return `${Math.round((100 * value) / Math.max(size, 1))} percent`;
}
