// @ts-check
/** Elements without markup: every string becomes a text node or an attribute value, never HTML. */

import { home } from "./home.js";

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * Make an element.
 * @param {string} tag
 * @param {Record<string, any>} [attributes] functions under `on...` become listeners; true, false and null as in HTML
 * @param {...(Child | Child[])} children
 * @returns {HTMLElement & Record<string, any>}
 */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/**
 * Make an SVG element.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/** A key as it is printed on a keyboard. @param {string} name */
export function keycap(name) {
  return h("kbd", {}, name);
}

/** Other children for an element. Who has the focus in it keeps it, on what stands in the same place now. @param {HTMLElement} element @param {...(Node | string)} children */
export function refill(element, ...children) {
  const pressable = () => /** @type {HTMLElement[]} */ ([...element.querySelectorAll("button, a[href], input, select")]);
  const at = pressable().indexOf(/** @type {any} */ (home.root.activeElement));
  element.replaceChildren(...children);
  if (at >= 0) pressable()[Math.min(at, pressable().length - 1)]?.focus();
}

/** Whether nothing on the page has the focus: what had it is gone. */
export function focusLost() {
  const { activeElement } = home.root;
  return activeElement === null || activeElement === document.body;
}

/** @returns {any} */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "src") home.picture(element, String(value));
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) element.append(child instanceof Node ? child : String(child));
  }
  return element;
}
