// @ts-check
/**
 * How much of the map one frame draws: everything at rest; while it moves, less and less until frames come fast enough.
 * A graphics card never needs less. What is left out is left out of the picture alone: selections know every galaxy.
 */

const REST = 150; // ms without a frame after which the map is at rest
const SLOW = 30; // ms from the wish for a frame to the frame: 30 a second are the goal
const FAST = 19; // ms that a frame takes on a screen of 60 a second when nothing holds it up
const LATEST = 0.2; // how much the newest frame says of the pace

/**
 * @typedef {{ ratio: number, points: number, marks: number }} Effort pixels of the canvas to one of the screen, along a side; how many
 * points and marks may be drawn
 */
const STEPS = [
  { ratio: 1, points: 40_000, marks: 20_000 },
  { ratio: 0.5, points: 4000, marks: 1000 },
  { ratio: 0.5, points: 1000, marks: 250 },
];

export class Pace {
  /** @param {() => void} again draws the map, when it has come to rest */
  constructor(again) {
    this.again = again;
    this.step = 0; // of the way down, for the next frame of a movement
    this.wait = 0; // ms, of the latest frames
    this.asked = 0;
    this.last = -Infinity;
    this.resting = false; // the next frame shows everything
    this.timer = 0;
  }

  /** A frame is wanted: the map does not rest yet. */
  ask() {
    this.asked = performance.now();
    this.resting = false;
    clearTimeout(this.timer);
  }

  /** A frame begins. @returns {Effort} what it may cost */
  begin() {
    const now = performance.now();
    if (this.resting) return STEPS[0];
    if (this.asked - this.last < REST) this.hurry(now - this.asked);
    else if (this.wait < FAST && this.step) this.begun(this.step - 1); // the last movement was easy: try more
    this.last = now;
    if (this.step) this.timer = setTimeout(() => this.rest(), REST);
    return STEPS[this.step];
  }

  rest() {
    this.again();
    this.resting = true;
  }

  /** @param {number} wait ms that the newest frame let wait for it */
  hurry(wait) {
    this.wait += LATEST * (wait - this.wait);
    if (this.wait > SLOW && this.step < STEPS.length - 1) this.begun(this.step + 1);
  }

  /** @param {number} step */
  begun(step) {
    this.step = step;
    this.wait = (SLOW + FAST) / 2;
  }

  close() {
    clearTimeout(this.timer);
  }
}
