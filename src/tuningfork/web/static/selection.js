// @ts-check
/** Several tiles of a page at once: a range from where one stood, or single ones beside it. */

export class Selection {
  constructor() {
    /** @type {Set<number>} */
    this.set = new Set();
    this.anchor = -1;
  }

  get count() {
    return this.set.size;
  }

  get indices() {
    return [...this.set].sort((a, b) => a - b);
  }

  has(index) {
    return this.set.has(index);
  }

  clear() {
    this.set.clear();
    this.anchor = -1;
  }

  /** From where the range began, or else from `here`, to `index`. */
  extend(here, index) {
    if (this.anchor < 0) this.anchor = here;
    const [from, to] = [Math.min(this.anchor, index), Math.max(this.anchor, index)];
    this.set = new Set(Array.from({ length: to - from + 1 }, (_, i) => from + i));
  }

  /** One more, or one less; the first takes along where one stands. */
  toggle(here, index) {
    if (!this.set.size) this.set.add(here);
    if (!this.set.delete(index)) this.set.add(index);
    this.anchor = index;
    if (!this.set.size) this.clear();
  }
}
