/** One call, from the tap to the release of everything. */

import { Connection } from './connection.js';
import { CallError } from './errors.js';
import { Problem } from './problems.js';
import { eventOf, functionResultFrame, initiateFrame, userTextFrame, voiceFrame } from './protocol.js';
import { AgentState, INITIAL, Phase, reduce } from './state.js';
import { messageOf, Voice } from './voice.js';

/**
 * @typedef {import('./state.js').CallState} CallState
 * @typedef {import('./state.js').CallEvent} CallEvent
 * @typedef {import('./protocol.js').ServerMessage} ServerMessage
 * @typedef {import('./connection.js').ConnectionOptions & import('./voice.js').VoiceOptions & {publicKey: string, webForms: boolean}} CallOptions
 *
 * @typedef {object} CallListener
 * @property {(state: CallState, event: CallEvent) => void} onChange
 * @property {(name: string, ...args: any) => void} emit tells an event of the client
 */

/** From `onsessionended` to the close of the socket, which says whether all was well. */
const CLOSE_DEADLINE_MS = 3_000;
/** For the agent's last words, after the session has ended. */
const LAST_WORDS_MS = 10_000;
/** Typed while there is no connection. */
const MAX_WAITING_FRAMES = 20;
const USER_ENDED = 'user-ended';

/** Messages that are told as `onagentstate`, even when they change nothing, and not by their own names. */
const AGENT_MESSAGES = new Set(['start_answering', 'pause', 'unpause', 'clear']);
/** What the client tells by itself, or keeps to itself: a server's message of such a name is not passed on. */
const OWN_EVENTS = new Set([
  ...['pong', 'onready', 'onopen', 'onclose', 'onerror', 'onaudio', 'onlatency', 'onagentstate', 'analyzer'],
  ...['useraudioready', 'onstate', 'onproblem', 'onreconnecting', 'onreconnected', 'onfallback'],
]);

export class Call {
  #options;
  #payload;
  #listener;
  #connection;
  #playsOut = false;
  /** @type {Voice | undefined} */
  #voice;
  /** @type {Array<ReturnType<typeof setTimeout>>} */
  #timers = [];
  /** @type {string[]} */
  #waiting = [];
  muted = false;
  /** @type {CallState} */
  state = INITIAL;

