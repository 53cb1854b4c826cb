// @ts-check
/** Pictures, fetched and decoded before they are needed. */

import { home } from "./home.js";

const SIZES = [96, 160, 256, 384, 512, 768, 1024];
const MOST = 400;
const AGAIN = 5000; // ms after which a picture that failed is tried once more

export class Pictures {
  /** @param {string} base where galaxies' pictures are */
  constructor(base) {
    this.base = base;
    /** @type {Map<string, HTMLImageElement & { decoded?: boolean, failed?: boolean, failedAt?: number, ready?: Promise<void> }>} */
    this.kept = new Map();
  }

  /** @param {string} id @param {number} pixels @param {string} stretch */
  address(id, pixels, stretch) {
    const wanted = pixels * Math.min(devicePixelRatio || 1, 2);
    const size = SIZES.find((s) => s >= wanted) ?? SIZES[SIZES.length - 1];
    return `${this.base}${id}/${size}/${stretch}`;
  }

  /** The picture at an address, being fetched and decoded. The same element each time. @param {string} address */
  get(address) {
    let image = this.kept.get(address);
    if (image?.failed && performance.now() - (image.failedAt ?? 0) > AGAIN) image = undefined; // the server may be back
    if (image) {
      this.kept.delete(address);
    } else {
      image = new Image();
      image.alt = "";
      image.draggable = false;
      image.decoding = "sync";
      image.ready = decode(image, home.picture(image, address));
      this.forget();
    }
    this.kept.set(address, image);
    return image;
  }

  forget() {
    for (const [address, image] of this.kept) {
      if (this.kept.size <= MOST) return;
      if (!image.isConnected) this.kept.delete(address);
    }
  }
}

async function decode(image, filled) {
  try {
    if (filled) await filled; // the window's own is there at once: no turn is lost
    await image.decode();
    image.decoded = true;
  } catch {
    image.failed = true;
    image.failedAt = performance.now();
  }
}
