// @ts-check
/** Galaxies beside the main roll: like another one, named by an address, taken back; and the way back. */

import { get, post, sessionPath } from "./api.js";
import { lookToken } from "./look.js";
import { home } from "./home.js";
import { Roll } from "./roll.js";

const SIMILAR = 48;
const SLOW = 400; // ms after which one is told that a search is under way

export class Visits {
  /** @param {import("./label.js").Label} screen */
  constructor(screen) {
    this.screen = screen;
  }

  /** Some galaxies by themselves. @param {string[]} ids @param {"look-back" | "similar"} kind @param {string} why */
  openGalaxies(ids, kind, why) {
    const { screen } = this;
    const roll = new Roll(kind, async () => []);
    roll.why = why;
    roll.ids.push(...ids);
    for (const id of ids) roll.known.add(id);
    roll.finished = true;
    screen.mapping.leave();
    if (screen.place.roll.kind === "look-back") screen.places.pop();
    screen.places.push({ roll, index: 0 });
    screen.show();
    screen.view.focus();
    this.tellAnswers(ids);
  }

  /** What the person said of galaxies that this page did not ask about. @param {string[]} ids */
  async tellAnswers(ids) {
    const { screen } = this;
    const open = ids.filter((id) => !screen.desk.answers.has(id));
    if (!open.length) return;
    const { answers } = await post(sessionPath(screen.session.name, "/answers"), { galaxies: open }).catch(() => ({ answers: {} }));
    for (const [id, answer] of Object.entries(answers)) screen.desk.answers.set(id, answer);
    screen.view.refresh();
  }

  /** A galaxy that the address names: by its id in the collection, or as this page calls it. @param {string} name */
  async openAddress(name) {
    const { screen } = this;
    try {
      const id = (await this.isOpaque(name)) ? name : (await get(`/api/ids?like=${encodeURIComponent(name)}`)).ids.find((found) => found.name === name)?.id;
      if (id) this.openGalaxies([id], "look-back", "One galaxy");
      else screen.remarks.say(`There is no galaxy “${name}” here.`, 8000);
    } catch (error) {
      screen.remarks.say(error.message, 8000);
    }
  }

  /** Whether it is a name that this page gave, of a galaxy that is here. @param {string} name */
  async isOpaque(name) {
    if (!/^[0-9a-f]{24}$/.test(name)) return false;
    try {
      return Boolean(await this.screen.sky.facts(name));
    } catch (error) {
      if (error.status === 422) return false;
      throw error;
    }
  }

  async copyLink() {
    const { screen } = this;
    const id = screen.place.roll.ids[screen.place.index];
    if (!id) return;
    const link = home.link(screen.address(`/galaxy/${id}`));
    if (!link) return screen.remarks.say("A notebook has no links to galaxies");
    try {
      await navigator.clipboard.writeText(link);
      screen.remarks.say("The link to this galaxy is copied");
    } catch {
      screen.remarks.say(link, 20_000);
    }
  }

  async openSimilar(id) {
    const { screen } = this;
    if (!id) return;
    const here = this.here();
    const slow = setTimeout(() => screen.remarks.say("Looking for similar galaxies …", 30_000), SLOW);
    try {
      const found = await post(sessionPath(screen.session.name, "/similar"), { galaxy: id, n: SIMILAR });
      screen.remarks.say("");
      if (here()) this.showSimilar(found, id);
    } catch (error) {
      screen.remarks.say(error.message, 8000);
    } finally {
      clearTimeout(slow);
    }
  }

  /** Whether the hand is where it is now: a reply that came late shall not take away what is being answered. @returns {() => boolean} */
  here() {
    const { screen } = this;
    const told = () => [screen.place.roll, screen.place.index, screen.places.length, screen.mapping.shown, screen.desk.done.length];
    const then = told();
    return () => told().every((value, i) => value === then[i]);
  }

  /** @param {{ galaxies: string[], answers: Record<string, string> }} found @param {any} like a galaxy or a dropped picture */
  showSimilar({ galaxies, answers }, like) {
    const { screen } = this;
    for (const [galaxy, answer] of Object.entries(answers)) {
      if (!screen.desk.answers.has(galaxy)) screen.desk.answers.set(galaxy, answer);
    }
    const roll = new Roll("similar", async () => []);
    roll.ids.push(...galaxies);
    for (const galaxy of galaxies) roll.known.add(galaxy);
    roll.finished = true;
    screen.mapping.leave();
    const open = galaxies.findIndex((galaxy) => !screen.desk.answers.has(galaxy));
    screen.places.push({ roll, index: Math.max(open, 0), like });
    screen.show();
    screen.view.focus();
  }

  likeAddress(like) {
    const { screen } = this;
    return like.picture ? `/pictures/example/${like.picture}/96` : screen.pictures.address(like, 80, lookToken());
  }

  goBack() {
    const { screen } = this;
    if (screen.selected.count) return screen.moving.moveTo(screen.place.index);
    if (screen.places.length === 1) return;
    if (screen.places.pop()?.roll.kind === "map") return screen.mapping.open();
    if (screen.places.length === 1) home.note(screen.address());
    screen.show();
    screen.view.focus();
  }
}
