// @ts-check
/** The key card and the settings. */

import { post, sessionPath } from "./api.js";
import { h, keycap } from "./dom.js";
import { ACTIONS, GROUPS, keyName, keysOf, printed, remap } from "./keys.js";
import { home } from "./home.js";
import { GRID_SIZES, preferences } from "./preferences.js";
import { THEME_WORDS } from "./theme.js";
import { vectorSettings } from "./vectors.js";

/** All keys on one card, those of the question's open step first. @param {import("./label.js").Label} screen */
export function keyCard({ ask }) {
  const line = ({ name, words }) => h("div", { class: "card-line" }, h("dt", {}, keysOf(name).map((key) => keycap(printed(key)))), h("dd", {}, words));
  const section = (title, lines) => h("section", { class: "card-group" }, h("h3", {}, title), h("dl", { class: "card" }, lines));
  const group = ({ title, actions }) => section(title, actions.filter(({ name }) => !ask || (name !== "yes" && name !== "no")).map(line));
  const option = ({ key, text }) => h("div", { class: "card-line" }, h("dt", {}, keycap(printed(key))), h("dd", {}, text));
  const asked = ask?.step ? section("This question", ask.step.options.map(option)) : null;
  open("Keys", h("div", { class: "card-groups" }, asked, GROUPS.map(group)), h("p", { class: "quiet" }, "Keys can be changed or switched off in Settings."));
  home.root.querySelector("dialog")?.classList.add("wide");
}

/** @param {import("./label.js").Label} screen */
export function settingsDrawer(screen) {
  open(
    "Settings",
    h("div", { class: "settings" },
      screen.mayOwn ? choice("Asks next", screen.state.strategies, screen.session.strategy, (strategy) => configure(screen, { strategy })) : null,
      screen.mayOwn ? choice("Learns with", screen.state.heads, screen.session.head, (head) => configure(screen, { head })) : null,
      screen.mayOwn ? vectorSettings(screen, (vectors) => configure(screen, { vectors })) : null,
      screen.mayOwn ? shares(screen) : sharesToRead(screen),
      gridSize(),
      theme(),
      toggle(screen.session.shares ? "Show why a galaxy was asked, after the answer" : "Show the machine's guess, after the answer", "reveal", "Off keeps you blind to the machine's guess."),
      keySettings(screen),
      screen.state.host && home.window ? otherBrowser() : null,
      h("p", {}, h("a", { href: "#/start" }, "All sessions"))),
  );
}

async function configure(screen, change) {
  try {
    Object.assign(screen.session, await post(sessionPath(screen.session.name, "/settings"), change));
    if (!("vectors" in change)) screen.remarks.say("From the next page that is fetched on");
    return "";
  } catch (error) {
    return error.message;
  }
}

/** @param {string} label @param {Record<string, string>} options name -> description */
function choice(label, options, chosen, choose) {
  const note = h("p", { class: "quiet" }, options[chosen] ?? "");
  const select = h("select", {
    id: `set-${label.replaceAll(" ", "-").toLowerCase()}`,
    onchange: async () => {
      note.textContent = options[select.value];
      note.textContent = (await choose(select.value)) || options[select.value];
    },
  }, Object.keys(options).map((name) => h("option", { value: name, selected: name === chosen }, name)));
  return h("div", { class: "setting" }, h("label", { for: select.id }, label), select, note);
}

const STREAMS = { audit: "Audit, drawn by chance: tells what is missing", gold: "Known galaxies: tell what the eye misses", repeat: "Second looks: tell whether answers stand" };

/** How much of what is asked goes to each stream beside the hunt, in percent. @param {import("./label.js").Label} screen */
function shares(screen) {
  const note = h("p", { class: "quiet", role: "status" }, "The rest is the hunt. At most 100 together.");
  const lines = Object.entries(STREAMS).map(([name, words]) => {
    const field = h("input", { type: "number", id: `share-${name}`, name, min: "0", max: "100", step: "1", required: true, value: String(Math.round(100 * (screen.session.shares?.[name] ?? 0))) });
    return h("div", { class: "setting" }, h("label", { for: field.id }, words), field);
  });
  const form = h("form", {
    class: "setting",
    onsubmit: async (event) => {
      event.preventDefault();
      const told = Object.keys(STREAMS).map((name) => [name, Number(form.elements.namedItem(name).value) / 100]);
      if (told.reduce((sum, [, share]) => sum + Number(share), 0) > 1 + 1e-9) return (note.textContent = "These are more than 100 together: nothing was changed.");
      note.textContent = (await configure(screen, Object.fromEntries(told))) || "From the next page that is fetched on.";
    },
  }, h("fieldset", { class: "vectors" }, h("legend", {}, "Beside the hunt, in percent"), lines, note,
    h("button", { type: "submit", class: "button small" }, "Use these shares")));
  return form;
}

