/**
 * The Parley web SDK: talk with an agent from a page. README.md beside this module has examples.
 *
 *     const client = createClient({ publicKey: 'PUBLIC_KEY', endPoint: 'wss://HOST/millis' });
 *     client.on('onresponsetext', (text, { is_final }) => …);
 *     button.onclick = () => client.start('AGENT_ID', { userName: 'Ann' });
 */

import { Call } from './call.js';
import { Emitter } from './emitter.js';
import { CallError } from './errors.js';
import { loaded } from './loaded.js';
import { requestMicrophone } from './microphone.js';
import { Problem } from './problems.js';
import { dtmfFrame, startPayload } from './protocol.js';
import { AgentState, INITIAL, Phase } from './state.js';
import { openWebSocket } from './websocket.js';

/**
 * @typedef {import('./protocol.js').StartPayload} StartPayload
 * @typedef {import('./state.js').CallState} CallState
 * @typedef {import('./state.js').CallEvent} CallEvent
 * @typedef {import('./session.js').Transport} Transport
 * @typedef {import('./session.js').OpenTransport} OpenTransport
 *
 * @typedef {object} Config
 * @property {string} publicKey
 * @property {string} [endPoint] of /millis; default: the host that serves this module
 * @property {boolean} [reconnect] take a lost call up again; default true
 * @property {boolean} [debug] tell every event in the console
 * @property {boolean} [webForms] the application shows the forms of `onfunction` and answers each with `answerForm`
 * @property {string | URL} [workletUrl] where worklets/audio.js is served; default: beside this module
 * @property {string} [microphoneId] a `deviceId` of `enumerateDevices`; the default one when it is not there
 * @property {string} [loudspeakerId] the same, in browsers that let a page choose the loudspeaker
 * @property {'webrtc' | OpenTransport} [transport] 'webrtc': WebRTC, and a WebSocket where that does not get through; default: a WebSocket
 *
 * @typedef {Readonly<Record<string, any>>} AgentConfig of a temporary agent
 *
 * @typedef {{name: string, params: Record<string, any>, call_id?: string, form?: import('./protocol.js').WebForm}} FunctionCall
 *
 * @typedef {object} ClientEvents beside them, every other message of the server is an event of its name
 * @property {() => void} onopen the connection stands
 * @property {(payload?: {session_id?: string}) => void} onready the session is accepted
 * @property {() => void} onsessionended the server ends the session
 * @property {(audio: Uint8Array) => void} onaudio the agent's audio: int16, 16 kHz, mono
 * @property {(text: string, payload: {is_final?: boolean}) => void} onresponsetext the agent's words so far
 * @property {(text: string, payload: {is_final?: boolean}) => void} ontranscript the user's words so far
 * @property {(data: string, payload: FunctionCall) => void} onfunction the agent uses a function
 * @property {(data: {call_id: string}) => void} onfunctionended a form is not wanted any more
 * @property {(analyser: AnalyserNode) => void} analyzer of the agent's voice
 * @property {(data: {analyser: AnalyserNode, stream: MediaStream}) => void} useraudioready
 * @property {(latencyMs: number) => void} onlatency from the agent's decision to answer to its first audio
 * @property {(event: CloseEvent) => void} onclose the connection is closed for good
 * @property {(error: Event) => void} onerror of the connection
 * @property {(state: AgentState) => void} onagentstate
 * @property {(action: any) => void} ai_action for debugging
 * @property {(error: CallError) => void} onproblem the call could not begin, or ended before its time
 * @property {(retry: {attempt: number, delayMs: number}) => void} onreconnecting
 * @property {(payload?: {session_id?: string}) => void} onreconnected the conversation goes on, in a session of that id
 * @property {(why: {reason: import('./webrtc.js').FallbackReason, detail: string}) => void} onfallback a WebSocket is used instead of WebRTC
 * @property {(state: CallState, event: CallEvent) => void} onstate anything changed
 */

/** @extends {Emitter<ClientEvents>} */
export class Client extends Emitter {
  #config;
  #muted = false;
  /** @type {Call | undefined} */
  #call;

  /** @param {Config} config */
  constructor(config) {
    super();
    this.#config = config;
  }

  /**
   * Begin a call, in a handler of the user's tap or key: browsers ask for that. One that runs is ended first.
   * Resolves when the microphone is open and the call connects; what comes later is told by events. Rejects with a
   * CallError.
   * @param {StartPayload | AgentConfig | string} payload the id of an agent, the configuration of a temporary one, or an
   *   object with `agent` or `call_id`
   * @param {Readonly<Record<string, unknown>>} [metadata]
   * @param {boolean} [includeMetadataInPrompt]
   * @returns {Promise<void>}
   */
  async start(payload, metadata, includeMetadataInPrompt) {
    this.#call?.stop();
    const { endPoint, reconnect = true, webForms = false, transport, ...rest } = this.#config;
    const options = {
      ...rest,
      url: endPoint || homeUrl(),
      reconnect,
      webForms,
      transport: transport === 'webrtc' ? loaded(import('./webrtc.js')) : (transport ?? openWebSocket),
    };
    const call = new Call(options, startPayload(payload, metadata, includeMetadataInPrompt), {
      onChange: (state, event) => this.#tell(call, 'onstate', state, event),
      emit: (name, ...args) => this.#tell(call, name, ...args),
    });
    call.muted = this.#muted;
    this.#call = call;
    await call.start();
  }

