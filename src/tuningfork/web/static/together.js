// @ts-check
/** One answer for many: all other galaxies of a page that stand at the same question. */

import { nextStep, pathWords } from "./form.js";
import { keysOf, printed } from "./keys.js";

/** @typedef {{ roll: import("./roll.js").Roll, first: number, all: string[] }} Group */
/** @typedef {{ group: Group, before: Map<string, string[]>, after: Map<string, string[]>, at: number }} Stride where galaxies stood before and after a step, and how many answers had been given */

export class Together {
  /** @param {import("./ask.js").Ask} ask */
  constructor(ask) {
    this.ask = ask;
    this.screen = ask.screen;
    /** @type {Group | null} */
    this.group = null;
    /** @type {Stride[]} */
    this.strides = [];
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
    this.group = { roll, first: screen.page().first, all };
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
    const before = new Map(ids.map((id) => [id, ask.walked(id)]));
    const after = new Map(ids.map((id) => [id, [...ask.walked(id), ...said]]));
    const next = new Map(ids.map((id) => [id, nextStep(ask.form, after.get(id) ?? [])?.name]));
    const ended = ids.filter((id) => next.get(id) === undefined);
    for (const id of ids) ask.paths.set(id, after.get(id) ?? []);
    const stride = { group: { ...group, all: ids }, before, after, at: screen.desk.done.length };
    const first = ask.form.steps.find((step) => [...next.values()].includes(step.name))?.name;
    this.group = first ? { ...group, all: ids.filter((id) => next.get(id) === first) } : null; // paths may part
    if (ended.length) return this.log(ended, stride);
    this.strides.push(stride);
    screen.remarks.say(`${ids.length} answered ${pathWords(ask.form, said)}; ${undoKey()} takes them back together`);
    this.redraw();
    screen.pictureChanged();
  }

  /** Those whose walk has ended, each with its own path, as one answer. @param {string[]} ended @param {Stride} stride */
  log(ended, stride) {
    const { ask, screen } = this;
    const each = ended.map((id) => stride.after.get(id) ?? []);
    for (const id of ended) ask.paths.delete(id);
    screen.answering.answerEach(ended.map((id) => screen.place.roll.ids.indexOf(id)), each.map((path) => ({ answer: ask.answerOf(path), path: path.join(" ") })), stride);
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
    const { ask, screen } = this;
    const given = screen.desk.done.length;
    this.strides = this.strides.filter(({ at }) => at <= given); // answers that came before it were taken back: it is past
    const last = this.strides.at(-1);
    const here = screen.place.roll.ids[screen.place.index];
    const ownStep = last && !this.on && ask.walked(here).length && !same(ask.walked(here), last.after.get(here));
    if (!last || last.at !== given || last.group.roll !== screen.place.roll || ownStep) return false;
    this.strides.pop();
    const { first, all, roll } = last.group;
    if (screen.page().first !== first) screen.moving.step(roll.ids.indexOf(all[0]));
    screen.remarks.say(`Taken back for ${this.put(last)}`);
    return true;
  }

  /** Galaxies go back to where they stood, but for those that have gone on since. @param {Stride} stride @returns {number} how many */
  put({ group, before, after }) {
    const { ask, screen } = this;
    const back = group.all.filter((id) => !screen.desk.answers.has(id) && (!ask.paths.has(id) || same(ask.walked(id), after.get(id))));
    for (const id of back) {
      const path = before.get(id) ?? [];
      if (path.length) ask.paths.set(id, path);
      else ask.paths.delete(id);
    }
    this.group = { ...group, all: back };
    this.redraw();
    return back.length;
  }
}

/** @param {string[]} a @param {string[] | undefined} b */
function same(a, b) {
  return a.join(" ") === b?.join(" ");
}

function undoKey() {
  return printed(keysOf("undo")[0] ?? "");
}
