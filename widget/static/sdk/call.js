/** One call: microphone, session and loudspeaker, from the tap to the release of everything. */

import { Capture, loadCapture } from './capture.js';
import { releaseMicrophone, requestMicrophone, surroundings } from './microphone.js';
import { loadPlayback, Playback } from './playback.js';
import { obstacle, Problem, problemOfClose, problemOfMicrophone } from './problems.js';
import { eventOf } from './protocol.js';
import { Session } from './session.js';
import { Floor, INITIAL, Phase, reduce } from './state.js';

/**
 * @typedef {import('./state.js').CallState} CallState
 * @typedef {import('./state.js').CallEvent} CallEvent
 */

/** From the open microphone to `onready`: connecting, and a prefetch of the server's (3 s). */
const READY_DEADLINE_MS = 20_000;
/** From `onsessionended` to the close of the socket, which says whether all was well. */
const CLOSE_DEADLINE_MS = 3_000;
/** For the agent's last words, after the session has ended. */
const LAST_WORDS_MS = 10_000;
/** Beyond the latency that the browser states: what the audio thread has taken and not yet rendered. */
const RENDERING_MS = 50;

export class Call {
  #url;
  #request;
  #onEvent;
  /** @type {Array<() => void>} */
  #releases = [];
  #over = false;
  #playsOut = false;
  /** @type {Capture | undefined} */
  #capture;
  /** @type {Playback | undefined} */
  #playback;
  /** @type {Session | undefined} */
  #session;
  /** Gives the microphone back; twice does no harm. */
  #hangUp = () => {};
  /** @type {CallState} */
  state = INITIAL;

  /**
   * @param {string} url of /millis
   * @param {import('./protocol.js').CallRequest} request
   * @param {(state: CallState, event: CallEvent) => void} onEvent
   */
  constructor(url, request, onEvent) {
    this.#url = url;
    this.#request = request;
    this.#onEvent = onEvent;
  }

  /** Of the user's voice, while there is one. */
  get userAnalyser() {
    return this.#capture?.analyser;
  }

  /** Of the agent's voice, while there is one. */
  get agentAnalyser() {
    return this.#playback?.analyser;
  }

  /** What of the agent's audio was played, waits and was dropped; undefined before the call is connected. */
  get playbackCounts() {
    return this.#playback?.counts;
  }

  /** Begin; call it once, in the handler of the user's tap. */
  start() {
    this.#apply({ type: 'started' });
    const around = surroundings();
    const { agentId, publicKey } = this.#request;
    const problem = agentId && publicKey ? obstacle(around) : Problem.MISCONFIGURED;
    if (problem) {
      this.#fail(problem);
      return;
    }
    try {
      // Both in the tap, before anything is awaited: iOS lets a page sound and listen only then.
      const context = new AudioContext({ latencyHint: 'interactive' });
      this.#own(() => void context.close());
      resume(context);
      void this.#connect(context, requestMicrophone(), around);
    } catch (error) {
      this.#fail(Problem.AUDIO_BLOCKED, messageOf(error));
    }
  }

  /** End from the user's side, in whatever phase. */
  stop() {
    this.#apply({ type: 'stopped' });
  }

  /**
   * Answer the form of a function.
   * @param {string} callId
   * @param {Readonly<Record<string, unknown>> | null} values null: it was closed
   */
  answerForm(callId, values) {
    this.#session?.answerForm(callId, values);
  }

  /**
   * @param {AudioContext} context
   * @param {Promise<MediaStream>} microphone
   * @param {import('./problems.js').Surroundings} around
   */
  async #connect(context, microphone, around) {
    const [stream, worklets] = await Promise.allSettled([
      microphone,
      Promise.all([loadCapture(context), loadPlayback(context)]),
    ]);
    if (stream.status === 'rejected') {
      this.#fail(problemOfMicrophone(stream.reason, around));
      return;
    }
    this.#own(() => releaseMicrophone(stream.value));
    if (worklets.status === 'rejected') {
      this.#fail(Problem.AUDIO_BLOCKED, messageOf(worklets.reason));
      return;
    }
    if (this.#over) return;
    this.#apply({ type: 'microphone-opened' });
    try {
      this.#talk(context, stream.value);
    } catch (error) {
      // A WebSocket refuses a malformed address at once, and ws: from an https: page.
      this.#fail(Problem.UNREACHABLE, messageOf(error));
    }
  }

