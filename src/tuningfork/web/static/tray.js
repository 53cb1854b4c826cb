// @ts-check
/** The examples chosen so far: clicked galaxies, ids, and picture files. */

import { get, post } from "./api.js";
import { focusLost, h, refill } from "./dom.js";
import { home } from "./home.js";

export const MOST_EXAMPLES = 5;
export const LARGEST = 24 * 1024 * 1024; // bytes of a file, as on the server

export const PICTURE_TYPES = ".jpg,.jpeg,.png,.webp,.tif,.tiff,.fits,.fit,.fz,.gz,image/*";

/** @typedef {{ galaxy?: string, picture?: string, name?: string }} Example */

export class ExampleTray {
  /**
   * @param {import("./pictures.js").Pictures} pictures @param {() => void} onChange @param {(text: string) => void} say
   * @param {(file: File) => boolean} elsewhere whether a file that was dropped is no example
   */
  constructor(pictures, onChange, say, elsewhere = () => false) {
    this.elsewhere = elsewhere;
    this.pictures = pictures;
    this.onChange = onChange;
    this.say = say;
    /** @type {Example[]} */
    this.chosen = [];
    /** names that were suggested -> opaque ids @type {Map<string, string>} */
    this.known = new Map();
    /** the names that were suggested last @type {string[]} */
    this.offered = [];
    this.slots = h("ul", { class: "slots" });
    this.legend = h("legend", {}, "Examples");
    this.suggestions = h("datalist", { id: "id-suggestions" });
    this.id = h("input", {
      id: "galaxy-id", type: "text", autocomplete: "off", list: "id-suggestions", maxlength: 200, placeholder: "an id of the collection",
      oninput: () => this.suggest(), onkeydown: (event) => event.key === "Enter" && this.addTyped(event),
    });
    this.file = h("input", { id: "picture-file", class: "visually-hidden", type: "file", multiple: true, accept: PICTURE_TYPES, onchange: () => this.addFiles(this.file.files) });
    this.element = h(
      "fieldset",
      { class: "tray" },
      this.legend,
      this.slots,
      h("div", { class: "field" }, h("label", { for: "galaxy-id" }, "By id"), h("div", { class: "with-button" }, this.id, h("button", { type: "button", class: "button small", onclick: (event) => this.addTyped(event) }, "Add")), this.suggestions),
      h("label", { class: "drop", for: "picture-file" }, this.file, h("span", {}, "Drop a picture here, or choose a file"), h("span", { class: "quiet" }, "JPEG, PNG or FITS")),
    );
    this.over = (event) => this.onDrag(event);
    this.drop = (event) => this.onDrop(event);
    home.events.addEventListener("dragover", this.over);
    home.events.addEventListener("drop", this.drop);
    this.draw();
  }

  close() {
    home.events.removeEventListener("dragover", this.over);
    home.events.removeEventListener("drop", this.drop);
  }

  /** A question with steps can begin without them. @param {boolean} optional */
  optional(optional) {
    this.legend.replaceChildren(...(optional ? ["Examples of a find ", h("span", { class: "quiet" }, "if you have some")] : ["Examples"]));
  }

  /** What the server wants to know of them. */
  get examples() {
    return this.chosen.map(({ galaxy, picture }) => (galaxy ? { galaxy } : { picture }));
  }

  get galaxies() {
    return this.chosen.flatMap(({ galaxy }) => (galaxy ? [galaxy] : []));
  }

  /** @param {Example} example */
  toggle(example) {
    const same = (other) => other.galaxy === example.galaxy && other.picture === example.picture;
    if (this.chosen.some(same)) this.chosen = this.chosen.filter((other) => !same(other));
    else if (this.chosen.length < MOST_EXAMPLES) this.chosen.push(example);
    else return this.say(`${MOST_EXAMPLES} examples are enough; take one away to add another.`);
    this.say("");
    this.draw();
    this.onChange();
  }

  draw() {
    const empty = Array.from({ length: MOST_EXAMPLES - this.chosen.length }, () => h("li", { class: "slot" }));
    const held = this.slots.contains(home.root.activeElement);
    refill(this.slots, ...this.chosen.map((example, i) => this.slot(example, i)), ...empty);
    if (held && focusLost()) this.id.focus(); // the last one was taken away
  }

  slot(example, i) {
    const address = example.galaxy ? this.pictures.address(example.galaxy, 96, "as-is") : `/pictures/example/${example.picture}/160`;
    const label = `Take away example ${i + 1}${example.name ? `, ${example.name}` : ""}`;
    return h("li", { class: "slot" }, h("button", { type: "button", "aria-label": label, title: example.name ?? "", onclick: () => this.toggle(example) },
      h("img", { src: address, alt: "" }), h("span", { class: "away", "aria-hidden": "true" }, "✕")));
  }

  async suggest() {
    const text = this.id.value.trim();
    if (!text || this.known.has(text)) return;
    const { ids } = await get(`/api/ids?like=${encodeURIComponent(text)}`).catch(() => ({ ids: [] }));
    if (text !== this.id.value.trim()) return;
    for (const { id, name } of ids) this.known.set(name, id);
    this.offered = ids.map(({ name }) => name);
    this.suggestions.replaceChildren(...ids.map(({ name }) => h("option", { value: name })));
  }

  async addTyped(event) {
    event.preventDefault();
    const text = this.id.value.trim();
    if (!text) return;
    await this.suggest();
    const galaxy = this.known.get(text);
    if (!galaxy) return this.say(`There is no galaxy “${text}” here.${didYouMean(this.offered)}`);
    this.id.value = "";
    if (!this.galaxies.includes(galaxy)) this.toggle({ galaxy, name: text });
  }

  onDrag(event) {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  }

  onDrop(event) {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    this.addFiles(event.dataTransfer.files);
  }

  async addFiles(files) {
    for (const file of [...files].slice(0, MOST_EXAMPLES)) {
      if (this.elsewhere(file)) continue;
      if (file.size > LARGEST) {
        this.say(`${file.name} is larger than ${LARGEST / 1024 / 1024} MB.`);
        continue;
      }
      this.say(`Reading ${file.name} …`);
      try {
        const { picture, name } = await post("/api/pictures", { name: file.name, data: await base64(file) });
        this.toggle({ picture, name });
      } catch (error) {
        this.say(error.message);
      }
    }
    this.file.value = "";
  }
}

/** @param {string[]} names those that were found instead */
function didYouMean(names) {
  return names.length ? ` Did you mean ${names.slice(0, 3).map((name) => `“${name}”`).join(" or ")}?` : "";
}

/** @param {Blob} file @returns {Promise<string>} */
export function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(new Error(`${file instanceof File ? file.name : "the file"} cannot be read`));
    reader.readAsDataURL(file);
  });
}
