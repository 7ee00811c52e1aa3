/** The microphone as frames of the wire: 20 ms of 16 kHz mono int16, resampled on the audio thread. */

export class Capture {
  #node;
  /** @type {MediaStreamAudioSourceNode | undefined} */
  #source;
  /** Of the user's voice. */
  analyser;

  /**
   * The context has the worklet.
   * @param {BaseAudioContext} context
   * @param {(frame: ArrayBuffer) => void} onFrame
   */
  constructor(context, onFrame) {
    this.#node = new AudioWorkletNode(context, 'parley-capture', {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: 'explicit',
    });
    this.analyser = new AnalyserNode(context, { fftSize: 1024 });
    this.#node.port.onmessage = ({ data }) => onFrame(data);
  }

  /** @param {MediaStream} stream heard from now on instead of the one before */
  listen(stream) {
    this.#source?.disconnect();
    this.#source = new MediaStreamAudioSourceNode(/** @type {AudioContext} */ (this.analyser.context), { mediaStream: stream });
    this.#source.connect(this.#node);
    this.#source.connect(this.analyser);
  }

  /** No frame comes any more. */
  close() {
    this.#node.port.onmessage = null;
    this.#source?.disconnect();
  }
}
