// @ts-check
/** The map: every galaxy a point, those that look alike near each other. What is selected on it goes to the grid or into a file. */

import { get, post, sessionPath } from "./api.js";
import { h } from "./dom.js";
import { home } from "./home.js";
import { Camera } from "./map-camera.js";
import { MapCanvas } from "./map-canvas.js";
import { MapCard } from "./map-card.js";
import { MapHand } from "./map-hand.js";
import { CHOSEN, GREY, kinds, marks, palette, parts, stylesOf } from "./map-look.js";
import { MapPoints, SPAN } from "./map-points.js";
import { read, written } from "./map-shape.js";
import { emptyRoom, MapTools } from "./map-tools.js";
import { preferences } from "./preferences.js";

const ELSEWHERE = new Set(["help", "undo", "redo", "stretch", "review", "estimates", "history", "picture"]); // what the page does, map or not
const PATIENCE = 800; // ms between two looks at a map in the making

/** @typedef {import("./map-shape.js").Shape} Shape */

export class MapView {
  /** @param {import("./label.js").Label} screen */
  constructor(screen) {
    this.screen = screen;
    this.facts = null;
    /** @type {MapPoints | null} */
    this.points = null;
    /** @type {MapCanvas | null} */
    this.canvas = null;
    /** @type {Shape | null} */
    this.shape = null;
    this.colour = "answers";
    this.styles = stylesOf(screen.session);
    this.camera = new Camera(() => this.canvas?.draw());
    this.timer = 0;
    this.turn = 0; // of the newest opening: one that was left while it waited must not write its address
    this.version = "";
    this.field = h("div", { class: "map-field" });
    this.tools = new MapTools(this);
    this.element = h("div", { class: "map-room" }, this.tools.element, this.field, this.tools.foot);
    this.resize = new ResizeObserver(() => this.measure());
    this.resize.observe(this.field);
  }

  /** Show it, with the selection of a link when there is one. @param {string} link version and shape */
  async open(link) {
    clearTimeout(this.timer);
    const turn = ++this.turn;
    try {
      const facts = await get(this.path());
      if (turn !== this.turn) return; // the map was left meanwhile
      this.facts = facts;
      if (facts.state !== "ready") return this.wait();
      await (this.version === facts.version ? this.refresh() : this.load(turn));
    } catch (error) {
      return turn === this.turn ? this.fail(error.message) : undefined;
    }
    if (turn !== this.turn) return;
    const [version, shape] = link.split("/");
    if (shape) this.follow(version, shape);
    this.address();
    this.focus();
    if (this.facts.stale) this.screen.remarks.say(`Galaxies came since this map was made. Make it again: ${this.facts.command}`, 10_000);
  }

  /** Leave the screen; what was selected stays. */
  hide() {
    this.turn++;
    clearTimeout(this.timer);
    this.card?.hide();
    home.note(this.screen.address());
  }

  close() {
    this.turn++;
    clearTimeout(this.timer);
    this.resize.disconnect();
    this.hand?.close();
    this.canvas?.close();
  }

  /** The map cannot be had; one that was there is gone with its field. @param {string} words */
  fail(words) {
    this.version = "";
    const again = h("button", { type: "button", class: "button", onclick: () => this.open("") }, "Try again");
    this.field.replaceChildren(h("div", { class: "map-empty" }, h("p", { role: "alert" }, words), again));
  }

  path(rest = "") {
    return sessionPath(this.screen.session.name, `/map${rest}`);
  }

  /** There is no map yet: say how to make one, or that one is in the making. */
  wait() {
    const make = async () => {
      try {
        this.facts = await post(this.path(), {});
      } catch (error) {
        this.facts.problem = error.message;
      }
      if (!this.element.isConnected) return;
      if (this.facts.state === "ready") this.open("");
      else this.wait();
    };
    emptyRoom(this.field, this.facts, make);
    this.tools.draw();
    if (this.facts.state === "making") this.timer = setTimeout(() => this.element.isConnected && this.open(""), PATIENCE);
  }

  /** @param {number} turn of the opening that wants it */
  async load(turn) {
    const { version, points } = this.facts;
    this.field.replaceChildren(h("p", { class: "map-empty", role: "status" }, `Fetching ${points.toLocaleString("en")} points …`));
    const [places, answers] = await Promise.all([this.bytes("points"), this.bytes("answers")]);
    if (turn !== this.turn) return;
    this.version = version;
    this.points = new MapPoints(places, points);
    this.points.answers = new Uint8Array(answers);
    this.shape = null;
    this.canvas?.close();
    this.hand?.close();
    const canvas = h("canvas", { class: "map-canvas", tabindex: "0", role: "application", "aria-label": `Map of ${points.toLocaleString("en")} galaxies`, "aria-describedby": "map-help" });
    this.hand = new MapHand(this, canvas);
    this.card = new MapCard(this);
    this.field.replaceChildren(canvas, this.card.element, this.hand.help, this.hand.spoken);
    try {
      this.canvas = new MapCanvas(/** @type {any} */ (canvas), this.points, () => this.look());
    } catch (error) {
      this.canvas = null;
      this.field.prepend(h("p", { class: "map-empty" }, `${error.message}. The keys and the selection still work.`));
    }
    canvas.map = this.canvas; // for the benchmark
    this.restyle(); // tools and legend first: they take their room from the field
    this.measure();
    this.home();
  }

