// @ts-check
/** Where everything begins: ask the server what there is, then show Start or a session. */

import { get, sessionPath } from "./api.js";
import { h } from "./dom.js";
import { Label } from "./label.js";
import { Start } from "./start.js";

const root = /** @type {HTMLElement} */ (document.getElementById("app"));
/** @type {{ element: HTMLElement, open: (there?: any) => Promise<void>, close: () => void } | null} */
let screen = null;
let turn = 0; // of the newest route: one that was overtaken while it waited must not leave a second screen with keys

async function route() {
  document.querySelector("dialog")?.remove();
  screen?.close();
  screen = null;
  const mine = ++turn;
  try {
    const state = await get("/api/state");
    const there = address();
    const name = there?.session ?? (location.hash === "#/start" ? null : state.session);
    const session = name === null ? null : await get(sessionPath(name));
    if (mine !== turn) return;
    screen = session === null ? new Start(state) : new Label(state, session);
    document.title = session === null ? "tuningfork" : `${session.question} · tuningfork`;
    root.replaceChildren(screen.element);
    const map = there?.room === "map" ? there.what : null;
    await screen.open(map === null ? (there ?? undefined) : undefined);
    if (map !== null && screen instanceof Label) await screen.mapping.open(map);
  } catch (error) {
    if (mine === turn) root.replaceChildren(trouble(error));
  }
}

/** What the address names: a session, and in it perhaps a galaxy or a list to look at again. */
function address() {
  const found = /^#\/session\/([^/]+)(?:\/(galaxy|review|map)(?:\/(.+))?)?$/.exec(location.hash);
  try {
    return found ? { session: decodeURIComponent(found[1]), room: found[2] ?? "", what: decodeURIComponent(found[3] ?? "") } : null;
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
