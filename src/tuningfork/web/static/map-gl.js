// @ts-check
/** The map's programs for the graphics side, and the few calls that put data there. */

import { OUTLINES } from "./map-look.js";
import { SPAN } from "./map-points.js";

const SPRITE = 24; // pixels of a shape's own picture

export const SHEET_VERTEX = `#version 300 es
uniform vec4 view;
out vec2 at;
void main() {
  at = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  gl_Position = vec4(at * view.xy + view.zw, 0, 1);
}`;

export const SHEET_FRAGMENT = `#version 300 es
precision highp float;
uniform sampler2D sheet;
in vec2 at;
out vec4 colour;
void main() { colour = texture(sheet, at); }`;

export const POINT_VERTEX = `#version 300 es
layout(location = 0) in vec2 at;
layout(location = 1) in float kind;
uniform vec4 view;
uniform float size;
uniform sampler2D palette;
out vec4 tint;
void main() {
  gl_Position = vec4(at * ${(SPAN - 1) / SPAN} * view.xy + view.zw, 0, 1);
  gl_PointSize = size;
  tint = texelFetch(palette, ivec2(int(kind * 255.0 + 0.5), 0), 0);
}`;

export const POINT_FRAGMENT = `#version 300 es
precision highp float;
in vec4 tint;
uniform float size;
out vec4 colour;
void main() {
  float round = size < 4.5 ? 1.0 : 1.0 - smoothstep(0.5 - 1.0 / size, 0.5, length(gl_PointCoord - 0.5));
  colour = vec4(tint.rgb, 1) * tint.a * round;
}`;

export const MARK_VERTEX = `#version 300 es
layout(location = 0) in vec2 at;
layout(location = 1) in vec2 look;
uniform vec4 view;
uniform float size;
uniform sampler2D palette;
out vec3 tint;
flat out int shape;
void main() {
  gl_Position = vec4(at * ${(SPAN - 1) / SPAN} * view.xy + view.zw, 0, 1);
  gl_PointSize = size;
  tint = texelFetch(palette, ivec2(int(look.x * 255.0 + 0.5), 0), 0).rgb;
  shape = int(look.y * 255.0 + 0.5);
}`;

export const MARK_FRAGMENT = `#version 300 es
precision highp float;
in vec3 tint;
flat in int shape;
uniform sampler2D shapes;
out vec4 colour;
void main() {
  vec4 s = texture(shapes, vec2((float(shape) + gl_PointCoord.x) / ${OUTLINES.length}.0, gl_PointCoord.y));
  colour = vec4(tint * s.r, s.a);
}`;

/** All shapes in a row, white with a dark rim, as the graphics side wants them: colours times opacity. */
export function drawnShapes() {
  const canvas = document.createElement("canvas");
  canvas.width = SPRITE * OUTLINES.length;
  canvas.height = SPRITE;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.lineJoin = context.lineCap = "round";
  OUTLINES.forEach(({ d, line }, i) => {
    context.setTransform(SPRITE / 14, 0, 0, SPRITE / 14, i * SPRITE, 0);
    const path = new Path2D(d);
    for (const [colour, wider] of [["rgb(0 0 0 / 0.5)", 1.8], ["#fff", 0]]) {
      context.strokeStyle = context.fillStyle = colour;
      context.lineWidth = (line ?? 0.1) + wider;
      context.stroke(path);
      if (!line) context.fill(path);
    }
  });
  const picture = context.getImageData(0, 0, canvas.width, canvas.height);
  for (let p = 0; p < picture.data.length; p += 4) for (let c = 0; c < 3; c++) picture.data[p + c] *= picture.data[p + 3] / 255;
  return picture;
}

export function program(gl, vertex, fragment) {
  const made = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS) && !gl.isContextLost()) throw new Error(`The map cannot be drawn: ${gl.getProgramInfoLog(made)}`);
  const places = new Map();
  const at = (name) => {
    if (!places.has(name)) places.set(name, gl.getUniformLocation(made, name));
    return places.get(name);
  };
  return { program: made, at };
}

/** Places as pairs of 16 bits, and `bytes` bytes of look for each. */
export function vertexArray(gl, pairs, bytes) {
  const array = gl.createVertexArray();
  const [places, kinds] = [gl.createBuffer(), gl.createBuffer()];
  gl.bindVertexArray(array);
  gl.bindBuffer(gl.ARRAY_BUFFER, places);
  gl.bufferData(gl.ARRAY_BUFFER, pairs, gl.STATIC_DRAW);
  pointed(gl, { places, kinds }, bytes, 0);
  return { array, places, kinds };
}

/** The same buffers, of a byte of look each, where only one in `each` is read. */
export function strided(gl, buffers, each) {
  const array = gl.createVertexArray();
  gl.bindVertexArray(array);
  pointed(gl, buffers, 1, each);
  return array;
}

function pointed(gl, { places, kinds }, bytes, each) {
  gl.bindBuffer(gl.ARRAY_BUFFER, places);
  gl.enableVertexAttribArray(0);
  gl.vertexAttribPointer(0, 2, gl.UNSIGNED_SHORT, true, 4 * each, 0); // as shares of one: other whole numbers are converted on the processor
  gl.bindBuffer(gl.ARRAY_BUFFER, kinds);
  gl.enableVertexAttribArray(1);
  gl.vertexAttribPointer(1, bytes, gl.UNSIGNED_BYTE, true, bytes * each, 0);
}

export function texture(gl, filter) {
  const made = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, made);
  for (const which of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, which, filter);
  for (const which of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, which, gl.CLAMP_TO_EDGE);
  image(gl, made, 1, 1, new Uint8Array(4));
  return made;
}

export function image(gl, made, width, height, bytes) {
  gl.bindTexture(gl.TEXTURE_2D, made);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
}

export function fill(gl, buffers, places, looks) {
  for (const [buffer, data] of [[buffers.places, places], [buffers.kinds, looks]]) {
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
  }
}

export function bind(gl, unit, made, place) {
  gl.activeTexture(gl.TEXTURE0 + unit);
  gl.bindTexture(gl.TEXTURE_2D, made);
  gl.uniform1i(place, unit);
}
