/** The lines of the conversation on the screen, and for a screen reader as a polite log. */

import { build } from './dom.js';

/** @typedef {import('../sdk/transcript.js').Line} Line */

/** Nearer to the end than this, in px, a reader is taken to follow the conversation. */
const FOLLOW_PX = 40;

export class TranscriptView {
  #log;
  /** @type {readonly Line[]} */
  #lines = [];
  /** @type {Map<number, HTMLElement>} */
  #rows = new Map();
  #following = true;
  /** @type {Readonly<Record<import('../sdk/transcript.js').Speaker, string>>} */
  #names = { user: '', agent: '' };

  /** @param {HTMLElement} log an element of role log */
  constructor(log) {
    this.#log = log;
    log.onscroll = () => {
      this.#following = log.scrollHeight - log.scrollTop - log.clientHeight < FOLLOW_PX;
    };
    new ResizeObserver(() => this.#follow()).observe(log);
  }

  /**
   * @param {readonly Line[]} lines
   * @param {Readonly<Record<import('../sdk/transcript.js').Speaker, string>>} names
   */
  render(lines, names) {
    if (lines === this.#lines) return;
    this.#lines = lines;
    this.#names = names;
    const kept = new Set(lines.map((line) => line.id));
    for (const [id, row] of this.#rows) {
      if (!kept.has(id)) {
        row.remove();
        this.#rows.delete(id);
      }
    }
    for (const line of lines) this.#write(line);
    this.#follow();
  }

  #follow() {
    if (this.#following) this.#log.scrollTop = this.#log.scrollHeight;
  }

  /** @param {Line} line */
  #write(line) {
    const row = this.#rows.get(line.id) ?? this.#append(line);
    const text = /** @type {HTMLElement} */ (row.lastElementChild);
    if (text.textContent !== line.text) text.textContent = line.text;
    // A screen reader waits until the line is final instead of reading every partial.
    row.setAttribute('aria-busy', String(line.open));
    row.toggleAttribute('data-open', line.open);
  }

  /** @param {Line} line */
  #append(line) {
    const row = build('div', { class: 'line', part: 'line', 'data-speaker': line.speaker });
    const text = build('span', { class: 'text', dir: 'auto' });
    row.append(build('span', { class: 'name' }, this.#names[line.speaker]), text);
    this.#log.append(row);
    this.#rows.set(line.id, row);
    return row;
  }
}
