// @ts-check
/** The labelling screen: Stream and Grid over one roll of galaxies, the keys, the panel. */

import { Answering } from "./answering.js";
import { Ask } from "./ask.js";
import { Blink } from "./blink.js";
import { compare } from "./compare.js";
import { Desk } from "./desk.js";
import { keyCard, settingsDrawer } from "./dialogs.js";
import { h } from "./dom.js";
import { PictureDrop } from "./drop.js";
import { Grid } from "./grid.js";
import { Keyboard } from "./keys.js";
import { Lease } from "./lease.js";
import { lookToken } from "./look.js";
import { LookBar } from "./lookbar.js";
import { Looking } from "./looking.js";
import { Mapping } from "./mapping.js";
import { Moving } from "./moving.js";
import { Outbox } from "./outbox.js";
import { Panel } from "./panel.js";
import { Pictures } from "./pictures.js";
import { home } from "./home.js";
import { preferences } from "./preferences.js";
import { Roll } from "./roll.js";
import { Review } from "./review.js";
import { Samp } from "./samp.js";
import { Remarks } from "./say.js";
import { Selection } from "./selection.js";
import { Sky } from "./sky.js";
import { Stream } from "./stream.js";
import { Surround, WRITES } from "./surround.js";
import { TopBar } from "./topbar.js";
import { Visits } from "./visits.js";
import { Wide } from "./wide.js";

const STREAM_CHUNK = 6; // galaxies fetched at a time in Stream: few, so that learning shows soon
const ANSWERING = ["yes", "no", "maybe", "junk", "rest-no", "rest-yes"];

/** @typedef {import("./desk.js").Place} Place */

export class Label {
  /**
   * @param {any} state what the server said of the collection
   * @param {import("./marks.js").SessionFacts} session
   */
  constructor(state, session) {
    this.state = state;
    this.session = session;
    this.pictures = new Pictures(state.pictures);
    this.outbox = new Outbox(session.name, state.collection.place, session.me.name);
    this.outbox.reveal = preferences.get("reveal");
    this.desk = new Desk(this.outbox);
    this.remarks = new Remarks();
    this.answering = new Answering(this);
    this.moving = new Moving(this);
    this.visits = new Visits(this);
    this.surround = new Surround(this);
    this.lease = new Lease(this);
    this.review = new Review(this);
    /** @type {Place[]} */
    this.places = [{ roll: new Roll("main", (n) => this.lease.nextPage(n)), index: 0 }];
    this.since = performance.now();
    this.trouble = "";
    this.selected = new Selection();
    this.ask = session.form && this.mayAnswer ? new Ask(this, session.form) : null;
    this.lookbar = new LookBar(state.collection.bands);
    this.sky = new Sky((text) => this.remarks.say(text));
    this.blink = new Blink(this, () => this.act("next-band"));
    this.drop = new PictureDrop(this);
    this.wide = new Wide(this);
    this.mapping = new Mapping(this);
    this.panel = new Panel(this);
    this.topbar = new TopBar(this);
    this.head = h("div", { class: "board-head" });
    this.room = h("div", { class: "room" });
    this.bar = h("div", { class: "keybar", role: "toolbar", "aria-label": "Answers" });
    this.element = h(
      "div",
      { class: this.ask ? "label-screen with-form" : "label-screen" },
      this.topbar.element,
      h("main", { class: "stage" }, this.head, this.room, this.lookbar.element, this.drop.input, this.remarks.element),
      this.panel.element,
      this.ask?.element ?? null,
      h("footer", { class: "foot" }, this.bar),
    );
    this.keyboard = new Keyboard((action) => this.act(action), (key) => this.ask?.key(key) ?? false);
    this.view = this.makeView();
    this.samp = new Samp(this);
    this.listen();
  }

  listen() {
    this.desk.addEventListener("change", () => [this.view.refresh(), this.ask?.walks.keep()]);
    this.desk.addEventListener("refused", (event) => this.remarks.say(/** @type {CustomEvent} */ (event).detail, 8000));
    this.desk.addEventListener("turned", (event) => this.answering.onTurned(/** @type {CustomEvent} */ (event).detail));
    this.desk.addEventListener("doubt", (event) => this.answering.meanwhile.settle(/** @type {CustomEvent} */ (event).detail));
    this.outbox.addEventListener("change", () => this.onOutbox());
    this.outbox.addEventListener("result", (event) => this.onResult(/** @type {CustomEvent} */ (event).detail));
    this.looking = new Looking(this);
    this.onLeave = () => this.lease.letGo();
    this.onReturn = (event) => event.persisted && home.window && location.reload(); // what lay here was given back
    window.addEventListener("pagehide", this.onLeave);
    window.addEventListener("pageshow", this.onReturn);
  }

  /** Deliver what waited in the browser, then begin. @param {{ room: string, what: string }} [there] what the address names */
  async open(there) {
    this.surround.drawBar();
    this.surround.drawHead();
    await this.outbox.open();
    await this.ask?.open();
    this.panel.update();
    if (there?.room === "review" && this.mayAnswer) await this.review.open(there.what);
    else if (there?.room === "galaxy") await this.visits.openAddress(there.what);
    if (this.places.length === 1) await this.show();
    if (home.window) this.view.focus(); // a notebook's focus is where the person is
  }

  /** The address of a place in this session. @param {string} [rest] */
  address(rest = "") {
    return `#/session/${encodeURIComponent(this.session.name)}${rest}`;
  }

  get mayAnswer() {
    return this.session.me.role !== "viewer";
  }

  get mayOwn() {
    return this.session.me.role === "owner";
  }

