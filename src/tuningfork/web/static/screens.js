// @ts-check
/** Ask the server what there is, then show Start or a session; the address says which. */

import { get, sessionPath } from "./api.js";
import { h } from "./dom.js";
import { Label } from "./label.js";
import { home } from "./home.js";
import { Start } from "./start.js";
import { dress } from "./theme.js";

export class Screens {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    /** @type {{ element: HTMLElement, open: (there?: any) => Promise<void>, close: () => void } | null} */
    this.screen = null;
    this.turn = 0; // of the newest route: one that was overtaken while it waited must not leave a second screen with keys
    dress();
    home.follow(() => this.route());
  }

  close() {
    this.turn++;
    this.screen?.close();
    this.screen = null;
  }

  async route() {
    home.root.querySelector("dialog")?.remove();
    this.close();
    const mine = this.turn;
    try {
      const state = await get("/api/state");
      const there = address();
      const name = there?.session ?? (home.address() === "#/start" ? null : state.session);
      const session = name === null ? null : await get(sessionPath(name));
      if (mine !== this.turn) return;
      this.screen = session === null ? new Start(state) : new Label(state, session);
      home.title(session === null ? "tuningfork" : `${session.question} · tuningfork`);
      this.root.replaceChildren(this.screen.element);
      const map = there?.room === "map" ? there.what : null;
      await this.screen.open(map === null ? (there ?? undefined) : undefined);
      if (map !== null && this.screen instanceof Label) await this.screen.mapping.open(map);
    } catch (error) {
      if (mine !== this.turn) return;
      this.close(); // its keys would answer galaxies that nobody sees
      this.root.replaceChildren(this.trouble(error));
    }
  }

  trouble(error) {
    const back = error.status === 404 ? h("p", {}, h("a", { href: "#/start" }, "To the start")) : null;
    const again = h("button", { type: "button", class: "button", onclick: () => this.route() }, "Try again");
    const name = address()?.session;
    const gone = error.status === 404 && name ? `There is no session “${name}” here` : "";
    const why = gone ? h("p", {}, "It was renamed or taken away, or the link belongs to another collection.") : null;
    return h("main", { class: "mishap" }, h("h1", {}, gone || error.message), why, back, again);
  }
}

/** What the address names: a session, and in it perhaps a galaxy or a list to look at again. */
function address() {
  const found = /^#\/session\/([^/]+)(?:\/(galaxy|review|map)(?:\/(.+))?)?$/.exec(home.address());
  try {
    return found ? { session: decodeURIComponent(found[1]), room: found[2] ?? "", what: decodeURIComponent(found[3] ?? "") } : null;
  } catch {
    return null;
  }
}
