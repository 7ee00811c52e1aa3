/** The lines of the conversation on the screen, and for a screen reader as a polite log. */

/** @typedef {import('../sdk/transcript.js').Line} Line */

const NAMES = Object.freeze({ user: 'You', agent: 'Agent' });
/** Nearer to the end than this, in px, a reader is taken to follow the conversation. */
const FOLLOW_PX = 40;

export class TranscriptView {
  #log;
  /** @type {readonly Line[]} */
  #lines = [];
  /** @type {Map<number, HTMLElement>} */
  #rows = new Map();
  #following = true;

  /** @param {HTMLElement} log an element of role log */
  constructor(log) {
    this.#log = log;
    log.onscroll = () => {
      this.#following = log.scrollHeight - log.scrollTop - log.clientHeight < FOLLOW_PX;
    };
    new ResizeObserver(() => this.#follow()).observe(log);
  }

  /** @param {readonly Line[]} lines */
  render(lines) {
    if (lines === this.#lines) return;
    this.#lines = lines;
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
    const row = document.createElement('div');
    row.className = 'line';
    row.dataset.speaker = line.speaker;
    const name = document.createElement('span');
    name.className = 'name';
    name.textContent = NAMES[line.speaker];
    const text = document.createElement('span');
    text.className = 'text';
    text.dir = 'auto';
    row.append(name, text);
    this.#log.append(row);
    this.#rows.set(line.id, row);
    return row;
  }
}
