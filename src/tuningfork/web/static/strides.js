// @ts-check
/** Steps that were said for many galaxies at once: where each stood before and after, to go back and forth. */

import { nextStep } from "./form.js";

/** @typedef {Map<string, string[]>} Stand galaxy -> its path */
/** @typedef {{ roll: import("./roll.js").Roll, before: Stand, after: Stand, ended: string[], at: number, clock: number, meant: string[] | null }} Stride of the galaxies whose walks ended there is an answer; `at`: how many answers had been given; `meant`: for whom the next answer was when it was taken back */

const MOST_LOGGED = 20; // steps that ended walks, kept for an undo that this page does not remember

export class Strides {
  /** @param {import("./ask.js").Ask} ask */
  constructor(ask) {
    this.ask = ask;
    this.screen = ask.screen;
    /** those that ended no walk: nothing of them is in the log @type {Stride[]} */
    this.done = [];
    /** @type {Stride[]} */
    this.undone = [];
    /** @type {Stride[]} */
    this.logged = [];
  }

  /** A new step. @param {Stride} stride */
  add(stride) {
    this.undone = [];
    if (!stride.ended.length) this.done.push(stride);
    else this.logged = [...this.logged, stride].slice(-MOST_LOGGED);
  }

  /** The last step for many, if nothing came after it. @returns {Stride | null} */
  get last() {
    const given = this.screen.desk.done.length;
    this.done = this.done.filter(({ at }) => at <= given); // answers that came before it were taken back: it is past
    const last = this.done.at(-1);
    return last && last.at === given && last.roll === this.screen.place.roll ? last : null;
  }

  /** The step for many that was taken back last, if it comes next. @returns {Stride | null} */
  get next() {
    const next = this.undone.at(-1);
    return next && next.at === this.screen.desk.done.length && next.roll === this.screen.place.roll ? next : null;
  }

  /** All of them stand where they stood. @param {Stride} stride @returns {string[]} which */
  back(stride) {
    this.done = this.done.filter((one) => one !== stride);
    this.undone.push(stride);
    return this.put(stride, "before");
  }

  /** All of them have gone on again. @param {Stride} stride @returns {string[]} which */
  forth(stride) {
    this.undone = this.undone.filter((one) => one !== stride);
    this.done.push(stride);
    return this.put(stride, "after");
  }

  /**
   * Galaxies are put to one side of a step, but for those that stand elsewhere by now.
   * @param {Stride} stride @param {"before" | "after"} side @param {string[]} [ids] not all of them
   * @returns {string[]} which
   */
  put(stride, side, ids = [...stride.before.keys()]) {
    const { ask, screen } = this;
    const other = side === "before" ? stride.after : stride.before;
    const ended = new Set(stride.ended); // an answer taken back leaves no walk; what ended is an answer
    const stands = (id) => same(ask.walked(id), other.get(id)) || (side === "before" && !ask.walked(id).length);
    const put = ids.filter((id) => !screen.desk.answers.has(id) && (side === "before" || !ended.has(id)) && stands(id));
    for (const id of put) ask.walks.set(id, stride[side].get(id) ?? []);
    if (side === "after") for (const id of stride.ended) this.end(id, stride.after.get(id) ?? []);
    return put;
  }

  /** A walk that ended in an answer which stands. @param {string} id @param {string[]} path */
  end(id, path) {
    const { ask, screen } = this;
    const answer = screen.desk.answers.get(id);
    if (answer === undefined) return;
    ask.walks.delete(id);
    if (answer === ask.answerOf(path)) screen.desk.put(id, answer, path.join(" "));
  }

  /** The step that ended the walks of exactly these galaxies. @param {string[]} ids @returns {Stride | undefined} */
  of(ids) {
    return this.logged.findLast(({ ended }) => ended.length === ids.length && ended.every((id) => ids.includes(id)));
  }

  /** Whatever was done or taken back is past: another window has come in between. */
  forget() {
    this.done = [];
    this.undone = [];
  }

  /** What a reload shall not lose, as plain lists. */
  get kept() {
    const given = this.screen.desk.done.length;
    const fresh = (strides) => strides.filter(({ at }) => at === given).map(plain);
    return { done: fresh(this.done), undone: fresh(this.undone), logged: this.logged.map(plain) };
  }

  /** Take over what another page kept. @param {any} kept */
  adopt(kept) {
    const read = (list) => (Array.isArray(list) ? list.slice(-MOST_LOGGED) : []).map((one) => this.read(one)).filter((one) => one !== null);
    this.logged = [...this.logged, ...read(kept?.logged)].slice(-MOST_LOGGED);
    if (this.screen.desk.done.length || this.done.length || this.undone.length) return;
    this.done = read(kept?.done);
    this.undone = read(kept?.undone);
  }

  /** One of them, or null for what this page would not have written. @returns {Stride | null} */
  read(value) {
    const { ask, screen } = this;
    const before = ask.walks.stand(value?.before);
    const after = ask.walks.stand(value?.after, true);
    const ids = before ? [...before.keys()] : [];
    if (!before || !after || !ids.length || ids.length !== after.size || !ids.every((id) => after.has(id))) return null;
    const ended = ids.filter((id) => !nextStep(ask.form, after.get(id) ?? []));
    const meant = Array.isArray(value.meant) ? value.meant.filter((id) => before.has(id)) : null;
    return { roll: screen.places[0].roll, before, after, ended, at: 0, clock: 0, meant };
  }
}

/** @param {Stride} stride */
function plain({ before, after, meant }) {
  return { before: [...before], after: [...after], meant };
}

/** @param {string[]} a @param {string[] | undefined} b */
export function same(a, b) {
  return a.join(" ") === b?.join(" ");
}
