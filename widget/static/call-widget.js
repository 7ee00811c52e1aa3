/**
 * `<parley-call agent-id="…" public-key="…">`: a button to talk with an agent.
 *
 * This module draws the button and waits; a finger on it, a focus or a call of `start` loads the rest. Attributes, methods
 * and events are documented in widget/README.md.
 */

import { FIRST_WORDS, MICROPHONE } from './element/first.js';
import { Frame } from './element/frame.js';
import { languageOf } from './element/language.js';
import { jsonOf, textOf } from './element/read.js';

/**
 * @typedef {import('./element/widget.js').Widget} Widget
 * @typedef {import('./element/strings.js').Strings} Strings
 */

const NAME = 'parley-call';
/** What may come before a press, so that the press finds everything loaded. */
const INTENTIONS = ['pointerenter', 'focusin'];

/** @param {string} path of a file of this folder */
const at = (path) => new URL(path, import.meta.url).href;

export class ParleyCall extends HTMLElement {
  /** Those that show before the first use. */
  static observedAttributes = ['language', 'strings', 'titles', 'variant', 'placement', 'theme', 'expanded'];

  /**
   * Loads the rest; a page that has it from the start says so here.
   * @type {() => Promise<typeof import('./element/widget.js')>}
   */
  static loadWidget = () => import(at('element/widget.js'));

  #frame = new Frame(this.attachShadow({ mode: 'open' }));
  /** @type {Widget | undefined} */
  #widget;
  /** @type {Promise<typeof import('./element/widget.js')> | undefined} */
  #loading;
  /** Of the last use, which could not load the rest; the next one tries again. */
  #warning = '';
  /** What was asked for before the last of them is not wanted any more. */
  #stops = 0;
  #language = '';
  /** @type {Strings | undefined} of that language, once they are needed: the first words in English are not */
  #strings;

  constructor() {
    super();
    // The second click of a double click must not end what the first began.
    const { call, talk, launcher } = this.#frame;
    call.onclick = ({ detail, target }) => {
      const button = /** @type {Element} */ (target).closest('button');
      if (detail < 2 && button === talk) void this.#do('press');
      if (detail < 2 && button === launcher) void this.#do('toggle');
    };
    for (const name of INTENTIONS) call.addEventListener(name, () => this.#use(), { once: true });
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#refresh();
  }

  connectedCallback() {
    this.#refresh();
    const shown = textOf(this, 'variant') === 'full' || textOf(this, 'expanded') !== undefined;
    // What makes every call impossible is said at once, so that the site owner sees it first.
    if (shown || textOf(this, 'look') || textOf(this, 'icons') || isHopeless()) this.#use();
  }

  /** Removed from the page, and not only moved in it: the call ends and the microphone is given back. */
  disconnectedCallback() {
    queueMicrotask(() => {
      if (!this.isConnected) this.stop();
    });
  }

  /**
   * Begin a call, unless there is one. Only in a handler of a tap or key: browsers ask for that.
   * @param {import('./element/widget.js').StartOptions} [options]
   */
  start(options) {
    return this.#do('start', options);
  }

  /** End the call, if there is one. */
  stop() {
    this.#stops += 1;
    this.#widget?.stop();
  }

  /** The agent hears silence, until `unmute` or the end of the call. */
  mute() {
    this.#widget?.mute();
  }

  unmute() {
    this.#widget?.unmute();
  }

  /**
   * Say something by typing; without a call, in one that asks for no microphone.
   * @param {string} text
   */
  sendText(text) {
    return this.#do('sendText', text);
  }

  /**
   * Answer the form of a function.
   * @param {string} callId
   * @param {Readonly<Record<string, unknown>> | null} values null: it was closed
   */
  answerForm(callId, values) {
    this.#widget?.answerForm(callId, values);
  }

  /** What a test and a curious site owner may want to know: the samples of agent audio played, waiting and dropped. */
  get playbackCounts() {
    return this.#widget?.playbackCounts;
  }

  #refresh() {
    const page = this.closest('[lang]')?.getAttribute('lang');
    const language = textOf(this, 'language')?.replaceAll('_', '-') || languageOf([page, ...navigator.languages]);
    if (language !== this.#language) {
      this.#language = language;
      this.#strings = undefined;
      if (this.#widget || languageOf([language]) !== 'en') this.#translate().catch(() => {});
    }
    this.#draw();
  }

  #draw() {
    this.#frame.dress(this, this.#language);
    if (this.#widget) {
      if (this.#strings) this.#widget.refresh(this.#strings);
      return;
    }
    const { start, launch } = { ...FIRST_WORDS, ...this.#strings, ...jsonOf(textOf(this, 'strings')) };
    const title = jsonOf(textOf(this, 'titles'))?.idle ?? start;
    this.#frame.show('idle', this.#warning || title, MICROPHONE, this.#warning || launch);
  }

  async #translate() {
    const language = this.#language;
    const { default: strings } = await import(at(`strings/${languageOf([language])}.js`));
    if (language === this.#language) {
      this.#strings = strings;
      this.#draw();
    }
    return strings;
  }

  /**
   * At once when the rest is there: iOS gives sound and microphone only to what a tap did itself.
   * @template {'press' | 'toggle' | 'start' | 'sendText'} M
   * @param {M} method
   * @param {Parameters<Widget[M]>} given
   */
  async #do(method, ...given) {
    const stops = this.#stops;
    const widget = this.#widget ?? (await this.#use());
    if (stops === this.#stops) /** @type {any} */ (widget)?.[method](...given);
  }

  /** @returns {Promise<Widget | undefined>} undefined when the rest could not be loaded: the next use tries again */
  async #use() {
    const { call } = this.#frame;
    call.ariaBusy = 'true';
    this.#loading ??= ParleyCall.loadWidget();
    try {
      const [{ Widget }, strings] = await Promise.all([this.#loading, this.#strings ?? this.#translate()]);
      this.#widget ??= new Widget(this, this.#frame, at, strings);
    } catch (error) {
      this.#loading = undefined;
      this.#warning = '⚠';
      console.error('Parley', error);
    }
    this.#draw();
    call.ariaBusy = null;
    return this.#widget;
  }
}

/** What a glance shows; sdk/problems.js knows the rest. */
function isHopeless() {
  const page = /** @type {Document & {featurePolicy?: {allowsFeature(name: string): boolean}}} */ (document);
  return !isSecureContext || origin === 'null' || page.featurePolicy?.allowsFeature('microphone') === false;
}

if (!customElements.get(NAME)) customElements.define(NAME, ParleyCall);
