// @ts-check
/** What lies on this page is asked of nobody else: taken by the page, kept while one works, given back. */

import { post, sessionPath } from "./api.js";
import { store } from "./home.js";

export class Lease {
  /** @param {import("./label.js").Label} screen */
  constructor(screen) {
    this.screen = screen;
    this.kept = store("sessionStorage");
    this.patient = false; // whether what lies on the person's other pages is left there
  }

  async nextPage(n) {
    const { screen } = this;
    const held = [...new Set([...screen.places[0].roll.ids.slice(-400), ...screen.outbox.galaxies.slice(-400)])];
    if (!screen.mayAnswer) return [];
    const after = this.takeOver();
    const reply = await post(sessionPath(screen.session.name, "/pages"), { client: screen.outbox.client, held, n, ...(after ? { after } : {}), ...(this.patient ? { patient: true } : {}) });
    screen.places[0].roll.elsewhere = reply.elsewhere;
    return reply.galaxies;
  }

  /** The page that was here before in this tab: what it held is asked again, even if its goodbye got lost. */
  takeOver() {
    const { before } = this;
    this.kept.removeItem(this.lastPage);
    return before;
  }

  get before() {
    return this.kept.getItem(this.lastPage);
  }

  /** @param {string | null} page in whose place this one stands */
  set before(page) {
    try {
      this.kept.setItem(this.lastPage, String(page));
    } catch {
      // then what lay there is free when the lease ends
    }
  }

  get lastPage() {
    const { screen } = this;
    return `tuningfork:page:${screen.state.collection.place}:${screen.session.name}`;
  }

  /** Another page may be asked about what lies here unanswered. */
  letGo() {
    const { screen } = this;
    if (!screen.mayAnswer) return;
    const { client, galaxies } = screen.outbox;
    this.before = client;
    const begun = screen.ask?.walks.open.map(([id]) => id) ?? []; // a reload goes on with them
    const body = { client, held: [...new Set([...galaxies, ...begun])].slice(-400), n: 0 };
    post(sessionPath(screen.session.name, "/pages"), body, { keepalive: true }).catch(() => {});
  }
}
