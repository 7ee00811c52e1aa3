/** The microphone's side of the audio thread: posts one ArrayBuffer for each frame of 20 ms. */

import { Framer } from './framer.js';
import { WIRE_RATE_HZ } from './pcm.js';
import { Resampler } from './resampler.js';

class CaptureProcessor extends AudioWorkletProcessor {
  #resampler = new Resampler(sampleRate, WIRE_RATE_HZ);
  #framer = new Framer((frame) => this.port.postMessage(frame.buffer, [frame.buffer]));

  /** @param {Float32Array[][]} inputs */
  process(inputs) {
    const [mono] = inputs[0];
    if (mono) this.#framer.push(this.#resampler.process(mono));
    return true;
  }
}

registerProcessor('parley-capture', CaptureProcessor);
