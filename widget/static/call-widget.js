/**
 * `<parley-call agent-id="…" public-key="…">`: a button to talk with an agent.
 *
 * Attributes: `agent-id`, `public-key`; optional `media-url` (of /millis; default: the host that serves this file),
 * `metadata` (JSON object), `data-meta-user-name` (metadata `userName`), `token` (signed metadata) and `look` (JSON:
 * titles, icons, buttonCss, formCss, size, transcript).
 * Methods: `start()` in a handler of the user's tap, `stop()`, `answerForm(callId, values)`.
 * Events, all bubbling: `parley-ready` {sessionId}, `parley-transcript` {speaker, text, isFinal},
 * `parley-function` {name, params, callId, form} (`preventDefault()`: the page shows the form itself and says what became of it with
 * `answerForm`; null: closed), `parley-function-ended` {callId}, `parley-ended` {sessionId, reason, problem}.
 */

import { parseLook, parseObject } from './element/look.js';
import { View } from './element/view.js';
import { Call } from './sdk/call.js';
import { surroundings } from './sdk/microphone.js';
import { obstacle } from './sdk/problems.js';
import { INITIAL, Phase } from './sdk/state.js';

/**
 * @typedef {import('./sdk/state.js').CallState} CallState
 * @typedef {import('./sdk/state.js').CallEvent} CallEvent
 */

const NAME = 'parley-call';
/** `data-meta-user-name` as the dataset names it. */
const DATA_META = /^meta(?=[A-Z])/;

export class ParleyCall extends HTMLElement {
  static observedAttributes = ['look'];

  #view;
  /** @type {Call | undefined} */
  #call;
  #look = parseLook(null);
  /** Before the first call. */
  #resting = INITIAL;

  constructor() {
    super();
    this.#view = new View(this.attachShadow({ mode: 'open' }), () => this.#press());
    this.#view.restyle(this.#state, this.#look);
  }

  attributeChangedCallback() {
    this.#look = parseLook(this.getAttribute('look'));
    this.#view.restyle(this.#state, this.#look);
  }

  /** What makes every call impossible is said at once, so that the site owner sees it first. */
  connectedCallback() {
    const problem = obstacle(surroundings());
    if (!problem) return;
    this.#resting = { ...INITIAL, failure: { problem, detail: '' } };
    this.#view.render(this.#state, this.#look);
  }

  /** Removed from the page, and not only moved in it: the call ends and the microphone is given back. */
  disconnectedCallback() {
    queueMicrotask(() => {
      if (!this.isConnected) this.stop();
    });
  }

  /** What a test and a curious site owner may want to know: the samples of agent audio played, waiting and dropped. */
  get playbackCounts() {
    return this.#call?.playbackCounts;
  }

  /** Begin a call, unless there is one. Only in a handler of a tap or key: browsers ask for that. */
  start() {
    if (this.#state.phase !== Phase.IDLE) return;
    const request = {
      agentId: this.getAttribute('agent-id') ?? '',
      publicKey: this.getAttribute('public-key') ?? '',
      metadata: this.#metadata(),
      token: this.getAttribute('token') ?? undefined,
    };
    const call = new Call(this.#mediaUrl(), request, (state, event) => this.#changed(call, state, event));
    this.#call = call;
    call.start();
  }

  /** End the call, if there is one. */
  stop() {
    this.#call?.stop();
  }

  /**
   * Answer the form of a function.
   * @param {string} callId
   * @param {Readonly<Record<string, unknown>> | null} values null: it was closed
   */
  answerForm(callId, values) {
    this.#call?.answerForm(callId, values);
  }

  /** @returns {CallState} */
  get #state() {
    return this.#call?.state ?? this.#resting;
  }

  #press() {
    if (this.#state.phase === Phase.IDLE) this.start();
    else this.stop();
  }

  #mediaUrl() {
    const given = this.getAttribute('media-url');
    if (given) return given;
    const url = new URL('/millis', import.meta.url);
    url.protocol = url.protocol.replace('http', 'ws');
    return url.href;
  }

  /** @returns {Record<string, unknown>} */
  #metadata() {
    const metadata = parseObject(this.getAttribute('metadata'));
    for (const [name, value] of Object.entries(this.dataset)) {
      if (!DATA_META.test(name)) continue;
      const key = name.replace(DATA_META, '');
      metadata[key.charAt(0).toLowerCase() + key.slice(1)] = value;
    }
    return metadata;
  }

  /**
   * @param {Call} call
   * @param {CallState} state
   * @param {CallEvent} event
   */
  #changed(call, state, event) {
    if (event.type === 'microphone-opened') {
      this.#view.audiogram.start(() => ({ agent: call.agentAnalyser, user: call.userAnalyser }));
    }
    if (state.phase === Phase.IDLE) this.#view.audiogram.stop();
    if (state.phase === Phase.IDLE || state.phase === Phase.ENDING) this.#view.removeForm();
    this.#view.render(state, this.#look);
    this.#tell(state, event);
  }

  /**
   * @param {CallState} state
   * @param {CallEvent} event
   */
  #tell(state, event) {
    const { sessionId, endReason, failure } = state;
    if (event.type === 'ready') this.#dispatch('ready', { sessionId });
    if (event.type === 'said') {
      const { speaker, text, isFinal } = event;
      this.#dispatch('transcript', { speaker, text, isFinal });
    }
    if (event.type === 'function') this.#called(event);
    if (event.type === 'function-ended') {
      this.#view.removeForm(event.callId);
      this.#dispatch('function-ended', { callId: event.callId });
    }
    if (state.phase === Phase.IDLE) {
      const reason = event.type === 'stopped' ? 'user-ended' : endReason;
      this.#dispatch('ended', { sessionId, reason, problem: failure?.problem });
    }
  }

  /** @param {Extract<CallEvent, {type: 'function'}>} event */
  #called({ name, params, callId, form }) {
    const isOurs = this.#dispatch('function', { name, params, callId, form });
    if (!form || callId === undefined || !isOurs) return;
    this.#view.showForm(callId, form, this.#look, (values) => this.answerForm(callId, values));
  }

  /**
   * @param {string} name
   * @param {object} detail
   * @returns {boolean} false: somebody has prevented what we would do
   */
  #dispatch(name, detail) {
    const told = new CustomEvent(`parley-${name}`, { detail, bubbles: true, composed: true, cancelable: true });
    return this.dispatchEvent(told);
  }
}

if (!customElements.get(NAME)) customElements.define(NAME, ParleyCall);
