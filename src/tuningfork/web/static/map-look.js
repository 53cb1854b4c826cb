// @ts-check
/** Colours and shapes of the map. Every answer has both; the colours stay apart for colour-blind eyes. */

import { svg } from "./dom.js";

/** @typedef {{ word: string, colour: string, shape: number }} Style */
/** @typedef {import("./map-points.js").MapPoints} MapPoints */

const YES = { colour: "#5fd6c3", shape: 0 };
const NO = { colour: "#a7b2c6", shape: 1 };
const EXTRA = { maybe: { colour: "#e8ba6d", shape: 2 }, junk: { colour: "#c39be0", shape: 3 }, skip: { colour: "#8b97ab", shape: 4 } };
const MORE = ["#56b4e9", "#e69f00", "#f0e442", "#cc79a7", "#d55e00", "#009e73"]; // Okabe and Ito 2008, for questions with many classes
const MORE_SHAPES = [5, 6, 2, 1, 3];

/** Shapes of 14 by 14, filled or as a line of some width: disc, cross, diamond, ring, dash, square, triangle; then the ring and the cross of the hand. */
export const OUTLINES = [
  { d: "M7 2.6A4.4 4.4 0 1 1 7 11.4A4.4 4.4 0 1 1 7 2.6Z" },
  { d: "M3 3 11 11M11 3 3 11", line: 2.4 },
  { d: "M7 1.4 12.6 7 7 12.6 1.4 7Z" },
  { d: "M7 3.4A3.6 3.6 0 1 1 7 10.6A3.6 3.6 0 1 1 7 3.4Z", line: 2.2 },
  { d: "M2.4 7H11.6", line: 2.8 },
  { d: "M3 3H11V11H3Z" },
  { d: "M7 2 12 11H2Z" },
  { d: "M7 1.6A5.4 5.4 0 1 1 7 12.4A5.4 5.4 0 1 1 7 1.6Z", line: 1 },
  { d: "M1 7H4.6M9.4 7H13M7 1V4.6M7 9.4V13", line: 0.8 },
];
export const GREY = "#8d9bb3";
export const CHOSEN = "#8db8ff";
export const BACK = "#05070a"; // as the field in map.css: an opaque canvas costs less to lay on the page
const RAMP = ["#40579c", "#6f7d96", "#b3a675", "#ffea46"]; // from dark blue to yellow, as in cividis: its lightness only grows
const [UNCHOSEN, PLAIN, FIRST, PICKED, SCORES] = [0, 1, 2, 15, 16]; // places in the palette
export const WHITE = 14;
const MOST_MARKS = 20_000;

/** How each answer looks, in the order of the session's answers. @param {{ answers: string[], positive: string }} session @returns {Style[]} */
export function stylesOf(session) {
  const own = session.answers.filter((answer) => !(answer in EXTRA));
  return session.answers.map((answer) => {
    if (answer in EXTRA) return { word: answer === "junk" ? "bad image" : answer, ...EXTRA[answer] };
    if (answer === session.positive) return { word: answer, ...YES };
    const place = own.indexOf(answer) - 1;
    return own.length <= 2 ? { word: answer, ...NO } : { word: answer, colour: MORE[place % MORE.length], shape: MORE_SHAPES[place % MORE_SHAPES.length] };
  });
}

/** Red, green, blue from 0 to 1. @param {string} colour @returns {number[]} */
export function parts(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
}

/** 256 colours for the points: grey ones, answers, steps of the score. @param {Style[]} styles */
export function palette(styles) {
  const colours = new Uint8Array(4 * 256);
  const put = (place, colour, alpha) => colours.set([...parts(colour).map((value) => Math.round(255 * value)), alpha], 4 * place);
  put(UNCHOSEN, "#5d6880", 130);
  put(PLAIN, GREY, 210);
  styles.forEach((style, i) => put(answerPlace(i + 1), style.colour, 255));
  put(WHITE, "#ffffff", 255);
  put(PICKED, CHOSEN, 255);
  for (let i = SCORES; i < 256; i++) put(i, ramp((i - SCORES) / (255 - SCORES)), 235);
  return colours;
}

