/** The agent's audio on the loudspeaker, through a buffer on the audio thread. */

const WORKLET = new URL('../worklets/playback.js', import.meta.url);

/**
 * In samples of the wire; together all that was given to `play`.
 * @typedef {{played: number, buffered: number, cleared: number, paused: boolean}} PlaybackCounts
 */

/**
 * @param {AudioContext} context
 * @returns {Promise<void>}
 */
export function loadPlayback(context) {
  return context.audioWorklet.addModule(WORKLET);
}

export class Playback {
  #node;
  #onSilent;
  /** Of the agent's voice. */
  analyser;
  /** @type {PlaybackCounts} as of the last report */
  counts = { played: 0, buffered: 0, cleared: 0, paused: false };

  /**
   * `loadPlayback(context)` has resolved.
   * @param {AudioContext} context
   * @param {() => void} onSilent called when everything given so far was played or cleared
   */
  constructor(context, onSilent) {
    this.#onSilent = onSilent;
    this.#node = new AudioWorkletNode(context, 'parley-playback', {
      numberOfInputs: 0,
      outputChannelCount: [1],
    });
    this.analyser = new AnalyserNode(context, { fftSize: 1024 });
    this.#node.port.onmessage = ({ data }) => this.#reported(data);
    this.#node.connect(this.analyser).connect(context.destination);
  }

  /** @param {ArrayBuffer} audio of the wire; belongs to the audio thread from now on */
  play(audio) {
    this.#node.port.postMessage(audio, [audio]);
  }

  /** Stop, and keep what arrives. */
  pause() {
    this.#node.port.postMessage('pause');
  }

  /** Go on with the next sample. */
  resume() {
    this.#node.port.postMessage('resume');
  }

  /** Drop what waits. */
  clear() {
    this.#node.port.postMessage('clear');
  }

  /** Ask for the counts; `onSilent` follows when nothing waits. */
  report() {
    this.#node.port.postMessage('report');
  }

  /** Nothing sounds or is reported any more. */
  close() {
    this.#node.port.onmessage = null;
    this.#node.disconnect();
  }

  /** @param {PlaybackCounts} counts */
  #reported(counts) {
    this.counts = counts;
    if (counts.buffered === 0) this.#onSilent();
  }
}
