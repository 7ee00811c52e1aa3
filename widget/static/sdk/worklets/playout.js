/**
 * What the agent said and the user has not heard yet. Pure: the audio thread reads from it.
 *
 * Every sample that was pushed is played, buffered or cleared: `played + buffered + cleared` counts them all.
 */

import { Lag } from './lag.js';
import { toFloat, WIRE_RATE_HZ } from './pcm.js';
import { Resampler } from './resampler.js';

/** Ten minutes: a reply is never that long, and a broken server must not fill the memory. */
export const MAX_BUFFERED_SAMPLES = 600 * WIRE_RATE_HZ;
/** 2 ms: what is resampled at a time, so that one call never does much work. */
const SLICE_SAMPLES = 32;
/** Below -44 dB. */
const QUIET = 200;
/** 10 ms: a pause of speech, and not the middle of a slow wave. */
const PAUSE_SAMPLES = 160;
/** For each slice of a pause that is played, so that it stays a pause. */
const MAX_SKIPPED = 2;
/** For each output sample; takes the click out of a sudden stop in about 2 ms. */
const TAIL_DECAY = 0.96;

export class Playout {
  /** @type {Int16Array[]} */
  #queue = [];
  #offset = 0;
  #slice = new Float32Array(SLICE_SAMPLES);
  /** @type {Float32Array} */
  #ready = new Float32Array(0);
  #resampler;
  #lag = new Lag();
  /** Of what was read last without anything loud. */
  #quiet = 0;
  #last = 0;
  #tail = 0;
  /** Samples of the wire that went to the loudspeaker, or were passed over in a pause of speech. */
  played = 0;
  /** Samples of the wire that wait. */
  buffered = 0;
  /** Samples of the wire that were dropped by `clear`, or did not fit. */
  cleared = 0;
  paused = false;

  /** @param {number} outputHz */
  constructor(outputHz) {
    this.#resampler = new Resampler(WIRE_RATE_HZ, outputHz);
  }

  /** @param {Int16Array} samples at the rate of the wire */
  push(samples) {
    if (this.buffered + samples.length > MAX_BUFFERED_SAMPLES) {
      this.cleared += samples.length;
      return;
    }
    if (samples.length === 0) return;
    this.#lag.arrived(samples.length, this.buffered);
    this.#queue.push(samples);
    this.buffered += samples.length;
  }

  /** Another reply begins. */
  begin() {
    this.#lag.begin();
  }

  /** Stop where we are; what arrives is kept. */
  pause() {
    this.paused = true;
    this.#tail = this.#last;
  }

  /** Go on with the next sample. */
  resume() {
    this.paused = false;
  }

  /** Drop what waits, and a pause with it. */
  clear() {
    this.cleared += this.buffered;
    this.buffered = 0;
    this.#queue = [];
    this.#offset = 0;
    this.#ready = new Float32Array(0);
    this.#resampler.reset();
    this.#lag.end();
    this.paused = false;
    this.#tail = this.#last;
  }

  /** @param {Float32Array} output filled completely, with silence where there is no speech */
  read(output) {
    let filled = 0;
    while (!this.paused && filled < output.length) {
      if (this.#ready.length === 0) this.#ready = this.#resampler.process(this.#nextSlice());
      const part = this.#ready.subarray(0, output.length - filled);
      output.set(part, filled);
      filled += part.length;
      this.#ready = this.#ready.subarray(part.length);
    }
    output.fill(0, filled);
    for (let index = 0; index < output.length && Math.abs(this.#tail) > 1e-4; index += 1) {
      this.#tail *= TAIL_DECAY;
      output[index] += this.#tail;
    }
    this.#last = output[output.length - 1];
  }

  /** The next samples of the wire; silence when none may be played, which also drives out the resampler's delay. */
  #nextSlice() {
    if (!this.#lag.play(SLICE_SAMPLES, this.buffered)) return this.#slice.fill(0);
    let slice = this.#take();
    for (let skipped = 0; skipped < MAX_SKIPPED && this.#mayPassOver(); skipped += 1) {
      this.#lag.skipped(slice.length);
      slice = this.#take();
    }
    return slice;
  }

  #mayPassOver() {
    return this.#quiet >= PAUSE_SAMPLES && this.buffered > 0 && this.#lag.isTooMuch;
  }

  /** Take a slice out of the queue, which is not empty. */
  #take() {
    const [head] = this.#queue;
    const count = Math.min(SLICE_SAMPLES, head.length - this.#offset);
    this.#quiet += count;
    for (let index = 0; index < count; index += 1) {
      const sample = head[this.#offset + index];
      if (Math.abs(sample) > QUIET) this.#quiet = 0;
      this.#slice[index] = toFloat(sample);
    }
    this.#offset += count;
    if (this.#offset === head.length) {
      this.#queue.shift();
      this.#offset = 0;
    }
    this.played += count;
    this.buffered -= count;
    return this.#slice.subarray(0, count);
  }
}
