// @ts-check
/** The line at the top: where one is, how it is shown, and whether answers are safe. */

import { h, refill } from "./dom.js";
import { preferences, STRETCH_WORDS, STRETCHES } from "./preferences.js";
import { teamRoom } from "./team.js";
import { themeButton } from "./theme.js";

export class TopBar {
  /** @param {import("./label.js").Label} screen */
  constructor(screen) {
    this.screen = screen;
    this.views = h("div", { class: "segments", role: "group", "aria-label": "View" });
    this.stretches = h("div", { class: "segments", role: "group", "aria-label": "Stretch" });
    this.outbox = h("span", { class: "outbox", role: "status" });
    this.reveal = h("span", { class: "reveal" });
    const { collection } = screen.state;
    this.element = h(
      "header",
      { class: "top" },
      h("a", { class: "brand", href: "#/start", "aria-label": "tuningfork, to the start" }, "tuningfork"),
      h("h1", { class: "question", title: screen.session.question }, screen.session.question),
      h("span", { class: "where quiet", title: `${collection.galaxies.toLocaleString("en")} galaxies` }, collection.name, " · as ", h("span", { class: "who" }, screen.session.me.name)),
      h("span", { class: "spring" }),
      this.reveal,
      this.stretches,
      screen.lookbar.button,
      this.views,
      this.outbox,
      quiet("Review", () => screen.act("review")),
      quiet("Team", () => teamRoom(screen)),
      quiet("Settings", () => screen.openSettings()),
      themeButton(),
    );
    this.draw();
  }

  draw() {
    refill(
      this.stretches,
      ...STRETCHES.map((stretch) => segment(STRETCH_WORDS[stretch], preferences.get("stretch") === stretch, () => preferences.set({ stretch }))),
    );
    const shown = this.screen.mapping.shown ? "map" : preferences.get("view");
    const go = (view) => () => {
      if (preferences.get("view") === view) this.screen.mapping.leave();
      else preferences.set({ view });
    };
    refill(
      this.views,
      segment("Stream", shown === "stream", go("stream")),
      segment("Grid", shown === "grid", go("grid")),
      segment("Map", shown === "map", () => this.screen.mapping.open()),
    );
  }

  drawOutbox() {
    const { unsent, trouble } = this.screen.outbox;
    const text = trouble ? `${unsent} unsent` : unsent ? `${unsent} unsent` : "saved";
    if (this.outbox.textContent !== text) this.outbox.textContent = text;
    this.outbox.dataset.state = trouble ? "trouble" : unsent ? "busy" : "saved";
    this.outbox.title = trouble || "Answers are on the disk of the server";
  }

  /** Why the last galaxy was asked; shown after its answer, and only to those who want it. @param {any} reveal */
  drawReveal(reveal) {
    if (!reveal) return this.reveal.replaceChildren();
    const score = typeof reveal.score === "number" ? reveal.score.toFixed(2) : "–";
    this.reveal.replaceChildren([reveal.name, reveal.stream, `score ${score}`].filter(Boolean).join(" · "));
  }
}

/** A press of the mouse leaves the focus on the galaxy, so that Space answers afterwards and presses nothing again. */
function quiet(text, act) {
  return h("button", { type: "button", class: "button quiet-button", onmousedown: (e) => e.preventDefault(), onclick: act }, text);
}

function segment(text, on, choose) {
  return h("button", { type: "button", class: "segment", "aria-pressed": on ? "true" : "false", onmousedown: (e) => e.preventDefault(), onclick: choose }, text);
}