  close() {
    this.keyboard.close();
    this.surround.close();
    this.outbox.close();
    this.ask?.walks.close();
    this.panel.close();
    this.view.close();
    this.sky.close();
    this.blink.end();
    this.drop.close();
    this.mapping.close();
    this.samp.close();
    this.looking.close();
    window.removeEventListener("pagehide", this.onLeave);
    window.removeEventListener("pageshow", this.onReturn);
    this.lease.letGo();
  }

  /** Where the hand is: a roll and the galaxy in it. */
  get place() {
    return this.places[this.places.length - 1];
  }

  get columns() {
    return preferences.get("columns");
  }

  get rows() {
    return preferences.get("rows");
  }

  get inGrid() {
    return preferences.get("view") === "grid";
  }

  /** How many galaxies are fetched at a time. */
  get chunk() {
    return this.inGrid ? this.columns * this.rows : STREAM_CHUNK;
  }

  /** The part of the roll that is on the screen. */
  page() {
    const size = this.inGrid ? this.columns * this.rows : 1;
    const first = Math.floor(this.place.index / size) * size;
    return { first, last: Math.min(first + size, this.place.roll.ids.length), size };
  }

  /** @param {string} id @param {number} pixels */
  picture(id, pixels) {
    return this.pictures.get(this.pictures.address(id, pixels, lookToken()));
  }

  pictureChanged() {
    this.keyboard.pictureChanged();
    this.since = performance.now();
  }

  makeView() {
    const view = this.inGrid ? new Grid(this) : new Stream(this);
    this.room.replaceChildren(view.element);
    return view;
  }

  /** Show the place, and fetch and decode what comes after it. */
  async show() {
    if (this.mapping.shown) return;
    const { roll, index } = this.place;
    const size = this.chunk;
    this.selected.clear(); // it was of the page that is left
    if (roll.ids.length <= index && !roll.finished) {
      roll.again(); // an error of fetching ahead may be over by now
      this.surround.drawHead("Looking for the next galaxies …");
      this.view.show();
      await roll.ensure(index + 1, size);
      if (roll !== this.place.roll) return;
    }
    this.drawPlace();
    this.lookAhead(roll, size);
  }

  drawPlace() {
    if (this.mapping.shown) return; // it was opened while the next galaxies were on their way
    const atEnd = this.place.index >= this.place.roll.ids.length;
    this.room.classList.toggle("at-end", atEnd);
    this.room.classList.toggle("reviewing", this.place.roll.kind === "review");
    if (atEnd) this.surround.drawEnd();
    else if (!this.view.element.isConnected) this.room.replaceChildren(this.view.element);
    if (!atEnd) this.view.show();
    this.ask?.show();
    this.surround.drawHead();
    if (this.surround.barFor !== this.place.roll.kind) this.surround.drawBar();
  }

  /** Two pages ahead: the galaxies, then their pictures. */
  async lookAhead(roll, size) {
    if (this.place.index >= roll.ids.length) return;
    if (roll.error) roll.again();
    const from = this.page().first;
    const to = from + 3 * size;
    await roll.ensure(to, size);
    if (roll !== this.place.roll) return;
    for (const id of roll.ids.slice(from, to)) this.picture(id, this.view.pictureSize);
    this.surround.drawHead();
  }

  // --- what keys and buttons do --------------------------------------------------------------------------------------

  /** @param {string} action */
  act(action) {
    if (this.mapping.act(action)) return;
    if (!ANSWERING.includes(action)) this.answering.unseenAsked = "";
    if (!this.mayAnswer && WRITES.has(action)) return this.remarks.say("You may look here, not answer.");
    if (action.startsWith("select-")) return this.moving.select(action.slice(7));
    const moves = { left: -1, right: 1, up: -this.view.across, down: this.view.across };
    if (action in moves) this.moving.move(moves[action], action);
    else if (action === "undo" || action === "redo") this.answering.turn(action);
    else if (action === "rest-no" || action === "rest-yes") this.answering.answerRest(action === "rest-no" ? "no" : "yes");
    else if (action === "similar") this.visits.openSimilar(this.place.roll.ids[this.place.index]);
    else if (action === "back") this.visits.goBack();
    else if (action === "stretch") this.looking.nextStretch();
    else if (action === "review") this.review.open();
    else if (action === "estimates" || action === "history") this.showRoom(action);
    else if (action === "link") this.visits.copyLink();
    else if (action === "view") preferences.set({ view: this.inGrid ? "stream" : "grid" });
    else if (action === "map") this.mapping.open();
    else if (action === "help") keyCard(this);
    else if (action === "band") this.blink.start();
    else if (action === "sky") preferences.set({ sky: !preferences.get("sky") });
    else if (action === "wider") this.wide.toggle();
    else if (action === "viewer") this.sky.open();
    else if (action === "samp") this.samp.point();
    else if (action === "compare") compare(this);
    else if (action === "picture") this.drop.choose();
    else this.looking.act(action) || this.answering.answer(action);
  }

  /** A room of the side panel, or back to the first. @param {string} name */
  showRoom(name) {
    const { tabs } = this.panel;
    tabs.show(tabs.open === name ? "progress" : name);
    tabs.list.scrollIntoView({ block: "center" }); // on a small screen it lies below
  }

  onOutbox() {
    this.topbar.drawOutbox();
    const { trouble, unsent } = this.outbox;
    this.remarks.stand(trouble ? `${trouble}. ${unsent === 1 ? "1 answer waits" : `${unsent} answers wait`} in this browser.` : "");
    if (!trouble && this.trouble && this.inGrid) this.view.drawPictures(); // those that failed meanwhile
    this.trouble = trouble;
  }

  onResult({ result, own }) {
    this.panel.soon();
    if (own && result.reveal && preferences.get("reveal")) this.topbar.drawReveal(result.reveal);
  }

  openSettings() {
    settingsDrawer(this);
  }
}
