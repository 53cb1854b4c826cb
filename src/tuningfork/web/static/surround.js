// @ts-check
/** What stands around the pictures: the line above them, the keys below, and the words at the end of a roll. */

import { h, keycap } from "./dom.js";
import { home } from "./home.js";
import { keysOf, printed } from "./keys.js";
import { answerFor } from "./marks.js";
import { preferences } from "./preferences.js";
import { Waiting } from "./waiting.js";

export const WRITES = new Set(["yes", "no", "maybe", "junk", "undo", "redo", "rest-no", "rest-yes", "review"]); // not for viewers
const BAR = ["yes", "no", "maybe", "junk", "undo", "rest-no", "similar", "stretch"];
const PATIENCE = 5000; // ms after which a server that was away is asked again
const FORM_BAR = ["maybe", "junk", "undo", "rest-yes", "similar", "stretch"]; // the form's own answers stand in its strip

export class Surround {
  /** @param {import("./label.js").Label} screen */
  constructor(screen) {
    this.screen = screen;
    this.barFor = ""; // the kind of roll that the keys below were drawn for
    this.timer = 0;
    this.waiting = new Waiting(screen);
  }

  close() {
    this.waiting.close();
    clearTimeout(this.timer);
  }

  /** @param {string} [notice] */
  drawHead(notice) {
    const { screen } = this;
    const { roll, like, count } = screen.place;
    const { first, last, size } = screen.page();
    const ids = roll.ids.slice(first, last);
    const done = ids.filter((id) => screen.desk.answers.has(id)).length;
    const where = screen.inGrid ? `Page ${Math.floor(first / size) + 1}` : `Galaxy ${first + 1}`;
    const { kind } = roll;
    const walked = `${screen.place.index + 1} of ${roll.ids.length}`;
    const alike = like?.name ? `Similar to ${like.name}` : "Similar to this galaxy";
    const part = { main: where, similar: alike, "look-back": roll.why || "Taken back", review: walked, map: `${count?.toLocaleString("en")} from the map · ${where}` }[kind];
    const chosen = screen.selected.count ? ` · ${screen.selected.count} selected` : "";
    const counted = screen.inGrid && kind !== "review" ? ` · ${done} of ${ids.length} answered` : "";
    const text = notice ?? (ids.length || kind === "review" ? `${part}${counted}${screen.inGrid ? chosen : ""}` : "");
    const back = kind === "main" ? null : h("button", { type: "button", class: "button small", onclick: () => screen.act("back") }, "Back ", keycap("Esc"));
    const thumb = like ? h("img", { class: "like", alt: "", src: screen.visits.likeAddress(like) }) : null;
    const here = roll.ids[screen.place.index];
    const lists = kind === "review" ? screen.review.head(roll, here) : [];
    screen.sky.show(here ?? "");
    screen.wide.leave(here ?? "none");
    const words = h("span", { class: "where-in" }, text);
    screen.head.replaceChildren(...[back, thumb, words, ...lists, h("span", { class: "spring" }), screen.sky.strip].filter((part) => part !== null));
  }

  drawBar() {
    const { screen } = this;
    this.barFor = screen.place.roll.kind;
    const button = (action) =>
      h("button", {
        type: "button", class: "key", onmousedown: (event) => event.preventDefault(), onclick: () => screen.act(action),
        disabled: (action.startsWith("rest-") && (!screen.inGrid || screen.place.roll.kind === "review")) || (!screen.mayAnswer && WRITES.has(action)),
      }, keysOf(action)[0] && preferences.get("singleKeys") ? keycap(printed(keysOf(action)[0])) : null, this.barWords(action));
    const { map, shown } = screen.mapping;
    if (shown && map) return screen.bar.replaceChildren(...map.tools.bar(button));
    screen.bar.replaceChildren(
      ...(screen.ask ? FORM_BAR : BAR).map(button),
      h("span", { class: "spring" }),
      button("help"),
    );
  }

  barWords(action) {
    const { screen } = this;
    const usual = { junk: "bad image", undo: "undo", "rest-no": "rest of page: no", "rest-yes": "the others are …", similar: "similar", back: "back", stretch: "stretch", help: "all keys" };
    return usual[action] ?? answerFor(screen.session, action);
  }

  drawEnd() {
    const { screen } = this;
    const { roll } = screen.place;
    const main = roll.kind === "main";
    const text = roll.error || (main ? endWords(roll, screen.mayAnswer) : "That is all of them.");
    const again = () => {
      roll.again();
      screen.show();
    };
    const focused = home.root.activeElement;
    const free = !focused || focused === document.body || screen.room.contains(focused);
    clearTimeout(this.timer);
    if (main && screen.mayAnswer && !roll.error) this.waiting.begin();
    if (roll.error) this.timer = setTimeout(() => screen.place.roll === roll && roll.error && again(), PATIENCE);
    screen.room.replaceChildren(
      h("div", { class: "end" },
        h("p", { class: "end-words", role: "status" }, text),
        roll.error ? h("button", { type: "button", class: "button", onclick: again }, "Try again") : null,
        !roll.error && main && screen.mayOwn && !roll.elsewhere ? h("p", { class: "quiet" }, "The buttons under “Take home” give you the table.") : null,
        !roll.error && main && screen.mayAnswer ? h("button", { type: "button", class: "button", onclick: again }, "Look again") : null,
        main ? null : h("button", { type: "button", class: "button", onclick: () => screen.act("back") }, "Back")),
    );
    if (free && home.window) screen.room.querySelector("button")?.focus(); // the tile that had it is gone
  }
}

function endWords(roll, mayAnswer) {
  if (!mayAnswer) return "You are here to look: finds and estimates stand at the side.";
  return roll.elsewhere ? `Nothing is left to ask here now. ${roll.elsewhere} lie on other pages; what comes back appears here by itself. An owner can let several people answer each galaxy, under Team.` : "Every galaxy has an answer.";
}
