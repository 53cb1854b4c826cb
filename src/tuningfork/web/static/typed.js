// @ts-check
/** Answers that somebody types, and which of them one is looking for. */

import { h } from "./dom.js";
import { keyField } from "./keyfield.js";

const MOST = 15; // as many as there are keys
const BEGIN = 2;
export const FREE = "123456789fjaqtu"; // the keys of answers that were given none, in this order

export class TypedAnswers {
  /** @param {() => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
    this.several = false;
    this.made = 0;
    this.list = h("ol", { class: "typed-lines" });
    this.add = h("button", { type: "button", class: "button small", onclick: () => this.addLine().focus() }, "Another answer");
    this.note = h("p", { class: "quiet" });
    this.element = h("fieldset", { class: "typed" }, h("legend", {}, "Answers"), this.note, this.list, this.add);
    for (let i = 0; i < BEGIN; i++) this.addLine();
    this.show(false);
  }

  /** Whether several of them may hold together: then several may be looked for. @param {boolean} several */
  show(several) {
    this.several = several;
    this.note.textContent = several ? "Tick those that make a galaxy a find. The narrow field is the key; left empty it is the one shown." : "Mark the one you are looking for. The narrow field is the key; left empty it is the one shown.";
    this.marks.forEach((mark, i) => {
      mark.type = several ? "checkbox" : "radio";
      if (!several) mark.checked = i === Math.max(0, this.first);
    });
  }

  get lines() {
    return /** @type {HTMLElement[]} */ ([...this.list.children]);
  }

  get marks() {
    return /** @type {HTMLInputElement[]} */ (this.lines.map((line) => line.querySelector(".typed-mark")));
  }

  get fields() {
    return /** @type {HTMLInputElement[]} */ (this.lines.map((line) => line.querySelector(".typed-words")));
  }

  get keys() {
    return /** @type {HTMLInputElement[]} */ (this.lines.map((line) => line.querySelector(".typed-key")));
  }

  /** The first that is marked. */
  get first() {
    return this.marks.findIndex((mark) => mark.checked);
  }

  /** Lines with words. */
  get said() {
    return this.fields.map((field, i) => ({ words: field.value.trim(), find: this.marks[i].checked, key: this.keys[i].value, field: this.keys[i] })).filter(({ words }) => words);
  }

  /** What the server is told: the answers in words, the places of those that are finds, and keys where some were given. */
  get body() {
    const { said } = this;
    const keys = said.map(({ key }) => key);
    return { answers: said.map(({ words }) => words), finds: said.flatMap(({ find }, i) => (find ? [i] : [])), ...(keys.some(Boolean) ? { keys } : {}) };
  }

  /** @returns {HTMLInputElement} its field */
  addLine() {
    const number = ++this.made;
    const field = h("input", {
      type: "text", class: "typed-words", autocomplete: "off", maxlength: 60, id: `answer-${number}`, oninput: () => this.onInput(),
      onkeydown: (event) => this.onKey(event),
    });
    const mark = h("input", { type: this.several ? "checkbox" : "radio", name: "typed-find", class: "typed-mark", checked: !this.list.children.length, onchange: () => this.onChange() });
    const away = h("button", { type: "button", class: "button small typed-away", onclick: () => this.remove(line) }, "✕");
    const key = keyField(() => this.onInput());
    const line = h("li", {}, mark, field, key, away);
    this.list.append(line);
    this.name();
    return /** @type {any} */ (field);
  }

  onInput() {
    this.foretell();
    this.onChange();
  }

  /** The keys that answers without one will get. */
  foretell() {
    const given = this.said.map(({ key }) => key);
    const free = [...FREE].filter((key) => !given.includes(key));
    this.keys.forEach((field, i) => {
      field.placeholder = (field.value || !this.fields[i].value.trim() ? "" : free.shift()) ?? "";
    });
  }

  /** Enter goes to the next line, and makes one after the last; the form is not sent from here. */
  onKey(event) {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    const next = this.fields[this.fields.indexOf(event.target) + 1];
    if (next) next.focus();
    else if (event.target.value.trim() && this.fields.length < MOST) this.addLine().focus();
  }

  /** Two lines stay. @param {HTMLElement} line */
  remove(line) {
    const at = this.lines.indexOf(line);
    line.remove();
    if (this.first < 0) this.marks[0].checked = true;
    this.name();
    this.fields[Math.min(at, this.fields.length - 1)].focus();
    this.onChange();
  }

  /** Each line is called by its place. */
  name() {
    this.lines.forEach((line, i) => {
      this.fields[i].setAttribute("aria-label", `Answer ${i + 1}`);
      this.marks[i].setAttribute("aria-label", `Answer ${i + 1} is a find`);
      this.keys[i].setAttribute("aria-label", `Key for answer ${i + 1}`);
      const away = /** @type {HTMLButtonElement} */ (line.querySelector(".typed-away"));
      away.setAttribute("aria-label", `Take away answer ${i + 1}`);
      away.disabled = this.lines.length <= BEGIN;
    });
    this.add.disabled = this.lines.length >= MOST;
    this.foretell();
  }
}
