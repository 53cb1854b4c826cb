// @ts-check
/** Start: say what you look for, show a few of them, see what is most like them. */

import { get, post } from "./api.js";
import { h } from "./dom.js";
import { ExampleTray, MOST_EXAMPLES } from "./tray.js";
import { home } from "./home.js";
import { PickGrid } from "./pick.js";
import { Pictures } from "./pictures.js";
import { QuestionChoice } from "./question.js";
import { themeButton } from "./theme.js";
import { vectorStart } from "./vectors.js";

const POOL = 24;
const NEAREST = 24;
const NAME_WORDS = { class: "Name of the class", session: "Name of this session" };
const WAITING = "Choose one galaxy, and the 24 most like it appear here.";

export class Start {
  /** @param {any} state */
  constructor(state) {
    this.state = state;
    this.pictures = new Pictures(state.pictures);
    this.drawn = 0;
    this.asked = 0; // number of the last question for nearest ones; late replies to earlier questions are dropped
    this.questionTouched = false;
    this.named = ""; // what a tree or a file called the session
    /** keys, once they were chosen @type {string[] | null} */
    this.vectors = null;
    this.problem = h("p", { class: "problem", role: "alert" });
    this.asks = new QuestionChoice(state.trees ?? [], (kind, name) => this.onKind(kind, name));
    this.tray = new ExampleTray(this.pictures, () => this.onExamples(), (text) => (this.problem.textContent = text), (file) => this.takeQuestion(file));
    this.pool = new PickGrid(this.pictures, "Galaxies of the collection, in no order", (id) => this.tray.toggle({ galaxy: id }));
    this.near = new PickGrid(this.pictures, "The galaxies most like your examples", (id) => this.tray.toggle({ galaxy: id }));
    this.nearNote = h("p", { class: "empty" }, WAITING);
    this.ghosts = h("div", { class: "pick ghosts", "aria-hidden": "true" }, Array.from({ length: NEAREST }, () => h("span")));
    this.element = state.host ? h("div", { class: "start" }, this.form(), this.poolPane(), this.nearPane()) : this.lobby();
  }

  form() {
    this.name = h("input", { id: "class-name", type: "text", autocomplete: "off", maxlength: 60, placeholder: "merger", required: true, oninput: () => this.suggestQuestion() });
    this.question = h("input", { id: "question", type: "text", autocomplete: "off", maxlength: 300, placeholder: "Is it a merger?", oninput: () => (this.questionTouched = true) });
    this.go = h("button", { type: "submit", class: "button primary" }, "Start looking");
    this.nameWords = h("label", { for: "class-name" }, NAME_WORDS.class);
    this.questionField = h("div", { class: "field" }, h("label", { for: "question" }, "Question"), this.question);
    return h(
      "main",
      { class: "start-form" },
      top(),
      h("h1", {}, "What are you looking for?"),
      h("p", { class: "quiet" }, this.state.collection.name, " · ", this.state.collection.galaxies.toLocaleString("en"), " galaxies"),
      h("form", { onsubmit: (event) => this.submit(event) },
        this.asks.kindField, this.asks.source,
        h("div", { class: "field" }, this.nameWords, this.name), this.questionField, this.asks.plain.element, this.asks.typed.element,
        this.tray.element,
        vectorStart(this.state, (keys) => {
          this.vectors = keys;
          this.onExamples();
        }),
        h("div", { class: "start-go" }, this.problem, this.go)),
      this.continueList(),
    );
  }

  continueList() {
    if (!this.state.sessions.length) return null;
    const link = ({ name, question, used, created }) =>
      h("li", {}, h("a", { href: `#/session/${encodeURIComponent(name)}` }, name), h("span", { class: "quiet" }, question), h("span", { class: "quiet number" }, ago(used || created)));
    return h("section", { class: "continue", "aria-labelledby": "continue" }, h("h2", { id: "continue" }, "Go on with"), h("ul", {}, this.state.sessions.map(link)));
  }

  /** What a member sees: the sessions they were invited to. */
  lobby() {
    return h("div", { class: "start lobby" }, h("main", { class: "start-form" }, top(), h("h1", {}, this.state.collection.name), this.continueList()));
  }

  poolPane() {
    const others = h("button", { type: "button", class: "button small", onclick: () => this.draw(this.drawn + 1) }, "Show others");
    return h("section", { class: "pane", "aria-labelledby": "pool" }, h("div", { class: "pane-head" }, h("h2", { id: "pool" }, "Click one to five of them"), others), this.pool.element);
  }

