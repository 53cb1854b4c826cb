// @ts-check
/**
 * Events on their way to the log. They are numbered, kept in the browser until the server has them on its disk, sent in
 * order, and sent again after a failure; the numbers make a second sending harmless.
 */

import { post, sessionPath } from "./api.js";
import { newName, store } from "./home.js";

const LONGEST_WAIT = 30_000; // ms between tries
const BATCH = 50; // events in one request
const PATIENCE = 60_000; // ms without an answer after which it is sent again: a second sending is harmless
const LARGEST = 50_000; // characters in one request: browsers refuse more to a request that outlives its page

/** @typedef {{ kind: string, seq: number, [more: string]: any }} PageEvent */
/** @typedef {{ client: string, key: string, events: PageEvent[], singly?: boolean }} Queue */

export class Outbox extends EventTarget {
  /**
   * @param {string} session
   * @param {string} [place] of the collection: another one may be served at this address
   * @param {string} [person] whose answers they are: another one may use this browser
   */
  constructor(session, place = "", person = "") {
    super();
    this.session = session;
    this.kept = store("localStorage");
    this.shared = `tuningfork:outbox:${place}:${session}:`; // where queues were kept before they bore a name
    this.prefix = `${this.shared}${encodeURIComponent(person)}:`;
    this.client = newName();
    this.next = 0;
    /** @type {Queue} */
    this.own = { client: this.client, key: `${this.prefix}${this.client}`, events: [] };
    /** @type {Queue[]} */
    this.queues = [this.own];
    this.reveal = false;
    this.trouble = "";
    this.wait = 500;
    this.timer = 0;
    this.sending = false;
    this.closed = false;
    /** @type {(() => void)[]} */
    this.releases = [];
    this.online = () => this.flush();
    window.addEventListener("online", this.online);
  }

  /** Take over what earlier pages could not send, and send it. */
  async open() {
    await this.hold(this.own.key);
    for (const key of Object.keys(this.kept).filter((k) => this.isMine(k))) {
      if (await this.hold(key)) this.adopt(key);
      else this.inherit(key);
    }
    await this.flush();
  }

  /** @param {string} key */
  isMine(key) {
    return key.startsWith(this.prefix) || (key.startsWith(this.shared) && !key.slice(this.shared.length).includes(":"));
  }

  /** Another page has this queue now: take it over when that page is closed. */
  async inherit(key) {
    await this.hold(key, { ifAvailable: false });
    if (this.closed) return;
    this.adopt(key);
    this.flush();
  }

  /** Be the only one that sends a queue. */
  async hold(key, options) {
    const release = await hold(key, options);
    if (release !== null) this.releases.push(release);
    if (this.closed) release?.();
    return release !== null;
  }

  close() {
    this.closed = true;
    for (const release of this.releases) release();
    clearTimeout(this.timer);
    window.removeEventListener("online", this.online);
  }

  get unsent() {
    return this.queues.reduce((sum, queue) => sum + queue.events.reduce((n, e) => n + (e.items?.length ?? 1), 0), 0);
  }

  /** The galaxies in events that the server may not have yet. */
  get galaxies() {
    return this.queues.flatMap((queue) => queue.events.flatMap((event) => (event.items ?? []).map((item) => item.galaxy)));
  }

  /**
   * Number an event, keep it and send it.
   * @param {{ kind: string, items?: { galaxy: string, position: number, path?: string }[], [more: string]: any }} event
   * @returns {number} its number
   */
  push(event) {
    const seq = this.next;
    const items = event.items?.map((item, i) => ({ ...item, seq: seq + i }));
    this.next += items?.length || 1;
    this.own.events.push({ ...event, seq, ...(items ? { items } : {}) });
    this.keep(this.own);
    this.changed();
    setTimeout(() => this.flush()); // after the next picture: the event is safe already
    return seq;
  }

