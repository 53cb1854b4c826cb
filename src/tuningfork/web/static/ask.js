// @ts-check
/** A question with steps: a Galaxy Zoo tree, several classes, several labels. One strip asks them, one key answers each. */

import { h, keycap } from "./dom.js";
import { keysOf, printed } from "./keys.js";
import { preferences } from "./preferences.js";

export const NOTHING = "none";

/** @typedef {{ name: string, text: string, key: string }} Option */
/** @typedef {{ name: string, text: string, options: Option[], parents: string[], several: boolean }} Step */
/** @typedef {{ kind: string, steps: Step[], looking_for: string[] }} Form */

/** The step that is asked next after a path of answers; undefined at the end. @param {Form} form @param {string[]} path */
export function nextStep(form, path) {
  const asked = (step) => !step.parents.length || step.parents.some((parent) => path.includes(parent));
  return form.steps.find((step) => asked(step) && !path.some((token) => token.startsWith(`${step.name}.`)));
}

/** A path in words: "Smooth · Completely round". @param {Form} form @param {string[]} path */
export function pathWords(form, path) {
  const words = form.steps.flatMap((step) => step.options.filter((o) => path.includes(`${step.name}.${o.name}`)).map((o) => inWords(step, o)));
  return words.join(" · ") || "none of these";
}

/** A bare yes or no says nothing by itself. @param {Step} step @param {Option} option */
function inWords(step, { text }) {
  const about = step.name.replace(/^t\d+_/, "").replace(/[-_]/g, " ");
  return /^(yes|no)$/i.test(text) ? `${about}: ${text.toLowerCase()}` : text;
}

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
    this.rest = false;
    this.restOf = { roll: /** @type {any} */ (null), first: -1 };
    this.question = h("strong", { "aria-live": "polite" }); // one for all steps, so that each is read out
    this.where = h("span", { class: "ask-where" }); // there even when empty: nothing moves
    this.answers = h("div", { class: "answers", role: "group" });
    this.element = h("section", { class: "ask", "aria-label": "Question" }, h("div", { class: "ask-words" }, this.where, this.question), this.answers);
    this.drawn = "";
  }

  get path() {
    return this.paths.get(this.about) ?? [];
  }

  get step() {
    return nextStep(this.form, this.path);
  }

  /** Ask about the galaxy under the hand. A walk that was begun goes on where it was left. */
  show() {
    const { roll, index } = this.screen.place;
    if (this.rest && (this.restOf.roll !== roll || this.restOf.first !== this.screen.page().first)) this.rest = false; // another page has other galaxies
    const about = this.rest ? "rest" : (roll.ids[index] ?? "");
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
    else if (key === "Escape" && this.rest) this.leaveRest();
    else if (keysOf("undo").includes(key) && this.path.length) this.back();
    else return false;
    return true;
  }

  /** @param {string} name */
  choose(name) {
    const { step } = this;
    if (!step || !this.about) return;
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
    if (!this.rest && !this.screen.view.ready) return this.screen.remarks.say("The picture is on its way.", 1500);
    const path = [...this.path, ...names.map((name) => `${step.name}.${name}`)];
    this.toggled.clear();
    if (nextStep(this.form, path)) {
      this.paths.set(this.about, path);
      this.draw();
      return this.screen.pictureChanged();
    }
    this.paths.delete(this.about);
    const { rest } = this;
    this.rest = false;
    this.screen.answering.answerPath(path, this.answerOf(path), rest);
  }

  /** One step back, with its answers still chosen. */
  back() {
    const last = this.path[this.path.length - 1].split(".")[0];
    const kept = this.path.filter((token) => !token.startsWith(`${last}.`));
    this.toggled = new Set(this.path.filter((token) => !kept.includes(token)).map((token) => token.split(".")[1]));
    this.paths.set(this.about, kept);
    this.draw();
  }

  /** The answers from here on are those of all other galaxies of the page. */
  askRest() {
    this.rest = true;
    this.restOf = { roll: this.screen.place.roll, first: this.screen.page().first };
    this.paths.delete("rest");
    this.show();
  }

  leaveRest() {
    this.rest = false;
    this.show();
  }

  /** The answer that the log keeps of a path. @param {string[]} path */
  answerOf(path) {
    if (this.form.kind === "multi-class") return path[0].split(".")[1];
    return this.screen.session.answers[path.some((token) => this.form.looking_for.includes(token)) ? 0 : 1];
  }

  draw() {
    const { step, screen } = this;
    const count = this.rest ? screen.answering.restOfPage().length : screen.selected.count;
    const key = [this.about, this.path, [...this.toggled], this.rest, count, preferences.get("singleKeys")].join("|");
    if (key === this.drawn) return;
    this.drawn = key;
    this.element.hidden = !step || !this.about;
    if (!step) return;
    if (this.question.textContent !== step.text) this.question.textContent = step.text;
    const whom = this.rest ? `The other ${count} of the page` : count > 1 ? `All ${count} selected` : "";
    const trail = this.path.length ? pathWords(this.form, this.path) : "";
    const back = this.path.length ? h("button", { type: "button", class: "answer quiet-answer", onmousedown: keep, onclick: () => this.back() }, keycapOf(printed(keysOf("undo").at(-1) ?? "")), "back") : null;
    this.where.replaceChildren(h("span", { class: "whom" }, whom), whom && trail ? " · " : "", trail);
    this.answers.setAttribute("aria-label", step.text);
    const buttons = [...step.options.map((o) => this.button(o)), step.several ? this.doneButton() : null, back];
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
