// @ts-check
/** Whose vectors galaxies are ranked by: one encoder's, or those of several side by side. */

import { h } from "./dom.js";

/** @typedef {{ key: string, name: string, made: string, numbers: number, galaxies: number }} Vectors */

const MEANING = "Each is an encoder's description of how a galaxy looks, in numbers. Galaxies count as alike by the ones you choose; several stand side by side with equal weight.";

export class VectorChoice {
  /**
   * @param {any} state what the server said of the collection
   * @param {string[]} chosen keys
   * @param {(keys: string[]) => void} onChange
   */
  constructor(state, chosen, onChange) {
    this.all = state.collection.galaxies;
    /** @type {Vectors[]} */
    this.vectors = state.vectors ?? [];
    this.chosen = chosen;
    this.onChange = onChange;
    this.element = h("fieldset", { class: "vectors" },
      h("legend", {}, "Ranks by"),
      h("p", { class: "quiet" }, MEANING),
      this.vectors.map((one, i) => this.line(one, i)));
  }

  /** The keys of what is ticked, in the order of the list. */
  get keys() {
    return this.vectors.map(({ key }) => key).filter((key) => this.chosen.includes(key));
  }

  /** What is ticked, in few words. */
  get words() {
    return this.vectors.filter(({ key }) => this.chosen.includes(key)).map((one) => one.name).join(" + ");
  }

  line(one, i) {
    const box = h("input", { type: "checkbox", id: `vectors-${i}`, checked: this.chosen.includes(one.key), onchange: () => this.toggle(one.key, box) });
    const part = one.galaxies < this.all ? `${one.galaxies.toLocaleString("en")} of ${this.all.toLocaleString("en")} galaxies, the others are not asked about` : "";
    const twin = this.vectors.some((other) => other !== one && other.name === one.name);
    const facts = [`${one.numbers} numbers`, twin ? `made ${day(one.made)}` : "", part].filter(Boolean).join(" · ");
    return h("label", { class: "check vectors-line", for: box.id }, box, h("span", {}, one.name, " ", h("span", { class: "quiet" }, facts)));
  }

  /** One at least stays. */
  toggle(key, box) {
    const chosen = box.checked ? [...this.chosen, key] : this.chosen.filter((other) => other !== key);
    if (!chosen.length) box.checked = true;
    else this.chosen = chosen;
    this.onChange(this.keys);
  }
}

/** In the settings of a session: nothing happens before the button. @param {import("./label.js").Label} screen @param {(vectors: string[]) => Promise<string>} configure its words are those of an error */
export function vectorSettings(screen, configure) {
  if ((screen.state.vectors ?? []).length < 2) return null; // there is nothing to choose
  const note = h("p", { class: "quiet", role: "status" }, "All answers stay: the galaxies are ranked anew, from the next page on.");
  const same = (keys) => [...keys].sort().join() === [...screen.session.vectors].sort().join();
  const choice = new VectorChoice(screen.state, [...screen.session.vectors], (keys) => (button.disabled = same(keys)));
  const button = h("button", {
    type: "button", class: "button small", disabled: true,
    onclick: async () => {
      button.disabled = true;
      note.textContent = "Reading the vectors …";
      const trouble = await configure(choice.keys);
      note.textContent = trouble || `Ranked by ${choice.words} from the next page on. All answers stay.`;
      button.disabled = same(choice.keys);
    },
  }, "Rank by these");
  choice.element.append(button, note);
  return h("div", { class: "setting" }, choice.element);
}

/** On the start page: folded away, since the usual ones do. @param {any} state @param {(keys: string[]) => void} onChange */
export function vectorStart(state, onChange) {
  const [only, ...others] = state.vectors ?? [];
  if (!others.length) return only ? h("p", { class: "vectors-start quiet" }, "Ranks by ", only.name) : null; // there is nothing to choose
  const words = h("span", { class: "quiet" });
  const choice = new VectorChoice(state, state.chosen, (keys) => {
    words.textContent = choice.words;
    onChange(keys);
  });
  words.textContent = choice.words;
  return h("details", { class: "vectors-start" }, h("summary", {}, "Ranks by ", words), choice.element);
}

/** @param {string} at */
function day(at) {
  const when = new Date(at);
  return Number.isNaN(when.getTime()) ? at : when.toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}
