/** Where the visitor types instead of speaking. */

import { build, drawPath, label } from './dom.js';
import { OUTLINES } from './outlines.js';

/** As the worker takes it (PROTOCOL.md, user_text). */
const MAX_CHARS = 4000;

export class Composer {
  #input = /** @type {HTMLInputElement} */ (
    build('input', { type: 'text', part: 'input', autocomplete: 'off', enterkeyhint: 'send', maxlength: String(MAX_CHARS) })
  );
  #send = build('button', { type: 'submit', class: 'tool', part: 'send' }, drawPath(OUTLINES.send));
  element = build('form', { class: 'composer', part: 'composer' }, this.#input, this.#send);

  /** @param {(text: string) => void} onText gets what was typed, never nothing */
  constructor(onText) {
    this.element.onsubmit = (event) => {
      event.preventDefault();
      const text = this.#input.value.trim();
      this.#input.value = '';
      if (text) onText(text);
    };
    // The Enter that ends a composition chooses a word; Safari tells it as a key of its own, with the code 229.
    this.#input.onkeydown = (event) => {
      if (event.key === 'Enter' && (event.isComposing || event.keyCode === 229)) event.preventDefault();
    };
  }

  /** @param {import('./strings.js').Strings} strings */
  dress(strings) {
    this.#input.placeholder = strings.type;
    this.#input.ariaLabel = strings.type;
    label(this.#send, strings.send);
  }
}
