// @ts-check
/** Walks through the steps of a question that are not over yet: kept in the browser, so that a reload loses none. */

import { NOTHING, nextStep } from "./form.js";
import { store } from "./home.js";
import { hold } from "./outbox.js";

const MOST = 200; // walks that are kept, the latest ones
const LONGEST = 1_000_000; // characters that are read back
const NAME = /^[0-9a-f]{24}$/; // a galaxy as the server calls it

export class Walks {
  /** @param {import("./ask.js").Ask} ask */
  constructor(ask) {
    const { state, session, outbox } = ask.screen;
    this.ask = ask;
    this.screen = ask.screen;
    /** @type {Map<string, string[]>} */
    this.paths = new Map();
    /** those that an earlier page began @type {Set<string>} */
    this.resumed = new Set();
    this.local = store("localStorage");
    this.prefix = `tuningfork:walks:${[state.collection.place, session.name, session.me.name].map(encodeURIComponent).join(":")}:`;
    this.key = this.prefix + outbox.client;
    this.due = false;
    this.closed = false;
    /** @type {(() => void) | null} */
    this.release = null;
  }

  /** @param {string} id @returns {string[]} */
  get(id) {
    return this.paths.get(id) ?? [];
  }

  /** @param {string} id @param {string[]} path none begins anew */
  set(id, path) {
    this.resumed.delete(id);
    if (path.length) this.paths.set(id, path);
    else this.paths.delete(id);
    this.keep();
  }

  /** @param {string} id */
  delete(id) {
    this.set(id, []);
  }

  /** Write down what is under way, once all that happens now has happened. */
  keep() {
    if (this.due) return;
    this.due = true;
    queueMicrotask(() => {
      this.due = false;
      if (!this.closed) this.write();
    });
  }

  /** Those without an answer, the latest ones. */
  get open() {
    return [...this.paths].filter(([id]) => !this.screen.desk.answers.has(id)).slice(-MOST);
  }

  write() {
    const { places, place } = this.screen;
    const walks = this.open.map(([id, path]) => [id, path, places[0].roll.known.has(id)]);
    const { strides } = this.ask.together;
    const { done, undone, logged } = strides.kept;
    const here = place.roll.ids[place.index] ?? "";
    try {
      if (walks.length || done.length || undone.length || logged.length) this.local.setItem(this.key, JSON.stringify({ walks, here, arrived: this.ask.arrived, done, undone, logged }));
      else this.local.removeItem(this.key);
    } catch {
      // a full or forbidden store: walks last until the page is closed
    }
  }

  /**
   * Take over the walks of pages of this person that are no more: the one before it in this tab, and those that crashed.
   * @param {string | null} before the page that was here before in this tab
   * @returns {Promise<{ galaxies: string[], page: string }>} those that were asked of the person, the one under the hand first; and whose they were
   */
  async takeOver(before) {
    this.release = await hold(this.key);
    let galaxies = /** @type {string[]} */ ([]);
    let page = "";
    for (const key of Object.keys(this.local).filter((key) => key.startsWith(this.prefix) && key !== this.key)) {
      const name = key.slice(this.prefix.length);
      const free = name === before ? () => {} : await hold(key); // who lives goes on with them
      if (free === null) continue;
      const asked = this.adopt(key);
      free();
      if (!page || name === before) page = name;
      galaxies = name === before ? [...asked, ...galaxies] : [...galaxies, ...asked];
    }
    if (this.closed) this.release?.();
    return { galaxies: [...new Set(galaxies)], page };
  }

  /** @param {string} key @returns {string[]} those that were asked of the person, the one under the hand first */
  adopt(key) {
    const kept = this.readBack(key);
    const asked = [];
    for (const [id, path, was] of Array.isArray(kept.walks) ? kept.walks.slice(-MOST).filter(Array.isArray) : []) {
      if (!this.plausible(id, path) || !path.length || this.paths.has(id)) continue;
      this.paths.set(id, path);
      this.resumed.add(id);
      if (was === true) asked.push(id);
    }
    this.ask.arrived = kept.arrived === true;
    this.ask.together.strides.adopt(kept);
    this.write();
    this.local.removeItem(key);
    return asked.sort((a, b) => Number(b === kept.here) - Number(a === kept.here));
  }

  /** What was kept, or nothing where that is none. @param {string} key @returns {any} */
  readBack(key) {
    try {
      const text = this.local.getItem(key) ?? "";
      const kept = text.length <= LONGEST ? JSON.parse(text) : null;
      return kept && typeof kept === "object" ? kept : {};
    } catch {
      return {};
    }
  }

  /** Galaxies with their paths from a list of pairs; null for what this page would not have written. @param {any} pairs @param {boolean} [over] whether walks may have ended */
  stand(pairs, over = false) {
    const fits = Array.isArray(pairs) && pairs.length <= MOST && pairs.every((pair) => Array.isArray(pair) && this.plausible(pair[0], pair[1], over));
    return fits ? new Map(/** @type {[string, string[]][]} */ (pairs)) : null;
  }

  /** Whether the form would have led along this path. @param {any} id @param {any} path @param {boolean} [over] */
  plausible(id, path, over = false) {
    const { form } = this.ask;
    if (typeof id !== "string" || !NAME.test(id) || !Array.isArray(path) || path.length > 200) return false;
    for (let at = 0; at < path.length; ) {
      const step = nextStep(form, path.slice(0, at));
      const last = path.findIndex((token, i) => i >= at && !String(token).startsWith(`${step?.name}.`));
      const said = path.slice(at, last < 0 ? undefined : last);
      if (!step || !answers(step, said)) return false;
      at += said.length;
    }
    return over || nextStep(form, path) !== undefined;
  }

  close() {
    this.closed = true;
    this.release?.();
  }
}

/** Whether a person could have said this at a step. @param {import("./form.js").Step} step @param {any[]} said */
function answers(step, said) {
  if (step.several && said.length === 1 && said[0] === `${step.name}.${NOTHING}`) return true;
  const names = step.options.map((option) => `${step.name}.${option.name}`);
  return said.length > 0 && new Set(said).size === said.length && said.every((token) => names.includes(token)) && (step.several || said.length === 1);
}
