/**
 * What the agent said and the user has not heard yet. Pure: the audio thread reads from it.
 *
 * Every sample that was pushed is played, buffered or cleared: `played + buffered + cleared` counts them all.
 */

import { AGAIN, ECHO, Lag, LONGER, SHORTER, SILENCE } from './lag.js';
import { WIRE_RATE_HZ } from './pcm.js';
import { Resampler } from './resampler.js';
import { fade, MAX_PERIOD, periodAt } from './stretch.js';
import { Tape } from './tape.js';

/** Ten minutes: a reply is never that long, and a broken server must not fill the memory. */
export const MAX_BUFFERED_SAMPLES = 600 * WIRE_RATE_HZ;
/** 2 ms: what is resampled at a time, so that one call never does much work. */
const SLICE_SAMPLES = 32;
/** For each output sample; takes the click out of a sudden stop in about 2 ms. */
const TAIL_DECAY = 0.96;

export class Playout {
  #tape = new Tape();
  #slice = new Float32Array(MAX_PERIOD);
  /** @type {Float32Array} */
  #ready = new Float32Array(0);
  #resampler;
  #lag = new Lag();
  /** Slices in succession that were silence. */
  #silent = 0;
  /** The last sample of the slice before. */
  #edge = 0;
  #last = 0;
  #tail = 0;
  /** Samples of the wire that went to the loudspeaker, or were left out to catch up. */
  played = 0;
  /** Samples of the wire that were dropped by `clear`, or did not fit. */
  cleared = 0;
  paused = false;

  /** @param {number} outputHz */
  constructor(outputHz) {
    this.#resampler = new Resampler(WIRE_RATE_HZ, outputHz);
  }

  /** Samples of the wire that wait. */
  get buffered() {
    return this.#tape.buffered;
  }

  /** @param {Int16Array} samples at the rate of the wire */
  push(samples) {
    if (this.buffered + samples.length > MAX_BUFFERED_SAMPLES) {
      this.cleared += samples.length;
      return;
    }
    if (samples.length === 0) return;
    this.#lag.arrived(samples.length, this.buffered);
    this.#tape.push(samples);
    if (this.#silent > 1) this.#drain();
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
    this.#tape.clear();
    this.#drain();
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

  /** Speech is not to stand behind what is left of a silence. */
  #drain() {
    this.#ready = new Float32Array(0);
    this.#resampler.reset();
  }

  /** The next samples of the wire; silence when none may be played, which also drives out the resampler's delay. */
  #nextSlice() {
    const { buffered } = this;
    const step = this.#lag.next(buffered);
    const slice = this.#make(step);
    this.#silent = step === SILENCE ? this.#silent + 1 : 0;
    this.#edge = slice[slice.length - 1];
    const taken = buffered - this.buffered;
    this.played += taken;
    this.#lag.heard(slice.length, taken);
    return slice;
  }

  /** @param {number} step as `Lag.next` names them */
  #make(step) {
    if (step === SILENCE) return this.#slice.subarray(0, SLICE_SAMPLES).fill(0);
    const ahead = this.#tape.ahead();
    const { samples, at } = this.#tape;
    if (step === SHORTER) {
      const slice = this.#slice.subarray(0, periodAt(samples, at));
      fade(samples, at, at + slice.length, slice);
      this.#tape.advance(2 * slice.length);
      return slice;
    }
    if (step === LONGER || step === ECHO) {
      const slice = this.#slice.subarray(0, periodAt(samples, at - 2 * MAX_PERIOD));
      const before = at - slice.length;
      fade(samples, ahead < slice.length ? before : at, before, slice);
      return step === ECHO ? this.#lag.fadeOut(slice) : slice;
    }
    const slice = this.#slice.subarray(0, Math.min(SLICE_SAMPLES, ahead));
    slice.set(samples.subarray(at, at + slice.length));
    this.#tape.advance(slice.length);
    return step === AGAIN ? slice.map((sample, index) => this.#edge + ((sample - this.#edge) * index) / slice.length) : slice;
  }
}
