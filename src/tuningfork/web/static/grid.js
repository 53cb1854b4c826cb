// @ts-check
/** Many galaxies at once. One of them has the focus; each begins unanswered. */

import { h } from "./dom.js";
import { chip, roleOf, shape, underWay, words } from "./marks.js";

const QUICK = ["yes", "maybe", "no"]; // what a mouse finds on the tile itself

/** @typedef {import("./label.js").Label} Label */

export class Grid {
  /** @param {Label} screen */
  constructor(screen) {
    this.screen = screen;
    this.board = h("div", { class: "board", role: "grid", "aria-label": "Galaxies", "aria-multiselectable": "true" });
    this.element = h("div", { class: "board-room" }, this.board);
    /** @type {any[]} */
    this.tiles = [];
    this.first = -1;
    this.shown = "";
    /** galaxies that were on the screen with their picture @type {Set<string>} */
    this.seen = new Set();
    this.watch = new IntersectionObserver((entries) => this.onSeen(entries), { threshold: 0.6 });
    this.resize = new ResizeObserver(() => this.measure());
    this.resize.observe(this.element);
  }

  close() {
    this.watch.disconnect();
    this.resize.disconnect();
  }

  /** Show the page the cursor is on; only what differs is touched. */
  show() {
    const { place, columns, rows } = this.screen;
    const { first, last } = this.screen.page();
    const ids = place.roll.ids.slice(first, last);
    const key = `${columns}x${rows} ${ids.join(" ")}`;
    if (key === this.shown) return this.refresh();
    this.shown = key;
    this.first = first;
    this.board.style.setProperty("--columns", String(columns));
    this.board.style.setProperty("--rows", String(rows));
    this.board.setAttribute("aria-rowcount", String(rows));
    this.board.setAttribute("aria-colcount", String(columns));
    this.watch.disconnect();
    this.tiles = ids.map((id, i) => this.makeTile(id, first + i));
    const lines = [];
    for (let row = 0; row < rows; row++) {
      const cells = this.tiles.slice(row * columns, (row + 1) * columns).map((tile) => tile.element);
      if (cells.length) lines.push(h("div", { role: "row", class: "row", "aria-rowindex": row + 1 }, cells));
    }
    this.board.replaceChildren(...lines);
    this.drawPictures();
    this.refresh();
    this.screen.pictureChanged();
    for (const tile of this.tiles) this.watch.observe(tile.element);
  }

  makeTile(id, index) {
    const frame = h("div", { class: "frame" });
    const mark = h("div", { class: "mark" });
    const quick = h("div", { class: "quick", "aria-hidden": "true" }, QUICK.map((role) => this.quickButton(role, index)));
    const element = h(
      "div",
      {
        class: "tile",
        role: "gridcell",
        "aria-colindex": ((index - this.first) % this.screen.columns) + 1,
        tabindex: "-1",
        onfocus: () => index !== this.screen.place.index && this.screen.moving.moveTo(index),
        onpointerdown: (event) => this.onPress(event, index),
      },
      frame,
      mark,
      quick,
    );
    element.dataset.galaxy = id;
    return { id, index, element, frame, mark, answer: null };
  }

  /** Shift takes the range, Ctrl or Cmd one more; a plain press goes there. */
  onPress(event, index) {
    if (event.shiftKey) this.screen.moving.select("range", index);
    else if (event.ctrlKey || event.metaKey) this.screen.moving.select("toggle", index);
    else return this.screen.moving.moveTo(index);
    event.preventDefault();
  }

  quickButton(role, index) {
    return h(
      "button",
      {
        type: "button",
        class: `quick-${role}`,
        tabindex: "-1",
        onclick: (event) => {
          event.stopPropagation();
          this.screen.moving.moveTo(index);
          this.screen.act(role);
        },
      },
      shape(role),
    );
  }

