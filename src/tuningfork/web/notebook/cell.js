// @ts-check
/**
 * The page in the cell of a notebook. This file alone goes to the notebook by itself (anywidget calls `render`); it asks the
 * kernel for the page's own modules, joins them as they are, and gives them a home whose requests are messages to the
 * kernel. There the same routes answer.
 */

const PATIENCE = 60_000; // ms: the kernel may be busy with another cell; what is sent again after that is harmless
const MOST_PICTURES = 600;
const AWAY = "The kernel does not answer";

/** @param {{ model: any, el: HTMLElement }} view */
function render({ model, el }) {
  const line = new Line(model);
  const outside = document.createElement("div");
  outside.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab listens before us: d d would delete the cell
  const fit = () => (outside.style.height = `${model.get("height")}px`);
  fit();
  model.on("change:height", fit);
  const root = outside.attachShadow({ mode: "open" });
  el.append(outside);
  const done = () => {
    model.off("change:height", fit);
    line.close();
    outside.remove();
  };
  /** @type {any} */
  let screens = null;
  let gone = false;
  begin(line, outside, root, model.get("session")).then(
    (made) => (gone ? made.close() : (screens = made)),
    (error) => (root.textContent = `The page cannot be shown: ${error.message}`),
  );
  return () => {
    gone = true;
    screens?.close(); // what lies here unanswered is given back
    done();
  };
}

/** @param {Line} line @param {HTMLElement} outside @param {ShadowRoot} root @param {string} session */
async function begin(line, outside, root, session) {
  const { modules, style } = await (await line.send("files", {})).json();
  const sheet = document.createElement("style");
  sheet.textContent = style;
  const cell = document.createElement("div");
  cell.className = "cell";
  const app = document.createElement("div");
  app.id = "app";
  cell.append(app);
  root.replaceChildren(sheet, cell);
  for (const kind of ["keydown", "keyup", "keypress", "dragover", "drop", "paste"]) cell.addEventListener(kind, (event) => event.stopPropagation());
  const { home, Screens, urls } = await joined(modules);
  const pictures = new Pictures(line);
  let address = session ? `#/session/${encodeURIComponent(session)}` : "#/start";
  let follow = () => {};
  Object.assign(home, {
    window: false,
    root,
    top: cell,
    events: cell,
    away: AWAY,
    send: (path, options) => line.send(path, options),
    picture: (image, path) => pictures.fill(image, path),
    address: () => address,
    note: (other) => (address = other),
    go: (other) => {
      address = other;
      follow();
    },
    link: () => "",
    follow: (listener) => (follow = listener),
    title: () => {},
    dress: (scheme) => (outside.style.colorScheme = scheme),
  });
  cell.addEventListener("click", (event) => onLink(event, home, line));
  const screens = new Screens(app);
  await screens.route();
  return {
    close: () => {
      screens.close();
      pictures.close();
      for (const url of urls) URL.revokeObjectURL(url);
    },
  };
}

/** The page's modules, each after those that it imports; nothing in them is changed but where an import is found. @param {[string, string][]} modules */
async function joined(modules) {
  /** @type {Record<string, string>} */
  const places = {};
  for (const [name, source] of modules) {
    const linked = source
      .replace(/^(import [^;]*?from )"\.\/([^"]+)";/gm, (_, words, other) => `${words}"${places[other]}";`)
      .replace(/\bawait import\("\.\/([^"]+)"\)/g, (_, other) => `await import("${places[other]}")`);
    places[name] = URL.createObjectURL(new Blob([linked, `\n//# sourceURL=tuningfork/${name}\n`], { type: "text/javascript" }));
  }
  const [{ home }, { Screens }] = await Promise.all(["home.js", "screens.js"].map((name) => import(places[name])));
  return { home, Screens, urls: Object.values(places) };
}

/** Links of the page stay in the cell; downloads come through the kernel. */
function onLink(event, home, line) {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  const target = link?.getAttribute("href") ?? "";
  if (target.startsWith("#")) {
    event.preventDefault();
    home.go(target);
  } else if (target.startsWith("/")) {
    event.preventDefault();
    download(line, target);
  }
}

async function download(line, path) {
  const reply = await line.send(path, {});
  const url = URL.createObjectURL(await reply.blob());
  const named = /filename="?([^";]+)/.exec(reply.headers.get("Content-Disposition") ?? "");
  const link = document.createElement("a");
  link.href = url;
  link.download = named?.[1] ?? "answers";
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Requests as messages, and the replies that are ours: several views of one widget hear all of them. */
class Line {
  constructor(model) {
    this.model = model;
    this.name = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.next = 0;
    /** @type {Map<string, { resolve: (reply: Response) => void, timer: any }>} */
    this.waiting = new Map();
    this.hear = (message, buffers) => this.onMessage(message, buffers);
    model.on("msg:custom", this.hear);
  }

  close() {
    // what the page sends as it goes (giving back what lay on it) is on its way; no reply is waited for
    this.model.off("msg:custom", this.hear);
    for (const { timer } of this.waiting.values()) clearTimeout(timer);
    this.waiting.clear();
  }

  /** @param {string} path @param {{ method?: string, body?: any }} options @returns {Promise<Response>} */
  send(path, { method = "GET", body = null }) {
    const id = `${this.name}-${this.next++}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new Error(AWAY));
      }, PATIENCE);
      this.waiting.set(id, { resolve, timer });
      this.model.send({ kind: "request", id, method, path, body });
    });
  }

  onMessage(message, buffers) {
    const waiting = message?.kind === "reply" ? this.waiting.get(message.id) : null;
    if (!waiting) return;
    this.waiting.delete(message.id);
    clearTimeout(waiting.timer);
    waiting.resolve(new Response(buffers?.[0] ?? null, { status: message.status, headers: message.headers }));
  }
}

/** Pictures that came as bytes; the last ones are kept, as a browser keeps those of the page. */
class Pictures {
  /** @param {Line} line */
  constructor(line) {
    this.line = line;
    /** @type {Map<string, Promise<string>>} */
    this.kept = new Map();
  }

  /** @param {HTMLImageElement} image @param {string} path */
  async fill(image, path) {
    const known = this.kept.get(path) ?? this.fetch(path);
    this.kept.delete(path);
    this.kept.set(path, known);
    for (const [oldest, url] of this.kept) {
      if (this.kept.size <= MOST_PICTURES) break;
      this.kept.delete(oldest);
      url.then((made) => URL.revokeObjectURL(made), () => {});
    }
    try {
      image.src = await known;
    } catch {
      this.kept.delete(path);
      image.src = "data:,"; // shown as a picture that is not there
    }
  }

  async fetch(path) {
    const reply = await this.line.send(path, {});
    if (!reply.ok) throw new Error(`no picture: ${reply.status}`);
    return URL.createObjectURL(await reply.blob());
  }

  close() {
    for (const url of this.kept.values()) url.then((made) => URL.revokeObjectURL(made), () => {});
    this.kept.clear();
  }
}

export default { render };
