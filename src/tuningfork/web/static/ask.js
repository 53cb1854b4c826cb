// @ts-check
/** A question with steps: a Galaxy Zoo tree, several classes, several labels. One strip asks them, one key answers each. */

import { h, keycap } from "./dom.js";
import { NOTHING, nextStep, pathWords } from "./form.js";
import { keysOf, printed } from "./keys.js";
import { preferences } from "./preferences.js";
import { same } from "./strides.js";
import { Together } from "./together.js";
import { Walks } from "./walks.js";

/** @typedef {import("./form.js").Form} Form */
/** @typedef {import("./form.js").Option} Option */

export class Ask {
  /** @param {import("./label.js").Label} screen @param {Form} form */
  constructor(screen, form) {
    this.screen = screen;
    this.form = form;
    this.walks = new Walks(this);
    /** steps of one galaxy that were taken back @type {{ id: string, path: string[], kept: string[], at: number }[]} */
    this.again = [];
    /** @type {Set<string>} */
    this.toggled = new Set();
    /** when each galaxy's own steps were said, counted in steps @type {Map<string, number[]>} */
    this.times = new Map();
    this.clock = 0;
    this.about = "";
    this.together = new Together(this);
    this.arrived = false; // by an answer elsewhere, which then is what was done last
    this.question = h("strong", { "aria-live": "polite" }); // one for all steps, so that each is read out
    this.where = h("span", { class: "ask-where" }); // there even when empty: nothing moves
    this.answers = h("div", { class: "answers", role: "group" });
    this.element = h("section", { class: "ask", "aria-label": "Question" }, h("div", { class: "ask-words" }, this.where, this.question), this.answers);
    this.drawn = "";
  }

  get path() {
    return this.walked(this.together.on ? this.together.ids[0] : this.about);
  }

  /** How far a galaxy has come. @param {string} id @returns {string[]} */
  walked(id) {
    return this.walks.get(id);
  }

  get step() {
    return nextStep(this.form, this.path);
  }

  /** Ask about the galaxy under the hand. A walk that was begun goes on where it was left. */
  show() {
    const { roll, index } = this.screen.place;
    const about = this.together.check() ? "together" : (roll.ids[index] ?? "");
    if (about !== this.about) {
      this.about = about;
      this.toggled.clear();
    }
    this.draw();
  }

  /** Whether a key answers the step. @param {string} key @returns {boolean} */
  key(key) {
    if (this.screen.mapping.shown) return false; // the galaxy it would be about is not on the screen
    const option = this.step?.options.find((o) => o.key === key);
    if (option) this.choose(option.name);
    else if (key === "Enter" && this.step?.several) this.done();
    else if (key === "Escape" && this.together.on) this.together.leave();
    else if (!keysOf("undo").includes(key)) return false;
    else return this.undo();
    return true;
  }

  /** @param {string} name */
  choose(name) {
    const { step } = this;
    if (!step || !this.about) return;
    this.arrived = false;
    if (!step.several) return this.take([name]);
    if (!this.toggled.delete(name)) this.toggled.add(name);
    this.draw();
  }

  /** A step that takes several answers is finished; without any of them none applies. */
  done() {
    const { step } = this;
    if (!step) return;
    const names = step.options.map((o) => o.name).filter((name) => this.toggled.has(name));
    this.take(names.length ? names : [NOTHING]);
  }

  take(names) {
    const { step } = this;
    if (!step || !this.about) return;
    const said = names.map((name) => `${step.name}.${name}`);
    if (this.together.on) return this.together.take(said);
    if (!this.screen.view.ready) return this.screen.remarks.say("The picture is on its way.", 1500);
    const path = [...this.path, ...said];
    this.toggled.clear();
    this.again = [];
    if (nextStep(this.form, path)) {
      this.go(this.about, path);
      return this.screen.pictureChanged();
    }
    this.walks.delete(this.about);
    this.screen.answering.answerPath(path, this.answerOf(path));
  }

  /** Walks have moved on or back: the strip and what stands on the tiles. */
  changed() {
    this.draw();
    this.screen.view.refresh();
  }

  /** Take back the last step, of one galaxy or of many. @returns {boolean} false where there was none since the last answer */
  undo() {
    if (this.together.back()) return true;
    if (this.together.on && this.together.group?.begun) this.together.leave(); // nothing was said yet
    else if (this.path.length && !this.arrived) this.back();
    else return false;
    return true;
  }

  /** One step back, with its answers still chosen. */
  back() {
    const last = this.path[this.path.length - 1].split(".")[0];
    const { path } = this;
    const kept = path.filter((token) => !token.startsWith(`${last}.`));
    this.toggled = new Set(path.filter((token) => !kept.includes(token)).map((token) => token.split(".")[1]));
    this.times.get(this.about)?.pop();
    this.again.push({ id: this.about, path, kept, at: this.takenBack });
    this.walks.set(this.about, kept);
    this.changed();
  }

