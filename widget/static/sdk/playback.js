/** The agent's audio on the loudspeaker, through a buffer on the audio thread. */

/**
 * In samples of the wire; together all that was given to `play`.
 * @typedef {{played: number, buffered: number, cleared: number, paused: boolean}} PlaybackCounts
 */

export class Playback {
  #node;
  #onSilent;
  /** Of the agent's voice. */
  analyser;
  /** @type {PlaybackCounts} as of the last report */
  counts = { played: 0, buffered: 0, cleared: 0, paused: false };

  /**
   * The context has the worklet.
   * @param {BaseAudioContext} context
   * @param {() => void} onSilent called when everything given so far was played or cleared
   * @param {AnalyserNode} [analyser] that the loudspeaker hears already
   */
  constructor(context, onSilent, analyser) {
    this.#onSilent = onSilent;
    this.#node = new AudioWorkletNode(context, 'parley-playback', {
      numberOfInputs: 0,
      outputChannelCount: [1],
    });
    this.analyser = analyser ?? new AnalyserNode(context, { fftSize: 1024 });
    this.#node.port.onmessage = ({ data }) => this.#reported(data);
    this.#node.connect(this.analyser).connect(context.destination);
  }

  /** @param {ArrayBuffer} audio of the wire */
  play(audio) {
    this.#node.port.postMessage(audio);
  }

  /** Another reply begins. */
  begin() {
    this.#node.port.postMessage('begin');
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
