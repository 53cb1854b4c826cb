// @ts-check
/** One answer for many: all other galaxies of a page that stand at the same question. */

import { nextStep, pathWords } from "./form.js";
import { keysOf, printed } from "./keys.js";
import { Strides } from "./strides.js";

/** @typedef {{ roll: import("./roll.js").Roll, first: number, all: string[], begun?: boolean }} Group `begun`: nothing was said of them together yet */
/** @typedef {import("./strides.js").Stride} Stride */

export class Together {
  /** @param {import("./ask.js").Ask} ask */
  constructor(ask) {
    this.ask = ask;
    this.screen = ask.screen;
    /** @type {Group | null} */
    this.group = null;
    this.strides = new Strides(ask);
  }

  /** Whether the next answer is for many. */
  get on() {
    return this.ids.length > 0;
  }

  /** Those that are meant: what was answered meanwhile is not. */
  get ids() {
    return this.group ? this.group.all.filter((id) => !this.screen.desk.answers.has(id)) : [];
  }

  /** Whether it still holds: another page has other galaxies. */
  check() {
    const { screen, group } = this;
    if (group && (!screen.inGrid || group.roll !== screen.place.roll || group.first !== screen.page().first)) this.group = null;
    return this.on;
  }

  get words() {
    const { ids, screen } = this;
    if (ids.length === 1) return "The last one of the page at this question";
    return ids.length === screen.answering.restOfPage().length ? `The other ${ids.length} of the page` : `The ${ids.length} others of the page at this question`;
  }

  /** All that have the question open which the galaxy under the hand has open. */
  begin() {
    const { screen, ask } = this;
    const { roll, index } = screen.place;
    const open = (id) => nextStep(ask.form, ask.walked(id))?.name;
    const asked = open(screen.desk.answers.has(roll.ids[index]) ? "" : roll.ids[index]);
    const all = screen.answering.restOfPage().map((i) => roll.ids[i]).filter((id) => open(id) === asked);
    if (!all.length) return screen.remarks.say("No other galaxy of this page stands at this question.");
    this.group = { roll, first: screen.page().first, all, begun: true };
    this.redraw();
  }

  leave() {
    this.group = null;
    this.redraw();
  }

  redraw() {
    this.ask.show();
    this.screen.view.refresh();
  }

  /** @param {string[]} said answers to the open question, for all of them */
  take(said) {
    const { ask, screen, group, ids } = this;
    if (!group || !screen.answering.mayAnswerMany(this.indices)) return;
    ask.toggled.clear();
    ask.again = [];
    const before = new Map(ids.map((id) => [id, ask.walked(id)]));
    const after = new Map(ids.map((id) => [id, [...ask.walked(id), ...said]]));
    const next = new Map(ids.map((id) => [id, nextStep(ask.form, after.get(id) ?? [])?.name]));
    const ended = ids.filter((id) => next.get(id) === undefined);
    for (const id of ids) ask.walks.set(id, after.get(id) ?? []);
    const stride = { roll: group.roll, before, after, ended, at: screen.desk.done.length, meant: null, clock: ++ask.clock };
    this.strides.add(stride);
    const first = ask.form.steps.find((step) => [...next.values()].includes(step.name))?.name;
    this.group = first ? { ...group, begun: false, all: ids.filter((id) => next.get(id) === first) } : null; // paths may part
    if (ended.length) return this.log(stride);
    screen.remarks.say(`${ids.length} answered ${pathWords(ask.form, said)}; ${undoKey()} takes ${ids.length === 1 ? "it back" : "them back together"}`);
    this.redraw();
    screen.pictureChanged();
  }

  /** Those whose walk has ended, each with its own path, as one answer. @param {Stride} stride */
  log(stride) {
    const { ask, screen } = this;
    const each = stride.ended.map((id) => stride.after.get(id) ?? []);
    for (const id of stride.ended) ask.walks.delete(id);
    screen.answering.answerEach(stride.ended.map((id) => screen.place.roll.ids.indexOf(id)), each.map((path) => ({ answer: ask.answerOf(path), path: path.join(" ") })), stride);
  }

  /** Maybe or a bad image, for all of them. @param {string} answer */
  end(answer) {
    const { indices, screen } = this;
    if (!screen.answering.mayAnswerMany(indices)) return;
    this.group = null;
    screen.answering.answerEach(indices, indices.map(() => ({ answer, path: "" })));
  }

  get indices() {
    const { ids } = this.screen.place.roll;
    return this.ids.map((id) => ids.indexOf(id));
  }

  /** The last step for many, if nothing came after it: all of them stand where they stood. @returns {boolean} */
  back() {
    const { ask, screen, strides } = this;
    const { last } = strides;
    const here = screen.place.roll.ids[screen.place.index];
    const ownStep = last && !this.on && ask.walked(here).length && (ask.times.get(here)?.at(-1) ?? 0) > last.clock; // it came later
    if (!last || ownStep) return false;
    last.meant = this.meant;
    const ids = strides.back(last);
    this.mean(ids);
    screen.remarks.say(`Taken back for ${ids.length}`);
    return true;
  }

  /** The step for many that was taken back last is done again, if it comes next. @returns {boolean} */
  forth() {
    const { screen, strides } = this;
    const { next } = strides;
    if (!next) return false;
    const ids = strides.forth(next);
    this.mean(next.meant);
    screen.remarks.say(`Again for ${ids.length}`);
    screen.answering.meanwhile.name(ids, next);
    return true;
  }

  /**
   * An answer that ended the walks of many is taken back, or given again.
   * @param {"undo" | "redo"} kind @param {Stride} stride @param {string[] | null} meant for whom the next answer was
   */
  turn(kind, stride, meant) {
    if (kind === "undo") stride.meant = meant;
    const ids = this.strides.put(stride, kind === "undo" ? "before" : "after");
    this.mean(kind === "undo" ? ids : stride.meant);
  }

  /** The next answer is not for these. @param {string[]} ids */
  without(ids) {
    if (this.group) this.group.all = this.group.all.filter((id) => !ids.includes(id));
    this.redraw();
  }

  /** For whom the next answer is, as a list of galaxies. */
  get meant() {
    return this.check() ? this.ids : null;
  }

  /** The next answer is for these, on the page where the first of them lies. @param {string[] | null} ids */
  mean(ids) {
    const { screen } = this;
    const { roll } = screen.place;
    const at = ids ? roll.ids.findIndex((id) => ids.includes(id)) : -1;
    this.group = null;
    if (at >= 0 && screen.inGrid) {
      const { first, last } = screen.page();
      if (at < first || at >= last) screen.moving.step(at);
      const page = screen.page();
      this.group = { roll, first: page.first, all: roll.ids.slice(page.first, page.last).filter((id) => ids?.includes(id)) };
    }
    this.redraw();
  }
}

function undoKey() {
  return printed(keysOf("undo")[0] ?? "");
}
