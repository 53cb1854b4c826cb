// @ts-check
/** The server's JSON. */

import { home } from "./home.js";

export class ApiError extends Error {
  /** @param {string} message @param {number} status 0 when the server was not reached */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** @param {string} path @returns {Promise<any>} */
export function get(path) {
  return call(path, {});
}

/** @param {string} path @param {object} body @param {{ keepalive?: boolean, patience?: number }} [how] patience in ms, 0 for all there is @returns {Promise<any>} */
export function post(path, body, { keepalive = false, patience = 0 } = {}) {
  return call(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    keepalive,
    ...(patience ? { signal: AbortSignal.timeout(patience) } : {}),
  });
}

/** The address of a session's resource. @param {string} session @param {string} [rest] */
export function sessionPath(session, rest = "") {
  return `/api/sessions/${encodeURIComponent(session)}${rest}`;
}

async function call(path, options) {
  let reply;
  try {
    reply = await home.send(path, options);
  } catch {
    throw new ApiError(home.away, 0);
  }
  const data = await reply.json().catch(() => ({}));
  if (!reply.ok) throw new ApiError(data.error || `The server said ${reply.status}`, reply.status);
  return data;
}
