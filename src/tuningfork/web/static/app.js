// @ts-check
/** Where everything begins: ask the server what there is, then show Start or a session. */

import { get, sessionPath } from "./api.js";
import { h } from "./dom.js";
import { Label } from "./label.js";
import { Start } from "./start.js";

const root = /** @type {HTMLElement} */ (document.getElementById("app"));
/** @type {{ element: HTMLElement, open: () => Promise<void>, close: () => void } | null} */
let screen = null;

async function route() {
  document.querySelector("dialog")?.remove();
  screen?.close();
  screen = null;
  try {
    const state = await get("/api/state");
    const name = sessionInAddress() ?? (location.hash === "#/start" ? null : state.session);
    if (name === null) screen = new Start(state);
    else screen = new Label(state, await get(sessionPath(name)));
    document.title = name === null ? "tuningfork" : `${screen.session.question} · tuningfork`;
    root.replaceChildren(screen.element);
    await screen.open();
  } catch (error) {
    root.replaceChildren(trouble(error));
  }
}

function sessionInAddress() {
  const found = /^#\/session\/(.+)$/.exec(location.hash);
  try {
    return found ? decodeURIComponent(found[1]) : null;
  } catch {
    return null;
  }
}

function trouble(error) {
  const back = error.status === 404 ? h("p", {}, h("a", { href: "#/start" }, "To the start")) : null;
  const again = h("button", { type: "button", class: "button", onclick: route }, "Try again");
  return h("main", { class: "mishap" }, h("h1", {}, error.message), back, again);
}

window.addEventListener("hashchange", route);
route();