  /** End the call, if there is one: the microphone is given back at once. */
  async stop() {
    this.unmute();
    this.#call?.stop();
  }

  /** The agent hears silence. */
  mute() {
    this.#setMuted(true);
  }

  /** The agent hears the user again. */
  unmute() {
    this.#setMuted(false);
  }

  /**
   * Say something by typing; it waits for the connection. Throws an InvalidStateError when there is no call and a
   * RangeError for what cannot be sent.
   * @param {string} text
   */
  sendText(text) {
    this.#running().sendText(text);
  }

  /**
   * Press keys of a telephone: 0-9, * and #. Throws as `sendText` does.
   * @param {string} keys
   */
  sendDtmf(keys) {
    this.#running().deliver(dtmfFrame(keys));
  }

  /**
   * Answer a form that came with `onfunction`; nothing happens when there is no call.
   * @param {string} callId
   * @param {Readonly<Record<string, unknown>> | null} values by the fields' names; null: the user closed the form
   */
  answerForm(callId, values) {
    this.#call?.answerForm(callId, values);
  }

  /**
   * Speak, in a call that is typed; in a handler of the user's tap. Rejects with a CallError when there is no
   * microphone, and the call goes on in text.
   * @returns {Promise<void>}
   */
  async startVoice() {
    await this.#running().startVoice();
  }

  /** Type, in a call that is spoken: the microphone is given back, the conversation goes on. */
  stopVoice() {
    this.#running().stopVoice();
  }

  /**
   * Listen to another microphone, now and in later calls. Rejects with a CallError.
   * @param {string} microphoneId a `deviceId` of `enumerateDevices`
   * @returns {Promise<void>}
   */
  async useMicrophone(microphoneId) {
    this.#config = { ...this.#config, microphoneId };
    await this.#call?.voice?.useMicrophone(microphoneId);
  }

  /**
   * Speak through another loudspeaker, now and in later calls, where the browser lets a page choose
   * (`'setSinkId' in AudioContext.prototype`). Rejects with a CallError.
   * @param {string} loudspeakerId a `deviceId` of `enumerateDevices`; empty: the default one
   * @returns {Promise<void>}
   */
  async useLoudspeaker(loudspeakerId) {
    this.#config = { ...this.#config, loudspeakerId };
    await this.#call?.voice?.useLoudspeaker(loudspeakerId);
  }

  /**
   * A frame of one's own; dropped while there is no connection.
   * @param {Uint8Array | string} data
   */
  send(data) {
    this.#call?.send(data);
  }

  /** The call as it stands, or as the last one ended. */
  get state() {
    return this.#call?.state ?? INITIAL;
  }

  get muted() {
    return this.#muted;
  }

  /** Of the agent's voice, while there is one. */
  get agentAnalyser() {
    return this.#call?.voice?.agentAnalyser;
  }

  /** Of the user's voice, while there is one. */
  get userAnalyser() {
    return this.#call?.voice?.userAnalyser;
  }

  /** What of the agent's audio was played, waits and was dropped; undefined while the agent is not heard. */
  get playbackCounts() {
    return this.#call?.voice?.playback?.counts;
  }

  /** @param {boolean} muted */
  #setMuted(muted) {
    this.#muted = muted;
    if (this.#call) this.#call.muted = muted;
  }

  /** @returns {Call} */
  #running() {
    if (!this.#call) throw new DOMException('There is no call.', 'InvalidStateError');
    return this.#call;
  }

  /**
   * An earlier call's last news would be taken for the running one's.
   * @param {Call} call
   * @param {string} name
   * @param {...any} args
   */
  #tell(call, name, ...args) {
    if (call !== this.#call) return;
    if (this.#config.debug) console.debug('[parley]', name, ...args);
    this.emit(name, ...args);
  }
}

/** @returns {string} */
function homeUrl() {
  const url = new URL('/millis', import.meta.url);
  url.protocol = url.protocol.replace('http', 'ws');
  return url.href;
}

/**
 * @param {Config} config
 * @returns {Client}
 */
export function createClient(config) {
  return new Client(config);
}

/**
 * Asks for a microphone as a call does.
 * @param {number} sampleRate in Hz, as a wish
 * @returns {Promise<MediaStream>}
 */
export function createMicrophoneAudioTrack(sampleRate) {
  return requestMicrophone({ sampleRate });
}

export { AgentState, CallError, Phase, Problem };
export default { createClient, createMicrophoneAudioTrack };
