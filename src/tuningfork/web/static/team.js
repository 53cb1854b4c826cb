// @ts-check
/** Who is in the session; for owners: invitations, roles, and taking a person's answers back. */

import { get, post, sessionPath } from "./api.js";
import { open } from "./dialogs.js";
import { h, refill } from "./dom.js";
import { home } from "./home.js";

const ROLE_WORDS = { viewer: "viewer: looks", annotator: "annotator: answers", adjudicator: "adjudicator: has the last word", owner: "owner: invites and takes back" };
const OVERLAPS = { overlap: "each galaxy", overlap_finds: "each find", overlap_audit: "each galaxy of an audit" };

/** @param {import("./label.js").Label} screen */
export async function teamRoom(screen) {
  const room = new Team(screen);
  open("Team", room.element);
  await room.load();
}

class Team {
  constructor(screen) {
    this.screen = screen;
    this.people = h("ul", { class: "people" });
    this.revoked = h("ul", { class: "people" });
    this.problem = h("p", { class: "problem", role: "alert" });
    this.link = h("output", { class: "link-room", "aria-label": "Link" });
    this.invite = h("div", {});
    this.gone = h("ul", { class: "people" });
    this.left = h("section", { hidden: true, "aria-labelledby": "team-removed" }, h("h2", { id: "team-removed" }, "Removed"), this.gone);
    this.overlap = h("fieldset", { class: "overlap", hidden: true });
    this.taken = h("section", { hidden: true, "aria-labelledby": "team-revoked" }, h("h2", { id: "team-revoked" }, "Taken back"), this.revoked);
    this.element = h("div", { class: "settings" }, this.people, this.invite, this.overlap, this.left, this.taken, this.problem);
  }

  get owner() {
    return this.told?.me.role === "owner";
  }

  async load() {
    await this.show(get(sessionPath(this.screen.session.name, "/team")));
  }

  send(path, body) {
    return post(sessionPath(this.screen.session.name, path), body);
  }

  /** @param {Promise<any>} reply the team as it stands after an act */
  async show(reply) {
    this.problem.textContent = "";
    try {
      this.told = await reply;
    } catch (error) {
      this.problem.textContent = error.message;
      if (!this.told) return;
    }
    const { members, me, overlap, removed, revoked } = this.told;
    const alone = h("li", { class: "quiet" }, `Only you so far, as “${me.name}”. ${home.window ? "Invite somebody, and this session is a team's, with you as its owner." : ""}`);
    this.people.replaceChildren(...(members.length ? members.map((member) => this.person(member)) : [alone]));
    this.revoked.replaceChildren(...revoked.map((one) => this.revocation(one)));
    this.taken.hidden = !revoked.length;
    this.gone.replaceChildren(...removed.map((one) => this.removal(one)));
    this.left.hidden = !removed.length;
    this.overlap.hidden = !this.owner || !members.length;
    this.drawOverlap(overlap);
    if (this.owner && home.window && !this.invite.children.length) this.invite.replaceChildren(this.invitation());
  }

  /** How many people answer what: numbers that hold from the next page on. @param {Record<string, number>} told */
  drawOverlap(told) {
    const field = (name, words) => {
      const box = h("input", {
        id: `team-${name}`, type: "number", min: 1, max: 50, value: told[name], inputmode: "numeric",
        onchange: () => box.reportValidity() && this.show(this.send("/overlap", { ...this.told.overlap, [name]: Math.round(Number(box.value)) })),
      });
      return h("span", { class: "overlap-one" }, box, h("label", { for: box.id }, words));
    };
    refill(this.overlap, h("legend", {}, "How many people answer"), ...Object.entries(OVERLAPS).map(([name, words]) => field(name, words)));
  }

  person({ name, role }) {
    const me = name === this.told.me.name;
    if (!this.owner) return h("li", {}, h("strong", {}, name), h("span", { class: "quiet" }, role, me ? ", you" : ""));
    const choose = h("select", { "aria-label": `Role of ${name}`, onchange: () => this.show(this.send("/roles", { name, role: choose.value })) },
      this.told.roles.map((r) => h("option", { value: r, selected: r === role }, r)), h("option", { value: "removed" }, "remove"));
    return h("li", {}, h("strong", {}, name, me ? h("span", { class: "quiet" }, " you") : null), choose,
      h("div", { class: "person-acts" },
        me || !home.window ? null : h("button", { type: "button", class: "button small", onclick: () => this.relink(name) }, "New link"),
        this.takeBack(name)));
  }

  /** Two presses: what it does is far-reaching, though it can be taken back. */
  takeBack(name) {
    const button = h("button", {
      type: "button", class: "button small",
      onclick: () => {
        if (button.dataset.sure) return this.show(this.send("/revocations", { name })).then(() => this.screen.panel.soon());
        button.dataset.sure = "1";
        button.textContent = name === this.told.me.name ? "Take back all of your own?" : `Take back all that ${name} answered?`;
      },
      onblur: () => {
        delete button.dataset.sure;
        button.textContent = "Take back answers";
      },
    }, "Take back answers");
    return button;
  }

  revocation({ name, annotator, by, at, answers }) {
    const words = `${annotator}: ${answers} ${answers === 1 ? "answer" : "answers"}, by ${by} on ${at.slice(0, 10)}`;
    return h("li", {}, h("span", {}, words), h("button", { type: "button", class: "button small", onclick: () => this.show(this.send("/restorations", { revocation: name })).then(() => this.screen.panel.soon()) }, "Bring back"));
  }

  /** Back under the old name, in the role they had; a new link lets their browser in. */
  removal({ name, role }) {
    const back = async () => {
      await this.show(this.send("/roles", { name, role }));
      [...this.people.querySelectorAll("select")].find((one) => one.getAttribute("aria-label") === `Role of ${name}`)?.focus();
    };
    return h("li", {}, h("span", {}, h("strong", {}, name), h("span", { class: "quiet" }, `, was ${role}`)), h("button", { type: "button", class: "button small", onclick: back }, "Let back in"));
  }

  invitation() {
    const role = h("select", { id: "invite-role" }, Object.entries(ROLE_WORDS).map(([name, words]) => h("option", { value: name, selected: name === "annotator" }, words)));
    const ask = async () => {
      await this.offer(this.send("/invitations", { role: role.value }), "For one person, within 7 days. They choose their name.");
      await this.load();
    };
    this.linkNote = h("p", { class: "quiet" });
    return h("div", { class: "setting" }, h("label", { for: "invite-role" }, "Invite somebody as"),
      h("div", { class: "with-button" }, role, h("button", { type: "button", class: "button", onclick: ask }, "Make a link")), this.link, this.linkNote);
  }

  relink(name) {
    return this.offer(this.send("/links", { name }), `Lets ${name} in again, once, in another browser.`);
  }

  async offer(reply, words) {
    this.problem.textContent = "";
    try {
      const { link } = await reply;
      this.link.textContent = link;
      this.linkNote.textContent = words;
      await navigator.clipboard?.writeText(link).then(() => (this.linkNote.textContent = `Copied. ${words}`), () => {});
    } catch (error) {
      this.problem.textContent = error.message;
    }
  }
}
