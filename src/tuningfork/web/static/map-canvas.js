// @ts-check
/**
 * Points in WebGL 2. Where they are many, a texture of how crowded it is stands for them, so that a pan costs one
 * rectangle however many galaxies there are; where they are few, each is drawn. Answers have marks of their own.
 */

import { bind, drawnShapes, fill, image, MARK_FRAGMENT, MARK_VERTEX, POINT_FRAGMENT, POINT_VERTEX, program, SHEET_FRAGMENT, SHEET_VERTEX, strided, texture, vertexArray } from "./map-gl.js";
import { BACK, coloured, parts, WHITE } from "./map-look.js";
import { Pace } from "./map-pace.js";
import { SPAN } from "./map-points.js";

const CROWD = 40_000; // points in view from which the texture stands for them
const WIDEST = 32; // of every so many points one is drawn, at worst: the stride of a buffer ends at 255 bytes
const SIDES = [512, 1024, 2048]; // squares along a side of the texture
const DRAWN = [2, 15]; // what the hand draws: an outline of two points or more, in this place of the palette

/** @typedef {{ x: number, y: number, scale: number }} View middle, and pixels of the screen to a unit of the map */

export class MapCanvas {
  /** @param {HTMLCanvasElement} canvas @param {import("./map-points.js").MapPoints} points @param {() => any} look what is shown and how */
  constructor(canvas, points, look) {
    this.canvas = canvas;
    this.points = points;
    this.look = look;
    this.waiting = 0;
    this.pace = new Pace(() => this.draw());
    this.frames = 0; // drawn so far; the benchmark counts them
    const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, depth: false, powerPreference: "low-power" });
    if (!gl) throw new Error("This browser has no WebGL 2, which the map needs");
    this.gl = gl;
    this.lost = (event) => event.preventDefault();
    this.found = () => this.begin();
    canvas.addEventListener("webglcontextlost", this.lost);
    canvas.addEventListener("webglcontextrestored", this.found);
    this.begin();
  }

  /** Everything that lies on the graphics side; again after it was lost. */
  begin() {
    const { gl, points } = this;
    this.sheet = program(gl, SHEET_VERTEX, SHEET_FRAGMENT);
    this.dots = program(gl, POINT_VERTEX, POINT_FRAGMENT);
    this.marks = program(gl, MARK_VERTEX, MARK_FRAGMENT);
    const pairs = new Uint16Array(2 * points.count);
    for (let i = 0; i < points.count; i++) {
      pairs[2 * i] = points.x[i];
      pairs[2 * i + 1] = points.y[i];
    }
    this.all = vertexArray(gl, pairs, 1);
    this.thinned = new Map();
    this.some = vertexArray(gl, new Uint16Array(2), 2);
    this.drawn = vertexArray(gl, new Uint16Array(2), 1);
    this.sign = vertexArray(gl, new Uint16Array(2), 2);
    this.none = gl.createVertexArray();
    this.palette = texture(gl, gl.NEAREST);
    this.shapes = texture(gl, gl.LINEAR);
    const sprites = drawnShapes();
    image(gl, this.shapes, sprites.width, sprites.height, new Uint8Array(sprites.data.buffer));
    this.sheets = new Map();
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.changed();
  }

  /** Answers, scores, selection or colours are others than before. */
  changed() {
    for (const kept of this.sheets.values()) this.gl.deleteTexture(kept);
    this.sheets.clear();
    this.stale = true;
    this.draw();
  }

  /** Draw in the next frame; many calls are one. */
  draw() {
    if (this.waiting) return;
    this.pace.ask();
    this.waiting = requestAnimationFrame(() => this.paint());
  }

  close() {
    cancelAnimationFrame(this.waiting);
    this.pace.close();
    this.waiting = -1;
    this.canvas.removeEventListener("webglcontextlost", this.lost);
    this.canvas.removeEventListener("webglcontextrestored", this.found);
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  paint() {
    this.waiting = 0;
    const { gl, canvas, points } = this;
    const look = this.look();
    const { width, height } = look;
    if (gl.isContextLost() || !width || !height) return;
    const effort = this.pace.begin();
    const ratio = Math.min(devicePixelRatio || 1, 2) * effort.ratio;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(...parts(BACK), 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (this.stale) this.load(look);
    const { view } = look;
    const sx = (2 * view.scale) / width;
    const sy = (2 * view.scale) / height;
    const place = [sx * SPAN, sy * SPAN, -view.x * sx, -view.y * sy];
    const runs = points.runs(look.region);
    const inView = runs.reduce((sum, [first, end]) => sum + end - first, 0);
    if (inView > CROWD) this.paintSheet(look, place);
    else this.paintDots(runs, oneOf(inView, effort.points), place, Math.max(1.6, Math.min(6, 240 / Math.sqrt(inView + 800))) * ratio);
    this.paintAnswers(look, place, ratio, effort.marks);
    this.paintDrawn(look.drawn, place, ratio);
    this.frames++;
  }

  paintSheet(look, place) {
    const { gl, sheet } = this;
    const size = SPAN * look.view.scale;
    const side = SIDES.find((s) => s >= size * 0.6) ?? SIDES[SIDES.length - 1];
    gl.useProgram(sheet.program);
    gl.bindVertexArray(this.none);
    bind(gl, 0, this.sheetOf(side, look), sheet.at("sheet"));
    gl.uniform4f(sheet.at("view"), ...place);
    gl.disable(gl.BLEND); // it lies below all else: no need to read what is there
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    gl.enable(gl.BLEND);
  }

  /**
   * Points, or one of every `each`. They lie in the order of the cells, so that one in so many is a fair part of every region, and the
   * same ones wherever the map is moved to.
   */
  paintDots(runs, each, place, size) {
    const { gl, dots } = this;
    gl.useProgram(dots.program);
    gl.bindVertexArray(this.oneIn(each));
    bind(gl, 2, this.palette, dots.at("palette"));
    gl.uniform4f(dots.at("view"), ...place);
    gl.uniform1f(dots.at("size"), size);
    for (const [first, end] of runs) {
      const [from, to] = [Math.ceil(first / each), Math.ceil(end / each)];
      if (to > from) gl.drawArrays(gl.POINTS, from, to - from);
    }
  }

  /** The points as the graphics side walks through them, `each` at a step. */
  oneIn(each) {
    if (!this.thinned.has(each)) this.thinned.set(each, each === 1 ? this.all.array : strided(this.gl, this.all, each));
    return this.thinned.get(each);
  }

  /** The marks that are in view: those outside would cost as much. Of more than `most` a fair part, the same ones wherever one looks. */
  paintAnswers({ marks, region }, place, ratio, most) {
    const { places, looks } = marks;
    const [left, bottom, right, top] = region;
    const seen = [];
    for (let k = 0; k < places.length; k += 2) {
      if (places[k] >= left && places[k] <= right && places[k + 1] >= bottom && places[k + 1] <= top) seen.push(k);
    }
    const each = oneOf(seen.length, most);
    const here = each === 1 ? seen : seen.filter((k) => (k >> 1) % each === 0);
    if (!here.length) return;
    const [shownPlaces, shownLooks] = [new Uint16Array(2 * here.length), new Uint8Array(2 * here.length)];
    here.forEach((k, i) => {
      for (const c of [0, 1]) [shownPlaces[2 * i + c], shownLooks[2 * i + c]] = [places[k + c], looks[k + c]];
    });
    fill(this.gl, this.some, shownPlaces, shownLooks);
    this.paintMarks(this.some, here.length, place, Math.max(7, Math.min(13, 15 - Math.log10(seen.length + 1) * 2.2)) * ratio);
  }

  paintMarks(buffers, count, place, size) {
    const { gl, marks } = this;
    gl.useProgram(marks.program);
    gl.bindVertexArray(buffers.array);
    bind(gl, 2, this.palette, marks.at("palette"));
    bind(gl, 1, this.shapes, marks.at("shapes"));
    gl.uniform4f(marks.at("view"), ...place);
    gl.uniform1f(marks.at("size"), size);
    gl.drawArrays(gl.POINTS, 0, count);
  }

  /** Outline, ring and cross of the hand. An SVG above the canvas would be composited anew for every frame. */
  paintDrawn({ line, signs }, place, ratio) {
    const { gl } = this;
    const corners = line.length / 2;
    if (corners >= DRAWN[0]) {
      fill(gl, this.drawn, Uint16Array.from(line), new Uint8Array(corners).fill(DRAWN[1]));
      this.paintLines(corners, place);
    }
    for (const { at, shape, size } of signs) {
      fill(gl, this.sign, Uint16Array.from(at), Uint8Array.of(WHITE, shape));
      this.paintMarks(this.sign, 1, place, size * ratio);
    }
  }

  paintLines(corners, place) {
    const { gl, dots } = this;
    gl.useProgram(dots.program);
    gl.bindVertexArray(this.drawn.array);
    bind(gl, 2, this.palette, dots.at("palette"));
    gl.uniform4f(dots.at("view"), ...place);
    gl.uniform1f(dots.at("size"), 1);
    gl.drawArrays(gl.LINE_LOOP, 0, corners);
  }

  /** Colours, kinds and marks, to the graphics side. */
  load(look) {
    const { gl } = this;
    this.stale = false;
    image(gl, this.palette, 256, 1, look.palette);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.all.kinds);
    gl.bufferData(gl.ARRAY_BUFFER, look.kinds, gl.STATIC_DRAW);
  }

  sheetOf(side, look) {
    let made = this.sheets.get(side);
    if (!made) {
      made = texture(this.gl, this.gl.LINEAR);
      image(this.gl, made, side, side, coloured(this.points.density(side), look));
      this.sheets.set(side, made);
    }
    return made;
  }
}

/** Which part of so many may be drawn: one of 1, 2, 4, ... @param {number} many @param {number} most */
function oneOf(many, most) {
  let each = 1;
  while (many / each > most && each < WIDEST) each *= 2;
  return each;
}
