// @ts-check
/** Where the hand goes: to the next galaxy, by arrows, over several tiles at once. */

export class Moving {
  /** @param {import("./label.js").Label} screen */
  constructor(screen) {
    this.screen = screen;
  }

  /** To the next unanswered galaxy: on this page first, then on the next one. */
  advance() {
    const { screen } = this;
    const { roll, index } = screen.place;
    const { first, last } = screen.page();
    if (screen.ask) screen.ask.arrived = true;
    if (roll.kind === "review") return this.step(index + 1); // all have answers: that is why they are here
    const open = (i) => !screen.desk.answers.has(roll.ids[i]);
    const after = range(index + 1, screen.inGrid ? last : roll.ids.length).find(open);
    const before = screen.inGrid ? range(first, index).find(open) : undefined;
    const later = range(last, roll.ids.length).find(open);
    screen.place.index = after ?? before ?? later ?? roll.ids.length;
    screen.since = performance.now();
    screen.show();
    screen.view.focus();
  }

  advanceFrom(start) {
    const { screen } = this;
    const { roll } = screen.place;
    screen.place.index = range(start, roll.ids.length).find((i) => !screen.desk.answers.has(roll.ids[i])) ?? roll.ids.length;
    screen.show();
    screen.view.focus();
  }

  /** @param {number} index */
  step(index) {
    const { screen } = this;
    screen.place.index = index;
    screen.since = performance.now();
    screen.show();
    screen.view.focus();
  }

  move(step, action) {
    const { screen } = this;
    const { roll, index } = screen.place;
    if (!screen.inGrid && (action === "up" || action === "down")) return;
    const target = index + step;
    if (target < 0 || target >= roll.ids.length) return;
    this.moveTo(target);
    screen.view.focus();
  }

  /** @param {number} index */
  moveTo(index) {
    const { screen } = this;
    if (screen.ask) screen.ask.arrived = false;
    if (index === screen.place.index && !screen.selected.count) return;
    const before = screen.page().first;
    screen.place.index = index;
    screen.selected.clear();
    if (!screen.inGrid || screen.page().first !== before) return screen.show();
    screen.view.refresh();
    screen.ask?.show();
    screen.surround.drawHead();
  }

  /** More or fewer tiles: a direction of the arrows, or the tile that was clicked. */
  select(how, clicked = -1) {
    const { screen } = this;
    if (!screen.inGrid) return;
    const { first, last } = screen.page();
    const step = { left: -1, right: 1, up: -screen.view.across, down: screen.view.across }[how] ?? 0;
    const target = clicked < 0 ? Math.min(Math.max(screen.place.index + step, first), last - 1) : clicked;
    if (how === "toggle") screen.selected.toggle(screen.place.index, target);
    else screen.selected.extend(screen.place.index, target);
    screen.place.index = target;
    screen.view.refresh();
    screen.view.focus();
    screen.ask?.show();
    screen.surround.drawHead();
  }
}

/** @param {number} from @param {number} to */
export function range(from, to) {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}
