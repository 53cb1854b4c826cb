// @ts-check
/** The learning curve: finds against answers, and what a random order would have given at least. */

import { h, svg } from "./dom.js";

const WIDTH = 264;
const HEIGHT = 84;
const PAD = 4;

/**
 * Draw the curve.
 * @param {[number, number][]} points answers and finds, from [0, 0]
 * @param {number} galaxies how many there are in all
 */
export function learningCurve(points, galaxies) {
  const [answers, found] = points[points.length - 1] ?? [0, 0];
  // at least `found` of all galaxies are of the class, so a random order finds at least this many
  const random = galaxies ? (answers * found) / galaxies : 0;
  const x = (value) => PAD + (value / Math.max(answers, 1)) * (WIDTH - 2 * PAD);
  const y = (value) => HEIGHT - PAD - (value / Math.max(found, 1)) * (HEIGHT - 2 * PAD);
  const line = points.map(([a, f], i) => `${i ? "L" : "M"}${x(a).toFixed(1)} ${y(f).toFixed(1)}`).join("");
  const words = answers
    ? `${found} found in ${answers} answers; a random order would have found about ${roundish(random)} or more`
    : "No answers yet";
  return h(
    "figure",
    { class: "curve" },
    svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": words },
      svg("path", { class: "curve-floor", d: `M${PAD} ${HEIGHT - PAD}H${WIDTH - PAD}` }),
      answers > 0 && svg("path", { class: "curve-area", d: `${line}L${x(answers)} ${y(0)}L${x(0)} ${y(0)}Z` }),
      answers > 0 && svg("path", { class: "curve-random", d: `M${x(0)} ${y(0)}L${x(answers)} ${y(random)}` }),
      answers > 0 && svg("path", { class: "curve-line", d: line }),
      answers > 0 && svg("circle", { class: "curve-end", cx: x(answers), cy: y(found), r: 3 }),
    ),
    h(
      "figcaption",
      {},
      answers ? ["by chance: at least ", h("span", { class: "number" }, roundish(random)), " found"] : "Finds will be drawn here",
    ),
  );
}

function roundish(value) {
  return value >= 10 ? String(Math.round(value)) : value.toFixed(1);
}