  /**
   * @param {CallOptions} options
   * @param {import('./protocol.js').StartPayload} payload
   * @param {CallListener} listener
   */
  constructor(options, payload, listener) {
    this.#options = options;
    this.#payload = payload;
    this.#listener = listener;
    // A registered call begins once.
    const reconnect = options.reconnect && !payload.call_id;
    this.#connection = new Connection({ ...options, reconnect }, (continuation) => this.#initiate(continuation), {
      onOpen: () => listener.emit('onopen'),
      onMessage: (message, resumed) => this.#received(message, resumed),
      onAudio: (audio) => this.#heard(audio),
      onError: (event) => listener.emit('onerror', event),
      onLost: (retry) => this.#lost(retry),
      onUnanswered: () => this.#fail(new CallError(Problem.NO_ANSWER)),
      onClosed: (event, problem) => this.#closed(event, problem),
    }, this);
  }

  /**
   * An event of the client's own.
   * @param {string} name
   * @param {...any} given
   */
  tell(name, ...given) {
    this.#listener.emit(name, ...given);
  }

  /** The voice of this call; after its end it still knows what was played. */
  get voice() {
    return this.#voice;
  }

  /**
   * Begin; call it once, in the handler of the user's tap. Resolves when the microphone is open and the call connects,
   * and when it is stopped before that; rejects with a CallError.
   */
  async start() {
    this.#apply({ type: 'started' });
    const { agent, call_id, voice } = this.#payload;
    try {
      if (!this.#options.publicKey || !(call_id || agent?.agent_id || agent?.agent_config)) {
        throw new CallError(Problem.MISCONFIGURED);
      }
      if (voice !== false) await this.#openVoice();
      this.#apply({ type: 'connecting' });
      if (this.state.phase === Phase.CONNECTING) this.#connection.connect();
    } catch (error) {
      if (this.state.phase === Phase.IDLE) return;
      // A WebSocket refuses a malformed address at once, and ws: from an https: page.
      const failure = error instanceof CallError ? error : new CallError(Problem.UNREACHABLE, messageOf(error));
      this.#fail(failure);
      throw failure;
    }
  }

  /** End from the user's side, in whatever phase. */
  stop() {
    this.#apply({ type: 'stopped' });
  }

  /**
   * Speak from now on; call it in the handler of the user's tap. Rejects with a CallError, and the conversation goes
   * on in text.
   */
  async startVoice() {
    this.#mustRun();
    if (this.#voice) return;
    await this.#openVoice();
    if (this.#voice && this.state.phase === Phase.READY) this.#connection.send(voiceFrame(true));
  }

  /** Type from now on: the microphone is given back, and the agent is not heard any more. */
  stopVoice() {
    this.#mustRun();
    if (!this.#voice) return;
    this.#closeVoice();
    if (this.state.phase === Phase.READY) this.#connection.send(voiceFrame(false));
  }

  /** @param {string} text what the user typed; it waits for the connection */
  sendText(text) {
    this.deliver(userTextFrame(text));
  }

  /**
   * @param {string} callId of an `onfunction` with a form
   * @param {Readonly<Record<string, unknown>> | null} values null: the form was closed; they wait for the connection
   */
  answerForm(callId, values) {
    if (this.#runs) this.deliver(functionResultFrame(callId, values));
  }

  /** @param {string | ArrayBuffer | Uint8Array} data dropped while there is no connection */
  send(data) {
    this.#connection.send(data);
  }

  /** @param {string} frame of a client; it waits for the connection */
  deliver(frame) {
    this.#mustRun();
    if (this.state.phase === Phase.READY) this.#connection.send(frame);
    else if (this.#waiting.length < MAX_WAITING_FRAMES) this.#waiting.push(frame);
    else throw new DOMException('', 'QuotaExceededError');
  }

  get #runs() {
    return this.state.phase !== Phase.IDLE && this.state.phase !== Phase.ENDING;
  }

  #mustRun() {
    if (!this.#runs) throw new DOMException('There is no call.', 'InvalidStateError');
  }

  /** @param {import('./connection.js').Continuation} [continuation] */
  #initiate(continuation) {
    const { publicKey, webForms } = this.#options;
    const payload = { ...this.#payload, web_forms: webForms || undefined, voice: this.#voice !== undefined };
    if (continuation) payload.session_continuation = continuation;
    return initiateFrame(publicKey, payload);
  }

  async #openVoice() {
    const voice = new Voice({
      onFrame: (frame) => this.#connection.send(this.muted ? new ArrayBuffer(frame.byteLength) : frame),
      onSilent: () => this.#silent(voice),
      onLost: () => this.#fail(new CallError(Problem.MICROPHONE_LOST, '', { sessionId: this.state.sessionId })),
    });
    this.#voice = voice;
    try {
      await voice.open(this.#options);
    } catch (error) {
      if (this.#voice === voice) this.#closeVoice();
      throw error;
    }
    if (this.#voice !== voice || this.state.phase === Phase.IDLE) return;
    this.#apply({ type: 'voice', on: true });
    this.#listener.emit('useraudioready', { analyser: voice.userAnalyser, stream: voice.stream });
    this.#listener.emit('analyzer', voice.agentAnalyser);
  }

  #closeVoice() {
    this.#voice?.close();
    this.#voice = undefined;
    this.#apply({ type: 'voice', on: false });
  }

  /**
   * @param {ServerMessage} message
   * @param {boolean} resumed
   */
  #received(message, resumed) {
    const { method } = message;
    const playback = this.#voice?.playback;
    if (method === 'start_answering') playback?.begin();
    if (method === 'pause') playback?.pause();
    if (method === 'unpause') playback?.resume();
    if (method === 'clear') playback?.clear();
    const { agent } = this.state;
    const event = eventOf(message, performance.now());
    const changed = event !== undefined && this.#apply(event);
    const isAgents = AGENT_MESSAGES.has(method);
    if (isAgents || this.state.agent !== agent) this.#listener.emit('onagentstate', this.state.agent);
    if (event?.type === 'ready' && changed) this.#ready(message, resumed);
    if (isAgents || OWN_EVENTS.has(method)) return;
    const { data, payload } = /** @type {{data?: unknown, payload?: unknown}} */ (message);
    this.#listener.emit(method, data, payload);
  }

  /**
   * @param {ServerMessage} message
   * @param {boolean} resumed
   */
  #ready(message, resumed) {
    for (const frame of this.#waiting.splice(0)) this.#connection.send(frame);
    if (!resumed) this.#listener.emit('onagentstate', AgentState.IDLE);
    this.#listener.emit(resumed ? 'onreconnected' : 'onready', /** @type {{payload?: object}} */ (message).payload);
  }

  /** @param {ArrayBuffer} audio */
  #heard(audio) {
    const { agent, answeringAtMs } = this.state;
    this.#voice?.playback?.play(audio);
    this.#apply({ type: 'audio', atMs: performance.now() });
    if (answeringAtMs !== undefined && this.state.answeringAtMs === undefined) {
      this.#listener.emit('onlatency', Math.round(this.state.latencyMs ?? 0));
    }
    if (this.state.agent !== agent) this.#listener.emit('onagentstate', this.state.agent);
    this.#listener.emit('onaudio', new Uint8Array(audio));
  }

  /** @param {{attempt: number, delayMs: number}} retry */
  #lost(retry) {
    if (this.state.agent === AgentState.PAUSE) this.#voice?.playback?.clear();
    this.#apply({ type: 'lost' });
    this.#listener.emit('onreconnecting', retry);
  }

  /**
   * @param {CloseEvent} event
   * @param {Problem | undefined} problem
   */
  #closed(event, problem) {
    const { phase, sessionId } = this.state;
    this.#listener.emit('onclose', event);
    this.#listener.emit('onagentstate', AgentState.IDLE);
    if (phase === Phase.IDLE) return;
    const goodbyeWasSaid = phase === Phase.ENDING;
    if (problem && !(goodbyeWasSaid && problem === Problem.LOST)) {
      this.#fail(new CallError(problem, event.reason, { sessionId }));
      return;
    }
    this.#apply({ type: 'ended', reason: undefined });
    this.#playOut();
  }

  /** The session is over on the server's side: nothing more is heard from the user, the agent finishes. */
  #sessionEnded() {
    this.#voice?.hangUp();
    this.#after(CLOSE_DEADLINE_MS, () => this.#playOut());
  }

  /** Let the agent's last words sound, then finish; words that the user had interrupted are not taken up again. */
  #playOut() {
    const playback = this.#voice?.playback;
    this.#playsOut = true;
    if (!playback) this.#apply({ type: 'finished' });
    else if (this.state.agent === AgentState.PAUSE) playback.clear();
    else playback.report();
    this.#after(LAST_WORDS_MS, () => this.#apply({ type: 'finished' }));
  }

  /**
   * Nothing waits to be played; the last of it is still on its way to the loudspeaker, and closing would cut it off.
   * @param {Voice} voice
   */
  #silent(voice) {
    if (this.#playsOut) this.#after(voice.latencyMs, () => this.#apply({ type: 'finished' }));
    else if (this.#apply({ type: 'silent' })) this.#listener.emit('onagentstate', AgentState.IDLE);
  }

  /** @param {CallError} error */
  #fail(error) {
    const { problem, detail } = error;
    if (this.#apply({ type: 'failed', problem, detail })) this.#listener.emit('onproblem', error);
  }

  /**
   * @param {CallEvent} event
   * @returns {boolean} whether it changed anything
   */
  #apply(event) {
    const before = this.state;
    this.state = reduce(before, event);
    const isFunction = event.type === 'function' || event.type === 'function-ended';
    if (this.state === before && !isFunction) return false;
    if (this.state.phase === Phase.ENDING && before.phase !== Phase.ENDING) this.#sessionEnded();
    if (this.state.phase === Phase.IDLE) this.#release();
    this.#listener.onChange(this.state, event);
    return true;
  }

  /**
   * @param {number} delayMs
   * @param {() => void} act
   */
  #after(delayMs, act) {
    this.#timers.push(setTimeout(act, delayMs));
  }

  #release() {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
    this.#voice?.close();
    this.#connection.close(USER_ENDED);
  }
}
