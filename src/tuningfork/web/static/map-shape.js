// @ts-check
/** What is drawn on the map to select galaxies: a lasso, a rectangle, or the nearest ones to a place. */

/**
 * @typedef {{ kind: "lasso", points: number[] }} Lasso x and y in turn, in the map's own whole numbers
 * @typedef {{ kind: "box", points: number[] }} Box left, bottom, right, top
 * @typedef {{ kind: "near", points: number[] }} Near x, y and how many
 * @typedef {Lasso | Box | Near} Shape
 */

const LETTERS = { l: "lasso", r: "box", n: "near" };
const MOST_CORNERS = 160; // of a lasso: more cannot be told apart, and the link stays short
export const MOST_NEAR = 100_000;
const FULL = 65_535;

/** As part of an address. @param {Shape} shape */
export function written(shape) {
  const letter = Object.entries(LETTERS).find(([, kind]) => kind === shape.kind)?.[0];
  return `${letter}.${shape.points.map((value) => value.toString(36)).join(".")}`;
}

/** Read it back; null for what is none. @param {string} text @returns {Shape | null} */
export function read(text) {
  const [letter, ...numbers] = text.split(".");
  const kind = LETTERS[letter];
  const points = numbers.map((value) => (/^[0-9a-z]{1,4}$/.test(value) ? parseInt(value, 36) : -1));
  const length = { lasso: points.length >= 6 && points.length <= 2 * MOST_CORNERS && points.length % 2 === 0, box: points.length === 4, near: points.length === 3 }[kind];
  const most = (i) => (kind === "near" && i === 2 ? MOST_NEAR : FULL);
  return length && points.every((value, i) => value >= 0 && value <= most(i)) ? { kind, points } : null;
}

/** A lasso of a drawn line, with no more corners than needed. @param {number[][]} line @returns {Shape | null} */
export function lasso(line) {
  const step = Math.ceil(line.length / MOST_CORNERS);
  const corners = line.filter((_, i) => i % step === 0).map(([x, y]) => [whole(x), whole(y)]);
  return corners.length >= 3 ? { kind: "lasso", points: corners.flat() } : null;
}

/** @param {number[]} a a corner @param {number[]} b the opposite one @returns {Shape} */
export function box(a, b) {
  const [left, right] = [whole(Math.min(a[0], b[0])), whole(Math.max(a[0], b[0]))];
  const [bottom, top] = [whole(Math.min(a[1], b[1])), whole(Math.max(a[1], b[1]))];
  return { kind: "box", points: [left, bottom, right, top] };
}

/** @param {number} x @param {number} y @param {number} count @returns {Shape} */
export function near(x, y, count) {
  return { kind: "near", points: [whole(x), whole(y), Math.max(1, Math.min(MOST_NEAR, Math.round(count)))] };
}

/** Left, bottom, right, top of a lasso or box. @param {Shape} shape */
export function bounds(shape) {
  const { points } = shape;
  if (shape.kind === "box") return points;
  const xs = points.filter((_, i) => i % 2 === 0);
  const ys = points.filter((_, i) => i % 2 === 1);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** Whether a place lies inside a lasso: a ray to the right crosses its line an odd number of times. */
export function inside(corners, x, y) {
  let within = false;
  for (let i = 0, j = corners.length - 2; i < corners.length; j = i, i += 2) {
    const yi = corners[i + 1];
    const yj = corners[j + 1];
    if (yi > y !== yj > y && x < ((corners[j] - corners[i]) * (y - yi)) / (yj - yi) + corners[i]) within = !within;
  }
  return within;
}

function whole(value) {
  return Math.max(0, Math.min(FULL, Math.round(value)));
}
