// @ts-check
/** How an answer looks: a shape and a word, never a colour alone. */

import { pathWords } from "./form.js";
import { h } from "./dom.js";

const SHAPES = { yes: "✓", no: "✕", maybe: "?", junk: "⊘", skip: "–", class: "●" };

/** @typedef {{ name: string, question: string, answers: string[], positive: string, form?: import("./form.js").Form | null, strategy: string, head: string, vectors: string[], shares?: Record<string, number>, me: { name: string, role: string } }} SessionFacts */

/** The role an answer plays, whatever the question calls it. @param {SessionFacts} session @param {string} answer */
export function roleOf(session, answer) {
  if (answer === session.positive) return "yes";
  return answer in { maybe: 1, junk: 1, skip: 1 } ? answer : session.form ? "class" : "no";
}

/** The answer behind a role. @param {SessionFacts} session @param {string} role */
export function answerFor(session, role) {
  if (role === "yes") return session.positive;
  if (role === "no") return session.answers[1];
  return role;
}

/** @param {SessionFacts} session @param {string} answer @param {string} [path] what was said at each step of a form */
export function words(session, answer, path = "") {
  if (answer === "junk") return "bad image";
  const option = session.form?.steps[0].options.find((o) => o.name === answer);
  return path && session.form ? pathWords(session.form, path.split(" ")) : (option?.text ?? answer);
}

/** A chip with shape and word. @param {SessionFacts} session @param {string} answer @param {string} [path] */
export function chip(session, answer, path = "") {
  const role = roleOf(session, answer);
  const whole = words(session, answer, path);
  const text = role === "yes" ? answer : whole;
  return h("span", { class: `chip chip-${role}`, title: path ? whole : null }, h("span", { "aria-hidden": "true" }, SHAPES[role]), h("span", { class: "chip-words" }, text));
}

/** How far a galaxy has come whose walk is not over. @param {string} said @param {string} last what was said last */
export function underWay(said, last) {
  return h("span", { class: "chip chip-begun", title: said }, h("span", { class: "chip-words" }, `${last} …`));
}

/** @param {string} role */
export function shape(role) {
  return SHAPES[role];
}
