// @ts-check
/** The labelling screen: Stream and Grid over one roll of galaxies, the keys, the panel. */

import { post, sessionPath } from "./api.js";
import { Desk, EXTRA } from "./desk.js";
import { keyCard, settingsDrawer } from "./dialogs.js";
import { h, keycap } from "./dom.js";
import { Grid } from "./grid.js";
import { Keyboard, keysOf, printed } from "./keys.js";
import { answerFor, words } from "./marks.js";
import { Outbox } from "./outbox.js";
import { Panel } from "./panel.js";
import { Pictures } from "./pictures.js";
import { preferences, STRETCH_WORDS, STRETCHES } from "./preferences.js";
import { Roll } from "./roll.js";
import { Remarks } from "./say.js";
import { Stream } from "./stream.js";
import { TopBar } from "./topbar.js";

const STREAM_CHUNK = 6; // galaxies fetched at a time in Stream: few, so that learning shows soon
const SURE = { count: 10, share: 0.8 }; // of the recent answers, before "rest of page: yes" is allowed
const SIMILAR = 48;
const BAR = ["yes", "no", "maybe", "junk", "undo", "rest-no", "similar", "stretch"];

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
    this.outbox = new Outbox(session.name, state.collection.place);
    this.outbox.reveal = preferences.get("reveal");
    this.desk = new Desk(this.outbox);
    this.remarks = new Remarks();
    /** @type {Place[]} */
    this.places = [{ roll: new Roll("main", (n) => this.nextPage(n)), index: 0 }];
    this.since = performance.now();
    this.unseenConfirmed = false;
    this.trouble = "";
    /** the map, once it was asked for @type {import("./map.js").MapView | null} */
    this.map = null;
    this.onMap = false;
    this.panel = new Panel(this);
    this.topbar = new TopBar(this);
    this.head = h("div", { class: "board-head" });
    this.room = h("div", { class: "room" });
    this.bar = h("div", { class: "keybar", role: "toolbar", "aria-label": "Answers" });
    this.element = h(
      "div",
      { class: "label-screen" },
      this.topbar.element,
      h("main", { class: "stage" }, this.head, this.room, this.remarks.element),
      this.panel.element,
      h("footer", { class: "foot" }, this.bar),
    );
    this.keyboard = new Keyboard((action) => this.act(action));
    this.view = this.makeView();
    this.listen();
  }

  listen() {
    this.desk.addEventListener("change", () => this.view.refresh());
    this.desk.addEventListener("refused", (event) => this.remarks.say(/** @type {CustomEvent} */ (event).detail, 8000));
    this.desk.addEventListener("turned", (event) => this.onTurned(/** @type {CustomEvent} */ (event).detail));
    this.outbox.addEventListener("change", () => this.onOutbox());
    this.outbox.addEventListener("result", (event) => this.onResult(/** @type {CustomEvent} */ (event).detail));
    this.onPreference = (event) => this.applyPreference(event.detail);
    preferences.addEventListener("change", this.onPreference);
    this.onLeave = () => this.letGo();
    window.addEventListener("pagehide", this.onLeave);
  }

  /** Deliver what waited in the browser, then begin. */
  async open() {
    this.drawBar();
    this.drawHead();
    await this.outbox.open();
    this.panel.update();
    await this.show();
    this.view.focus();
  }

  close() {
    this.keyboard.close();
    this.outbox.close();
    this.panel.close();
    this.view.close();
    this.map?.close();
    preferences.removeEventListener("change", this.onPreference);
    window.removeEventListener("pagehide", this.onLeave);
    this.letGo();
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

  /** The part of the roll that is on the screen. */
  page() {
    const size = this.inGrid ? this.columns * this.rows : 1;
    const first = Math.floor(this.place.index / size) * size;
    return { first, last: Math.min(first + size, this.place.roll.ids.length), size };
  }

  /** @param {string} id @param {number} pixels */
  picture(id, pixels) {
    return this.pictures.get(this.pictures.address(id, pixels, preferences.get("stretch")));
  }

  pictureChanged() {
    this.keyboard.pictureChanged();
    this.since = performance.now();
  }

  async nextPage(n) {
    const held = [...new Set([...this.places[0].roll.ids.slice(-400), ...this.outbox.galaxies.slice(-400)])];
    const reply = await post(sessionPath(this.session.name, "/pages"), { client: this.outbox.client, held, n });
    return reply.galaxies;
  }

  /** Another page may be asked about what lies here unanswered. */
  letGo() {
    const { client, galaxies } = this.outbox;
    const body = { client, held: [...new Set(galaxies)].slice(-400), n: 0 };
    post(sessionPath(this.session.name, "/pages"), body, { keepalive: true }).catch(() => {});
  }

  makeView() {
    const view = this.inGrid ? new Grid(this) : new Stream(this);
    this.room.replaceChildren(view.element);
    return view;
  }

  /** Show the place, and fetch and decode what comes after it. */
  async show() {
    if (this.onMap) return;
    const { roll, index } = this.place;
    const size = this.inGrid ? this.columns * this.rows : STREAM_CHUNK;
    if (roll.ids.length <= this.page().first && !roll.finished && !roll.error) {
      this.drawHead("Looking for the next galaxies …");
      this.view.show();
      await roll.ensure(index + 1, size);
      if (roll !== this.place.roll) return;
    }
    if (roll.ids.length && this.place.index >= roll.ids.length) this.rest();
    else this.drawPlace();
    this.lookAhead(roll, size);
  }

  /** The end of the roll: stay on the last galaxy, and say so. */
  rest() {
    this.drawPlace();
  }

  drawPlace() {
    if (this.onMap) return; // it was opened while the next galaxies were on their way
    const atEnd = this.place.index >= this.place.roll.ids.length;
    this.room.classList.toggle("at-end", atEnd);
    if (atEnd) this.drawEnd();
    else if (!this.view.element.isConnected) this.room.replaceChildren(this.view.element);
    if (!atEnd) this.view.show();
    this.drawHead();
  }

  drawEnd() {
    const { roll } = this.place;
    const text = roll.error || (roll.kind === "main" ? "Every galaxy has an answer." : "That is all of them.");
    const again = () => {
      roll.again();
      this.show();
    };
    this.room.replaceChildren(
      h("div", { class: "end" },
        h("p", { class: "end-words" }, text),
        roll.error ? h("button", { type: "button", class: "button", onclick: again }, "Try again") : null,
        !roll.error && roll.kind === "main" ? h("p", { class: "quiet" }, "Take the table home with the buttons under “Table”.") : null,
        !roll.error && roll.kind === "main" ? h("button", { type: "button", class: "button", onclick: again }, "Look again") : null,
        roll.kind === "main" ? null : h("button", { type: "button", class: "button", onclick: () => this.act("back") }, "Back")),
    );
  }

  /** Two pages ahead: the galaxies, then their pictures. */
  async lookAhead(roll, size) {
    const from = this.page().first;
    const to = from + 3 * size;
    await roll.ensure(to, size);
    if (roll !== this.place.roll) return;
    for (const id of roll.ids.slice(from, to)) this.picture(id, this.view.pictureSize);
    this.drawHead();
  }

  // --- what keys and buttons do --------------------------------------------------------------------------------------

  /** @param {string} action */
  act(action) {
    if (this.onMap && this.map?.act(action)) return;
    if (action !== "rest-no" && action !== "rest-yes") this.unseenConfirmed = false;
    const moves = { left: -1, right: 1, up: -this.view.across, down: this.view.across };
    if (action in moves) this.move(moves[action], action);
    else if (action === "undo" || action === "redo") this.turn(action);
    else if (action === "rest-no" || action === "rest-yes") this.answerRest(action === "rest-no" ? "no" : "yes");
    else if (action === "similar") this.openSimilar(this.place.roll.ids[this.place.index]);
    else if (action === "back") this.goBack();
    else if (action === "stretch") this.nextStretch();
    else if (action === "view") preferences.set({ view: this.inGrid ? "stream" : "grid" });
    else if (action === "map") this.openMap();
    else if (action === "help") keyCard();
    else this.answer(action);
  }

  answer(role) {
    const { roll, index } = this.place;
    if (index >= roll.ids.length) return;
    if (!this.view.ready) return this.remarks.say("The picture is on its way.", 1500);
    this.desk.answer({ ...this.place }, [index], answerFor(this.session, role), this.howShown());
    this.advance();
  }

  /** To the next unanswered galaxy: on this page first, then on the next one. */
  advance() {
    const { roll, index } = this.place;
    const { first, last } = this.page();
    const open = (i) => !this.desk.answers.has(roll.ids[i]);
    const after = range(index + 1, this.inGrid ? last : roll.ids.length).find(open);
    const before = this.inGrid ? range(first, index).find(open) : undefined;
    const later = range(last, roll.ids.length).find(open);
    this.place.index = after ?? before ?? later ?? roll.ids.length;
    this.since = performance.now();
    this.show();
    this.view.focus();
  }

  answerRest(role) {
    if (!this.inGrid) return;
    const { roll } = this.place;
    const { first, last } = this.page();
    const open = range(first, last).filter((i) => !this.desk.answers.has(roll.ids[i]));
    if (role === "yes" && !this.mayAssumeYes()) return;
    const ids = open.map((i) => roll.ids[i]);
    if (!this.view.allSeen(ids) && !this.unseenConfirmed) {
      this.unseenConfirmed = true;
      this.remarks.say("Some of these were not on the screen yet. Press again to answer for them too.");
      return;
    }
    this.unseenConfirmed = false;
    const answer = answerFor(this.session, role);
    if (open.length) {
      this.desk.answer({ ...this.place }, open, answer, this.howShown());
      this.remarks.say(`${open.length} answered ${answer}; ${printed(keysOf("undo")[0] ?? "")} takes them back together`);
    }
    this.place.index = last;
    this.advanceFrom(last);
  }

  advanceFrom(start) {
    const { roll } = this.place;
    this.place.index = range(start, roll.ids.length).find((i) => !this.desk.answers.has(roll.ids[i])) ?? roll.ids.length;
    this.show();
    this.view.focus();
  }

  mayAssumeYes() {
    const { count, share } = this.desk.recent(this.session.positive);
    if (count >= SURE.count && share >= SURE.share) return true;
    this.remarks.say("Only when 8 of 10 recent answers were yes; each galaxy deserves its look.");
    return false;
  }

  turn(kind) {
    const action = kind === "undo" ? this.desk.undo() : this.desk.redo();
    if (!action) return; // what came before this page was opened: the server says which galaxies, see onTurned
    const at = this.places.findIndex((place) => place.roll === action.place.roll);
    if (at < 0) this.places.push({ ...action.place });
    else this.places.length = at + 1;
    this.place.index = action.index;
    this.remarks.say(kind === "undo" ? `Taken back: ${tell(action, this.session)}` : `Again: ${tell(action, this.session)}`);
    if (kind === "redo") this.advance();
    else {
      this.show();
      this.view.focus();
    }
  }

  /** The server has undone something that this page does not remember: show those galaxies, to be answered anew. */
  onTurned({ kind, galaxies }) {
    this.panel.soon();
    if (!galaxies.length) {
      this.remarks.say(kind === "undo" ? "There is nothing to take back." : "There is nothing to bring back.");
      return;
    }
    const strange = galaxies.map((g) => g.id).filter((id) => !this.places.some((place) => place.roll.known.has(id)));
    if (kind !== "undo" || !strange.length) return;
    const roll = new Roll("look-back", async () => []);
    roll.ids.push(...strange);
    for (const id of strange) roll.known.add(id);
    roll.finished = true;
    this.places.push({ roll, index: 0 });
    this.remarks.say("Taken back: an answer from before this page was opened");
    this.show();
    this.view.focus();
  }

  onOutbox() {
    this.topbar.drawOutbox();
    const { trouble } = this.outbox;
    if (trouble && trouble !== this.trouble) this.remarks.say(`${trouble}. Answers wait in this browser.`, 10_000);
    this.trouble = trouble;
  }

  onResult({ result, own }) {
    this.panel.soon();
    if (own && result.reveal && preferences.get("reveal")) this.topbar.drawReveal(result.reveal);
  }

  move(step, action) {
    const { roll, index } = this.place;
    if (!this.inGrid && (action === "up" || action === "down")) return;
    const target = index + step;
    if (target < 0 || target >= roll.ids.length) return;
    this.moveTo(target);
    this.view.focus();
  }

  /** @param {number} index */
  moveTo(index) {
    if (index === this.place.index) return;
    const before = this.page().first;
    this.place.index = index;
    if (!this.inGrid || this.page().first !== before) this.show();
    else this.view.refresh();
  }

  async openSimilar(id) {
    if (!id) return;
    try {
      const { galaxies, answers } = await post(sessionPath(this.session.name, "/similar"), { galaxy: id, n: SIMILAR });
      for (const [galaxy, answer] of Object.entries(answers)) {
        if (!this.desk.answers.has(galaxy)) this.desk.answers.set(galaxy, answer);
      }
      const roll = new Roll("similar", async () => []);
      roll.ids.push(...galaxies);
      for (const galaxy of galaxies) roll.known.add(galaxy);
      roll.finished = true;
      const open = galaxies.findIndex((galaxy) => !this.desk.answers.has(galaxy));
      this.places.push({ roll, index: Math.max(open, 0), like: id });
      this.show();
      this.view.focus();
    } catch (error) {
      this.remarks.say(error.message, 8000);
    }
  }

  goBack() {
    if (this.places.length === 1) return;
    if (this.places.pop()?.roll.kind === "map") return this.openMap();
    this.show();
    this.view.focus();
  }

  /** The map in the place of the galaxies; its scripts come now. @param {string} [link] version and shape of a selection */
  async openMap(link = "") {
    if (this.onMap) return;
    const { MapView } = await import("./map.js");
    this.map ??= new MapView(this);
    this.onMap = true;
    this.element.classList.add("on-map");
    this.room.replaceChildren(this.map.element);
    this.drawBar();
    this.topbar.draw();
    await this.map.open(link);
  }

  leaveMap() {
    if (!this.onMap) return;
    this.onMap = false;
    this.element.classList.remove("on-map");
    this.map?.hide();
    this.room.replaceChildren(this.view.element);
    this.drawBar();
    this.topbar.draw();
    this.show();
    this.view.focus();
  }

  /**
   * Galaxies that were selected on the map.
   * @param {(start: number, n: number) => Promise<{ galaxies: string[], answers: Record<string, string> }>} page some of them, from one on
   * @param {number} count
   */
  openSet(page, count) {
    const roll = new Roll("map", async (n) => {
      const { galaxies, answers } = await page(roll.ids.length, n);
      for (const [galaxy, answer] of Object.entries(answers)) {
        if (!this.desk.answers.has(galaxy)) this.desk.answers.set(galaxy, answer);
      }
      return galaxies;
    });
    if (this.place.roll.kind === "map") this.places.pop();
    this.places.push({ roll, index: 0, count });
    this.leaveMap();
  }

  nextStretch() {
    const next = (STRETCHES.indexOf(preferences.get("stretch")) + 1) % STRETCHES.length;
    preferences.set({ stretch: STRETCHES[next] });
    this.remarks.say(`Stretch: ${STRETCH_WORDS[STRETCHES[next]]}`);
  }

  howShown() {
    const { kind } = this.place.roll;
    return {
      first: this.page().first,
      view: kind === "main" ? preferences.get("view") : kind,
      columns: this.inGrid ? this.columns : 1,
      rows: this.inGrid ? this.rows : 1,
      stretch: STRETCH_WORDS[preferences.get("stretch")],
      seconds: Math.min(86_400, (performance.now() - this.since) / 1000),
      guess_visible: preferences.get("reveal"),
    };
  }

  applyPreference(changes) {
    if ("reveal" in changes) {
      this.outbox.reveal = preferences.get("reveal");
      this.topbar.drawReveal(null);
      this.panel.update();
    }
    if ("keys" in changes || "singleKeys" in changes) this.drawBar();
    if ("reveal" in changes && this.map?.points) this.map.restyle();
    if ("view" in changes) {
      this.leaveMap();
      this.view.close();
      this.view = this.makeView();
    }
    if ("view" in changes || "columns" in changes || "rows" in changes) this.show();
    if ("stretch" in changes) this.redraw();
    this.topbar.draw();
    this.drawBar();
  }

  /** The same galaxies with another stretch; the old pictures stay until the new ones are there. */
  redraw() {
    if (this.inGrid) this.view.drawPictures();
    else this.view.show();
    this.panel.bestShown = "";
    this.panel.soon();
    this.lookAhead(this.place.roll, this.inGrid ? this.page().size : STREAM_CHUNK);
  }

  // --- drawing -------------------------------------------------------------------------------------------------------

  /** @param {string} [notice] */
  drawHead(notice) {
    const { roll, like, count } = this.place;
    const { first, last, size } = this.page();
    const ids = roll.ids.slice(first, last);
    const done = ids.filter((id) => this.desk.answers.has(id)).length;
    const where = this.inGrid ? `Page ${Math.floor(first / size) + 1}` : `Galaxy ${first + 1}`;
    const parts = { main: [where], similar: ["Similar to this galaxy"], "look-back": ["Taken back"], map: [`${count?.toLocaleString("en")} from the map · ${where}`] }[roll.kind];
    const text = notice ?? (ids.length ? `${parts}${this.inGrid ? ` · ${done} of ${ids.length} answered` : ""}` : "");
    const back = roll.kind === "main" ? null : h("button", { type: "button", class: "button small", onclick: () => this.act("back") }, "Back ", keycap("Esc"));
    const thumb = like ? h("img", { class: "like", alt: "", src: this.pictures.address(like, 80, preferences.get("stretch")) }) : null;
    this.head.replaceChildren(...[back, thumb, h("span", {}, text)].filter((part) => part !== null));
  }

  drawBar() {
    const button = (action) =>
      h("button", {
        type: "button", class: "key", onmousedown: (event) => event.preventDefault(), onclick: () => this.act(action),
        disabled: action === "rest-no" && !this.inGrid,
      }, keysOf(action)[0] && preferences.get("singleKeys") ? keycap(printed(keysOf(action)[0])) : null, this.barWords(action));
    if (this.onMap && this.map) return this.bar.replaceChildren(...this.map.tools.bar(button));
    this.bar.replaceChildren(
      ...BAR.map(button),
      h("span", { class: "spring" }),
      button("help"),
    );
  }

  barWords(action) {
    const usual = { junk: "bad image", undo: "undo", "rest-no": "rest of page: no", similar: "similar", back: "back", stretch: "stretch", help: "all keys" };
    return usual[action] ?? answerFor(this.session, action);
  }

  openSettings() {
    settingsDrawer(this);
  }
}

function range(from, to) {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}

function tell(action, session) {
  const answer = EXTRA.has(action.answer) ? words(session, action.answer) : action.answer;
  return action.ids.length === 1 ? answer : `${answer} for ${action.ids.length}`;
}