  /** Send what waits; returns when all is sent or a try has failed. */
  async flush() {
    if (this.sending || this.closed) return;
    this.sending = true;
    clearTimeout(this.timer);
    try {
      for (const queue of [...this.queues]) {
        while (queue.events.length && !this.closed) await this.sendOrSetAside(queue);
        if (queue !== this.own) this.queues.splice(this.queues.indexOf(queue), 1);
      }
      this.trouble = "";
      this.wait = 500;
    } catch (error) {
      this.trouble = error.message;
      this.timer = setTimeout(() => this.flush(), this.wait);
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
    } finally {
      this.sending = false;
      this.changed();
    }
    if (!this.trouble && this.unsent) this.flush();
  }

  /**
   * What the server refuses must not keep all that comes after it back: of an earlier page the whole queue is set
   * aside, of this one the event that is refused by itself.
   */
  async sendOrSetAside(queue) {
    try {
      await this.send(queue, queue.singly ? 1 : BATCH);
    } catch (error) {
      if (error.status !== 400) throw error;
      if (queue === this.own && !queue.singly && queue.events.length > 1) queue.singly = true;
      else this.setAside(queue, error.message);
    }
  }

  /** @param {Queue} queue @param {string} words why */
  setAside(queue, words) {
    const refused = queue === this.own ? queue.events.slice(0, 1) : queue.events;
    queue.events = queue.events.slice(refused.length);
    try {
      this.kept.setItem(`tuningfork:refused:${this.session}:${queue.client}:${refused[0].seq}`, JSON.stringify(refused));
    } catch {
      // a full store: the words on the page are all that is left of it
    }
    this.keep(queue);
    if (queue !== this.own) return;
    const result = { seq: refused[0].seq, error: `Not taken: ${words}` };
    this.dispatchEvent(new CustomEvent("result", { detail: { event: refused[0], result, own: true } }));
  }

  /** @param {Queue} queue @param {number} most events */
  async send(queue, most) {
    const events = firstOf(queue.events, most);
    const body = { client: queue.client, events, reveal: this.reveal };
    const { results } = await post(sessionPath(this.session, "/events"), body, { keepalive: true, patience: PATIENCE });
    for (const result of results) {
      if (result.later) throw new Error(result.later);
      const event = events.find((e) => e.seq === result.seq);
      queue.events = queue.events.filter((e) => e.seq !== result.seq);
      this.dispatchEvent(new CustomEvent("result", { detail: { event, result, own: queue === this.own } }));
    }
    queue.singly &&= queue.events.length > 0;
    this.keep(queue);
    this.changed();
  }

  /** @param {Queue} queue */
  keep(queue) {
    try {
      if (queue.events.length) this.kept.setItem(queue.key, JSON.stringify(queue.events));
      else this.kept.removeItem(queue.key);
    } catch {
      this.trouble = "This browser keeps nothing: answers that were not sent would be lost with the page";
    }
  }

  adopt(key) {
    const client = key.slice(key.lastIndexOf(":") + 1);
    try {
      const events = JSON.parse(this.kept.getItem(key) ?? "[]");
      if (client !== this.client && Array.isArray(events) && events.length) this.queues.unshift({ client, key, events });
    } catch {
      this.kept.removeItem(key);
    }
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** As many events as fit into one request, at least one. @param {PageEvent[]} events @param {number} most */
function firstOf(events, most) {
  let size = 0;
  const end = events.findIndex((event, i) => {
    size += JSON.stringify(event).length;
    return i > 0 && (i === most || size > LARGEST);
  });
  return end < 0 ? events : events.slice(0, end);
}

/**
 * Hold a name until it is released or this page is gone.
 * @returns {Promise<(() => void) | null>} what releases it; null when another page has it and we do not wait
 */
export function hold(name, { ifAvailable = true } = {}) {
  if (!navigator.locks) return Promise.resolve(() => {});
  return new Promise((resolve) => {
    navigator.locks.request(name, { ifAvailable }, (lock) => {
      if (lock === null) return resolve(null);
      return new Promise((release) => resolve(() => release(undefined)));
    });
  });
}
