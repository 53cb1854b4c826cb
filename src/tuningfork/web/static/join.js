// @ts-check
/** Taking up an invitation: the secret stands behind the # of the address, which no server sees. */

import { post } from "./api.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("join"));
const name = /** @type {HTMLInputElement} */ (document.getElementById("name"));
const problem = /** @type {HTMLElement} */ (document.getElementById("problem"));
const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));

function invitation() {
  const [session, token] = location.hash.slice(1).split("/");
  return session && token ? { session: decodeURIComponent(session), token } : null;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const invited = invitation();
  if (!invited) {
    problem.textContent = "This link is not whole. Copy all of it, up to the last letter.";
    return;
  }
  button.disabled = true;
  problem.textContent = "";
  try {
    const { session } = await post("/api/join", { ...invited, name: name.value });
    location.replace(`/#/session/${encodeURIComponent(session)}`);
  } catch (error) {
    problem.textContent = error.message;
    button.disabled = false;
    name.focus();
  }
});

name.focus();