  nearPane() {
    return h("section", { class: "pane", "aria-labelledby": "near" }, h("div", { class: "pane-head" }, h("h2", { id: "near" }, "Most like your examples")), h("div", { class: "near-room" }, this.ghosts, this.nearNote, this.near.element));
  }

  async open() {
    if (!this.state.host) return this.element.querySelector("a")?.focus();
    this.onExamples();
    this.name.focus();
    await this.draw(0);
  }

  close() {
    this.tray.close();
  }

  async draw(draw) {
    try {
      const { galaxies } = await get(`/api/gallery?draw=${draw}&n=${POOL}`);
      this.drawn = draw;
      this.pool.show(galaxies, this.tray.galaxies);
    } catch (error) {
      this.problem.textContent = error.message;
    }
  }

  /** Another kind of question has other fields; a tree and a file bring a name along. @param {string} kind @param {string} name */
  onKind(kind, name) {
    const plain = kind === "yes-no";
    this.nameWords.textContent = plain ? NAME_WORDS.class : NAME_WORDS.session;
    this.name.placeholder = plain ? "merger" : "a word or two";
    this.question.placeholder = plain ? "Is it a merger?" : "What kind of galaxy is it?";
    this.questionField.hidden = !plain && !this.asks.isTyped;
    this.question.required = this.asks.isTyped;
    this.tray.optional(!plain);
    if (this.name.value === this.named) this.name.value = name;
    this.named = name;
    if (!this.questionTouched) this.question.value = "";
    this.suggestQuestion();
    this.problem.textContent = "";
  }

  /** A question file may be dropped anywhere on this page. @param {File} file @returns {boolean} whether it is one */
  takeQuestion(file) {
    if (!/\.toml$/i.test(file.name)) return false;
    this.asks.takeFile(file);
    return true;
  }

  /** A name becomes a question until the person writes their own. */
  suggestQuestion() {
    if (!this.asks.isPlain) return;
    if (this.questionTouched && this.question.value) return;
    const name = this.name.value.trim();
    this.question.value = name ? `Is it ${/^[aeiou]/i.test(name) ? "an" : "a"} ${name}?` : "";
    this.questionTouched = false;
  }

  async onExamples() {
    const examples = this.tray.examples;
    this.pool.mark(this.tray.galaxies);
    this.near.mark(this.tray.galaxies);
    const question = ++this.asked;
    if (!examples.length) {
      this.near.show([], []);
      this.nearNote.hidden = this.ghosts.hidden = false;
      this.nearNote.textContent = WAITING;
      return;
    }
    if (!this.near.buttons.length) this.nearNote.textContent = "Looking for the galaxies most like it …"; // the first look reads the vectors
    try {
      const { galaxies } = await post("/api/nearest", { examples, n: NEAREST, ...this.ranksBy });
      if (question !== this.asked) return;
      this.nearNote.hidden = this.ghosts.hidden = true;
      this.near.show(galaxies, this.tray.galaxies);
    } catch (error) {
      if (question !== this.asked) return;
      this.near.show([], []);
      this.nearNote.hidden = this.ghosts.hidden = false;
      this.nearNote.textContent = error.message;
    }
  }

  /** What the server is told of the vectors; nothing while they are the usual ones. */
  get ranksBy() {
    return this.vectors ? { vectors: this.vectors } : {};
  }

  async submit(event) {
    event.preventDefault();
    this.problem.textContent = "";
    if (this.asks.isPlain && !this.tray.examples.length) {
      this.problem.textContent = `Choose one to ${MOST_EXAMPLES} examples first.`;
      return;
    }
    this.go.disabled = true;
    if (!(await this.asks.ready(this.question.value))) return (this.go.disabled = false);
    this.go.textContent = this.tray.examples.length ? "Learning from your examples …" : "Making the session …";
    try {
      const body = { name: this.name.value, question: this.question.value, examples: this.tray.examples, ...this.asks.body, ...this.ranksBy };
      const { session } = await post("/api/sessions", body);
      if (this.asks.isPlain) this.asks.plain.use();
      home.go(`#/session/${encodeURIComponent(session)}`);
    } catch (error) {
      this.problem.textContent = error.message;
      this.go.disabled = false;
      this.go.textContent = "Start looking";
    }
  }
}

/** How long ago, in words. @param {string} at */
function ago(at) {
  const minutes = at ? Math.round((Date.now() - Date.parse(at)) / 60_000) : NaN;
  if (Number.isNaN(minutes)) return "";
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 48 * 60) return `${Math.round(minutes / 60)} h ago`;
  return new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

/** The line above the form. */
function top() {
  return h("div", { class: "start-top" }, h("p", { class: "brand" }, "tuningfork"), themeButton());
}
