// @ts-check
/** Where everything begins in a browser's window. */

import { Screens } from "./screens.js";

new Screens(/** @type {HTMLElement} */ (document.getElementById("app"))).route();
