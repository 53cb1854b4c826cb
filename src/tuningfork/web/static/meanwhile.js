// @ts-check
/** What other people and other windows of the same person did meanwhile: what stands is what the server says. */

import { post, sessionPath } from "./api.js";

/** @typedef {import("./desk.js").Action} Action */
/** @typedef {{ kind: "undo" | "redo", action: Action, ids: string[] }} Doubt what this page took back or brought again, and the galaxies of which the server did */

const NAMED = 4; // galaxies in one remark

export class Meanwhile {
  /** @param {import("./label.js").Label} screen */
  constructor(screen) {
    this.screen = screen;
  }

  /** What the person said of some galaxies, and which of them are other people's by now. @param {string[]} ids @returns {Promise<{ answers: Record<string, string>, others: string[] }>} */
  standing(ids) {
    return post(sessionPath(this.screen.session.name, "/answers"), { galaxies: ids.slice(0, 1000), others: true });
  }

  /**
   * What was brought again leaves alone what went to somebody else, and says so.
   * @param {string[]} ids @param {import("./strides.js").Stride} [stride] the step that took some of them on
   */
  async name(ids, stride) {
    const { screen } = this;
    const told = await this.standing(ids).catch(() => null);
    if (!told?.others.length) return;
    if (stride) screen.ask?.together.strides.put(stride, "before", told.others);
    screen.ask?.together.without(told.others);
    screen.remarks.say(`${this.names(told.others)} went to somebody else meanwhile: what stands there stays`, 8000);
  }

  /** Galaxies as the page counts them. @param {string[]} ids */
  names(ids) {
    const { screen } = this;
    const { first, last } = screen.page();
    const places = ids.map((id) => screen.place.roll.ids.indexOf(id)).filter((i) => i >= first && i < last).map((i) => i - first + 1);
    const named = places.sort((a, b) => a - b).slice(0, NAMED).join(", ");
    const more = ids.length - Math.min(places.length, NAMED);
    if (!named) return more === 1 ? "One galaxy" : `${more} galaxies`;
    return `${ids.length === 1 ? "Galaxy" : "Galaxies"} ${named}${more ? ` and ${more} more` : ""}`;
  }

  /** The server turned another action than this page: another window came in between. @param {Doubt[]} doubts */
  async settle(doubts) {
    const { desk, outbox, ask } = this.screen;
    const ids = [...new Set(doubts.flatMap((doubt) => [...doubt.action.ids, ...doubt.ids]))];
    const told = await this.standing(ids).catch(() => null);
    if (!told || outbox.own.events.length) return desk.doubts.push(...doubts); // with the next result
    const waiting = new Set(outbox.galaxies);
    desk.hear(ids.filter((id) => !waiting.has(id)), told.answers, doubts);
    for (const { action, ids } of doubts) {
      for (const stride of [action.stride, ask?.together.strides.of(ids)]) {
        if (stride) ask?.together.strides.put(stride, stride.ended.every((id) => desk.answers.has(id)) ? "after" : "before");
      }
    }
    if (!this.restack(doubts)) ask?.together.strides.forget();
    ask?.changed();
  }

  /** What was done and what was taken back, in order again. @param {Doubt[]} doubts @returns {boolean} false when all of it is past */
  restack(doubts) {
    const { desk } = this.screen;
    const [{ action, kind }] = doubts;
    const stands = action.ids.every((id) => desk.answers.has(id));
    if (doubts.length === 1 && kind === "undo" && stands && desk.undone.at(-1) === action) {
      desk.done.push(action);
      desk.undone.pop();
      return true;
    }
    desk.done = [];
    desk.undone = [];
    return false;
  }
}
