/** What a call shows around the frame's buttons: built once, then changed to show a state. Knows nothing of calls. */

import { Audiogram } from './audiogram.js';
import { Composer } from './composer.js';
import { Controls } from './controls.js';
import { adopt, build, drawPath, label, write } from './dom.js';
import { Forms } from './forms.js';
import { OUTLINES } from './outlines.js';
import { PANEL_CSS } from './panel-styles.js';
import { agentText, phaseText, problemTexts } from './status.js';
import { TranscriptView } from './transcript.js';
import { Phase } from '../sdk/state.js';

/**
 * @typedef {import('./look.js').Face} Face
 * @typedef {import('./strings.js').Strings} Strings
 * @typedef {import('../sdk/state.js').CallState} CallState
 */

/** @type {Readonly<Record<Phase, Face>>} */
const FACES = Object.freeze({
  [Phase.IDLE]: 'idle',
  [Phase.ASKING]: 'connecting',
  [Phase.CONNECTING]: 'connecting',
  [Phase.READY]: 'running',
  [Phase.RECONNECTING]: 'running',
  [Phase.ENDING]: 'running',
});

/** @type {Readonly<Record<Face, 'start' | 'connecting' | 'stop'>>} */
const TITLES = Object.freeze({ idle: 'start', connecting: 'connecting', running: 'stop' });

/** @type {Readonly<Record<Face, string>>} also for an unknown icon name */
const ICONS = Object.freeze({ idle: OUTLINES.mic, connecting: OUTLINES.dots, running: OUTLINES.stop });

export class View {
  #frame;
  #heading = build('p', { class: 'heading' });
  /** Closes the panel. */
  close = build('button', { type: 'button', class: 'tool', part: 'close' }, drawPath(OUTLINES.down));
  /** Takes the widget off the page. */
  dismiss = build('button', { type: 'button', class: 'tool', part: 'dismiss' }, drawPath(OUTLINES.close));
  #announcement = build('span', { class: 'unseen', role: 'status' });
  #status = build('p', { class: 'status', part: 'status', 'aria-hidden': 'true' });
  #problem = build('div', { class: 'problem', part: 'problem', role: 'alert' });
  #log = build('div', { class: 'log', part: 'transcript', role: 'log', 'aria-live': 'polite' });
  #transcript = new TranscriptView(this.#log);
  #forms = build('div', { class: 'forms' });
  /** For the terms that there may be. */
  terms = build('div', { class: 'forms' });
  #controls;
  #composer;
  /** Of both voices. */
  audiogram = new Audiogram();

  /**
   * @param {import('./frame.js').Frame} frame
   * @param {(path: string) => Promise<any>} load of a module of static/
   * @param {import('./controls.js').Wishes & {onText: (text: string) => void}} wishes what the visitor wants
   * @param {import('./chosen.js').Chosen} chosen the devices in use
   */
  constructor(frame, load, wishes, chosen) {
    this.#frame = frame;
    this.forms = new Forms(this.#forms, load);
    this.#controls = new Controls(frame.root, wishes, chosen, load);
    this.#composer = new Composer(wishes.onText);
    const { root, panel, stage } = frame;
    adopt(root, PANEL_CSS);
    stage.prepend(this.audiogram.canvas);
    panel.prepend(build('div', { class: 'header' }, this.#heading, this.close, this.dismiss));
    panel.append(this.#announcement, this.#status, this.#problem, this.terms, this.#forms, this.#log);
    panel.append(this.#composer.element, this.#controls.element);
    panel.id = 'panel';
    frame.launcher.setAttribute('aria-controls', panel.id);
  }

  /**
   * Everything that does not come from the call.
   * @param {import('./attributes.js').Settings} settings
   * @param {import('./look.js').Look} look
   * @param {Strings} strings
   */
  dress(settings, { buttonCss, size, transcript }, strings) {
    const { talk, call } = this.#frame;
    talk.style.cssText = buttonCss;
    talk.toggleAttribute('data-sized', size !== undefined);
    if (size !== undefined) talk.style.setProperty('--size', `${size}px`);
    // What floats above a page stands in none of its landmarks, and so is one.
    call.setAttribute('role', call.dataset.place?.includes('-') ? 'region' : 'group');
    call.ariaLabel = strings.widget;
    write(this.#heading, strings.widget);
    this.#log.ariaLabel = strings.transcript;
    this.#log.hidden = !transcript;
    label(this.close, strings.close);
    this.close.hidden = settings.variant !== 'compact';
    label(this.dismiss, strings.dismiss);
    this.dismiss.hidden = !settings.dismissible;
    this.#composer.element.hidden = !settings['text-input'];
    this.#composer.dress(strings);
    this.#controls.dress(settings, strings);
  }

  /**
   * @param {CallState} state
   * @param {boolean} muted
   * @param {import('./look.js').Look} look
   * @param {Partial<Record<Face, string | undefined>>} icons the paths of its icons, as far as they are known
   * @param {Strings} strings
   */
  render(state, muted, look, icons, strings) {
    const face = FACES[state.phase];
    const icon = icons[face] ?? ICONS[face];
    const launch = face === 'idle' ? strings.launch : strings.running;
    this.#frame.show(face, look.titles[face] ?? strings[TITLES[face]], icon, launch);
    write(this.#announcement, phaseText(state, strings));
    write(this.#status, agentText(state, muted, strings));
    this.#renderProblem(problemTexts(state, strings, (inS) => timeOf(inS, this.#frame.call.lang)));
    this.#transcript.render(state.lines, strings);
    this.#controls.render(state, muted);
    // Only what scrolls needs a stop of the Tab key.
    if (state.lines.length > 0) this.#log.tabIndex = 0;
    else this.#log.removeAttribute('tabindex');
  }

  /** @param {string[]} texts */
  #renderProblem(texts) {
    if (this.#problem.textContent === texts.join('')) return;
    this.#problem.replaceChildren(...texts.map((text, index) => build(index === 0 ? 'strong' : 'span', {}, text)));
  }
}

/**
 * @param {number} inS from now
 * @param {string} language
 */
function timeOf(inS, language) {
  return new Date(Date.now() + 1_000 * inS).toLocaleTimeString(language, { timeStyle: 'short' });
}
