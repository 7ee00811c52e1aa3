/** The gate before the first call: nothing is asked for, and nobody is called, before the visitor has agreed. */

import { CARD_CSS } from './card-styles.js';
import { adopt, build, write } from './dom.js';

/** In a sandbox, and where the visitor wants no storage or it is full, an agreement lasts as long as the page. */
const agreed = new Set();

/**
 * @param {string} agentId
 * @param {string} version of the terms; another one asks again
 * @returns {boolean}
 */
function hasAgreed(agentId, version) {
  if (agreed.has(agentId + version)) return true;
  try {
    return localStorage.getItem(`parley-consent:${agentId}`) === version;
  } catch {
    return false;
  }
}

/**
 * @param {string} agentId
 * @param {string} version
 */
function remember(agentId, version) {
  agreed.add(agentId + version);
  try {
    localStorage.setItem(`parley-consent:${agentId}`, version);
  } catch {}
}

export class Consent {
  #title = build('p', { class: 'heading', id: 'consent' });
  #text = build('p', {});
  #agree = build('button', { type: 'button', class: 'primary', part: 'agree' });
  #decline = build('button', { type: 'button', class: 'plain', part: 'decline' });
  element = build(
    'div',
    { class: 'card consent', part: 'consent', role: 'group', 'aria-labelledby': 'consent', hidden: '' },
    this.#title,
    build('slot', { name: 'consent' }, this.#text),
    build('div', { class: 'row' }, this.#agree, this.#decline),
  );

  /** @param {ShadowRoot} root of the widget */
  constructor(root) {
    adopt(root, CARD_CSS);
  }

  /**
   * @param {import('./attributes.js').Settings} settings
   * @param {import('./strings.js').Strings} strings
   */
  dress({ 'consent-text': text }, strings) {
    write(this.#title, strings.consent);
    write(this.#text, text);
    write(this.#agree, strings.agree);
    write(this.#decline, strings.decline);
  }

  /**
   * @param {import('./attributes.js').Settings} settings
   * @param {string} terms
   * @param {() => void} proceed called at once when they are agreed to already, or when the visitor agrees
   * @param {() => void} back called before that when the visitor has answered, and the terms are gone
   * @returns {boolean} whether the visitor is asked
   */
  ask({ 'agent-id': agentId, 'consent-version': given }, terms, proceed, back) {
    const version = given || digestOf(terms);
    if (hasAgreed(agentId, version)) {
      proceed();
      return false;
    }
    this.#agree.onclick = () => {
      remember(agentId, version);
      this.element.hidden = true;
      back();
      proceed();
    };
    this.#decline.onclick = () => {
      this.element.hidden = true;
      back();
    };
    this.element.onkeydown = (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      this.#decline.click();
    };
    this.element.hidden = false;
    queueMicrotask(() => this.#agree.focus());
    return true;
  }
}

/**
 * Changes with the terms, so that changed ones are asked for again.
 * @param {string} terms
 * @returns {string}
 */
function digestOf(terms) {
  let digest = 0;
  for (const character of terms) digest = (Math.imul(digest, 31) + /** @type {number} */ (character.codePointAt(0))) | 0;
  return digest.toString(36);
}
