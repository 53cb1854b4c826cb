// @ts-check
/** One's own acts, the newest first; undo and redo go through them without end. */

import { get, sessionPath } from "./api.js";
import { h, keycap, refill } from "./dom.js";
import { keysOf, printed } from "./keys.js";
import { chip } from "./marks.js";
import { preferences } from "./preferences.js";

const STEP = 50; // acts fetched at a time
const THUMBS = 5; // pictures of one act
const WORDS = { undone: "taken back", revoked: "taken back by an owner" };
const KINDS = { adjudicate: "last word", gold: "named as known", picture: "example picture" };

export class History {
  /** @param {import("./label.js").Label} screen */
  constructor(screen) {
    this.screen = screen;
    this.last = STEP;
    this.shown = "";
    this.list = h("ol", { class: "acts", "aria-label": "Your acts, the newest first" });
    this.note = h("p", { class: "quiet" });
    this.more = h("button", { type: "button", class: "button small", hidden: true, onclick: () => this.showMore() }, "Show earlier ones");
    const button = (action, words) => h("button", { type: "button", class: "button small", onclick: () => screen.act(action) }, words, " ", keysOf(action)[0] ? keycap(printed(keysOf(action)[0])) : null);
    this.element = h(
      "div",
      { class: "tab-room" },
      h("div", { class: "turns" }, button("undo", "Undo"), button("redo", "Redo")),
      this.note,
      this.list,
      this.more,
    );
  }

  async update() {
    let acts;
    try {
      ({ acts } = await get(sessionPath(this.screen.session.name, `/history?last=${this.last}`)));
    } catch (error) {
      this.note.textContent = error.message;
      return;
    }
    const key = JSON.stringify(acts) + preferences.get("stretch");
    if (key === this.shown) return;
    this.shown = key;
    this.note.textContent = acts.length ? "" : "What you answer is listed here.";
    this.more.hidden = acts.length < this.last;
    refill(this.list, ...acts.map((act) => this.line(act)));
  }

  showMore() {
    this.last += STEP;
    this.update();
  }

  line(act) {
    const { galaxies, state, count, kind } = act;
    const answer = galaxies[0]?.answer;
    const words = [KINDS[kind], WORDS[state]].filter(Boolean).join(", ");
    return h(
      "li",
      { class: `act act-${state}` },
      h("div", { class: "act-galaxies" }, galaxies.slice(0, THUMBS).map((galaxy, i) => this.thumbnail(galaxy, i)),
        galaxies.length > THUMBS ? h("span", { class: "quiet" }, `+${galaxies.length - THUMBS}`) : null),
      h("div", { class: "act-head" },
        answer ? chip(this.screen.session, answer) : null,
        count > 1 ? h("span", { class: "number" }, `for ${count}`) : null,
        words ? h("span", { class: "quiet" }, words) : null,
        h("span", { class: "spring" }),
        h("time", { class: "quiet number", datetime: act.at }, clock(act.at))),
    );
  }

  thumbnail({ id, answer }, i) {
    const image = h("img", { src: this.screen.pictures.address(id, 48, preferences.get("stretch")), alt: "", loading: "lazy" });
    return h("button", { type: "button", class: "thumb", "aria-label": `Look at galaxy ${i + 1} of this act, answered ${answer}`, onclick: () => this.screen.visits.openGalaxies([id], "look-back", "From the history") }, image);
  }
}

/** The time of day, with the date when it was not today. @param {string} at */
function clock(at) {
  const when = new Date(at);
  const time = when.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const today = when.toDateString() === new Date().toDateString();
  return today ? time : `${when.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} ${time}`;
}
