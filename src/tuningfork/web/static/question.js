// @ts-check
/** What is asked of every galaxy: yes or no, typed answers, a Galaxy Zoo tree, or a question file. */

import { post } from "./api.js";
import { nextStep } from "./form.js";
import { h } from "./dom.js";
import { PlainKeys, clash } from "./keyfield.js";
import { base64 } from "./tray.js";
import { TypedAnswers } from "./typed.js";

const KINDS = {
  "yes-no": "Yes or no",
  "multi-class": "One of several answers",
  "multi-label": "Several answers, which may hold together",
  tree: "A Galaxy Zoo tree",
  file: "A question file of your own",
};
const LARGEST = 256 * 1024; // bytes of a question file, as on the server

/** @typedef {{ text: string, answers: string[], form: import("./form.js").Form }} Read what the server made of a question */

export class QuestionChoice {
  /**
   * @param {{ name: string, text: string }[]} trees
   * @param {(kind: string, name: string) => void} onKind a kind was chosen, and the name that its session would bear
   */
  constructor(trees, onKind) {
    this.onKind = onKind;
    this.asked = 0;
    /** @type {{ name: string, data: string } | null} */
    this.sent = null;
    /** @type {Read | null} */
    this.read = null;
    this.select = h("select", { id: "question-kind", onchange: () => this.choose(this.select.value) },
      Object.entries(KINDS).map(([kind, words]) => h("option", { value: kind }, words)));
    this.tree = h("select", { id: "question-tree", "aria-describedby": "question-problem", onchange: () => this.choose("tree") }, trees.map(({ name, text }) => h("option", { value: name }, text)));
    this.file = h("input", { id: "question-file", class: "visually-hidden", type: "file", accept: ".toml", "aria-describedby": "question-problem", onchange: () => this.takeFile(this.file.files[0]) });
    this.fileWords = h("span", {}, "Drop a TOML file here, or choose one");
    this.treeField = h("div", { class: "field" }, h("label", { for: "question-tree" }, "Tree"), this.tree);
    this.fileField = h("label", { class: "drop", for: "question-file" }, this.file, this.fileWords, h("span", { class: "quiet" }, "The same that the command line takes"));
    this.typed = new TypedAnswers(() => this.say(""));
    this.plain = new PlainKeys(() => this.say(""));
    this.told = h("div", { class: "question-told", "aria-live": "polite" });
    this.problem = h("p", { class: "problem", id: "question-problem", role: "alert" });
    this.kindField = h("div", { class: "field" }, h("label", { for: "question-kind" }, "Asks for"), this.select);
    this.findWords = h("span", { class: "quiet" });
    this.source = h("div", { class: "question-choice" }, this.treeField, this.fileField, this.told);
    this.draw();
  }

  get kind() {
    return this.select.value;
  }

  get isPlain() {
    return this.kind === "yes-no";
  }

  get isTyped() {
    return this.kind.startsWith("multi-");
  }

  /** What the server is told of it; nothing of a plain question. */
  get body() {
    if (this.isPlain) return {};
    if (this.isTyped) return { asks: { kind: this.kind, ...this.typed.body } };
    const source = this.kind === "tree" ? { tree: this.tree.value } : { name: this.sent?.name ?? "", file: this.sent?.data ?? "" };
    return { asks: { kind: this.kind, ...source, ...(this.finds ? { looking_for: this.finds } : {}) } };
  }

  /** The answers that are finds, where somebody chose others than the file's own. @returns {string[] | null} */
  get finds() {
    const boxes = [...this.told.querySelectorAll("input")];
    const chosen = boxes.flatMap((box) => (/** @type {HTMLInputElement} */ (box).checked ? [/** @type {HTMLInputElement} */ (box).value] : []));
    const own = this.read?.form.looking_for ?? [];
    return !this.read || (chosen.length === own.length && own.every((token) => chosen.includes(token))) ? null : chosen;
  }

  /** @param {string} kind */
  async choose(kind) {
    this.select.value = kind;
    this.say("");
    this.forget();
    this.draw();
    this.onKind(kind, kind === "tree" ? this.tree.value : kind === "file" && this.sent ? stem(this.sent.name) : "");
    if (this.isTyped) this.typed.show(kind === "multi-label");
    if (kind === "tree" || (kind === "file" && this.sent)) await this.look();
  }

