// @ts-check
/** How an answer looks: a shape and a word, never a colour alone. */

import { h } from "./dom.js";

const SHAPES = { yes: "✓", no: "✕", maybe: "?", junk: "⊘", skip: "–" };

/** @typedef {{ name: string, question: string, answers: string[], positive: string, strategy: string, head: string }} SessionFacts */

/** The role an answer plays, whatever the question calls it. @param {SessionFacts} session @param {string} answer */
export function roleOf(session, answer) {
  if (answer === session.positive) return "yes";
  return answer in { maybe: 1, junk: 1, skip: 1 } ? answer : "no";
}

/** The answer behind a role. @param {SessionFacts} session @param {string} role */
export function answerFor(session, role) {
  if (role === "yes") return session.positive;
  if (role === "no") return session.answers[1];
  return role;
}

/** @param {SessionFacts} session @param {string} answer */
export function words(session, answer) {
  return answer === "junk" ? "bad image" : answer;
}

/** A chip with shape and word. @param {SessionFacts} session @param {string} answer */
export function chip(session, answer) {
  const role = roleOf(session, answer);
  return h("span", { class: `chip chip-${role}` }, h("span", { "aria-hidden": "true" }, SHAPES[role]), words(session, answer));
}

/** @param {string} role */
export function shape(role) {
  return SHAPES[role];
}
