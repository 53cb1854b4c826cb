// @ts-check
/** Where the galaxy lies on the sky: position, links, and on the large picture the scale and where north is. */

import { get } from "./api.js";
import { h, svg } from "./dom.js";
import { preferences } from "./preferences.js";

const CALM = 120; // ms that one stays on a galaxy before it is looked up
const MOST = 500;
const LENGTHS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600]; // arcsec of a bar
const SIDE = 1000; // the overlay's own units

export class Sky {
  /** @param {(text: string) => void} say */
  constructor(say) {
    this.say = say;
    /** @type {Map<string, any>} */
    this.kept = new Map();
    this.id = "";
    this.timer = 0;
    this.strip = h("div", { class: "sky", role: "group", "aria-label": "Position on the sky" });
    this.overlay = svg("svg", { class: "scale", viewBox: `0 0 ${SIDE} ${SIDE}`, "aria-hidden": "true" });
  }

  close() {
    clearTimeout(this.timer);
  }

  /** @param {string} id of the galaxy under the hand */
  show(id) {
    const wanted = preferences.get("sky") ? id : "";
    if (wanted === this.id) return;
    this.id = wanted;
    clearTimeout(this.timer);
    const kept = this.kept.get(wanted);
    this.draw(kept);
    if (wanted && !kept) this.timer = setTimeout(() => this.fetch(wanted), CALM);
  }

  /** What is known of a galaxy's place. @param {string} id */
  async facts(id) {
    const facts = this.kept.get(id) ?? (await get(`/api/galaxies/${id}`));
    this.kept.set(id, facts);
    if (this.kept.size > MOST) this.kept.delete(this.kept.keys().next().value);
    return facts;
  }

  async fetch(id) {
    try {
      const facts = await this.facts(id);
      if (id === this.id) this.draw(facts);
    } catch {
      // the position is a convenience; the outbox says when the server is away
    }
  }

  /** In an atlas of the sky, in another tab. */
  open() {
    const first = this.kept.get(this.id)?.viewers?.[0];
    if (first) window.open(first.url, "_blank", "noopener,noreferrer");
    else this.say("The position of this galaxy is not known.");
  }

  draw(facts) {
    this.overlay.replaceChildren(...(facts ? [bar(facts), arrows(facts)].flat() : []));
    this.strip.replaceChildren(...(facts?.position ? this.position(facts) : []));
  }

  position({ ra, dec, position, viewers }) {
    const degrees = `${ra.toFixed(5)} ${dec >= 0 ? "+" : "−"}${Math.abs(dec).toFixed(5)}`;
    const copy = async () => {
      try {
        await navigator.clipboard.writeText(degrees.replace("−", "-"));
        this.say(`Copied: ${degrees}`);
      } catch {
        this.say("This browser does not let the page copy.");
      }
    };
    const link = ({ name, url }) => h("a", { href: url, target: "_blank", rel: "noopener noreferrer", "aria-label": `${name}, in a new tab` }, name, " ↗");
    return [
      h("span", { class: "number sky-place" }, position.replace("-", "−")),
      h("span", { class: "number sky-degrees" }, degrees),
      h("button", { type: "button", class: "button quiet-button", title: "Copy the position in degrees", onclick: copy }, "Copy"),
      ...viewers.map(link),
    ];
  }
}

/** @param {{ pixel_scale?: number, width: number, height: number }} facts */
function bar({ pixel_scale, width, height }) {
  if (!pixel_scale) return [];
  const whole = pixel_scale * Math.max(width, height); // arcsec across the frame
  const length = LENGTHS.findLast((l) => l <= whole / 4) ?? LENGTHS[0];
  const across = (length / whole) * SIDE;
  const words = length >= 60 ? `${length / 60}′` : `${length}″`;
  const place = { x1: 40, x2: 40 + across, y1: 952, y2: 952 };
  return [
    svg("line", { class: "scale-under", ...place }), svg("line", { class: "scale-line", ...place }),
    svg("text", { class: "scale-words", x: 40, y: 932 }, words),
  ];
}

/** @param {{ north?: number, east?: number }} facts */
function arrows({ north, east }) {
  if (north === undefined || east === undefined) return [];
  const from = { x: 915, y: 915 };
  return [["N", north], ["E", east]].flatMap(([name, angle]) => {
    const turn = (Number(angle) * Math.PI) / 180;
    const [dx, dy] = [-Math.sin(turn), -Math.cos(turn)];
    const place = { x1: from.x, y1: from.y, x2: from.x + 62 * dx, y2: from.y + 62 * dy };
    return [
      svg("line", { class: "scale-under", ...place }), svg("line", { class: "scale-line", ...place }),
      svg("text", { class: "scale-words middle", x: from.x + 86 * dx, y: from.y + 86 * dy }, name),
    ];
  });
}
