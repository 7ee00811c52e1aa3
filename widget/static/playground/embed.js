/** The page of snippets: copying them, and the widget as the form beside it says. */

import '../call-widget.js';
import { enableCopying } from './copying.js';

const form = /** @type {HTMLFormElement} */ (document.getElementById('look-form'));
const preview = /** @type {HTMLElement} */ (document.getElementById('preview'));

/** The attributes that stand in the form by their own names. */
const PLAIN = ['variant', 'theme', 'language', 'consent-text'];

function showLook() {
  const given = new FormData(form);
  /** @param {string} name */
  const text = (name) => String(given.get(name) ?? '').trim();
  /** @type {Record<string, string>} */
  const attributes = Object.fromEntries(PLAIN.map((name) => [name, text(`attributes.${name}`)]));
  const colour = text('buttonCss');
  const size = Number(text('size'));
  const look = {
    ...(colour && { buttonCss: colour.includes(':') ? colour : `background: ${colour}` }),
    ...(size > 0 && { size }),
    ...(text('titles.idle') && { titles: { idle: text('titles.idle') } }),
  };
  if (Object.keys(look).length) attributes.look = JSON.stringify(look);
  if (!given.get('transcript')) attributes.transcript = 'false';
  if (given.get('attributes.text-input')) attributes['text-input'] = 'true';
  replaced(attributes);
}

/**
 * A new element: what it looks like is read when it is made.
 * @param {Record<string, string>} attributes
 */
function replaced(attributes) {
  const next = document.createElement('parley-call');
  for (const name of ['id', 'agent-id', 'public-key', 'media-url']) {
    const value = current.getAttribute(name);
    if (value) next.setAttribute(name, value);
  }
  for (const [name, value] of Object.entries(attributes)) if (value) next.setAttribute(name, value);
  current.replaceWith(next);
  current = next;
}

let current = preview;
form.addEventListener('change', showLook);
enableCopying();
