// @ts-check
/** Galaxies in the order in which they are asked: a list that only ever grows, so nothing moves under the hand. */

export class Roll {
  /**
   * @param {"main" | "similar" | "look-back" | "review" | "map"} kind
   * @param {(n: number) => Promise<string[]>} fetchMore the next ones; none when there are no more
   */
  constructor(kind, fetchMore) {
    this.kind = kind;
    this.fetchMore = fetchMore;
    /** of a review: which list, and why these @type {string} */
    this.list = "";
    this.why = "";
    /** how many of what is left lie on other pages */
    this.elsewhere = 0;
    /** @type {string[]} */
    this.ids = [];
    this.known = new Set();
    this.finished = false;
    this.error = "";
    /** @type {Promise<void> | null} */
    this.pending = null;
  }

  /** Have at least `count` galaxies, fetching `chunk` at a time. @param {number} count @param {number} chunk */
  async ensure(count, chunk) {
    while (this.ids.length < count && !this.finished && !this.error) {
      this.pending ??= this.fetch(chunk).finally(() => (this.pending = null));
      await this.pending;
    }
  }

  /** Try again after an error, or after the end. */
  again() {
    this.error = "";
    this.finished = false;
  }

  /** Put those at the end that are not here yet. @param {string[]} ids @returns {number} how many */
  take(ids) {
    const fresh = ids.filter((id) => !this.known.has(id));
    for (const id of fresh) this.known.add(id);
    this.ids.push(...fresh);
    return fresh.length;
  }

  async fetch(chunk) {
    try {
      if (!this.take(await this.fetchMore(chunk))) this.finished = true;
    } catch (error) {
      this.error = error.message;
    }
  }
}
