// @ts-check
/** What deserves a second look: lists of galaxies with the answers they have, worked through by the same keys. */

import { get, sessionPath } from "./api.js";
import { h, keycap } from "./dom.js";
import { home } from "./home.js";
import { keysOf, printed } from "./keys.js";
import { Roll } from "./roll.js";

export const LISTS = [
  { name: "maybes", words: "Maybes", why: "You answered maybe" },
  { name: "doubted", words: "Doubted finds", why: "You said yes, the model doubts it" },
  { name: "rejects", words: "Rejects that score high", why: "You said no, the model would have said yes" },
  { name: "twice", words: "Two looks, two answers", why: "You were asked again, and said something else" },
  { name: "pairs", words: "Same picture, two answers", why: "Two by two: the same picture, answered differently" },
  { name: "disputes", words: "People differ", why: "Your answer is the last word" },
];

export class Review {
  /** @param {import("./label.js").Label} screen */
  constructor(screen) {
    this.screen = screen;
    /** @type {{ lists: Record<string, string[]>, votes: Record<string, Record<string, string>> } | null} */
    this.told = null;
  }

  /** Open a list; the next one that holds something when none is named. @param {string} [name] */
  async open(name) {
    const { screen } = this;
    const here = screen.visits.here();
    try {
      this.told = await get(sessionPath(screen.session.name, "/review"));
    } catch (error) {
      return screen.remarks.say(error.message, 8000);
    }
    if (!here()) return; // overtaken by another key
    const { roll } = screen.place;
    for (const [galaxy, answer] of Object.entries(this.told.answers)) screen.desk.answers.set(galaxy, answer);
    const chosen = LISTS.find((list) => list.name === name) ?? this.after(roll.kind === "review" ? roll.list : "");
    if (!chosen) return screen.remarks.say("There is nothing to look at again.");
    const ids = this.told.lists[chosen.name] ?? [];
    const next = new Roll("review", async () => []);
    next.list = chosen.name;
    next.why = chosen.why;
    next.ids.push(...ids);
    for (const id of ids) next.known.add(id);
    next.finished = true;
    screen.mapping.leave();
    if (roll.kind === "review") screen.places.pop();
    screen.places.push({ roll: next, index: 0 });
    home.note(screen.address(`/review/${chosen.name}`));
    screen.show();
    screen.view.focus();
    screen.remarks.say(`${chosen.words}: ${ids.length}`);
  }

  /** The list after one, going round; null when all are empty. @param {string} name */
  after(name) {
    const at = LISTS.findIndex((list) => list.name === name);
    const order = [...LISTS.slice(at + 1), ...LISTS.slice(0, at + 1)];
    return order.find((list) => this.told?.lists[list.name]?.length) ?? null;
  }

  /** The lists as buttons, and what was said of the galaxy at hand. @param {Roll} roll @param {string | undefined} id */
  head(roll, id) {
    const button = ({ name, words }) => {
      const count = name === roll.list ? roll.ids.length : (this.told?.lists[name]?.length ?? 0);
      if (!count && name !== roll.list) return null;
      return h("button", { type: "button", class: "segment", "aria-pressed": name === roll.list ? "true" : "false", onmousedown: (e) => e.preventDefault(), onclick: () => this.open(name) }, `${words} `, h("span", { class: "number" }, count));
    };
    const votes = Object.entries(this.told?.votes[id ?? ""] ?? {}).map(([who, answer]) => `${who}: ${answer}`).join(" · ");
    return [
      h("div", { class: "segments lists", role: "group", "aria-label": "What to look at again" }, LISTS.map(button)),
      h("span", { class: "why" }, votes || roll.why),
      keysOf("review")[0] ? h("span", { class: "hint" }, keycap(printed(keysOf("review")[0])), " next list") : null,
    ];
  }
}
