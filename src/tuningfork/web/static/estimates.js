// @ts-check
/** What may be claimed: completeness, number left, purity, each with its interval, and what the next page will hold. */

import { get, sessionPath } from "./api.js";
import { h } from "./dom.js";

export class Estimates {
  /** @param {import("./label.js").Label} screen */
  constructor(screen) {
    this.screen = screen;
    this.shown = "";
    this.timer = 0; // until newer numbers may be had
    this.stop = h("p", { class: "stop" }, "Counting …");
    this.rows = h("div", { class: "claims" });
    this.ahead = h("p", {});
    this.pace = h("p", {});
    this.words = h("ul", { class: "sentences" });
    this.notes = h("ul", { class: "sentences quiet" });
    this.element = h(
      "div",
      { class: "tab-room" },
      h("section", { "aria-labelledby": "est-stop" }, h("h2", { id: "est-stop" }, "Is it enough?"), this.stop, this.rows),
      h("section", { "aria-labelledby": "est-next" }, h("h2", { id: "est-next" }, "What comes"), this.ahead, this.pace),
      h("section", { "aria-labelledby": "est-words" },
        h("h2", { id: "est-words" }, "For the paper"), this.words,
        h("button", { type: "button", class: "button small", onclick: () => this.copy() }, "Copy these sentences")),
      h("section", { "aria-labelledby": "est-notes" }, h("h2", { id: "est-notes" }, "What it rests on"), this.notes,
        h("p", { class: "quiet" }, "Counted anew every 20 answers: oftener would tell you which galaxies belong to an audit.")),
    );
  }

  /** @param {any} progress what the side panel has just been told */
  async update(progress) {
    this.pace.textContent = progress?.seconds_each ? `An answer takes you ${seconds(progress.seconds_each)} (median of the last 50).` : "";
    let told;
    try {
      told = await get(sessionPath(this.screen.session.name, "/estimates"));
    } catch (error) {
      this.stop.textContent = error.message;
      return;
    }
    clearTimeout(this.timer);
    const { again, ...rest } = told;
    if (again) this.timer = setTimeout(() => this.element.offsetParent && this.update(progress), 1000 * again);
    if (!rest.rows) return; // it is being counted
    const key = JSON.stringify(rest);
    if (key === this.shown) return;
    this.shown = key;
    this.told = told;
    this.stop.textContent = told.stop;
    this.rows.replaceChildren(...byNote(told.rows).map(([note, rows]) =>
      h("div", { class: "claim" }, h("p", { class: "quiet" }, note),
        h("dl", {}, rows.flatMap(({ what, value }) => [h("dt", {}, what), h("dd", { class: "number" }, value)])))));
    this.ahead.textContent = ahead(told);
    this.words.replaceChildren(...told.sentences.map((line) => h("li", {}, line)));
    this.notes.replaceChildren(...told.notes.map((line) => h("li", {}, `${line}.`)));
  }

  async copy() {
    const text = (this.told?.sentences ?? []).join(" ");
    try {
      await navigator.clipboard.writeText(text);
      this.screen.remarks.say("Copied");
    } catch {
      getSelection()?.selectAllChildren(this.words);
      this.screen.remarks.say("Selected: copy with your browser");
    }
  }
}

/** Rows that are about the same galaxies stand together. @returns {[string, any[]][]} */
function byNote(rows) {
  /** @type {Map<string, any[]>} */
  const groups = new Map();
  for (const row of rows) groups.set(row.note, [...(groups.get(row.note) ?? []), row]);
  return [...groups];
}

function ahead({ expected, page }) {
  if (page === undefined) return "Counting …";
  if (!page) return "Nothing is left to ask.";
  if (!expected) return "After 30 answers the next page's yield is foretold here.";
  const [low, high] = expected;
  return `The next ${page} will probably hold ${low === high ? low : `${low} to ${high}`} new ${high === 1 ? "find" : "finds"} (80 % range, from how the latest scores turned out).`;
}

function seconds(value) {
  return value < 10 ? `${value.toFixed(1)} s` : `${Math.round(value)} s`;
}
