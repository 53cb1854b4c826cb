// @ts-check
/** The labelling screen: Stream and Grid over one roll of galaxies, the keys, the panel. */

import { get, post, sessionPath } from "./api.js";
import { Ask } from "./ask.js";
import { Blink } from "./blink.js";
import { compare } from "./compare.js";
import { Desk, EXTRA } from "./desk.js";
import { keyCard, settingsDrawer } from "./dialogs.js";
import { h, keycap } from "./dom.js";
import { PictureDrop } from "./drop.js";
import { Grid } from "./grid.js";
import { Keyboard, keysOf, printed } from "./keys.js";
import { lookAction, lookToken } from "./look.js";
import { LookBar } from "./lookbar.js";
import { answerFor, words } from "./marks.js";
import { Outbox } from "./outbox.js";
import { Panel } from "./panel.js";
import { Pictures } from "./pictures.js";
import { preferences, STRETCH_WORDS, STRETCHES } from "./preferences.js";
import { Roll } from "./roll.js";
import { Review } from "./review.js";
import { Remarks } from "./say.js";
import { Selection } from "./selection.js";
import { Sky } from "./sky.js";
import { Stream } from "./stream.js";
import { TopBar } from "./topbar.js";
import { Wide } from "./wide.js";

const STREAM_CHUNK = 6; // galaxies fetched at a time in Stream: few, so that learning shows soon
const SURE = { count: 10, share: 0.8 }; // of the recent answers, before "rest of page: yes" is allowed
const SIMILAR = 48;
const WRITES = new Set(["yes", "no", "maybe", "junk", "undo", "redo", "rest-no", "rest-yes", "review"]); // not for viewers
const BAR = ["yes", "no", "maybe", "junk", "undo", "rest-no", "similar", "stretch"];
const ANSWERING = ["yes", "no", "maybe", "junk", "rest-no", "rest-yes"];
const FORM_BAR = ["maybe", "junk", "undo", "rest-yes", "similar", "stretch"]; // the form's own answers stand in its strip

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
    this.review = new Review(this);
    /** @type {Place[]} */
    this.places = [{ roll: new Roll("main", (n) => this.nextPage(n)), index: 0 }];
    this.since = performance.now();
    this.unseenAsked = "";
    this.trouble = "";
    this.selected = new Selection();
    this.ask = session.form && this.mayAnswer ? new Ask(this, session.form) : null;
    this.lookbar = new LookBar(state.collection.bands);
    this.sky = new Sky((text) => this.remarks.say(text));
    this.blink = new Blink(this, () => this.act("next-band"));
    this.drop = new PictureDrop(this);
    this.wide = new Wide(this);
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
    this.onReturn = (event) => event.persisted && location.reload(); // what lay here was given back
    window.addEventListener("pagehide", this.onLeave);
    window.addEventListener("pageshow", this.onReturn);
  }

  /** Deliver what waited in the browser, then begin. @param {{ room: string, what: string }} [there] what the address names */
  async open(there) {
    this.drawBar();
    this.drawHead();
    await this.outbox.open();
    this.panel.update();
    if (there?.room === "review" && this.mayAnswer) await this.review.open(there.what);
    else if (there?.room === "galaxy") await this.openAddress(there.what);
    if (this.places.length === 1) await this.show();
    this.view.focus();
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
    this.outbox.close();
    this.panel.close();
    this.view.close();
    this.sky.close();
    this.blink.end();
    this.drop.close();
    preferences.removeEventListener("change", this.onPreference);
    window.removeEventListener("pagehide", this.onLeave);
    window.removeEventListener("pageshow", this.onReturn);
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
    return this.pictures.get(this.pictures.address(id, pixels, lookToken()));
  }

  pictureChanged() {
    this.keyboard.pictureChanged();
    this.since = performance.now();
  }

  async nextPage(n) {
    const held = [...new Set([...this.places[0].roll.ids.slice(-400), ...this.outbox.galaxies.slice(-400)])];
    if (!this.mayAnswer) return [];
    const after = this.takeOver();
    const reply = await post(sessionPath(this.session.name, "/pages"), { client: this.outbox.client, held, n, ...(after ? { after } : {}) });
    this.places[0].roll.elsewhere = reply.elsewhere;
    return reply.galaxies;
  }

  /** The page that was here before in this tab: what it held is asked again, even if its goodbye got lost. */
  takeOver() {
    const before = sessionStorage.getItem(this.lastPage);
    sessionStorage.removeItem(this.lastPage);
    return before;
  }

  get lastPage() {
    return `tuningfork:page:${this.state.collection.place}:${this.session.name}`;
  }

  /** Another page may be asked about what lies here unanswered. */
  letGo() {
    if (!this.mayAnswer) return;
    const { client, galaxies } = this.outbox;
    sessionStorage.setItem(this.lastPage, client);
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
    const atEnd = this.place.index >= this.place.roll.ids.length;
    this.room.classList.toggle("at-end", atEnd);
    this.room.classList.toggle("reviewing", this.place.roll.kind === "review");
    if (atEnd) this.drawEnd();
    else if (!this.view.element.isConnected) this.room.replaceChildren(this.view.element);
    if (!atEnd) this.view.show();
    this.ask?.show();
    this.drawHead();
    if (this.barFor !== this.place.roll.kind) this.drawBar();
  }

  drawEnd() {
    const { roll } = this.place;
    const main = roll.kind === "main";
    const text = roll.error || (main ? endWords(roll, this.mayAnswer) : "That is all of them.");
    const again = () => {
      roll.again();
      this.show();
    };
    this.room.replaceChildren(
      h("div", { class: "end" },
        h("p", { class: "end-words" }, text),
        roll.error ? h("button", { type: "button", class: "button", onclick: again }, "Try again") : null,
        !roll.error && main && this.mayOwn && !roll.elsewhere ? h("p", { class: "quiet" }, "The buttons under “Take home” give you the table.") : null,
        !roll.error && main && this.mayAnswer ? h("button", { type: "button", class: "button", onclick: again }, "Look again") : null,
        main ? null : h("button", { type: "button", class: "button", onclick: () => this.act("back") }, "Back")),
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
    if (!ANSWERING.includes(action)) this.unseenAsked = "";
    if (!this.mayAnswer && WRITES.has(action)) return this.remarks.say("You may look here, not answer.");
    if (action.startsWith("select-")) return this.select(action.slice(7));
    const moves = { left: -1, right: 1, up: -this.view.across, down: this.view.across };
    if (action in moves) this.move(moves[action], action);
    else if (action === "undo" || action === "redo") this.turn(action);
    else if (action === "rest-no" || action === "rest-yes") this.answerRest(action === "rest-no" ? "no" : "yes");
    else if (action === "similar") this.openSimilar(this.place.roll.ids[this.place.index]);
    else if (action === "back") this.goBack();
    else if (action === "stretch") this.nextStretch();
    else if (action === "review") this.review.open();
    else if (action === "estimates" || action === "history") this.showRoom(action);
    else if (action === "link") this.copyLink();
    else if (action === "view") preferences.set({ view: this.inGrid ? "stream" : "grid" });
    else if (action === "help") keyCard();
    else if (action === "band") this.blink.start();
    else if (action === "sky") preferences.set({ sky: !preferences.get("sky") });
    else if (action === "wider") this.wide.toggle();
    else if (action === "viewer") this.sky.open();
    else if (action === "compare") compare(this);
    else if (action === "picture") this.drop.choose();
    else this.changeLook(action) || this.answer(action);
  }

  /** Levels, bands and inversion; false for what is none of them. */
  changeLook(action) {
    const words = lookAction(action, this.state.collection.bands);
    if (words !== null) this.remarks.say(words);
    return words !== null;
  }

  answer(role) {
    const { roll, index } = this.place;
    if (index >= roll.ids.length) return;
    if (this.ask && (role === "yes" || role === "no")) return;
    if (!this.view.ready) return this.remarks.say("The picture is on its way.", 1500);
    this.answerFor(this.targets(), answerFor(this.session, role));
  }

  /** A whole path through the steps of a form, for the galaxies under the hand or for the rest of the page. */
  answerPath(path, answer, rest) {
    if (rest) return this.answerFor(this.restOfPage(), answer, path.join(" "), () => this.advanceFrom(this.page().last));
    this.answerFor(this.targets(), answer, path.join(" "));
  }

  /** What an answer is about: what is selected, or else the galaxy under the hand. */
  targets() {
    return this.selected.count ? this.selected.indices : [this.place.index];
  }

  restOfPage() {
    const { first, last } = this.page();
    return range(first, last).filter((i) => !this.desk.answers.has(this.place.roll.ids[i]) && !this.selected.has(i));
  }

  answerFor(indices, answer, path = "", then = () => this.advance()) {
    if (indices.length > 1 && !this.mayAnswerUnseen(indices)) return;
    if (indices.length) this.say(indices, answer, path);
    if (indices.length > 1) this.remarks.say(`${indices.length} answered ${answer}; ${printed(keysOf("undo")[0] ?? "")} takes them back together`);
    this.selected.clear();
    then();
  }

  /** Into the log: an answer, or the last word on what people differ about. */
  say(indices, answer, path) {
    if (this.place.roll.list === "disputes") return this.desk.settle({ ...this.place }, indices, answer);
    this.desk.answer({ ...this.place }, indices, answer, { ...this.howShown(), ...(path ? { path } : {}) });
  }

  /** What was never on the screen wants a second press. */
  mayAnswerUnseen(indices) {
    const ids = indices.map((i) => this.place.roll.ids[i]);
    const seen = this.view.allSeen(ids) || this.unseenAsked === ids.join(" ");
    this.unseenAsked = seen ? "" : ids.join(" ");
    if (!seen) this.remarks.say("Some of these were not on the screen yet. Press again to answer for them too.");
    return seen;
  }

  /** More or fewer tiles: a direction of the arrows, or the tile that was clicked. */
  select(how, clicked = -1) {
    if (!this.inGrid) return;
    const { first, last } = this.page();
    const step = { left: -1, right: 1, up: -this.view.across, down: this.view.across }[how] ?? 0;
    const target = clicked < 0 ? Math.min(Math.max(this.place.index + step, first), last - 1) : clicked;
    if (how === "toggle") this.selected.toggle(this.place.index, target);
    else this.selected.extend(this.place.index, target);
    this.place.index = target;
    this.view.refresh();
    this.view.focus();
    this.ask?.show();
    this.drawHead();
  }

  /** To the next unanswered galaxy: on this page first, then on the next one. */
  advance() {
    const { roll, index } = this.place;
    const { first, last } = this.page();
    if (roll.kind === "review") return this.step(index + 1); // all have answers: that is why they are here
    const open = (i) => !this.desk.answers.has(roll.ids[i]);
    const after = range(index + 1, this.inGrid ? last : roll.ids.length).find(open);
    const before = this.inGrid ? range(first, index).find(open) : undefined;
    const later = range(last, roll.ids.length).find(open);
    this.place.index = after ?? before ?? later ?? roll.ids.length;
    this.since = performance.now();
    this.show();
    this.view.focus();
  }

  /** @param {number} index */
  step(index) {
    this.place.index = index;
    this.since = performance.now();
    this.show();
    this.view.focus();
  }

  answerRest(role) {
    if (!this.inGrid || this.place.roll.kind === "review") return;
    if (this.ask) return this.ask.askRest();
    if (role === "yes" && !this.mayAssumeYes()) return;
    const { last } = this.page();
    this.answerFor(this.restOfPage(), answerFor(this.session, role), "", () => this.advanceFrom(last));
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
    if (!strange.length) return;
    if (kind === "redo") return this.remarks.say("Brought back: an answer from before this page was opened");
    this.openGalaxies(strange, "look-back", "Taken back");
    this.remarks.say("Taken back: an answer from before this page was opened");
  }

  /** Some galaxies by themselves. @param {string[]} ids @param {"look-back" | "similar"} kind @param {string} why */
  openGalaxies(ids, kind, why) {
    const roll = new Roll(kind, async () => []);
    roll.why = why;
    roll.ids.push(...ids);
    for (const id of ids) roll.known.add(id);
    roll.finished = true;
    if (this.place.roll.kind === "look-back") this.places.pop();
    this.places.push({ roll, index: 0 });
    this.show();
    this.view.focus();
    this.tellAnswers(ids);
  }

  /** What the person said of galaxies that this page did not ask about. @param {string[]} ids */
  async tellAnswers(ids) {
    const open = ids.filter((id) => !this.desk.answers.has(id));
    if (!open.length) return;
    const { answers } = await post(sessionPath(this.session.name, "/answers"), { galaxies: open }).catch(() => ({ answers: {} }));
    for (const [id, answer] of Object.entries(answers)) this.desk.answers.set(id, answer);
    this.view.refresh();
  }

  /** A galaxy that the address names: by its id in the collection, or as this page calls it. @param {string} name */
  async openAddress(name) {
    let id = /^[0-9a-f]{24}$/.test(name) ? name : null;
    if (!id) {
      const { ids } = await get(`/api/ids?like=${encodeURIComponent(name)}`).catch(() => ({ ids: [] }));
      id = ids.find((found) => found.name === name)?.id ?? null;
    }
    if (id) this.openGalaxies([id], "look-back", "One galaxy");
    else this.remarks.say(`There is no galaxy “${name}” here.`, 8000);
  }

  /** A room of the side panel, or back to the first. @param {string} name */
  showRoom(name) {
    const { tabs } = this.panel;
    tabs.show(tabs.open === name ? "progress" : name);
    tabs.list.scrollIntoView({ block: "center" }); // on a small screen it lies below
  }

  async copyLink() {
    const id = this.place.roll.ids[this.place.index];
    if (!id) return;
    const link = new URL(this.address(`/galaxy/${id}`), location.href).href;
    try {
      await navigator.clipboard.writeText(link);
      this.remarks.say("The link to this galaxy is copied");
    } catch {
      this.remarks.say(link, 20_000);
    }
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
    if (index === this.place.index && !this.selected.count) return;
    const before = this.page().first;
    this.place.index = index;
    this.selected.clear();
    if (!this.inGrid || this.page().first !== before) return this.show();
    this.view.refresh();
    this.ask?.show();
    this.drawHead();
  }

  async openSimilar(id) {
    if (!id) return;
    try {
      this.showSimilar(await post(sessionPath(this.session.name, "/similar"), { galaxy: id, n: SIMILAR }), id);
    } catch (error) {
      this.remarks.say(error.message, 8000);
    }
  }

  /** @param {{ galaxies: string[], answers: Record<string, string> }} found @param {any} like a galaxy or a dropped picture */
  showSimilar({ galaxies, answers }, like) {
    for (const [galaxy, answer] of Object.entries(answers)) {
      if (!this.desk.answers.has(galaxy)) this.desk.answers.set(galaxy, answer);
    }
    const roll = new Roll("similar", async () => []);
    roll.ids.push(...galaxies);
    for (const galaxy of galaxies) roll.known.add(galaxy);
    roll.finished = true;
    const open = galaxies.findIndex((galaxy) => !this.desk.answers.has(galaxy));
    this.places.push({ roll, index: Math.max(open, 0), like });
    this.show();
    this.view.focus();
  }

  likeAddress(like) {
    return like.picture ? `/pictures/example/${like.picture}/96` : this.pictures.address(like, 80, lookToken());
  }

  goBack() {
    if (this.selected.count) return this.moveTo(this.place.index);
    if (this.places.length === 1) return;
    this.places.pop();
    if (this.places.length === 1) history.replaceState(null, "", this.address());
    this.show();
    this.view.focus();
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
      stretch: lookToken(),
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
    if ("view" in changes) {
      this.view.close();
      this.view = this.makeView();
    }
    if ("view" in changes || "columns" in changes || "rows" in changes) this.show();
    if ("stretch" in changes || "look" in changes) this.redraw();
    if ("sky" in changes) this.drawHead();
    this.lookbar.draw();
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
    const { roll, like } = this.place;
    const { first, last, size } = this.page();
    const ids = roll.ids.slice(first, last);
    const done = ids.filter((id) => this.desk.answers.has(id)).length;
    const where = this.inGrid ? `Page ${Math.floor(first / size) + 1}` : `Galaxy ${first + 1}`;
    const { kind } = roll;
    const walked = `${this.place.index + 1} of ${roll.ids.length}`;
    const alike = like?.name ? `Similar to ${like.name}` : "Similar to this galaxy";
    const part = { main: where, similar: alike, "look-back": roll.why || "Taken back", review: walked }[kind];
    const chosen = this.selected.count ? ` · ${this.selected.count} selected` : "";
    const counted = this.inGrid && kind !== "review" ? ` · ${done} of ${ids.length} answered` : "";
    const text = notice ?? (ids.length || kind === "review" ? `${part}${counted}${this.inGrid ? chosen : ""}` : "");
    const back = kind === "main" ? null : h("button", { type: "button", class: "button small", onclick: () => this.act("back") }, "Back ", keycap("Esc"));
    const thumb = like ? h("img", { class: "like", alt: "", src: this.likeAddress(like) }) : null;
    const here = roll.ids[this.place.index];
    const lists = kind === "review" ? this.review.head(roll, here) : [];
    this.sky.show(here ?? "");
    this.wide.leave(here ?? "none");
    const words = h("span", { class: "where-in" }, text);
    this.head.replaceChildren(...[back, thumb, words, ...lists, h("span", { class: "spring" }), this.sky.strip].filter((part) => part !== null));
  }

  drawBar() {
    this.barFor = this.place.roll.kind;
    const button = (action) =>
      h("button", {
        type: "button", class: "key", onmousedown: (event) => event.preventDefault(), onclick: () => this.act(action),
        disabled: (action.startsWith("rest-") && (!this.inGrid || this.place.roll.kind === "review")) || (!this.mayAnswer && WRITES.has(action)),
      }, keysOf(action)[0] && preferences.get("singleKeys") ? keycap(printed(keysOf(action)[0])) : null, this.barWords(action));
    this.bar.replaceChildren(
      ...(this.ask ? FORM_BAR : BAR).map(button),
      h("span", { class: "spring" }),
      button("help"),
    );
  }

  barWords(action) {
    const usual = { junk: "bad image", undo: "undo", "rest-no": "rest of page: no", "rest-yes": "the others are …", similar: "similar", stretch: "stretch", help: "all keys" };
    return usual[action] ?? answerFor(this.session, action);
  }

  openSettings() {
    settingsDrawer(this);
  }
}

function endWords(roll, mayAnswer) {
  if (!mayAnswer) return "You are here to look: finds and estimates stand at the side.";
  return roll.elsewhere ? `Nothing is left to ask here now. ${roll.elsewhere} lie on other pages.` : "Every galaxy has an answer.";
}

function range(from, to) {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}

function tell(action, session) {
  const answer = EXTRA.has(action.answer) ? words(session, action.answer) : action.answer;
  return action.ids.length === 1 ? answer : `${answer} for ${action.ids.length}`;
}
