// @ts-check
/** A page on which nothing is left asks again by itself: others may give galaxies back, or take answers back. */

import { home } from "./home.js";

const FIRST = 5000; // ms until it asks again
const LONGEST = 60_000;
const GROWS = 1.6;

export class Waiting {
  /** @param {import("./label.js").Label} screen */
  constructor(screen) {
    this.screen = screen;
    this.timer = 0;
    this.pause = FIRST;
    this.had = -1; // galaxies that had been asked when it last began
    this.closed = false;
    this.slept = false; // it was time to ask while nobody saw the page
    this.onSeen = () => {
      if (document.hidden || !this.slept) return;
      this.slept = false;
      this.ask();
    };
    document.addEventListener("visibilitychange", this.onSeen);
  }

  close() {
    this.closed = true;
    this.stop();
    document.removeEventListener("visibilitychange", this.onSeen);
  }

  stop() {
    clearTimeout(this.timer);
    this.slept = false;
  }

  /** The page is empty: ask after a pause that grows. */
  begin() {
    this.stop();
    const asked = this.screen.place.roll.ids.length;
    if (asked !== this.had) this.pause = FIRST;
    this.had = asked;
    this.timer = setTimeout(() => this.ask(), this.pause);
    this.pause = Math.min(LONGEST, this.pause * GROWS);
  }

  get isEmpty() {
    const { roll, index } = this.screen.place;
    return roll.kind === "main" && index >= roll.ids.length;
  }

  async ask() {
    const { screen } = this;
    const { roll, index } = screen.place;
    if (!this.isEmpty) return;
    if (document.hidden) {
      this.slept = true;
      return;
    }
    const { elsewhere } = roll;
    screen.lease.patient = true;
    roll.again();
    await roll.ensure(index + 1, screen.page().size).finally(() => (screen.lease.patient = false));
    if (this.closed || screen.place.roll !== roll || screen.place.index !== index) return;
    if (!this.isEmpty) return this.came();
    if (roll.error || !roll.elsewhere !== !elsewhere) screen.drawPlace(); // which begins anew
    else this.begin();
  }

  /** Told once; the words at the end are gone, so nothing else is read out. */
  async came() {
    const { screen } = this;
    const free = screen.room.contains(home.root.activeElement);
    await screen.show();
    screen.remarks.say("Galaxies came to be answered.");
    if (free) screen.view.focus();
  }
}
