/** The form of the prompt: variables stand out where they are written, and a preview says what becomes of them. */

import { pairsOf } from './lines.js';
import { piecesOf } from './variables.js';

/** Which every session has; their values are made when it begins. */
const OF_EVERY_SESSION = new Set(['session_id', 'agent_id', 'FromPhone', 'ToPhone']);
const TEXTS = ['prompt', 'first_message'];

const defaults = /** @type {HTMLTextAreaElement} */ (document.getElementById('default_metadata'));
const preview = /** @type {HTMLElement} */ (document.getElementById('preview'));

/** @param {string} id */
const editor = (id) => /** @type {HTMLTextAreaElement} */ (document.getElementById(id));

/**
 * @param {string} text
 * @param {string} [className]
 */
const marked = (text, className = '') => Object.assign(document.createElement('mark'), { textContent: text, className });

/**
 * A copy of the text lies behind the textarea, with the marks that a textarea cannot show.
 * @param {HTMLTextAreaElement} area
 * @returns {() => void} brings the copy up to date
 */
function highlighted(area) {
  const frame = Object.assign(document.createElement('div'), { className: 'editor' });
  const copy = Object.assign(document.createElement('div'), { className: 'editor-copy' });
  copy.setAttribute('aria-hidden', 'true');
  area.replaceWith(frame);
  frame.append(copy, area);
  area.addEventListener('scroll', () => (copy.scrollTop = area.scrollTop));
  return () => {
    const known = pairsOf(defaults.value);
    copy.replaceChildren(
      ...piecesOf(area.value).map(({ text, name }) =>
        name === undefined ? document.createTextNode(text) : marked(text, isKnown(name, known) ? '' : 'unknown'),
      ),
      '\n',
    );
  };
}

/**
 * @param {string} name
 * @param {Readonly<Record<string, string>>} known
 */
const isKnown = (name, known) => Object.hasOwn(known, name) || OF_EVERY_SESSION.has(name);

function showPreview() {
  const known = pairsOf(defaults.value);
  /** @type {Set<string>} */
  const unknown = new Set();
  for (const id of TEXTS) {
    const pieces = piecesOf(editor(id).value.trim()).map(({ text, name }) => {
      if (name === undefined) return document.createTextNode(text);
      if (!isKnown(name, known)) unknown.add(name);
      return marked(Object.hasOwn(known, name) ? known[name] : text, isKnown(name, known) ? '' : 'unknown');
    });
    preview.querySelector(`[data-of="${id}"]`)?.replaceChildren(...pieces);
  }
  const note = /** @type {HTMLElement} */ (preview.querySelector('[data-unknown]'));
  note.hidden = unknown.size === 0;
  note.textContent = `Only known when a session brings a value: ${[...unknown].join(', ')}.`;
}

const updates = [...TEXTS.map((id) => highlighted(editor(id))), showPreview];
const update = () => updates.forEach((one) => one());
for (const area of [...TEXTS.map(editor), defaults]) area.addEventListener('input', update);
preview.hidden = false;
update();
