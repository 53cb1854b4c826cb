// @ts-check
/** The answers as this page knows them, and what was done in which order. */

/** @typedef {import("./roll.js").Roll} Roll */
/** @typedef {{ roll: Roll, index: number, like?: any, count?: number }} Place */
/** @typedef {{ place: Place, index: number, answer: string, ids: string[], before: (string | undefined)[], paths: (string | undefined)[], path?: string, each?: Said[], stride?: any }} Action */
/** @typedef {{ answer: string, path: string }} Said */

export class Desk extends EventTarget {
  /** @param {import("./outbox.js").Outbox} outbox */
  constructor(outbox) {
    super();
    this.outbox = outbox;
    /** @type {Map<string, string>} */
    this.answers = new Map();
    /** what was said at each step of a form @type {Map<string, string>} */
    this.paths = new Map();
    /** @type {Action[]} */
    this.done = [];
    /** @type {Action[]} */
    this.undone = [];
    /** undos and redos on their way: their number -> what they are about here @type {Map<number, Action | null>} */
    this.turning = new Map();
    /** where the server has turned another action @type {import("./meanwhile.js").Doubt[]} */
    this.doubts = [];
    outbox.addEventListener("result", (event) => this.onResult(/** @type {CustomEvent} */ (event).detail));
  }

  /**
   * Answer galaxies of a roll as one action.
   * @param {Place} place @param {number[]} indices @param {string} answer @param {object} shown how they were shown
   * @param {{ each?: Said[], stride?: any }} [more] of galaxies that came by several paths each one's own; the step by which they came
   */
  answer(place, indices, answer, shown, { each, stride } = {}) {
    const ids = indices.map((i) => place.roll.ids[i]);
    const { path } = shown;
    this.done.push({ place, index: place.index, answer, ids, before: ids.map((id) => this.answers.get(id)), path, paths: ids.map((id) => this.paths.get(id)), each, stride });
    this.undone = [];
    ids.forEach((id, i) => this.put(id, each?.[i].answer ?? answer, each ? each[i].path || undefined : path));
    const own = (i) => (each && each[i].path !== each[0].path ? { path: each[i].path } : {});
    const items = indices.map((index, i) => ({ galaxy: ids[i], position: shown.first === undefined ? 0 : index - shown.first, ...own(i) }));
    const { first, ...rest } = shown;
    this.outbox.push({ kind: "answer", answer, items, ...rest, answered_at: new Date().toISOString() });
    this.changed(ids);
  }

  /** Have the last word on galaxies about which people differ. @param {Place} place @param {number[]} indices @param {string} answer */
  settle(place, indices, answer) {
    const ids = indices.map((i) => place.roll.ids[i]);
    this.done.push({ place, index: place.index, answer, ids, before: ids.map((id) => this.answers.get(id)), paths: ids.map((id) => this.paths.get(id)) });
    this.undone = [];
    for (const id of ids) this.put(id, answer);
    this.outbox.push({ kind: "settle", answer, items: ids.map((galaxy) => ({ galaxy, position: 0 })) });
    this.changed(ids);
  }

  /** Take back the last action. @returns {Action | null} null when the page does not know it: the server will say */
  undo() {
    const action = this.done.pop() ?? null;
    this.turning.set(this.outbox.push({ kind: "undo" }), action);
    if (action) {
      this.undone.push(action);
      action.ids.forEach((id, i) => this.put(id, action.before[i], action.paths[i]));
      this.changed(action.ids);
    }
    return action;
  }

  /** Bring back what was undone last. @returns {Action | null} */
  redo() {
    const action = this.undone.pop() ?? null;
    this.turning.set(this.outbox.push({ kind: "redo" }), action);
    if (action) {
      this.done.push(action);
      action.ids.forEach((id, i) => this.put(id, action.each?.[i].answer ?? action.answer, action.each ? action.each[i].path || undefined : action.path));
      this.changed(action.ids);
    }
    return action;
  }

  /** Of the last answers that say yes or no, how many and which share says yes. @param {string} positive */
  recent(positive, most = 48) {
    const answers = this.done.flatMap((a) => a.ids.map((_, i) => a.each?.[i].answer ?? a.answer)).filter((a) => !EXTRA.has(a)).slice(-most);
    return { count: answers.length, share: answers.length ? answers.filter((a) => a === positive).length / answers.length : 0 };
  }

  /** The server's word on an undo or redo is the last one: another window may have answered in between. */
  onResult({ event, result, own }) {
    if (result.error) {
      this.dispatchEvent(new CustomEvent("refused", { detail: result.error }));
      for (const item of event?.items ?? []) this.put(item.galaxy, undefined);
      this.changed((event?.items ?? []).map((item) => item.galaxy));
    }
    if (!own || !result.galaxies) return;
    const action = this.turning.get(event.seq) ?? null;
    this.turning.delete(event.seq);
    const ids = result.galaxies.map(({ id }) => id);
    if (action && !sameSet(action.ids, ids)) this.doubts.push({ kind: event.kind, action, ids });
    if (this.outbox.own.events.length) return this.turned(event, result, action); // later acts are on their way: too early to compare
    const strangers = result.galaxies.filter(({ id, answer }) => (this.answers.get(id) ?? null) !== answer);
    for (const { id, answer } of strangers) this.put(id, answer ?? undefined);
    if (strangers.length) this.changed(strangers.map(({ id }) => id));
    this.turned(event, result, action);
    if (this.doubts.length) this.dispatchEvent(new CustomEvent("doubt", { detail: this.doubts.splice(0) }));
  }

  turned(event, result, action) {
    this.dispatchEvent(new CustomEvent("turned", { detail: { kind: event.kind, galaxies: result.galaxies, action } }));
  }

  /**
   * What the server says stands of some galaxies.
   * @param {string[]} ids @param {Record<string, string>} answers @param {import("./meanwhile.js").Doubt[]} doubts whose paths are known
   */
  hear(ids, answers, doubts) {
    const said = new Map(doubts.flatMap(({ action }) => action.ids.map((id, i) => [id, action.each?.[i] ?? action])));
    for (const id of ids) {
      const { answer, path } = said.get(id) ?? {};
      this.put(id, answers[id], answer === answers[id] ? path || undefined : undefined);
    }
    this.changed(ids);
  }

  put(id, answer, path = undefined) {
    if (path === undefined) this.paths.delete(id);
    else this.paths.set(id, path);
    if (answer === undefined) this.answers.delete(id);
    else this.answers.set(id, answer);
  }

  changed(ids) {
    this.dispatchEvent(new CustomEvent("change", { detail: ids }));
  }
}

/** @param {string[]} a @param {string[]} b */
function sameSet(a, b) {
  return a.length === b.length && a.every((id) => b.includes(id));
}

export const EXTRA = new Set(["maybe", "junk", "skip"]);
