// @ts-check
/** A galaxy beside the nearest ones that one has answered, class by class. Open to the blind only after the answer. */

import { post, sessionPath } from "./api.js";
import { open } from "./dialogs.js";
import { h } from "./dom.js";
import { lookToken } from "./look.js";
import { chip } from "./marks.js";
import { home } from "./home.js";
import { preferences } from "./preferences.js";

const EACH = 6;

/** @param {import("./label.js").Label} screen */
export async function compare(screen) {
  const id = answered(screen);
  if (!id) return screen.remarks.say("Compared after the answer: answer this one first, or show guesses in Settings.");
  const here = screen.visits.here();
  try {
    await screen.outbox.flush();
    const body = { galaxy: id, n: EACH, reveal: preferences.get("reveal") };
    const { groups } = await post(sessionPath(screen.session.name, "/compare"), body);
    if (here()) draw(screen, id, groups);
  } catch (error) {
    screen.remarks.say(error.message, 8000);
  }
}

/** The galaxy under the hand, or for the blind the last one they answered. */
function answered(screen) {
  const { roll, index } = screen.place;
  const here = roll.ids[index];
  if (here && (preferences.get("reveal") || screen.desk.answers.has(here))) return here;
  return screen.desk.done.at(-1)?.ids.at(-1);
}

function draw(screen, id, groups) {
  const { session, desk } = screen;
  const answer = desk.answers.get(id);
  const picture = (galaxy, size) => h("img", { src: screen.pictures.address(galaxy, size, lookToken()), alt: "" });
  const group = ({ answer: said, galaxies }) =>
    h("section", { "aria-label": `Nearest: ${said}` }, h("h3", {}, chip(session, said)),
      galaxies.length ? h("ul", {}, galaxies.map((galaxy, i) => h("li", {}, h("button", { type: "button", class: "thumb", "aria-label": `Similar to number ${i + 1} of ${said}`, onclick: () => similar(screen, galaxy) }, picture(galaxy, 128))))) : h("p", { class: "quiet" }, "None answered yet."));
  open(
    "Compared with your answers",
    h("div", { class: "compare" },
      h("figure", {}, picture(id, 384), h("figcaption", {}, answer ? chip(session, answer, desk.paths.get(id)) : "unanswered")),
      h("div", { class: "compare-groups" }, groups.map(group))),
    h("p", { class: "quiet" }, "The most alike first, by the same vectors that order the page. Only your own answers and the examples."),
  );
  home.root.querySelector("dialog")?.classList.add("wide");
}

function similar(screen, galaxy) {
  home.root.querySelector("dialog")?.remove();
  screen.visits.openSimilar(galaxy);
}
