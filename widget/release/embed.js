/** What `/embed.js` is in a release: loader and button in one classic script, so that a page asks for one file. */

import { place } from '../static/loader.js';

const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);
if (script) place(script);
else console.error('Parley: load embed.js without type="module".');
