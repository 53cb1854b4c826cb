// @ts-check
/** A question with steps, and the walk of one galaxy through them. */

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