  /** Marks and focus, without touching pictures. */
  refresh() {
    const { desk, session, place, ask } = this.screen;
    const meant = new Set(ask?.together.ids ?? []);
    for (const tile of this.tiles) {
      const answer = desk.answers.get(tile.id) ?? "";
      const path = answer ? (desk.paths.get(tile.id) ?? "") : "";
      const begun = answer ? "" : (ask?.begun(tile.id) ?? "");
      if (`${answer} ${path} ${begun}` !== tile.answer) {
        tile.answer = `${answer} ${path} ${begun}`;
        tile.element.dataset.role = answer ? roleOf(session, answer) : "";
        tile.mark.replaceChildren(...(answer ? [chip(session, answer, path)] : begun ? [underWay(begun, ask?.begun(tile.id, true) ?? "")] : []));
      }
      tile.element.classList.toggle("meant", meant.has(tile.id));
      tile.element.setAttribute("aria-selected", this.screen.selected.has(tile.index) ? "true" : "false");
      const here = tile.index === place.index;
      tile.element.tabIndex = here ? 0 : -1;
      tile.element.classList.toggle("here", here);
      const state = answer ? words(session, answer, path) : begun ? `under way: ${begun}` : "unanswered";
      tile.element.setAttribute("aria-label", `Galaxy ${tile.index - this.first + 1} of ${this.tiles.length}, ${state}`);
    }
  }

  /** Where the picture under the hand is. */
  get frameHere() {
    return this.tiles.find((tile) => tile.index === this.screen.place.index)?.frame;
  }

  /** The focused tile takes the keyboard's focus, unless the person is elsewhere on the page. */
  focus() {
    this.tiles.find((tile) => tile.index === this.screen.place.index)?.element.focus({ focusVisible: true });
  }

  measure() {
    const before = this.pixels;
    const { columns, rows } = this.screen;
    const { width, height } = this.board.getBoundingClientRect();
    const gap = parseFloat(getComputedStyle(this.board).columnGap) || 0;
    const fit = (length, count) => (length - (count - 1) * gap) / count;
    this.pixels = Math.max(96, Math.min(fit(width, columns), fit(height, rows)));
    this.screen.element.style.setProperty("--board", `${this.pixels * columns + gap * (columns - 1)}px`);
    if (before !== undefined && Math.abs(before - this.pixels) > 8 && this.tiles.length) this.drawPictures();
  }

  /** Put each picture into its tile: at once when it is decoded, else as soon as it is. */
  drawPictures() {
    for (const tile of this.tiles) {
      const image = this.screen.picture(tile.id, this.pixels ?? 160);
      tile.wanted = image;
      const put = () => {
        if (tile.wanted !== image) return;
        tile.frame.replaceChildren(image.failed ? h("span", { class: "no-picture" }, "no picture") : image);
      };
      if (image.decoded || image.failed) put();
      else image.ready.then(put);
    }
  }

  /** The addresses' pixels for pictures that come next. */
  get pictureSize() {
    return this.pixels ?? 160;
  }

  /** How many tiles stand in a line: on a narrow screen fewer than the page has columns. */
  get across() {
    const top = this.tiles[0]?.element.getBoundingClientRect().top;
    const end = this.tiles.findIndex((tile) => tile.element.getBoundingClientRect().top !== top);
    return end > 0 ? end : this.screen.columns;
  }

  /** Whether the picture that is asked about is on the screen. */
  get ready() {
    const wanted = this.tiles.find((tile) => tile.index === this.screen.place.index)?.wanted;
    return Boolean(wanted && (wanted.decoded || wanted.failed));
  }

  /** Whether every one of these was on the screen with its picture. @param {string[]} ids */
  allSeen(ids) {
    return ids.every((id) => this.seen.has(id));
  }

  onSeen(entries) {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      const tile = this.tiles.find((t) => t.element === entry.target);
      tile?.wanted?.ready.then(() => {
        if (!tile.wanted.failed) this.seen.add(tile.id);
      });
    }
  }
}