  /** The step that was taken back last, of one galaxy or of many, if it comes next. @returns {boolean} */
  redo() {
    const last = this.again.at(-1);
    if (!last || last.id !== this.about || last.at !== this.takenBack || !same(this.path, last.kept)) return this.together.forth();
    this.again.pop();
    this.toggled.clear();
    this.go(this.about, last.path);
    return true;
  }

  /** A step of one galaxy. @param {string} id @param {string[]} path */
  go(id, path) {
    this.times.set(id, [...(this.times.get(id) ?? []), ++this.clock]);
    this.walks.set(id, path);
    this.changed();
  }

  /** How much besides can be brought again: what was taken back later comes first. */
  get takenBack() {
    return this.together.strides.undone.length + this.screen.desk.undone.length;
  }

  /** The galaxy under the hand from its first question on. */
  beginAgain() {
    this.toggled.clear();
    this.again = [];
    this.walks.delete(this.about);
    this.changed();
    this.screen.view.focus();
  }

  /** Walks that an earlier page began come first, but for those that need no answer any more. */
  async open() {
    const { screen, walks } = this;
    const { galaxies, page } = await walks.takeOver(screen.lease.before);
    if (page) screen.lease.before = page;
    const begun = [...walks.resumed];
    if (!begun.length) return;
    const told = await screen.answering.meanwhile.standing(begun).catch(() => null);
    if (!told) return; // they go on when their galaxies come
    const over = new Set([...Object.keys(told.answers), ...told.others]);
    for (const id of over) walks.delete(id);
    const left = galaxies.filter((id) => !over.has(id));
    if (!left.length) return;
    const { size } = screen.page();
    screen.places[0].roll.take(left);
    await screen.places[0].roll.ensure(size, size); // the rest of the page
    screen.remarks.say(left.length === 1 ? "One galaxy was under way: it goes on where it was" : `${left.length} galaxies were under way: they go on where they were`);
  }

  /** What was said so far of a galaxy that is under way, in words, or the last of it. @param {string} id @param {boolean} [last] */
  begun(id, last = false) {
    const path = this.walked(id);
    const step = path.at(-1)?.split(".")[0];
    const told = last ? path.filter((token) => token.startsWith(`${step}.`)) : path;
    return told.length ? pathWords(this.form, told) : "";
  }

  /** The answer that the log keeps of a path. @param {string[]} path */
  answerOf(path) {
    if (this.form.kind === "multi-class") return path[0].split(".")[1];
    return this.screen.session.answers[path.some((token) => this.form.looking_for.includes(token)) ? 0 : 1];
  }

  draw() {
    const { step, screen } = this;
    const count = this.together.on ? this.together.ids.length : screen.selected.count;
    const key = [this.about, this.path, [...this.toggled], this.together.on, this.walks.resumed.has(this.about), count, preferences.get("singleKeys")].join("|");
    if (key === this.drawn) return;
    this.drawn = key;
    this.element.hidden = !step || !this.about;
    if (!step) return;
    if (this.question.textContent !== step.text) this.question.textContent = step.text;
    const whom = this.together.on ? this.together.words : count > 1 ? `All ${count} selected` : "";
    const trail = this.path.length ? pathWords(this.form, this.path) : "";
    const back = this.path.length ? h("button", { type: "button", class: "answer quiet-answer", onmousedown: keep, onclick: () => this.undo() }, keycapOf(printed(keysOf("undo").at(-1) ?? "")), "back") : null;
    const anew = !this.together.on && this.walks.resumed.has(this.about) ? h("button", { type: "button", class: "answer quiet-answer", onmousedown: keep, onclick: () => this.beginAgain() }, "begin again") : null;
    this.where.replaceChildren(h("span", { class: "whom" }, whom), whom && trail ? " · " : "", trail, anew ? h("span", { class: "quiet" }, " · kept from before") : "");
    this.answers.setAttribute("aria-label", step.text);
    const alone = this.together.on ? h("button", { type: "button", class: "answer quiet-answer", onmousedown: keep, onclick: () => this.together.leave() }, keycapOf("Esc"), "one by one") : null;
    const buttons = [...step.options.map((o) => this.button(o)), step.several ? this.doneButton() : null, back, anew, alone];
    this.answers.replaceChildren(...buttons.filter((button) => button !== null));
  }

  /** @param {Option} option */
  button(option) {
    const pressed = this.step?.several ? (this.toggled.has(option.name) ? "true" : "false") : null;
    return h("button", { type: "button", class: "answer", "aria-pressed": pressed, onmousedown: keep, onclick: () => this.choose(option.name) }, keycapOf(printed(option.key)), option.text);
  }

  doneButton() {
    return h("button", { type: "button", class: "answer", onmousedown: keep, onclick: () => this.done() }, keycapOf("Enter"), this.toggled.size ? "done" : "none of these");
  }
}

/** The focus stays on the galaxy. */
function keep(event) {
  event.preventDefault();
}

function keycapOf(name) {
  return preferences.get("singleKeys") && name ? keycap(name) : null;
}
