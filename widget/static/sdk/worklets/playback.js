/**
 * The loudspeaker's side of the audio thread.
 *
 * Takes ArrayBuffers of audio and the commands 'begin', 'pause', 'resume', 'clear' and 'report'; posts its counts
 * after every command but the first and whenever it runs out of speech.
 */

import { Playout } from './playout.js';

class PlaybackProcessor extends AudioWorkletProcessor {
  #playout = new Playout(sampleRate);

  constructor() {
    super();
    this.port.onmessage = ({ data }) => this.#take(data);
  }

  /** @param {ArrayBuffer | 'begin' | 'pause' | 'resume' | 'clear' | 'report'} message */
  #take(message) {
    if (message instanceof ArrayBuffer) {
      this.#playout.push(new Int16Array(message));
      return;
    }
    if (message !== 'report') this.#playout[message]();
    if (message !== 'begin') this.#report();
  }

  #report() {
    const { played, buffered, cleared, paused } = this.#playout;
    this.port.postMessage({ played, buffered, cleared, paused });
  }

  /**
   * @param {Float32Array[][]} _inputs
   * @param {Float32Array[][]} outputs
   */
  process(_inputs, outputs) {
    const spoke = this.#playout.buffered > 0;
    this.#playout.read(outputs[0][0]);
    if (spoke && this.#playout.buffered === 0) this.#report();
    return true;
  }
}

registerProcessor('parley-playback', PlaybackProcessor);
