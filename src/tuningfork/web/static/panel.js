// @ts-check
/** The side panel: what was found, how it goes, the best so far, and the table to take home. */

import { get, sessionPath } from "./api.js";
import { learningCurve } from "./curve.js";
import { h, refill } from "./dom.js";
import { Estimates, spell } from "./estimates.js";
import { History } from "./history.js";
import { lookToken } from "./look.js";
import { preferences } from "./preferences.js";
import { Tabs } from "./tabs.js";

const BEST = 24; // small screens show fewer
const FORMATS = [["csv", "CSV"], ["parquet", "Parquet"], ["fits", "FITS"], ["vot", "VOTable"], ["html", "HTML"]];

export class Panel {
  /** @param {import("./label.js").Label} screen */
  constructor(screen) {
    this.screen = screen;
    this.busy = false;
    this.again = false;
    this.timer = 0;
    this.bestShown = "";
    this.found = h("strong", { class: "big" }, "0");
    this.given = h("span", { class: "quiet given" });
    this.recent = h("span", { class: "number" });
    this.pace = h("span", { class: "number" });
    this.curve = h("div", { class: "curve-room" }, learningCurve([[0, 0]], 0));
    this.best = h("ul", { class: "best" });
    this.bestNote = h("p", { class: "quiet" });
    this.all = h("input", { type: "checkbox", id: "export-all", onchange: () => this.drawExports() });
    this.exports = h("div", { class: "exports" });
    this.answered = 0;
    this.progress = null;
    this.estimates = new Estimates(screen);
    this.history = new History(screen);
    const progress = h(
      "div",
      { class: "tab-room" },
      h("section", { "aria-labelledby": "panel-found" },
        h("h2", { id: "panel-found" }, "Found", this.given),
        h("div", { class: "tally" }, this.found, h("div", { class: "tally-side" }, this.recent, this.pace)),
        this.curve),
      h("section", { class: "best-section", "aria-labelledby": "panel-best" },
        h("h2", { id: "panel-best" }, "Best so far"), this.best, this.bestNote),
      screen.mayOwn ? h("section", { "aria-labelledby": "panel-export" },
        h("h2", { id: "panel-export" }, "Take home"), this.exports,
        h("label", { class: "check", for: "export-all" }, this.all, "every galaxy, not only answered ones")) : null,
    );
    this.tabs = new Tabs("Beside the galaxies", [
      { name: "progress", words: "Progress", element: progress },
      { name: "estimates", words: "Estimates", element: this.estimates.element, opened: () => this.estimates.update(this.progress) },
      { name: "history", words: "History", element: this.history.element, opened: () => this.history.update() },
    ]);
    this.element = h("aside", { class: "panel", "aria-label": "Progress, estimates, history" }, this.tabs.list, this.tabs.panels);
    this.drawExports();
  }

  close() {
    clearTimeout(this.timer);
    this.busy = this.again = true;
  }

  /** New numbers soon; many calls become one. */
  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.update(), 400);
  }

  async update() {
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    try {
      const guesses = preferences.get("reveal") ? "&guesses=shown" : "";
      this.draw(await get(sessionPath(this.screen.session.name, `/progress?best=${BEST}${guesses}`)));
    } catch {
      // the outbox says when the server is away
    }
    this.busy = false;
    if (this.again) {
      this.again = false;
      this.soon();
    }
  }

  draw(progress) {
    this.progress = progress;
    if (this.tabs.open === "estimates") this.estimates.update(progress);
    if (this.tabs.open === "history") this.history.update();
    this.found.textContent = progress.found.toLocaleString("en");
    const { answers } = progress;
    this.recent.textContent = answers ? `${progress.found_last_50} in the last ${Math.min(50, answers)}` : "";
    const given = progress.examples ? ` beside ${progress.examples} ${progress.examples === 1 ? "example" : "examples"}` : "";
    this.given.textContent = given;
    this.pace.textContent = answers ? `${answers.toLocaleString("en")} ${answers === 1 ? "answer" : "answers"} · ${spell(progress.seconds)}` : "No answers yet";
    this.curve.replaceChildren(learningCurve(progress.curve, progress.galaxies));
    if ((this.answered > 0) !== (progress.answers > 0)) {
      this.answered = progress.answers;
      this.drawExports();
    }
    this.drawBest(progress.best);
  }

  drawBest(best) {
    const key = best.map((b) => `${b.id}${b.found}`).join(" ");
    if (key === this.bestShown && key) return;
    this.bestShown = key;
    this.bestNote.textContent = best.length ? "" : "What you find is shown here, the surest first.";
    refill(this.best, ...best.map((galaxy) => h("li", {}, this.thumbnail(galaxy))));
  }

  thumbnail({ id, name, found }) {
    const image = h("img", { src: this.screen.pictures.address(id, 80, lookToken()), alt: "", loading: "lazy" });
    return h(
      "button",
      {
        type: "button", class: found ? "thumb" : "thumb guess", title: name,
        "aria-label": `Similar to ${name}${found ? "" : ", a guess"}`,
        onclick: () => this.screen.visits.openSimilar(id),
      },
      image,
    );
  }

  drawExports() {
    const query = this.all.checked ? "?rows=all" : "";
    const ready = this.answered > 0 || this.all.checked;
    refill(
      this.exports,
      ...FORMATS.map(([kind, word]) =>
        h("a", {
          class: "button small", title: kind === "html" ? "The session as one file for a paper's supplement" : null, download: true, role: ready ? null : "link", "aria-disabled": ready ? null : "true",
          href: ready ? sessionPath(this.screen.session.name, `/export/${kind}${query}`) : null,
        }, word)),
      ...(this.screen.state.samp ? [h("button", { type: "button", class: "button small", title: "Send the table to TOPCAT, Aladin and others", onclick: () => this.screen.samp.send() }, "SAMP")] : []),
    );
  }
}