/** The place in the palette of every point. @param {MapPoints} points @param {boolean} scored */
export function kinds(points, scored) {
  const { selected, answers, scores, chosen } = points;
  const places = new Uint8Array(points.count);
  for (let i = 0; i < places.length; i++) {
    if (chosen && !selected[i]) places[i] = UNCHOSEN;
    else if (scored && scores?.[i]) places[i] = SCORES + ((scores[i] * (255 - SCORES)) / 255);
    else if (answers[i]) places[i] = answerPlace(answers[i]);
    else places[i] = chosen ? PICKED : PLAIN;
  }
  return places;
}

/** The texture's colours: how crowded it is in grey or by score, what is selected, and where one answer lies. */
export function coloured({ side, all, some, score, where }, look) {
  const picture = new Uint8Array(4 * side * side);
  const empty = Uint8Array.from([...parts(BACK).map((value) => Math.round(255 * value)), 255]);
  new Uint32Array(picture.buffer).fill(new Uint32Array(empty.buffer)[0]);
  const ramps = look.palette;
  const [grey, chosen, answer] = [look.grey, look.chosen, look.where?.colour ?? [0, 0, 0]].map((colour) => colour.map((value) => 255 * value));
  const dim = some ? 0.5 : 1;
  for (let s = 0, p = 0; s < all.length; s++, p += 4) {
    const there = where ? where[s] : 0;
    if (!all[s] && there < 0.02) continue;
    const base = (all[s] / 255) * dim;
    const picked = some ? some[s] / 255 : 0;
    const from = score && all[s] ? 4 * (SCORES + Math.floor((score[s] * (255 - SCORES)) / 255)) : -1;
    for (let c = 0; c < 3; c++) {
      let value = (from < 0 ? grey[c] : ramps[from + c]) * base;
      value += (chosen[c] - value) * picked;
      picture[p + c] = value + (answer[c] * (0.35 + (0.65 * all[s]) / 255) - value) * 0.8 * there;
    }
  }
  return picture;
}

/** Places and looks of the answered points; none when there are too many to be marks. @param {MapPoints} points @param {Style[]} styles */
export function marks(points, styles) {
  const { answers, selected, chosen } = points;
  const found = [];
  for (let i = 0; i < points.count && found.length <= MOST_MARKS; i++) if (answers[i]) found.push(i);
  if (found.length > MOST_MARKS) found.length = 0;
  const rank = styles.map((style) => (style.shape === YES.shape ? 2 : style.shape === NO.shape ? 0 : 1)); // what is looked for lies on top
  found.sort((a, b) => rank[answers[a] - 1] - rank[answers[b] - 1]);
  const places = new Uint16Array(2 * found.length);
  const looks = new Uint8Array(2 * found.length);
  found.forEach((i, k) => {
    places.set([points.x[i], points.y[i]], 2 * k);
    looks.set([chosen && !selected[i] ? UNCHOSEN : answerPlace(answers[i]), styles[answers[i] - 1]?.shape ?? 0], 2 * k);
  });
  return { places, looks };
}

/** The mark of an answer, for the legend. @param {Style} style */
export function swatch(style) {
  const { d, line } = OUTLINES[style.shape];
  const drawn = line ? { fill: "none", stroke: style.colour, "stroke-width": line } : { fill: style.colour };
  return svg("svg", { viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true" }, svg("path", { d, ...drawn }));
}

function answerPlace(code) {
  return Math.min(FIRST + code - 1, WHITE - 1);
}

function ramp(share) {
  const at = share * (RAMP.length - 1);
  const low = Math.min(Math.floor(at), RAMP.length - 2);
  const [a, b] = [parts(RAMP[low]), parts(RAMP[low + 1])];
  return `#${a.map((value, i) => Math.round(255 * (value + (b[i] - value) * (at - low))).toString(16).padStart(2, "0")).join("")}`;
}
