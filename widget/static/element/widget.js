/** One widget: the call behind the button, and what the page's visitor and the page itself do with it. */

import { settingsOf } from './attributes.js';
import { report, tell } from './events.js';
import { lookOf } from './look.js';
import { metadataOf } from './metadata.js';
import { stringsOf } from './strings.js';
import { unknownAttributes } from './unknown.js';
import { View } from './view.js';
import { createClient } from '../sdk/client.js';
import { surroundings } from '../sdk/microphone.js';
import { obstacle } from '../sdk/problems.js';
import { INITIAL, Phase } from '../sdk/state.js';

/**
 * @typedef {import('./strings.js').Strings} Strings
 * @typedef {import('../sdk/state.js').CallState} CallState
 * @typedef {import('../sdk/state.js').CallEvent} CallEvent
 */

/** Named from here, because a release has the SDK within this module. */
const WORKLET = new URL('../sdk/worklets/audio.js', import.meta.url);

export class Widget {
  #host;
  #frame;
  #view;
  /** @type {import('../sdk/client.js').Client | undefined} */
  #client;
  /** Before the first call. */
  #resting;
  #settings;
  #look;
  /** @type {Partial<Strings>} */
  #translation = {};
  #strings = stringsOf();
  /** @type {Set<string>} */
  #warned = new Set();

  /**
   * `refresh` comes before anything else.
   * @param {HTMLElement} host
   * @param {import('./frame.js').Frame} frame
   * @param {(path: string) => Promise<any>} load of a module of static/
   */
  constructor(host, frame, load) {
    this.#host = host;
    this.#frame = frame;
    this.#settings = this.#read();
    this.#look = lookOf(this.#settings);
    new MutationObserver(() => this.refresh()).observe(host, { attributes: true });
    this.#view = new View(frame, load);
    this.#view.close.onclick = () => this.#collapse();
    this.#view.dismiss.onclick = () => this.#dismiss();
    frame.call.onkeydown = (event) => this.#typed(event);
    for (const unknown of unknownAttributes(host, Object.keys(this.#settings))) this.#warn(unknown);
    const problem = obstacle(surroundings());
    this.#resting = problem ? { ...INITIAL, failure: { problem, detail: '' } } : INITIAL;
  }

  /**
   * The attributes have changed, or the language is there.
   * @param {Partial<Strings>} [translation]
   */
  refresh(translation = this.#translation) {
    this.#translation = translation;
    this.#settings = this.#read();
    this.#look = lookOf(this.#settings);
    this.#strings = stringsOf(translation, this.#settings.strings);
    this.#view.dress(this.#settings, this.#look, this.#strings);
    this.#view.render(this.#state, this.#look, this.#strings);
  }

  get playbackCounts() {
    return this.#client?.playbackCounts;
  }

  /** The button: begin or end. */
  press() {
    if (this.#state.phase === Phase.IDLE) this.start();
    else this.stop();
  }

  /** The launcher: open or close the panel. */
  toggle() {
    if (this.#frame.panel.hidden) {
      this.#frame.open(true);
      this.#frame.talk.focus();
    } else {
      this.#collapse();
    }
  }

  /** @param {{metadata?: Record<string, unknown>}} [options] */
  start(options = {}) {
    if (this.#state.phase !== Phase.IDLE) return;
    const { token, 'agent-id': agentId, 'public-key': publicKey } = this.#settings;
    const detail = {
      agentId,
      metadata: { ...this.#settings.metadata, ...metadataOf(this.#host.dataset), ...options.metadata },
    };
    if (!tell(this.#host, 'start', detail)) return;
    const client = createClient({ publicKey, endPoint: this.#mediaUrl(), webForms: true, workletUrl: WORKLET });
    client.on('onstate', (state, event) => this.#changed(client, state, event));
    this.#client = client;
    // What went wrong is in the state.
    client.start({ agent: { agent_id: agentId }, metadata: detail.metadata, token }).catch(() => {});
  }

  stop() {
    this.#client?.stop();
  }

  #read() {
    return settingsOf(this.#host, (warning) => this.#warn(warning));
  }

  /** @param {string} warning said once */
  #warn(warning) {
    if (this.#warned.has(warning)) return;
    this.#warned.add(warning);
    console.warn(`Parley: ${warning}.`, this.#host);
  }

  /**
   * @param {string} callId
   * @param {Readonly<Record<string, unknown>> | null} values null: it was closed
   */
  answerForm(callId, values) {
    this.#client?.answerForm(callId, values);
  }

  /** @returns {CallState} */
  get #state() {
    return this.#client?.state ?? this.#resting;
  }

  #mediaUrl() {
    const { region, 'media-url': mediaUrl, 'base-url': baseUrl } = this.#settings;
    const inRegion = (/** @type {string} */ url) => url.replaceAll('{region}', region);
    if (mediaUrl) return inRegion(mediaUrl);
    const url = new URL('/millis', baseUrl ? inRegion(baseUrl) : import.meta.url);
    url.protocol = url.protocol.replace('http', 'ws');
    return url.href;
  }

  /** Only the panel of a launcher closes; a call goes on behind it. */
  #collapse() {
    if (this.#settings.variant !== 'compact') return;
    this.#frame.open(false);
    this.#frame.launcher.focus();
  }

  #dismiss() {
    if (!tell(this.#host, 'dismiss', {})) return;
    this.stop();
    this.#host.hidden = true;
  }

  /** @param {KeyboardEvent} event */
  #typed(event) {
    if (event.key !== 'Escape' || event.defaultPrevented || this.#frame.panel.hidden) return;
    if (this.#settings.variant === 'compact') event.stopPropagation();
    this.#collapse();
  }

  /**
   * @param {import('../sdk/client.js').Client} client
   * @param {CallState} state
   * @param {CallEvent} event
   */
  #changed(client, state, event) {
    if (event.type === 'voice' && event.on) {
      this.#view.audiogram.start(() => ({ agent: client.agentAnalyser, user: client.userAnalyser }));
    }
    if (state.phase === Phase.IDLE) this.#view.audiogram.stop();
    if (state.phase === Phase.IDLE || state.phase === Phase.ENDING) this.#view.forms.remove();
    this.#view.render(state, this.#look, this.#strings);
    if (event.type === 'function') this.#called(event);
    if (event.type === 'function-ended') this.#view.forms.remove(event.callId);
    report(this.#host, state, event);
  }

  /** @param {Extract<CallEvent, {type: 'function'}>} event */
  #called({ name, params, callId, form }) {
    const isOurs = tell(this.#host, 'function', { name, params, callId, form });
    if (!form || callId === undefined || !isOurs) return;
    const answer = (/** @type {Readonly<Record<string, unknown>> | null} */ values) => this.answerForm(callId, values);
    void this.#view.forms.show(callId, form, this.#strings.form, this.#look.formCss, answer);
  }
}
