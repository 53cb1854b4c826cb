// @ts-check
/** How one looks: the look of the pictures, and what follows when a preference changes. */

import { focusLost } from "./dom.js";
import { lookAction } from "./look.js";
import { preferences, STRETCH_WORDS, STRETCHES } from "./preferences.js";

export class Looking {
  /** @param {import("./label.js").Label} screen */
  constructor(screen) {
    this.screen = screen;
    this.heard = (event) => this.changed(event.detail);
    preferences.addEventListener("change", this.heard);
  }

  close() {
    preferences.removeEventListener("change", this.heard);
  }

  /** Levels, bands and inversion; false for what is none of them. @param {string} action */
  act(action) {
    const words = lookAction(action, this.screen.state.collection.bands);
    if (words !== null) this.screen.remarks.say(words);
    return words !== null;
  }

  nextStretch() {
    const next = (STRETCHES.indexOf(preferences.get("stretch")) + 1) % STRETCHES.length;
    preferences.set({ stretch: STRETCHES[next] });
    this.screen.remarks.say(`Stretch: ${STRETCH_WORDS[STRETCHES[next]]}`);
  }

  /** @param {Record<string, unknown>} changes */
  changed(changes) {
    const { screen } = this;
    if ("reveal" in changes) {
      screen.outbox.reveal = preferences.get("reveal");
      screen.topbar.drawReveal(null);
      screen.panel.update();
      screen.mapping.restyle();
    }
    if ("view" in changes) {
      screen.mapping.leave();
      screen.view.close();
      screen.view = screen.makeView();
    }
    if ("view" in changes || "columns" in changes || "rows" in changes) screen.show().then(() => focusLost() && screen.view.focus());
    if ("stretch" in changes || "look" in changes) this.redraw();
    if ("sky" in changes) screen.surround.drawHead();
    screen.lookbar.draw();
    screen.topbar.draw();
    screen.surround.drawBar();
  }

  /** The same galaxies with another look; the old pictures stay until the new ones are there. */
  redraw() {
    const { screen } = this;
    if (screen.inGrid) screen.view.drawPictures();
    else screen.view.show();
    screen.wide.leave(""); // the frame has got another picture
    screen.panel.bestShown = "";
    screen.panel.soon();
    screen.lookAhead(screen.place.roll, screen.chunk);
  }
}
