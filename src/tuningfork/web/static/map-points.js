// @ts-check
/** The points of a map as columns, in the order of a grid of cells: what is asked of a region touches only its cells. */

import { bounds, inside } from "./map-shape.js";

export const CELLS = 256; // along a side, as on the server
export const SPAN = 65_536;
const CELL = SPAN / CELLS;
const COARSE = 128; // squares along a side where one answer's whereabouts are counted
const SHARE = 120; // of the dense cells, one in so many is drawn at full brightness: a few crowded ones shall not dim the rest

/** @typedef {import("./map-shape.js").Shape} Shape */

export class MapPoints {
  /** @param {ArrayBuffer} buffer all x, then all y @param {number} count */
  constructor(buffer, count) {
    this.count = count;
    this.x = new Uint16Array(buffer, 0, count);
    this.y = new Uint16Array(buffer, 2 * count, count);
    /** 0 unanswered, else 1 + the place of the answer */
    this.answers = new Uint8Array(count);
    /** @type {Uint8Array | null} 1 to 255 by rank, 0 without a score */
    this.scores = null;
    /** the answer whose whereabouts are wanted, 0 for none */
    this.told = 0;
    this.selected = new Uint8Array(count);
    this.chosen = 0;
    this.start = new Uint32Array(CELLS * CELLS + 1);
    for (let i = 0; i < count; i++) this.start[(this.y[i] >> 8) * CELLS + (this.x[i] >> 8) + 1]++;
    for (let c = 0; c < CELLS * CELLS; c++) this.start[c + 1] += this.start[c];
  }

  /** Runs of points whose cells touch a region, as [first, end], lowest line first. @param {number[]} region left, bottom, right, top */
  runs([left, bottom, right, top]) {
    const cell = (value) => Math.max(0, Math.min(CELLS - 1, Math.floor(value / CELL)));
    const runs = [];
    if (right < 0 || top < 0 || left >= SPAN || bottom >= SPAN) return runs;
    for (let row = cell(bottom); row <= cell(top); row++) {
      const [first, end] = [this.start[row * CELLS + cell(left)], this.start[row * CELLS + cell(right) + 1]];
      if (end > first) runs.push([first, end]);
    }
    return runs;
  }

  /** How many lie about in a region (whole cells). @param {number[]} region */
  within(region) {
    return this.runs(region).reduce((sum, [first, end]) => sum + end - first, 0);
  }

  /** The point nearest to a place, at most `reach` away; -1 for none. */
  nearest(x, y, reach) {
    let best = -1;
    let least = reach * reach;
    for (const [first, end] of this.runs([x - reach, y - reach, x + reach, y + reach])) {
      for (let i = first; i < end; i++) {
        const away = (this.x[i] - x) ** 2 + (this.y[i] - y) ** 2;
        if (away > least) continue;
        least = away;
        best = i;
      }
    }
    return best;
  }

  /** The point nearest to a place, however far. */
  nearestAnywhere(x, y) {
    for (let reach = CELL; ; reach *= 2) {
      const found = this.nearest(x, y, reach);
      if (found >= 0 || reach > 2 * SPAN) return found;
    }
  }

  /** Select what a shape holds; returns how many. @param {Shape | null} shape */
  select(shape) {
    this.selected.fill(0);
    this.chosen = 0;
    if (shape?.kind === "near") this.selectNear(shape.points);
    else if (shape) this.selectInside(shape);
    return this.chosen;
  }

  selectInside(shape) {
    const region = bounds(shape);
    const [left, bottom, right, top] = region;
    const corners = shape.kind === "lasso" ? shape.points : null;
    for (const [first, end] of this.runs(region)) {
      for (let i = first; i < end; i++) {
        const x = this.x[i];
        const y = this.y[i];
        if (x < left || x > right || y < bottom || y > top || (corners && !inside(corners, x, y))) continue;
        this.selected[i] = 1;
        this.chosen++;
      }
    }
  }

  selectNear([x, y, count]) {
    const wanted = Math.min(count, this.count);
    let found = [];
    for (let reach = CELL; found.length < wanted; reach *= 2) {
      found = [];
      for (const [first, end] of this.runs([x - reach, y - reach, x + reach, y + reach])) {
        for (let i = first; i < end; i++) {
          const away = (this.x[i] - x) ** 2 + (this.y[i] - y) ** 2;
          if (away <= reach * reach || reach > 2 * SPAN) found.push([away, i]);
        }
      }
    }
    found.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    for (const [, i] of found.slice(0, wanted)) this.selected[i] = 1;
    this.chosen = wanted;
  }

