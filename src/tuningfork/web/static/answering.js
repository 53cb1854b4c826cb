// @ts-check
/** What an answer is about, and how it is given, taken back and brought again. */

import { EXTRA } from "./desk.js";
import { keysOf, printed } from "./keys.js";
import { lookToken } from "./look.js";
import { answerFor, words } from "./marks.js";
import { Meanwhile } from "./meanwhile.js";
import { range } from "./moving.js";
import { preferences } from "./preferences.js";

const SURE = { count: 10, share: 0.8 }; // of the recent answers, before "rest of page: yes" is allowed

export class Answering {
  /** @param {import("./label.js").Label} screen */
  constructor(screen) {
    this.screen = screen;
    this.meanwhile = new Meanwhile(screen);
    this.unseenAsked = ""; // the galaxies for which a second press was asked
  }

  answer(role) {
    const { screen } = this;
    const { roll, index } = screen.place;
    if (index >= roll.ids.length) return;
    if (screen.ask && (role === "yes" || role === "no")) return;
    if (screen.ask?.together.on) return screen.ask.together.end(role);
    if (!screen.view.ready) return screen.remarks.say("The picture is on its way.", 1500);
    this.answerFor(this.targets(), answerFor(screen.session, role));
  }

  /** A whole path through the steps of a form, for the galaxies under the hand. */
  answerPath(path, answer) {
    this.answerFor(this.targets(), answer, path.join(" "));
  }

  /**
   * Several galaxies at once, each with an answer of its own; one undo takes all of them back.
   * @param {number[]} indices @param {{ answer: string, path: string }[]} each
   * @param {import("./together.js").Stride} [stride] the step that ended their walks
   */
  answerEach(indices, each, stride) {
    const { screen } = this;
    const [{ answer, path }] = each;
    screen.desk.answer({ ...screen.place }, indices, answer, { ...this.howShown(), ...(path ? { path } : {}) }, { each, stride });
    const said = new Set(each.map((one) => words(screen.session, one.answer, one.path)));
    this.toldOf(indices.length, said.size === 1 ? [...said][0] : "");
    screen.selected.clear();
    screen.moving.advance();
  }

  /** @param {number} count @param {string} said */
  toldOf(count, said) {
    this.screen.remarks.say(`${count} answered${said ? ` ${said}` : ""}; ${printed(keysOf("undo")[0] ?? "")} takes ${count === 1 ? "it back" : "them back together"}`);
  }

  /** What an answer is about: what is selected, or else the galaxy under the hand. */
  targets() {
    const { screen } = this;
    return screen.selected.count ? screen.selected.indices : [screen.place.index];
  }

  restOfPage() {
    const { screen } = this;
    const { first, last } = screen.page();
    return range(first, last).filter((i) => !screen.desk.answers.has(screen.place.roll.ids[i]) && !screen.selected.has(i));
  }

  answerFor(indices, answer, path = "", then = () => this.screen.moving.advance()) {
    const { screen } = this;
    if (!this.mayAnswerMany(indices)) return;
    if (indices.length) this.say(indices, answer, path);
    if (indices.length > 1) this.toldOf(indices.length, words(screen.session, answer, path));
    screen.selected.clear();
    then();
  }

  /** Into the log: an answer, or the last word on what people differ about. */
  say(indices, answer, path) {
    const { screen } = this;
    if (screen.place.roll.list === "disputes") return screen.desk.settle({ ...screen.place }, indices, answer);
    screen.desk.answer({ ...screen.place }, indices, answer, { ...this.howShown(), ...(path ? { path } : {}) });
  }

  /** What goes into the log beside the answer. */
  howShown() {
    const { screen } = this;
    const { kind } = screen.place.roll;
    return {
      first: screen.page().first,
      view: kind === "main" ? preferences.get("view") : kind,
      columns: screen.inGrid ? screen.columns : 1,
      rows: screen.inGrid ? screen.rows : 1,
      stretch: lookToken(),
      seconds: Math.min(86_400, (performance.now() - screen.since) / 1000),
      guess_visible: preferences.get("reveal"),
    };
  }

