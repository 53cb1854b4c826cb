// @ts-check
/** TOPCAT, Aladin and others on this machine: show them a galaxy, and look at what they point at. */

import { get, post } from "./api.js";

const EVERY = 1000; // ms between questions
const CALM = 1500; // ms without a new picture before another one may come: nobody's key shall meet a stranger

export class Samp {
  /** @param {import("./label.js").Label} screen */
  constructor(screen) {
    this.screen = screen;
    this.number = -1;
    this.timer = 0;
    this.closed = !screen.state.samp;
    if (!this.closed) this.ask();
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
  }

  async ask() {
    const { keyboard } = this.screen;
    const first = this.number < 0; // what was said before this page was opened is over
    try {
      if (first || (performance.now() - (keyboard?.lastChange ?? 0) > CALM && !document.hidden)) {
        const news = await get(`/api/samp/news?after=${Math.max(this.number, 0)}`);
        this.number = news.number;
        if (!first && !this.closed && news.words) this.show(news);
      }
    } catch {
      // the outbox says when the server is away
    }
    if (!this.closed) this.timer = setTimeout(() => this.ask(), EVERY);
  }

  /** @param {{ galaxy: string | null, words: string }} news */
  show({ galaxy, words }) {
    const { screen } = this;
    const here = galaxy ? screen.place.roll.ids.indexOf(galaxy) : -1;
    if (galaxy) screen.mapping.leave();
    if (here >= 0) screen.moving.moveTo(here);
    else if (galaxy) screen.visits.openGalaxies([galaxy], "look-back", words);
    screen.remarks.say(words, 8000);
  }

  /** The galaxy under the hand, in the other programs. */
  point() {
    const { roll, index } = this.screen.place;
    const told = { row: "row highlighted", sky: "place shown" };
    return this.tell("/api/samp/point", { galaxy: roll.ids[index] }, ({ done }) =>
      done.length ? `Other programs: ${done.map((what) => told[what]).join(", ")}` : "Its position is not known, and its row was not sent");
  }

  /** The table of the session. */
  send() {
    return this.tell("/api/samp/table", { session: this.screen.session.name }, ({ programs }) => `Sent to ${programs.join(", ")}`);
  }

  async tell(path, body, words) {
    const { remarks, state } = this.screen;
    if (!state.samp) return remarks.say("Start the page with --samp to work with TOPCAT, Aladin and others.", 8000);
    try {
      remarks.say(words(await post(path, body)));
    } catch (error) {
      remarks.say(error.message, 8000);
    }
  }
}
