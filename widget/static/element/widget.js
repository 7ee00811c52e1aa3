/** One widget: the call behind the button, and what the page's visitor and the page itself do with it. */

import { settingsOf } from './attributes.js';
import { chosenDevices, rememberDevices } from './chosen.js';
import { tell, tellOf } from './events.js';
import { Extras } from './extras.js';
import { lookOf } from './look.js';
import { metadataOf } from './metadata.js';
import { stringsOf } from './strings.js';
import { unknownAttributes } from './unknown.js';
import { View } from './view.js';
import { Call } from '../sdk/call.js';
import { loaded } from '../sdk/loaded.js';
import { surroundings } from '../sdk/microphone.js';
import { obstacle } from '../sdk/problems.js';
import { INITIAL, Phase } from '../sdk/state.js';
import { openWebSocket } from '../sdk/websocket.js';

/**
 * @typedef {import('./strings.js').Strings} Strings
 * @typedef {import('../sdk/state.js').CallState} CallState
 * @typedef {import('../sdk/state.js').CallEvent} CallEvent
 *
 * @typedef {object} StartOptions
 * @property {Record<string, unknown>} [metadata] beside that of the attributes
 * @property {boolean} [voice] false: no microphone is asked for, the conversation is typed
 * @property {string} [text] the first thing that the visitor says, by typing
 */

export class Widget {
  #host;
  #at;
  #frame;
  #view;
  /** @type {Call | undefined} */
  #call;
  #chosen = chosenDevices();
  /**
   * Why the running call cannot be spoken; it goes on in text.
   * @type {import('../sdk/errors.js').CallError | undefined}
   */
  #hitch;
  /** Before the first call. */
  #resting;
  #settings;
  #look;
  #extras;
  /** @type {import('./consent.js').Consent | undefined} */
  #consent;
  /** @type {StartOptions | undefined} of a call that waits for the terms to be there */
  #waiting;
  /** @type {Strings} */
  #language;
  #strings;
  /** @type {Set<string>} */
  #warned = new Set();