  /** Of several, what was never on the screen wants a second press. */
  mayAnswerMany(indices) {
    const { screen } = this;
    if (indices.length < 2) return true;
    const ids = indices.map((i) => screen.place.roll.ids[i]);
    const seen = screen.view.allSeen(ids) || this.unseenAsked === ids.join(" ");
    this.unseenAsked = seen ? "" : ids.join(" ");
    if (!seen) screen.remarks.say("Some of these were not on the screen yet. Press again to answer for them too.");
    return seen;
  }

  answerRest(role) {
    const { screen } = this;
    if (!screen.inGrid || screen.place.roll.kind === "review") return;
    if (screen.ask) return screen.ask.together.begin();
    if (role === "yes" && !this.mayAssumeYes()) return;
    const { last } = screen.page();
    this.answerFor(this.restOfPage(), answerFor(screen.session, role), "", () => screen.moving.advanceFrom(last));
  }

  mayAssumeYes() {
    const { screen } = this;
    const { count, share } = screen.desk.recent(screen.session.positive);
    if (count >= SURE.count && share >= SURE.share) return true;
    screen.remarks.say("Only when 8 of 10 recent answers were yes; each galaxy deserves its look.");
    return false;
  }

  turn(kind) {
    const { screen } = this;
    const { ask } = screen;
    if (kind === "undo" ? ask?.together.back() : ask?.redo()) return;
    const meant = ask?.together.meant ?? null;
    const action = kind === "undo" ? screen.desk.undo() : screen.desk.redo();
    if (kind === "redo") action?.ids.forEach((id) => ask?.walks.delete(id));
    if (!action) return; // what came before this page was opened: the server says which galaxies, see onTurned
    const at = screen.places.findIndex((place) => place.roll === action.place.roll);
    if (at < 0) screen.places.push({ ...action.place });
    else screen.places.length = at + 1;
    screen.place.index = action.index;
    if (action.stride) ask?.together.turn(kind, action.stride, meant);
    screen.remarks.say(kind === "undo" ? `Taken back: ${tell(action, screen.session)}` : `Again: ${tell(action, screen.session)}`);
    if (kind === "redo") screen.moving.advance();
    else {
      screen.show();
      screen.view.focus();
    }
  }

  /** The server has undone something that this page does not remember: show those galaxies, to be answered anew. */
  onTurned({ kind, galaxies, action }) {
    const { screen } = this;
    screen.panel.soon();
    if (!galaxies.length) {
      screen.remarks.say(kind === "undo" ? "There is nothing to take back." : "There is nothing to bring back.");
      return;
    }
    const ids = galaxies.map(({ id }) => id);
    const stride = action?.stride ?? screen.ask?.together.strides.of(ids);
    if (stride && !action) screen.ask?.together.turn(kind, stride, null); // of an earlier page, or of another window
    this.tellStrange(kind, ids);
    if (kind === "redo") this.meanwhile.name(stride ? [...stride.before.keys()] : ids, stride);
  }

  /** What this page had not asked about. @param {"undo" | "redo"} kind @param {string[]} ids */
  tellStrange(kind, ids) {
    const { screen } = this;
    const strange = ids.filter((id) => !screen.places.some((place) => place.roll.known.has(id)));
    if (!strange.length) return;
    if (kind === "redo") return screen.remarks.say("Brought back: an answer from before this page was opened");
    screen.visits.openGalaxies(strange, "look-back", "Taken back");
    screen.remarks.say("Taken back: an answer from before this page was opened");
  }
}

function tell(action, session) {
  const various = action.each?.some((one) => one.path !== action.each[0].path);
  const answer = various ? "answers" : EXTRA.has(action.answer) || action.each ? words(session, action.answer, action.path) : action.answer;
  return action.ids.length === 1 ? answer : `${answer} for ${action.ids.length}`;
}