  /** A file that was dropped or chosen becomes the question. @param {File | undefined} file */
  async takeFile(file) {
    this.file.value = "";
    if (!file) return;
    this.select.value = "file";
    this.sent = null;
    this.fileWords.textContent = "Drop a TOML file here, or choose one";
    if (file.size > LARGEST) {
      await this.choose("file");
      return this.say(`${file.name} is larger than ${LARGEST / 1024} KiB, which no question file is.`);
    }
    let problem = "";
    try {
      this.sent = { name: file.name, data: await base64(file) };
      this.fileWords.textContent = file.name;
    } catch (error) {
      problem = error.message;
    }
    await this.choose("file");
    if (problem) this.say(problem);
  }

  /** Have the server read a tree or a file, and show what it will ask. */
  async look() {
    const asked = ++this.asked;
    try {
      const read = await post("/api/questions", this.body);
      if (asked !== this.asked) return;
      this.read = read;
      this.told.replaceChildren(...this.summary(read));
    } catch (error) {
      if (asked === this.asked) this.say(error.message);
    }
  }

  forget() {
    this.asked += 1;
    this.read = null;
    this.told.replaceChildren();
  }

  /** Whether it can be asked; what is wrong is said here, where it is. @param {string} question the text of a typed one */
  async ready(question) {
    const told = this.problem.textContent;
    this.say("");
    const taken = this.isPlain ? this.plain.clash : this.isTyped ? clash(this.typed.said) : null;
    if (taken) return this.say(taken.text, this.isPlain ? this.plain.fields[taken.at] : this.typed.said[taken.at].field);
    if (this.isPlain) return true;
    if (this.kind === "file" && !this.sent) return this.say(told || "Choose a question file first.");
    if (!this.isTyped && !this.read) return this.say(told || "The question is being read; try again.");
    if (this.finds && !this.finds.length) return this.say("Tick at least one answer that makes a galaxy a find.");
    try {
      await post("/api/questions", { question, ...this.body });
      return true;
    } catch (error) {
      return this.say(error.message);
    }
  }

  /** @param {string} text what is wrong, "" when nothing is @param {HTMLElement} [where] */
  say(text, where) {
    this.problem.textContent = text;
    const usual = this.isTyped ? this.typed.fields[0] : this.kind === "tree" ? this.tree : this.file;
    for (const control of [this.tree, this.file, ...this.typed.fields, ...this.typed.keys, ...this.plain.fields]) {
      const meant = where ? control === where : control === this.tree || control === this.file || this.typed.fields.includes(control);
      if (text && meant) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    }
    if (text) (where ?? usual).focus();
    return false;
  }

  draw() {
    this.treeField.hidden = this.kind !== "tree";
    this.fileField.hidden = this.kind !== "file";
    this.typed.element.hidden = !this.isTyped;
    this.plain.element.hidden = !this.isPlain;
    this.source.hidden = this.isPlain || this.isTyped;
    if (this.isPlain) this.plain.element.append(this.problem);
    else if (this.isTyped) this.typed.element.append(this.problem);
    else this.told.before(this.problem);
  }

  /** What a tree asks first, how much it asks, and what of it is a find. @param {Read} read */
  summary({ text, answers, form }) {
    const first = nextStep(form, []);
    const count = form.steps.length === 1 ? "1 question" : `${form.steps.length} questions`;
    this.findWords.textContent = answers[0];
    return [
      h("p", {}, h("strong", {}, text), h("span", { class: "quiet" }, ` · ${count}`, first && first.text !== text ? `, first: ${first.text}` : "")),
      h("details", {}, h("summary", {}, "A find is ", this.findWords), h("div", { class: "question-finds" }, form.steps.map((step) => this.stepFinds(step, form)))),
    ];
  }

  stepFinds(step, form) {
    const one = form.kind === "multi-class";
    return h("fieldset", {}, h("legend", {}, step.text), step.options.map((option) => {
      const value = `${step.name}.${option.name}`;
      return h("label", { class: "check" }, h("input", { type: one ? "radio" : "checkbox", name: one ? "find" : null, value, checked: form.looking_for.includes(value), onchange: () => this.onFinds() }), option.text);
    }));
  }

  /** Other answers are finds now: what such a galaxy is called then. */
  async onFinds() {
    this.say("");
    const asked = ++this.asked;
    if (this.finds && !this.finds.length) return (this.findWords.textContent = "…");
    try {
      const { answers } = await post("/api/questions", this.body);
      if (asked === this.asked) this.findWords.textContent = answers[0];
    } catch (error) {
      if (asked === this.asked) this.say(error.message);
    }
  }
}

/** @param {string} name of a file */
function stem(name) {
  return name.replace(/\.[^.]*$/, "").slice(0, 60);
}
