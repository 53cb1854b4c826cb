// @ts-check
/** What may be claimed: completeness, number left, purity, each with its interval, and what the next page will hold. */

import { get, post, sessionPath } from "./api.js";
import { h } from "./dom.js";

const OFF = "Called off, it has shown nothing: its answers stay, the hunt goes on as before, and the next closing audit needs more looks.";

export class Estimates {
  /** @param {import("./label.js").Label} screen */
  constructor(screen) {
    this.screen = screen;
    this.shown = "";
    this.timer = 0; // until newer numbers may be had
    this.stop = h("p", { class: "stop" }, "Counting …");
    this.closing = h("p", { tabindex: "-1", hidden: true });
    this.price = h("p", { class: "quiet", id: "closing-price", hidden: true });
    this.close = h("button", { type: "button", class: "button small", "aria-describedby": "closing-price", hidden: true, onclick: () => this.begin() }, "Look at random ones now");
    this.off = h("button", { type: "button", class: "button small", "aria-describedby": "closing-price", hidden: true, onclick: () => this.callOff() }, "Call it off");
    this.rows = h("div", { class: "claims" });
    this.ahead = h("p", {});
    this.pace = h("p", {});
    this.words = h("ul", { class: "sentences" });
    this.notes = h("ul", { class: "sentences quiet" });
    this.element = h(
      "div",
      { class: "tab-room" },
      h("section", { "aria-labelledby": "est-stop" }, h("h2", { id: "est-stop" }, "Is it enough?"), this.stop, this.closing, this.price, this.close, this.off, this.rows),
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
    this.price.textContent = told.closing?.offered ? price(told.closing.answers, progress?.seconds_each) : OFF;
    this.showClosing(told.closing ?? {});
    this.rows.replaceChildren(...byNote(told.rows).map(([note, rows]) =>
      h("div", { class: "claim" }, h("p", { class: "quiet" }, note),
        h("dl", {}, rows.flatMap(({ what, value }) => [h("dt", {}, what), h("dd", { class: "number" }, value)])))));
    this.ahead.textContent = ahead(told);
    this.words.replaceChildren(...told.sentences.map((line) => h("li", {}, line)));
    this.notes.replaceChildren(...told.notes.map((line) => h("li", {}, `${line}.`)));
  }

  /** @param {{ line?: string, offered?: boolean, runs?: boolean }} closing only owners may begin and end one */
  showClosing({ line = "", offered = false, runs = false }) {
    const news = line && line !== this.closing.textContent;
    this.closing.textContent = line;
    this.closing.hidden = !line;
    this.close.hidden = !offered || !this.screen.mayOwn;
    this.off.hidden = !runs || !this.screen.mayOwn;
    this.price.hidden = this.close.hidden && this.off.hidden;
    if (news && offered) this.screen.remarks.say(line, 8000);
  }

  /** Random looks decide whether enough is found: they come next. */
  async begin() {
    if (this.close.disabled) return;
    this.close.disabled = true;
    try {
      const { looks, inside } = await post(sessionPath(this.screen.session.name, "/closing"), {});
      const line = `A closing audit has begun: ${looks.toLocaleString("en")} random ${looks === 1 ? "look" : "looks"} inside the top ${inside.toLocaleString("en")} come before the hunt.`;
      this.price.textContent = OFF;
      this.showClosing({ line, runs: true });
      this.closing.focus(); // the button is gone
      this.screen.remarks.say(line, 8000);
    } catch (error) {
      this.screen.remarks.say(error.message, 8000);
    }
    this.close.disabled = false;
  }

  /** The hunt goes on; what was answered stays. */
  async callOff() {
    if (this.off.disabled) return;
    this.off.disabled = true;
    try {
      const { called_off: ran } = await post(sessionPath(this.screen.session.name, "/closing/off"), {});
      const line = ran ? "The closing audit was called off. The hunt goes on." : "No closing audit runs any more.";
      this.showClosing({ line });
      this.closing.focus();
      this.screen.remarks.say(line, 8000);
    } catch (error) {
      this.screen.remarks.say(error.message, 8000);
    }
    this.off.disabled = false;
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

/** What the button costs, and what happens then. @param {number} answers @param {number} [each] seconds */
function price(answers, each) {
  const time = each ? `, ${spell(answers * each)} at your pace` : "";
  return `It takes about ${answers.toLocaleString("en")} answers${time}. You answer as before, but mostly random galaxies. At the end you read here whether you may stop; if it meets too many finds it ends sooner, and the hunt goes on. You may leave and go on another day, or call it off.`;
}

function seconds(value) {
  return value < 10 ? `${value.toFixed(1)} s` : `${Math.round(value)} s`;
}

/** @param {number} seconds */
export function spell(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
