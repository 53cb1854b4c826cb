// @ts-check
/** The map in the place of the galaxies: there, back, and what was selected on it. */

import { focusLost } from "./dom.js";
import { preferences } from "./preferences.js";
import { Roll } from "./roll.js";

export class Mapping {
  /** @param {import("./label.js").Label} screen */
  constructor(screen) {
    this.screen = screen;
    /** once it was asked for @type {import("./map.js").MapView | null} */
    this.map = null;
    this.shown = false;
    this.closed = false;
  }

  /** Its scripts come now. @param {string} [link] version and shape of a selection */
  async open(link = "") {
    if (this.shown) return;
    const { screen } = this;
    const here = screen.visits.here();
    let MapView;
    try {
      ({ MapView } = await import("./map.js"));
    } catch {
      return screen.remarks.say("The map's scripts did not come: the server cannot be reached.", 8000);
    }
    if (this.closed || !here()) return; // overtaken by another key
    this.map ??= new MapView(screen);
    this.shown = true;
    screen.element.classList.add("on-map");
    screen.room.replaceChildren(this.map.element);
    screen.surround.drawBar();
    screen.topbar.draw();
    this.map.focus(); // of a map that was there before: its answers are still to come
    await this.map.open(link);
  }

  leave() {
    if (!this.shown) return;
    const { screen } = this;
    this.shown = false;
    screen.element.classList.remove("on-map");
    this.map?.hide();
    screen.room.replaceChildren(screen.view.element);
    screen.surround.drawBar();
    screen.topbar.draw();
    screen.show().then(() => focusLost() && screen.view.focus());
    screen.view.focus();
  }

  /**
   * Galaxies that were selected on the map.
   * @param {(start: number, n: number) => Promise<{ galaxies: string[], answers: Record<string, string> }>} page some of them, from one on
   * @param {number} count
   */
  openSet(page, count) {
    const { screen } = this;
    const roll = new Roll("map", async (n) => {
      const { galaxies, answers } = await page(roll.ids.length, n);
      for (const [galaxy, answer] of Object.entries(answers)) {
        if (!screen.desk.answers.has(galaxy)) screen.desk.answers.set(galaxy, answer);
      }
      return galaxies;
    });
    if (screen.place.roll.kind === "map") screen.places.pop();
    screen.places.push({ roll, index: 0, count });
    if (screen.inGrid) this.leave();
    else preferences.set({ view: "grid" }); // as the button says; it leaves the map too
  }

  /** A key of the whole page. @param {string} action @returns {boolean} whether the map has dealt with it */
  act(action) {
    return this.shown && this.map !== null && this.map.act(action);
  }

  restyle() {
    if (this.map?.points) this.map.restyle();
  }

  close() {
    this.closed = true;
    this.map?.close();
  }
}