  /** The selection as one bit a point, in base64. */
  get members() {
    const bits = new Uint8Array((this.count + 7) >> 3);
    for (let i = 0; i < this.count; i++) if (this.selected[i]) bits[i >> 3] |= 1 << (i & 7);
    let text = "";
    for (let i = 0; i < bits.length; i += 32_768) text += String.fromCharCode(...bits.subarray(i, i + 32_768));
    return btoa(text);
  }

  /** How often each answer stands among the selected, or among all; the first number counts the unanswered. */
  tally(onlySelected) {
    const counts = new Array(256).fill(0);
    for (let i = 0; i < this.count; i++) if (!onlySelected || this.selected[i]) counts[this.answers[i]]++;
    return counts;
  }

  /**
   * How crowded each square is, as bytes: all galaxies, the selected ones, their mean score; and where one answer lies, from 0 to 1.
   * @param {number} side squares along a side, a power of two
   */
  density(side) {
    const bits = Math.log2(side);
    const shift = 16 - bits;
    const all = new Uint32Array(side * side);
    const some = this.chosen ? new Uint32Array(side * side) : null;
    const sum = this.scores ? new Float32Array(side * side) : null;
    const { x, y, selected, scores } = this;
    for (let i = 0; i < this.count; i++) {
      const square = ((y[i] >> shift) << bits) | (x[i] >> shift);
      all[square]++;
      if (some && selected[i]) some[square]++;
      if (sum && scores) sum[square] += scores[i];
    }
    const bright = brightness(all);
    const score = sum ? bytes(sum, (value, s) => value / (all[s] || 1)) : null;
    const light = (count) => bright[Math.min(count, bright.length - 1)];
    return { side, all: bytes(all, light), some: some ? bytes(some, light) : null, score, where: this.told ? this.whereabouts(this.told, side) : null };
  }

  /** Where one answer lies: a smoothed count on a coarse grid, from 0 to 1, drawn out to `side` squares. */
  whereabouts(code, side) {
    const shift = 16 - Math.log2(COARSE);
    let counts = new Float32Array(COARSE * COARSE);
    for (let i = 0; i < this.count; i++) if (this.answers[i] === code) counts[(this.y[i] >> shift) * COARSE + (this.x[i] >> shift)]++;
    for (let pass = 0; pass < 3; pass++) counts = smooth(smooth(counts, COARSE, 1), COARSE, COARSE);
    const most = counts.reduce((a, b) => Math.max(a, b), 0) || 1;
    return drawnOut(counts.map((value) => Math.sqrt(value / most)), COARSE, side);
  }
}

/** A byte for each value: `Uint8Array.from` with a function takes several times as long. */
function bytes(values, of) {
  const made = new Uint8Array(values.length);
  for (let i = 0; i < made.length; i++) made[i] = of(values[i], i);
  return made;
}

/** Count -> byte: by logarithm, a single galaxy still to be seen. @param {Uint32Array} counts */
function brightness(counts) {
  const often = new Uint32Array(4096);
  let filled = 0;
  for (const count of counts) {
    if (!count) continue;
    often[Math.min(count, 4095)]++;
    filled++;
  }
  let full = 4095;
  for (let left = filled / SHARE; full > 3 && left > often[full]; full--) left -= often[full];
  return Uint8Array.from({ length: full + 1 }, (_, count) => (count ? 46 + (209 * Math.log(count)) / Math.log(full) : 0));
}

/** Mean of five neighbours along one direction; over the edge there is nothing. */
function smooth(values, side, step) {
  const result = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const along = step === 1 ? i % side : Math.floor(i / side);
    let sum = 0;
    for (let k = -2; k <= 2; k++) if (along + k >= 0 && along + k < side) sum += values[i + k * step];
    result[i] = sum / 5;
  }
  return result;
}

/** Values of a coarse grid on a finer one, straight between their middles. */
function drawnOut(values, coarse, side) {
  const result = new Float32Array(side * side);
  const at = Array.from({ length: side }, (_, i) => Math.max(0, Math.min(coarse - 1.001, ((i + 0.5) * coarse) / side - 0.5)));
  for (let row = 0; row < side; row++) {
    const low = Math.floor(at[row]) * coarse;
    const up = at[row] % 1;
    for (let column = 0; column < side; column++) {
      const left = low + Math.floor(at[column]);
      const over = at[column] % 1;
      const [below, above] = [values[left] * (1 - over) + values[left + 1] * over, values[left + coarse] * (1 - over) + values[left + coarse + 1] * over];
      result[row * side + column] = below * (1 - up) + above * up;
    }
  }
  return result;
}
