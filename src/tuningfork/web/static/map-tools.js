// @ts-check
/** What stands around the map: the line of tools, the legend, the selection with its buttons, and the room without a map. */

import { h, keycap, refill } from "./dom.js";
import { GREY, swatch } from "./map-look.js";
import { near } from "./map-shape.js";
import { preferences } from "./preferences.js";

const HANDS = { move: "Move", lasso: "Lasso", box: "Rectangle" };

/** @typedef {import("./map.js").MapView} MapView */

export class MapTools {
  /** @param {MapView} map */
  constructor(map) {
    this.map = map;
    this.hands = h("div", { class: "segments", role: "group", "aria-label": "What dragging does" });
    this.colour = h("select", { id: "map-colour", onchange: () => this.map.colourBy(this.colour.value) });
    this.count = h("input", { id: "map-near", type: "number", min: 2, max: 100_000, value: 24, inputmode: "numeric" });
    this.count.addEventListener("keydown", (event) => event.key === "Enter" && this.nearest());
    this.legend = h("div", { class: "map-legend" });
    this.chosen = h("div", { class: "map-chosen", role: "group", "aria-label": "Selection", hidden: true });
    this.foot = h("div", { class: "map-foot" }, this.legend, this.chosen);
    this.element = h("div", { class: "map-tools", role: "toolbar", "aria-label": "Map" });
  }

  draw() {
    const ready = Boolean(this.map.points && this.map.facts.state === "ready");
    this.element.hidden = this.foot.hidden = !ready;
    if (!ready) return;
    this.drawTools();
    this.drawLegend();
    this.drawChosen();
  }

  drawTools() {
    const { hand } = this.map;
    refill(this.hands, ...Object.entries(HANDS).map(([kind, word]) =>
      h("button", { type: "button", class: "segment", "aria-pressed": hand.kind === kind ? "true" : "false", onclick: () => hand.take(kind) }, word)));
    this.drawColours();
    if (this.element.childElementCount) return; // the controls themselves stay: one may have the focus
    this.element.append(
      this.hands,
      h("div", { class: "segments", role: "group", "aria-label": "Zoom" },
        small("−", "Zoom out", () => this.map.camera.zoom(1 / 1.5)), small("+", "Zoom in", () => this.map.camera.zoom(1.5)), small("Whole map", "", () => this.map.home())),
      h("span", { class: "map-pair" }, h("label", { for: "map-near" }, "Nearest"), this.count,
        h("button", { type: "button", class: "button small", title: "The galaxies nearest on the map to the focused one", onclick: () => this.nearest() }, "Select")),
      h("span", { class: "spring" }),
      h("span", { class: "map-pair" }, h("label", { for: "map-colour" }, "Colour"), this.colour));
  }

  nearest() {
    const { hand, points } = this.map;
    const point = hand.focused();
    if (point < 0) this.map.screen.remarks.say("Click a galaxy first, or move the cross to one.");
    else this.map.select(near(points.x[point], points.y[point], Number(this.count.value) || 24));
    this.map.focus();
  }

  drawColours() {
    const blind = !preferences.get("reveal");
    const options = [["answers", "Answers"], ["score", blind ? "Score (hidden while blind)" : "Score"],
      ...this.map.styles.map((style, i) => [`where-${i + 1}`, `Where “${style.word}” lies`])];
    this.colour.replaceChildren(...options.map(([value, words]) => h("option", { value, selected: value === this.map.colour, disabled: value === "score" && blind }, words)));
    this.colour.value = this.map.colour;
  }

  drawLegend() {
    const counts = this.map.points.tally(false);
    const lines = this.map.styles.map((style, i) => [swatch(style), style.word, counts[i + 1]]).filter(([, , many]) => many);
    const grey = swatch({ word: "", colour: GREY, shape: 0 });
    const line = ([mark, word, many]) => h("li", {}, mark, h("span", {}, word), h("span", { class: "number" }, many.toLocaleString("en")));
    this.legend.replaceChildren(
      h("ul", { "aria-label": "Answers on the map" }, [...lines, [grey, "unanswered", counts[0]]].map(line)),
      this.map.colour === "score" ? h("div", { class: "map-ramp" }, h("span", {}, "last"), h("i", { "aria-hidden": "true" }), h("span", {}, "first in rank")) : "",
      h("p", { class: "quiet" }, this.map.facts.method === "pca" ? "Principal components" : "UMAP"));
  }

  drawChosen() {
    const { points } = this.map;
    this.chosen.hidden = !points.chosen;
    if (!points.chosen) return this.chosen.replaceChildren();
    const button = (words, act, more = {}) => h("button", { type: "button", class: "button small", onclick: act, ...more }, words);
    this.chosen.replaceChildren(
      h("p", { title: this.tallyWords(true) }, h("strong", { class: "number" }, points.chosen.toLocaleString("en")), " selected"),
      h("div", { class: "map-acts" },
        button(["Open in the grid ", keycap("Enter")], () => this.map.openInGrid(), { class: "button small primary" }),
        button("CSV of ids", () => this.map.export()),
        button("Copy link", () => this.map.copyLink()),
        button(["Clear ", keycap("Esc")], () => this.map.select(null))));
  }

  /** The keys of the map, for the line at the foot. @param {(action: string) => HTMLElement} button */
  bar(button) {
    const hint = ([keys, word]) => h("span", { class: "key map-key" }, keys.map((key) => keycap(key)), word);
    const hints = [[["←", "→", "↑", "↓"], "cross"], [["+", "−"], "zoom"], [["R"], "rectangle"], [["N"], "nearest"], [["Enter"], "open"]];
    return [...hints.map(hint), button("similar"), button("back"), h("span", { class: "spring" }), button("help")];
  }

  /** "12 yes, 3 no, 90 unanswered". */
  tallyWords(onlySelected) {
    const counts = this.map.points.tally(onlySelected);
    const words = this.map.styles.map((style, i) => [counts[i + 1], style.word]);
    return [...words, [counts[0], "unanswered"]].filter(([many]) => many).map(([many, word]) => `${many.toLocaleString("en")} ${word}`).join(", ");
  }
}

/** No map yet. @param {HTMLElement} field @param {any} facts @param {() => void} make */
export function emptyRoom(field, facts, make) {
  const [done, total] = facts.done ?? [0, 0];
  if (facts.state === "making") {
    const share = total ? done / total : 0;
    return field.replaceChildren(h("div", { class: "map-empty" },
      h("p", { class: "end-words", role: "status" }, "The map is being made …"),
      h("progress", { max: 1, value: share, "aria-label": "Galaxies placed" }),
      h("p", { class: "quiet number" }, `${done.toLocaleString("en")} of ${total.toLocaleString("en")} galaxies`)));
  }
  field.replaceChildren(h("div", { class: "map-empty" },
    h("p", { class: "end-words" }, "There is no map of these galaxies yet."),
    h("p", {}, "This command makes one, by UMAP:"),
    h("code", {}, facts.command),
    facts.may_make ? h("p", {}, "Or have a plainer one now, of the first two principal components:") : null,
    facts.may_make ? h("button", { type: "button", class: "button", onclick: make }, "Make a plain map") : null,
    facts.problem ? h("p", { class: "problem", role: "alert" }, facts.problem) : null));
}

function small(text, label, act) {
  return h("button", { type: "button", class: "segment", "aria-label": label || null, onclick: act }, text);
}