/** The same for an adjudicator, who may know and not change it; nobody else is told. @param {import("./label.js").Label} screen */
function sharesToRead(screen) {
  const { shares: told } = screen.session;
  if (!told) return null;
  const lines = Object.entries(STREAMS).flatMap(([name, words]) => [h("dt", {}, words), h("dd", { class: "number" }, `${Math.round(100 * told[name])} %`)]);
  return h("div", { class: "setting" }, h("p", {}, "Beside the hunt"), h("dl", { class: "told" }, lines));
}

function gridSize() {
  const now = `${preferences.get("columns")} × ${preferences.get("rows")}`;
  const names = GRID_SIZES.map(([columns, rows]) => `${columns} × ${rows}`);
  const select = h("select", {
    id: "set-grid",
    onchange: () => {
      const [columns, rows] = select.value.split(" × ").map(Number);
      preferences.set({ columns, rows });
    },
  }, [...new Set([...names, now])].map((name) => h("option", { value: name, selected: name === now }, name)));
  return h("div", { class: "setting" }, h("label", { for: "set-grid" }, "Grid"), select);
}

function theme() {
  const select = h("select", { id: "set-theme", onchange: () => preferences.set({ theme: select.value }) },
    Object.entries(THEME_WORDS).map(([name, words]) => h("option", { value: name, selected: name === preferences.get("theme") }, words)));
  return h("div", { class: "setting" }, h("label", { for: "set-theme" }, "Colours"), select);
}

function toggle(label, name, note) {
  const box = h("input", { type: "checkbox", id: `set-${name}`, checked: preferences.get(name), onchange: () => preferences.set({ [name]: box.checked }) });
  return h("div", { class: "setting" }, h("label", { class: "check", for: box.id }, box, label), note ? h("p", { class: "quiet" }, note) : null);
}

/** @param {import("./label.js").Label} screen */
function keySettings(screen) {
  const answers = new Map(screen.session.form?.steps.flatMap((step) => step.options.map(({ key, text }) => [key, text])) ?? []);
  const list = h("div", { class: "remap" });
  const note = h("p", { class: "quiet", role: "status" });
  const draw = (focused) => {
    list.replaceChildren(...ACTIONS.filter((a) => a.name !== "back").map((action) => remapLine(action, note, draw, answers)));
    if (focused) list.querySelector(`[data-action="${focused}"]`)?.focus();
  };
  draw();
  const usual = h("button", { type: "button", class: "button small", onclick: () => { preferences.set({ keys: {} }); draw(); } }, "The usual keys");
  return h("details", { class: "setting" }, h("summary", {}, "Keys"), toggle("Single keys answer", "singleKeys", ""), list, note, usual);
}

/** @param {Map<string, string>} answers the keys of the question, which come first @param {import("./keys.js").Action} action */
function remapLine(action, note, draw, answers) {
  const button = h("button", {
    type: "button", class: "button small", "data-action": action.name,
    "aria-label": `Key for ${action.words}: ${keysOf(action.name).map(printed).join(" or ") || "none"}`,
    onclick: () => {
      note.textContent = `Press the key for “${action.words}”, or Esc`;
      button.addEventListener("keydown", (event) => {
        const key = keyName(event);
        if (key === null && event.key !== "Escape") return button.click();
        event.preventDefault();
        event.stopPropagation();
        note.textContent = "";
        if (key !== null && answers.has(key)) note.textContent = `${printed(key)} answers this question (${answers.get(key)}).`;
        else if (key !== null && key !== "Escape") remap(action.name, key);
        draw(action.name);
      }, { once: true });
    },
  }, keysOf(action.name).map((key) => keycap(printed(key))), keysOf(action.name).length ? null : "none");
  return h("div", { class: "remap-line" }, h("span", {}, action.words), button);
}

function otherBrowser() {
  const place = h("output", { class: "link-room" });
  const ask = async () => {
    try {
      place.textContent = (await post("/api/links", {})).link;
    } catch (error) {
      place.textContent = error.message;
    }
  };
  return h("div", { class: "setting" }, h("button", { type: "button", class: "button small", onclick: ask }, "A link for another browser"), place);
}

/** @param {string} title @param {...any} content */
export function open(title, ...content) {
  home.root.querySelector("dialog")?.remove();
  const before = /** @type {HTMLElement | null} */ (home.root.activeElement);
  const dialog = h("dialog", { "aria-labelledby": "dialog-title" },
    h("div", { class: "dialog-head" }, h("h2", { id: "dialog-title" }, title),
      h("button", { type: "button", class: "button small", onclick: () => dialog.close() }, "Close ", keycap("Esc"))),
    ...content);
  dialog.addEventListener("close", () => {
    dialog.remove();
    before?.focus();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
    if (event.target instanceof HTMLAnchorElement) dialog.close();
  });
  (home.top ?? document.body).append(dialog);
  dialog.showModal();
}