  /**
   * @param {AudioContext} context
   * @param {MediaStream} stream
   */
  #talk(context, stream) {
    const playback = new Playback(context, () => this.#silent(context));
    const session = new Session(this.#url, this.#request, {
      onMessage: (message) => this.#received(message),
      onAudio: (audio) => {
        playback.play(audio);
        this.#apply({ type: 'audio', atMs: performance.now() });
      },
      onClosed: (closed) => this.#closed(closed),
    });
    this.#playback = playback;
    this.#session = session;
    const capture = new Capture(context, stream, (frame) => session.send(frame));
    this.#capture = capture;
    this.#own(() => session.close());
    this.#own(() => playback.close());
    this.#hangUp = () => {
      capture.close();
      releaseMicrophone(stream);
    };
    this.#own(this.#hangUp);
    for (const track of stream.getTracks()) track.onended = () => this.#fail(Problem.MICROPHONE_LOST);
    // An incoming phone call interrupts the context on iOS; it goes on when that is over.
    context.onstatechange = () => {
      if (!this.#over && context.state !== 'running') resume(context);
    };
    this.#after(READY_DEADLINE_MS, () => {
      if (this.state.phase === Phase.CONNECTING) this.#fail(Problem.NO_ANSWER);
    });
  }

  /** @param {import('./protocol.js').ServerMessage} message */
  #received(message) {
    if (message.method === 'pause') this.#playback?.pause();
    if (message.method === 'unpause') this.#playback?.resume();
    if (message.method === 'clear') this.#playback?.clear();
    const event = eventOf(message, performance.now());
    if (event) this.#apply(event);
  }

  /** @param {{code: number, reason: string, opened: boolean}} closed */
  #closed(closed) {
    const problem = problemOfClose(closed);
    const goodbyeWasSaid = this.state.phase === Phase.ENDING;
    if (problem && !(goodbyeWasSaid && problem === Problem.LOST)) {
      this.#fail(problem, closed.reason);
      return;
    }
    this.#apply({ type: 'ended', reason: undefined });
    this.#playOut();
  }

  /** The session is over on the server's side: nothing more is heard from the user, the agent finishes. */
  #sessionEnded() {
    this.#hangUp();
    this.#after(CLOSE_DEADLINE_MS, () => this.#playOut());
  }

  /** Let the agent's last words sound, then finish; words that the user had interrupted are not taken up again. */
  #playOut() {
    this.#playsOut = true;
    if (this.state.floor === Floor.PAUSED) this.#playback?.clear();
    else this.#playback?.report();
    this.#after(LAST_WORDS_MS, () => this.#apply({ type: 'finished' }));
  }

  /**
   * Nothing waits to be played; the last of it is still on its way to the loudspeaker, and closing would cut it off.
   * @param {AudioContext} context
   */
  #silent(context) {
    if (!this.#playsOut) {
      this.#apply({ type: 'silent' });
      return;
    }
    const latencyS = (context.baseLatency || 0) + (context.outputLatency || 0);
    this.#after(1_000 * latencyS + RENDERING_MS, () => this.#apply({ type: 'finished' }));
  }

  /**
   * @param {Problem} problem
   * @param {string} [detail]
   */
  #fail(problem, detail = '') {
    this.#apply({ type: 'failed', problem, detail });
  }

  /** @param {CallEvent} event */
  #apply(event) {
    const before = this.state;
    this.state = reduce(before, event);
    const isFunction = event.type === 'function' || event.type === 'function-ended';
    if (this.state === before && !isFunction) return;
    if (this.state.phase === Phase.ENDING && before.phase !== Phase.ENDING) this.#sessionEnded();
    if (this.state.phase === Phase.IDLE) this.#release();
    this.#onEvent(this.state, event);
  }

  /**
   * Remember how to give a thing back; at once when the call is over already.
   * @param {() => void} release
   */
  #own(release) {
    if (this.#over) release();
    else this.#releases.push(release);
  }

  /**
   * @param {number} delayMs
   * @param {() => void} act
   */
  #after(delayMs, act) {
    const timer = setTimeout(act, delayMs);
    this.#own(() => clearTimeout(timer));
  }

  #release() {
    this.#over = true;
    for (const release of this.#releases.splice(0).reverse()) release();
  }
}

/**
 * A context that is closed before it runs refuses, and that is fine.
 * @param {AudioContext} context
 */
function resume(context) {
  context.resume().catch(() => {});
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
