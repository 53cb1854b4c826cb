// @ts-check
/**
 * Where the page stands: in a browser's window, or in the cell of a notebook. All in which the two differ is here; the
 * cell's side is in `web/notebook/cell.js`, which puts its own answers in the place of these.
 */

/**
 * @typedef {object} Home
 * @property {boolean} window whether there is an address, and links lead here
 * @property {Document | ShadowRoot} root what is searched for elements
 * @property {HTMLElement | null} top where dialogs are put; the body when null
 * @property {EventTarget} events which keys and drops are ours
 * @property {string} away what is said when nobody answers
 * @property {(path: string, options: RequestInit) => Promise<Response>} send
 * @property {(image: HTMLImageElement, path: string) => Promise<void> | void} picture fill an image
 * @property {() => string} address the part of the address that is ours, with its #
 * @property {(address: string) => void} go
 * @property {(address: string) => void} note another address for what is shown already
 * @property {(address: string) => string} link what another browser would open; empty where there is no such thing
 * @property {(listener: () => void) => void} follow be told when the address has changed
 * @property {(title: string) => void} title
 * @property {(scheme: string) => void} dress in "light" or "dark" colours, or "" for those of the system
 */

/** @type {Home} */
export const home = {
  window: true,
  root: document,
  top: null,
  events: document,
  away: "The server cannot be reached",
  send: (path, options) => fetch(path, { credentials: "same-origin", cache: "no-store", ...options }),
  picture: (image, path) => {
    image.src = path;
  },
  address: () => location.hash,
  go: (address) => {
    location.hash = address;
  },
  note: (address) => history.replaceState(null, "", address),
  link: (address) => new URL(address, location.href).href,
  follow: (listener) => window.addEventListener("hashchange", listener),
  title: (title) => {
    document.title = title;
  },
  dress: (scheme) => {
    document.documentElement.style.colorScheme = scheme;
  },
};

/** A name that nobody else has; a page that came over plain HTTP from another machine has no `randomUUID`. */
export function newName() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What a browser keeps; where it forbids that (a walled-off cell) a store that is empty and always full. @param {"localStorage" | "sessionStorage"} name */
export function store(name) {
  try {
    return window[name] ?? /** @type {any} */ (new FullStore());
  } catch {
    return /** @type {Storage} */ (/** @type {unknown} */ (new FullStore()));
  }
}

class FullStore {
  getItem() {
    return null;
  }

  setItem() {
    throw new Error("this browser keeps nothing here");
  }

  removeItem() {}
}