  /**
   * @param {HTMLElement} host
   * @param {import('./frame.js').Frame} frame
   * @param {(path: string) => string} at gives the address of a file of static/: a release has bundled this one
   * @param {Strings} strings
   */
  constructor(host, frame, at, strings) {
    const load = (/** @type {string} */ path) => import(at(path));
    this.#host = host;
    this.#at = at;
    this.#frame = frame;
    this.#settings = this.#read();
    this.#look = lookOf(this.#settings);
    this.#language = strings;
    this.#strings = stringsOf(strings, this.#settings.strings);
    this.#extras = new Extras(load, () => this.#arrived());
    new MutationObserver(() => this.refresh()).observe(host, { attributes: true });
    /** @type {ConstructorParameters<typeof View>[2]} */
    const wishes = {
      onText: (text) => this.sendText(text),
      onMute: (muted) => this.#setMuted(muted),
      onVoice: (voice) => this.#setVoice(voice),
      onDevice: (kind, deviceId) => this.#useDevice(kind, deviceId),
    };
    this.#view = new View(frame, load, wishes, this.#chosen);
    this.#view.close.onclick = () => this.#collapse();
    this.#view.dismiss.onclick = () => this.#dismiss();
    frame.call.onkeydown = (event) => this.#typed(event);
    for (const unknown of unknownAttributes(host, Object.keys(this.#settings))) this.#warn(unknown);
    const problem = obstacle(surroundings());
    this.#resting = problem ? { ...INITIAL, failure: { problem, detail: '' } } : INITIAL;
    this.refresh();
  }

  /**
   * The attributes have changed, or the language is there.
   * @param {Strings} [strings] of the language
   */
  refresh(strings = this.#language) {
    this.#language = strings;
    this.#settings = this.#read();
    this.#look = lookOf(this.#settings);
    this.#strings = stringsOf(strings, this.#settings.strings);
    this.#view.dress(this.#settings, this.#look, this.#strings);
    if (this.#terms) this.#prepareConsent();
    this.#render();
  }

  get playbackCounts() {
    return this.#call?.voice?.playback?.counts;
  }

  /** The button: begin or end. */
  press() {
    if (this.#state.phase === Phase.IDLE) this.start();
    else this.stop();
  }

  /** The launcher: open or close the panel. */
  toggle() {
    if (!this.#frame.panel.hidden) {
      this.#collapse();
      return;
    }
    this.#open();
    this.#frame.talk.focus();
  }

  /**
   * Once the visitor has agreed to what there is to agree to.
   * @param {StartOptions} [options]
   */
  start(options = {}) {
    if (this.#state.phase !== Phase.IDLE) return;
    if (!this.#terms) {
      this.#begin(options);
      return;
    }
    this.#prepareConsent();
    if (this.#consent) {
      const isAsked = this.#consent.ask(this.#settings, this.#terms, () => this.#begin(options), () => this.#frame.talk.focus());
      if (isAsked) this.#open();
    } else {
      this.#waiting = options;
    }
  }

  stop() {
    this.#waiting = undefined;
    this.#call?.stop();
  }

  mute() {
    this.#setMuted(true);
  }

  unmute() {
    this.#setMuted(false);
  }

  /**
   * Say something in the running call; without one, in a new call that is typed.
   * @param {string} text
   */
  sendText(text) {
    if (this.#state.phase === Phase.IDLE) this.start({ voice: false, text });
    else if (this.#state.phase !== Phase.ENDING) this.#call?.sendText(text);
  }

  /** @param {StartOptions} options */
  #begin({ metadata, voice, text }) {
    const { token, transport, 'agent-id': agentId, 'public-key': publicKey } = this.#settings;
    const detail = {
      agentId,
      metadata: { ...this.#settings.metadata, ...metadataOf(this.#host.dataset), ...metadata },
    };
    if (!tell(this.#host, 'start', detail)) return;
    const call = new Call(
      {
        url: this.#mediaUrl(),
        publicKey,
        reconnect: true,
        webForms: true,
        workletUrl: this.#at('sdk/worklets/audio.js'),
        microphoneId: this.#chosen.audioinput,
        loudspeakerId: this.#chosen.audiooutput,
        transport: transport === 'webrtc' ? loaded(import(this.#at('sdk/webrtc.js'))) : openWebSocket,
      },
      { agent: { agent_id: agentId }, metadata: detail.metadata, token, voice },
      {
        onChange: (state, event) => this.#changed(call, state, event),
        emit: (event, ...given) => tellOf(this.#host, event, given),
      },
    );
    this.#call = call;
    this.#hitch = undefined;
    // What went wrong is in the state.
    call.start().catch(() => {});
    if (text && this.#state.phase !== Phase.IDLE) call.sendText(text);
  }

  /** @param {boolean} muted */
  #setMuted(muted) {
    const call = this.#call;
    if (!call || call.muted === muted || this.#state.phase === Phase.IDLE) return;
    call.muted = muted;
    this.#render();
    tell(this.#host, 'mute', { muted });
  }

  /** @param {boolean} voice */
  #setVoice(voice) {
    if (voice) void this.#attempt(this.#call?.startVoice());
    else this.#call?.stopVoice();
  }

  /**
   * @param {keyof import('./chosen.js').Chosen} kind
   * @param {string} deviceId
   */
  #useDevice(kind, deviceId) {
    this.#chosen[kind] = deviceId;
    rememberDevices(this.#chosen);
    const voice = this.#call?.voice;
    void this.#attempt(kind === 'audioinput' ? voice?.useMicrophone(deviceId) : voice?.useLoudspeaker(deviceId));
  }

  /**
   * What goes wrong here is said, and the call goes on.
   * @param {Promise<void | import('../sdk/errors.js').CallError> | undefined} change of its voice
   */
  async #attempt(change) {
    this.#hitch = (await change?.catch((error) => error)) ?? undefined;
    this.#render();
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
    this.#call?.answerForm(callId, values);
  }

  #render() {
    const { failure = this.#hitch, ...state } = this.#state;
    const names = Object.entries(this.#look.icons);
    const pathOf = names.length > 0 && this.#extras.want('element/icons.js')?.pathOf;
    const paths = pathOf ? Object.fromEntries(names.map(([face, name]) => [face, pathOf(name)])) : {};
    this.#view.render({ ...state, failure }, this.#call?.muted === true, this.#look, paths, this.#strings);
  }

  /** What there is to agree to, as text; empty when there is nothing. */
  get #terms() {
    return this.#host.querySelector(':scope > [slot="consent"]')?.textContent ?? this.#settings['consent-text'];
  }

  #prepareConsent() {
    const module = this.#extras.want('element/consent.js');
    if (module && !this.#consent) {
      this.#consent = new module.Consent(this.#frame.root);
      this.#view.terms.append(/** @type {import('./consent.js').Consent} */ (this.#consent).element);
    }
    this.#consent?.dress(this.#settings, this.#strings);
  }

  #arrived() {
    this.refresh();
    const waiting = this.#waiting;
    if (!waiting || !this.#consent) return;
    this.#waiting = undefined;
    this.start(waiting);
  }

  /** @returns {CallState} */
  get #state() {
    return this.#call?.state ?? this.#resting;
  }

  #mediaUrl() {
    const { region, 'media-url': mediaUrl, 'base-url': baseUrl } = this.#settings;
    if (region && !(mediaUrl || baseUrl).includes('{region}')) this.#warn('region fills {region} in base-url, which has none');
    const inRegion = (/** @type {string} */ url) => url.replaceAll('{region}', region);
    if (mediaUrl) return inRegion(mediaUrl);
    const url = new URL('/millis', baseUrl ? inRegion(baseUrl) : import.meta.url);
    url.protocol = url.protocol.replace('http', 'ws');
    return url.href;
  }

  #open() {
    this.#frame.open(true);
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
   * @param {Call} call
   * @param {CallState} state
   * @param {CallEvent} event
   */
  #changed(call, state, event) {
    if (event.type === 'voice' && event.on) {
      this.#view.audiogram.start(() => ({ agent: call.voice?.agentAnalyser, user: call.voice?.userAnalyser }));
    }
    if (!state.voice) this.#view.audiogram.stop();
    if (state.phase === Phase.IDLE || state.phase === Phase.ENDING) this.#view.forms.remove();
    this.#render();
    if (event.type === 'ready' && !event.resumed) this.#view.forms.remove();
    if (event.type === 'function') this.#called(event);
    if (event.type === 'function-ended') this.#view.forms.remove(event.callId);
    if (state.phase !== Phase.IDLE) return;
    const { sessionId, endReason, failure } = state;
    const reason = event.type === 'stopped' ? 'user-ended' : endReason;
    tell(this.#host, 'ended', { sessionId, reason, problem: failure?.problem });
  }

  /** @param {Extract<CallEvent, {type: 'function'}>} event */
  #called({ name, params, callId, form }) {
    const isOurs = tell(this.#host, 'function', { name, params, callId, form });
    if (!form || callId === undefined || !isOurs) return;
    const answer = (/** @type {Readonly<Record<string, unknown>> | null} */ values) => this.answerForm(callId, values);
    void this.#view.forms.show(callId, form, this.#strings.form, this.#look.formCss, answer);
  }
}
