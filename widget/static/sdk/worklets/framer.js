/** Cuts a stream of float samples into frames of the wire. Pure. */

import { FRAME_SAMPLES, toInt16 } from './pcm.js';

export class Framer {
  #frame = new Int16Array(FRAME_SAMPLES);
  #filled = 0;
  #onFrame;

  /** @param {(frame: Int16Array<ArrayBuffer>) => void} onFrame gets each full frame, and owns it */
  constructor(onFrame) {
    this.#onFrame = onFrame;
  }

  /** @param {Float32Array} samples at the rate of the wire */
  push(samples) {
    for (const sample of samples) {
      this.#frame[this.#filled] = toInt16(sample);
      this.#filled += 1;
      if (this.#filled === FRAME_SAMPLES) {
        this.#onFrame(this.#frame);
        this.#frame = new Int16Array(FRAME_SAMPLES);
        this.#filled = 0;
      }
    }
  }
}
