/** The microphone as frames of the wire: 20 ms of 16 kHz mono int16, resampled on the audio thread. */

const WORKLET = new URL('../worklets/capture.js', import.meta.url);

/**
 * @param {AudioContext} context
 * @returns {Promise<void>}
 */
export function loadCapture(context) {
  return context.audioWorklet.addModule(WORKLET);
}

export class Capture {
  #source;
  #node;
  /** Of the user's voice. */
  analyser;

  /**
   * `loadCapture(context)` has resolved.
   * @param {AudioContext} context
   * @param {MediaStream} stream
   * @param {(frame: ArrayBuffer) => void} onFrame
   */
  constructor(context, stream, onFrame) {
    this.#source = context.createMediaStreamSource(stream);
    this.#node = new AudioWorkletNode(context, 'parley-capture', {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: 'explicit',
    });
    this.analyser = new AnalyserNode(context, { fftSize: 1024 });
    this.#node.port.onmessage = ({ data }) => onFrame(data);
    this.#source.connect(this.#node);
    this.#source.connect(this.analyser);
  }

  /** No frame comes any more. */
  close() {
    this.#node.port.onmessage = null;
    this.#source.disconnect();
  }
}
