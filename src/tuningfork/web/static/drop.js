// @ts-check
/** A picture or FITS file dropped on a running session: the galaxies most like it. */

import { post, sessionPath } from "./api.js";
import { h } from "./dom.js";
import { home } from "./home.js";
import { base64, LARGEST, PICTURE_TYPES } from "./tray.js";

export class PictureDrop {
  /** @param {import("./label.js").Label} screen */
  constructor(screen) {
    this.screen = screen;
    this.input = h("input", { type: "file", class: "visually-hidden", tabindex: "-1", "aria-label": "A picture to search by", accept: PICTURE_TYPES, onchange: () => this.take(this.input.files) });
    this.over = (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault();
    this.drop = (event) => {
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      this.take(event.dataTransfer.files);
    };
    home.events.addEventListener("dragover", this.over);
    home.events.addEventListener("drop", this.drop);
  }

  close() {
    home.events.removeEventListener("dragover", this.over);
    home.events.removeEventListener("drop", this.drop);
  }

  /** By key: the browser's own dialog for files. */
  choose() {
    this.input.click();
  }

  async take(files) {
    const { remarks, session } = this.screen;
    const file = files[0];
    this.input.value = "";
    if (!file) return;
    if (file.size > LARGEST) return remarks.say(`${file.name} is larger than ${LARGEST / 1024 / 1024} MB.`, 8000);
    remarks.say(`Looking for galaxies like ${file.name} …`, 30_000);
    try {
      const { picture } = await post("/api/pictures", { name: file.name, data: await base64(file) });
      const found = await post(sessionPath(session.name, "/similar"), { picture, n: 48 });
      remarks.say("");
      this.screen.visits.showSimilar(found, { picture, name: file.name });
    } catch (error) {
      remarks.say(error.message, 8000);
    }
  }
}
