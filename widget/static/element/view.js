/** The widget on the screen: built once, then changed to show a state. Knows nothing of calls. */

import { Audiogram } from './audiogram.js';
import { drawIcon } from './icons.js';
import { floorText, FORM_WORDS, phaseText, problemMessage } from './messages.js';
import { widgetStyles } from './styles.js';
import { TranscriptView } from './transcript.js';
import { formStyles, showForm } from './web-form.js';
import { Phase } from '../sdk/state.js';

/**
 * @typedef {import('./look.js').Look} Look
 * @typedef {import('./look.js').Face} Face
 * @typedef {import('../sdk/state.js').CallState} CallState
 */

/** @type {Readonly<Record<Phase, Face>>} */
const FACES = Object.freeze({
  [Phase.IDLE]: 'idle',
  [Phase.ASKING]: 'connecting',
  [Phase.CONNECTING]: 'connecting',
  [Phase.READY]: 'running',
  [Phase.ENDING]: 'running',
});

/** @type {Readonly<Record<Face, string>>} an outline for an unknown icon name */
const FALLBACK_ICONS = Object.freeze({ idle: 'mic', connecting: 'dots', running: 'stop' });

/**
 * @param {string} tag
 * @param {Readonly<Record<string, string>>} [attributes]
 * @param {...Node} children
 * @returns {HTMLElement}
 */
function build(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export class View {
  #canvas = /** @type {HTMLCanvasElement} */ (build('canvas', { 'aria-hidden': 'true' }));
  #title = build('span', { class: 'title', part: 'title' });
  #button = build('button', { type: 'button', class: 'talk', part: 'button' }, this.#title);
  #announcement = build('span', { class: 'unseen', role: 'status' });
  #status = build('p', { class: 'status', part: 'status', 'aria-hidden': 'true' });
  #problem = build('div', { class: 'problem', part: 'problem', role: 'alert' });
  #log = build('div', {
    class: 'log',
    part: 'transcript',
    role: 'log',
    'aria-live': 'polite',
    'aria-label': 'Transcript',
  });
  #forms = build('div', { class: 'forms' });
  /** @type {Map<string, () => void>} how to take away the form of a call of a function */
  #shown = new Map();
  #call = build(
    'div',
    { class: 'call', role: 'group', 'aria-label': 'Voice call' },
    build('div', { class: 'stage' }, this.#canvas, this.#button),
    this.#announcement,
    this.#status,
    this.#problem,
    this.#forms,
    this.#log,
  );
  #transcript = new TranscriptView(this.#log);
  /** Of both voices. */
  audiogram = new Audiogram(this.#canvas);
  /** @type {Face | undefined} */
  #face;

  /**
   * @param {ShadowRoot} root empty
   * @param {() => void} onPress
   */
  constructor(root, onPress) {
    root.adoptedStyleSheets = [widgetStyles(), formStyles()];
    root.append(this.#call);
    // The second click of a double click must not end what the first began.
    this.#button.onclick = ({ detail }) => {
      if (detail < 2) onPress();
    };
    new ResizeObserver(() => this.audiogram.resized()).observe(this.#canvas);
  }

  /**
   * @param {CallState} state
   * @param {Look} look
   */
  render(state, look) {
    this.#renderButton(FACES[state.phase], look);
    this.#say(this.#announcement, phaseText(state));
    this.#say(this.#status, floorText(state));
    this.#renderProblem(state);
    this.#transcript.render(state.lines);
    this.#log.hidden = !look.transcript;
    // Only what scrolls needs a stop of the Tab key.
    if (state.lines.length > 0) this.#log.tabIndex = 0;
    else this.#log.removeAttribute('tabindex');
  }

  /**
   * Show a form until it is answered or taken away.
   * @param {string} callId
   * @param {import('./web-form.js').WebForm} form
   * @param {Look} look
   * @param {(values: import('./web-form.js').FormValues | null) => void} onAnswer once; null: it was closed
   */
  showForm(callId, form, look, onAnswer) {
    const remove = showForm(this.#forms, form, FORM_WORDS, look.formCss, (values) => {
      this.#shown.delete(callId);
      onAnswer(values);
    });
    this.#shown.set(callId, remove);
  }

  /**
   * Take away the form of a call of a function, if there is one; without `callId` all of them.
   * @param {string} [callId]
   */
  removeForm(callId) {
    for (const [shown, remove] of [...this.#shown]) {
      if (callId !== undefined && shown !== callId) continue;
      this.#shown.delete(shown);
      remove();
    }
  }

  /**
   * Draw the button anew in any case: another look is wanted.
   * @param {CallState} state
   * @param {Look} look
   */
  restyle(state, look) {
    this.#button.style.cssText = look.buttonCss;
    this.#button.toggleAttribute('data-sized', look.size !== undefined);
    if (look.size !== undefined) this.#button.style.setProperty('--size', `${look.size}px`);
    this.#face = undefined;
    this.render(state, look);
  }

  /**
   * @param {Face} face
   * @param {Look} look
   */
  #renderButton(face, look) {
    if (face === this.#face) return;
    this.#face = face;
    this.#call.dataset.face = face;
    this.#title.textContent = look.titles[face];
    this.#button.replaceChildren(drawIcon(look.icons[face], FALLBACK_ICONS[face]), this.#title);
  }

  /** @param {CallState} state */
  #renderProblem({ failure, sessionId }) {
    if (!failure) {
      this.#problem.replaceChildren();
      return;
    }
    const { title, advice } = problemMessage(failure.problem);
    const parts = [build('strong', {}, document.createTextNode(title)), build('span', {}, document.createTextNode(advice))];
    const detail = [failure.detail, sessionId && `Call ${sessionId}`].filter(Boolean).join(' · ');
    if (detail) parts.push(build('span', { class: 'detail' }, document.createTextNode(detail)));
    if (this.#problem.textContent !== parts.map((part) => part.textContent).join('')) this.#problem.replaceChildren(...parts);
  }

  /**
   * An unchanged text is left alone, so that it is not read out again.
   * @param {HTMLElement} element
   * @param {string} text
   */
  #say(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }
}
