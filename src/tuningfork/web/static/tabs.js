// @ts-check
/** A few rooms of which one is open: a tab list as screen readers know it, with arrow keys between the tabs. */

import { h } from "./dom.js";

/** @typedef {{ name: string, words: string, element: HTMLElement, opened?: () => void }} Room */

export class Tabs {
  /** @param {string} label @param {Room[]} rooms */
  constructor(label, rooms) {
    this.rooms = rooms;
    this.open = "";
    this.buttons = rooms.map(({ name, words }) =>
      h("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `room-${name}`, class: "tab", onmousedown: (event) => event.preventDefault(), onclick: () => this.show(name), onkeydown: (event) => this.onKey(event) }, words));
    this.list = h("div", { class: "tabs", role: "tablist", "aria-label": label }, this.buttons);
    this.panels = rooms.map(({ name, element }) => h("div", { role: "tabpanel", id: `room-${name}`, "aria-labelledby": `tab-${name}`, class: "tab-panel" }, element));
    this.show(rooms[0].name);
  }

  /** @param {string} name */
  show(name) {
    this.open = name;
    this.rooms.forEach((room, i) => {
      const here = room.name === name;
      this.buttons[i].setAttribute("aria-selected", here ? "true" : "false");
      this.buttons[i].tabIndex = here ? 0 : -1;
      this.panels[i].hidden = !here;
      if (here) room.opened?.();
    });
  }

  onKey(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const at = (this.buttons.indexOf(event.target) + step + this.rooms.length) % this.rooms.length;
    this.show(this.rooms[at].name);
    this.buttons[at].focus();
  }
}
