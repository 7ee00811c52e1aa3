/** The voice of a call: microphone and loudspeaker on one AudioContext, at whatever rate the device has. */

import { Capture } from './capture.js';
import { CallError } from './errors.js';
import { releaseMicrophone, requestMicrophone, surroundings } from './microphone.js';
import { Playback } from './playback.js';
import { obstacle, Problem, problemOfMicrophone } from './problems.js';

const WORKLET = new URL('./worklets/audio.js', import.meta.url);
/** Beyond the latency that the browser states: what the audio thread has taken and not yet rendered. */
const RENDERING_MS = 50;

/**
 * @typedef {object} VoiceEvents
 * @property {(frame: ArrayBuffer) => void} onFrame 20 ms of the microphone
 * @property {() => void} onSilent everything that was given to `play` was played or dropped
 * @property {() => void} onLost the microphone is gone: unplugged, or taken back by the user
 *
 * @typedef {object} VoiceOptions
 * @property {string | URL} [workletUrl] where worklets/audio.js is served, if not beside this module
 * @property {string} [microphoneId] a `deviceId`; the default microphone when it is not there
 * @property {string} [loudspeakerId] a `deviceId`; the default loudspeaker when it is not there
 *
 * @typedef {Pick<Playback, keyof Playback>} PlaybackLike
 *
 * @typedef {AudioContext & {setSinkId?: (deviceId: string) => Promise<void>}} AudioContextWithSink not in every browser
 * @typedef {Navigator & {audioSession?: {type: string}}} NavigatorWithAudioSession
 */

export class Voice {
  #context;
  #events;
  #over = false;
  /** @type {MediaStream | undefined} */
  #stream;
  /** @type {Capture | undefined} */
  #capture;
  /** @type {PlaybackLike | undefined} */
  #playback;

  /**
   * Must be made, and opened, in the handler of the user's tap, before anything is awaited: iOS lets a page sound and
   * listen only then. Throws a CallError.
   * @param {VoiceEvents} events
   */
  constructor(events) {
    const problem = obstacle(surroundings());
    if (problem) throw new CallError(problem);
    this.#events = events;
    // Safari otherwise plays through the mute switch, and after a first call too quietly (W3C Audio Session).
    setAudioSession('play-and-record');
    try {
      this.#context = /** @type {AudioContextWithSink} */ (new AudioContext({ latencyHint: 'interactive' }));
    } catch (error) {
      throw new CallError(Problem.AUDIO_BLOCKED, messageOf(error));
    }
    // An incoming phone call interrupts the context on iOS; it goes on when that is over.
    this.#context.onstatechange = () => this.#resume();
    this.#resume();
  }

  /**
   * Ask for the microphone and make everything ready. Rejects with a CallError.
   * @param {VoiceOptions} options
   */
  async open({ workletUrl = WORKLET, microphoneId, loudspeakerId }) {
    const context = this.#context;
    const [stream, worklet] = await Promise.allSettled([
      this.#request(microphoneId),
      context.audioWorklet.addModule(workletUrl),
      loudspeakerId && context.setSinkId?.(loudspeakerId),
    ]);
    if (stream.status === 'rejected') throw stream.reason;
    if (worklet.status === 'rejected') throw new CallError(Problem.AUDIO_BLOCKED, messageOf(worklet.reason));
    if (this.#over) return;
    this.#playback = new Playback(context, () => this.#events.onSilent());
    this.#capture = new Capture(context, (frame) => this.#events.onFrame(frame));
    this.#capture.listen(stream.value);
  }

  /**
   * Listen to another microphone. Rejects with a CallError, and the one before is kept.
   * @param {string} microphoneId a `deviceId`
   */
  async useMicrophone(microphoneId) {
    this.#capture?.listen(await this.#request(microphoneId && { exact: microphoneId }));
  }

  /**
   * Speak through another loudspeaker, where the browser lets a page choose. Rejects with a CallError, and the one before
   * is kept.
   * @param {string} loudspeakerId a `deviceId`; empty: the default one
   */
  async useLoudspeaker(loudspeakerId) {
    try {
      await this.#context.setSinkId?.(loudspeakerId);
    } catch (error) {
      throw new CallError(Problem.AUDIO_BLOCKED, messageOf(error));
    }
  }

  /** The microphone's stream, while it is in use. */
  get stream() {
    return this.#stream;
  }

  /** Of the user's voice. */
  get userAnalyser() {
    return this.#capture?.analyser;
  }

  /** Of the agent's voice. */
  get agentAnalyser() {
    return this.#playback?.analyser;
  }

  /** What plays the agent's audio; undefined until `open` has resolved. */
  get playback() {
    return this.#playback;
  }

  /**
   * The agent is heard in another way from now on, through the same analyser.
   * @param {(analyser: AnalyserNode, onSilent: () => void) => PlaybackLike} make
   */
  replacePlayback(make) {
    if (this.#over || !this.#playback) return;
    this.#playback.close();
    this.#playback = make(this.#playback.analyser, () => this.#events.onSilent());
  }

  /** From the last sample that was played to the loudspeaker. */
  get latencyMs() {
    const { baseLatency, outputLatency } = this.#context;
    return 1_000 * ((baseLatency || 0) + (outputLatency || 0)) + RENDERING_MS;
  }

  /** Give the microphone back; what the agent says is still heard. */
  hangUp() {
    this.#capture?.close();
    if (this.#stream) releaseMicrophone(this.#stream);
    this.#stream = undefined;
  }

  /** Give everything back, at once. */
  close() {
    if (this.#over) return;
    this.#over = true;
    this.hangUp();
    this.#playback?.close();
    this.#context.onstatechange = null;
    void this.#context.close();
    setAudioSession('auto');
  }

  /**
   * @param {ConstrainDOMString} [deviceId]
   * @returns {Promise<MediaStream>}
   */
  async #request(deviceId) {
    const wishes = deviceId ? { deviceId } : undefined;
    /** @type {MediaStream} */
    let stream;
    try {
      stream = await requestMicrophone(wishes);
    } catch (error) {
      throw new CallError(problemOfMicrophone(error, surroundings()), '', { cause: error });
    }
    if (this.#over) {
      releaseMicrophone(stream);
      return stream;
    }
    for (const track of stream.getTracks()) track.onended = () => this.#events.onLost();
    // Not that of before the wish: another one may have been fulfilled meanwhile.
    if (this.#stream) releaseMicrophone(this.#stream);
    this.#stream = stream;
    return stream;
  }

  /** A context that is closed before it runs refuses, and that is fine. */
  #resume() {
    if (!this.#over && this.#context.state !== 'running') this.#context.resume().catch(() => {});
  }
}

/** @param {string} type */
function setAudioSession(type) {
  const session = /** @type {NavigatorWithAudioSession} */ (navigator).audioSession;
  if (session) session.type = type;
}

/** @param {unknown} error */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