  /** Answers were given since; scores have moved. */
  async refresh() {
    const { points } = this;
    points.answers = new Uint8Array(await this.bytes("answers"));
    if (this.colour === "score") await this.fetchScores();
    this.card?.forget();
    this.restyle();
  }

  async bytes(what) {
    const reply = await home.send(this.path(`/${this.facts.version}/${what}`), { cache: "default" }); // places are kept
    if (!reply.ok) throw new Error((await reply.json().catch(() => ({}))).error ?? `The server said ${reply.status}`);
    return reply.arrayBuffer();
  }

  async fetchScores() {
    this.points.scores = new Uint8Array(await this.bytes("scores?guesses=shown"));
  }

  /** @param {string} colour "answers", "score", or "where-" and the number of an answer */
  async colourBy(colour) {
    try {
      if (colour === "score" && preferences.get("reveal")) await this.fetchScores();
      else if (colour === "score") colour = "answers";
      this.colour = colour;
      if (colour !== "score") this.points.scores = null;
      this.restyle();
    } catch (error) {
      this.screen.remarks.say(error.message, 8000);
    }
  }

  /** What the canvas draws, and how. */
  look() {
    const code = this.points.told;
    return {
      ...this.camera.size,
      ...this.styled,
      view: this.camera.view,
      drawn: this.hand.drawn(),
      region: this.camera.region(),
      grey: parts(GREY),
      chosen: parts(CHOSEN),
      where: code ? { code, colour: parts(this.styles[code - 1].colour) } : null,
    };
  }

  restyle() {
    if (!preferences.get("reveal") && this.colour === "score") {
      this.colour = "answers";
      this.points.scores = null;
    }
    this.points.told = this.colour.startsWith("where-") ? Number(this.colour.slice(6)) : 0;
    this.styled = { palette: palette(this.styles), kinds: kinds(this.points, this.colour === "score"), marks: marks(this.points, this.styles) };
    this.canvas?.changed();
    this.tools.draw();
  }

  // --- where one looks -----------------------------------------------------------------------------------------------

  measure() {
    const { clientWidth: width, clientHeight: height } = this.field;
    const first = !this.camera.size.width;
    this.camera.size = { width, height };
    if (first && this.points) this.home();
    this.canvas?.draw();
  }

  /** The whole map, but for a few far galaxies. */
  home() {
    this.camera.whole(this.facts?.home ?? [0, 0, SPAN, SPAN]);
  }

  focus() {
    this.hand?.canvas.focus({ preventScroll: true });
  }

  // --- what is selected ----------------------------------------------------------------------------------------------

  /** @param {Shape | null} shape */
  select(shape) {
    const count = this.points.select(shape);
    this.shape = count ? shape : null;
    if (shape && !count) this.screen.remarks.say("No galaxy lies in there.");
    this.restyle();
    this.address();
    if (count) this.hand.say(`${count.toLocaleString("en")} selected: ${this.tools.tallyWords(true)}. Enter opens them in the grid.`);
    else this.hand.say("Nothing is selected.");
  }

  follow(version, text) {
    const shape = read(text);
    if (version !== this.version || !shape) return this.screen.remarks.say("This link's selection was drawn on another map.", 8000);
    this.select(shape);
  }

  address() {
    const rest = this.shape ? `/${this.version}/${written(this.shape)}` : "";
    home.note(this.screen.address(`/map${rest}`));
  }

  /** The selection on the server: its key there and how many. */
  async send() {
    return post(this.path(`/${this.version}/sets`), { members: this.points.members });
  }

  async openInGrid() {
    try {
      const { set, galaxies } = await this.send();
      await this.screen.mapping.openSet((start, n) => post(this.path(`/sets/${set}/pages`), { start, n }), galaxies);
    } catch (error) {
      this.screen.remarks.say(error.message, 8000);
    }
  }

  async export() {
    try {
      const { set } = await this.send();
      const link = h("a", { href: this.path(`/sets/${set}/csv`), download: true, hidden: true });
      this.element.append(link); // the cell of a notebook hears the click
      link.click();
      link.remove();
    } catch (error) {
      this.screen.remarks.say(error.message, 8000);
    }
  }

  async copyLink() {
    const link = home.link(home.address());
    if (!link) return this.screen.remarks.say("A notebook has no links to a selection.");
    try {
      await navigator.clipboard.writeText(link);
      this.screen.remarks.say("The link is in the clipboard.");
    } catch {
      this.screen.remarks.say("The link is in the address line.");
    }
  }

  /** A key of the whole page. @param {string} action @returns {boolean} whether it is dealt with */
  act(action) {
    if (action === "back" && this.shape) this.select(null);
    else if (["back", "map", "view"].includes(action)) this.screen.mapping.leave();
    else if (action === "similar") this.card?.openSimilar();
    else if (action === "undo" || action === "redo") this.screen.mapping.leave();
    return !ELSEWHERE.has(action);
  }
}
