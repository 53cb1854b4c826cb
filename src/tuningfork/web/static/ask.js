// @ts-check
/** A question with steps: a Galaxy Zoo tree, several classes, several labels. One strip asks them, one key answers each. */

import { h, keycap } from "./dom.js";
import { NOTHING, nextStep, pathWords } from "./form.js";
import { keysOf, printed } from "./keys.js";
import { preferences } from "./preferences.js";
import { Together } from "./together.js";

/** @typedef {import("./form.js").Form} Form */
/** @typedef {import("./form.js").Option} Option */

export class Ask {
  /** @param {import("./label.js").Label} screen @param {Form} form */
  constructor(screen, form) {
    this.screen = screen;
    this.form = form;
    /** galaxies that were begun -> their path @type {Map<string, string[]>} */
    this.paths = new Map();
    /** @type {Set<string>} */
    this.toggled = new Set();
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
    return this.paths.get(id) ?? [];
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
    if (nextStep(this.form, path)) {
      this.paths.set(this.about, path);
      this.changed();
      return this.screen.pictureChanged();
    }
    this.paths.delete(this.about);
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
    if (this.together.on) this.together.leave();
    else if (this.path.length && !this.arrived) this.back();
    else return false;
    return true;
  }

  /** One step back, with its answers still chosen. */
  back() {
    const last = this.path[this.path.length - 1].split(".")[0];
    const kept = this.path.filter((token) => !token.startsWith(`${last}.`));
    this.toggled = new Set(this.path.filter((token) => !kept.includes(token)).map((token) => token.split(".")[1]));
    if (kept.length) this.paths.set(this.about, kept);
    else this.paths.delete(this.about);
    this.changed();
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
    const key = [this.about, this.path, [...this.toggled], this.together.on, count, preferences.get("singleKeys")].join("|");
    if (key === this.drawn) return;
    this.drawn = key;
    this.element.hidden = !step || !this.about;
    if (!step) return;
    if (this.question.textContent !== step.text) this.question.textContent = step.text;
    const whom = this.together.on ? this.together.words : count > 1 ? `All ${count} selected` : "";
    const trail = this.path.length ? pathWords(this.form, this.path) : "";
    const back = this.path.length ? h("button", { type: "button", class: "answer quiet-answer", onmousedown: keep, onclick: () => this.undo() }, keycapOf(printed(keysOf("undo").at(-1) ?? "")), "back") : null;
    this.where.replaceChildren(h("span", { class: "whom" }, whom), whom && trail ? " · " : "", trail);
    this.answers.setAttribute("aria-label", step.text);
    const alone = this.together.on ? h("button", { type: "button", class: "answer quiet-answer", onmousedown: keep, onclick: () => this.together.leave() }, keycapOf("Esc"), "one by one") : null;
    const buttons = [...step.options.map((o) => this.button(o)), step.several ? this.doneButton() : null, back, alone];
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
