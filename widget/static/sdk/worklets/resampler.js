/**
 * Sample-rate conversion of a mono stream by a polyphase windowed sinc.
 *
 * Pure: no audio API, so that node can test it. The delay is ZERO_CROSSINGS samples of the lower
 * rate, 1 ms at 16 kHz.
 */

/** Of the sinc on each side of an output sample, counted at the lower rate. */
const ZERO_CROSSINGS = 16;
/** Stop band below -80 dB. */
const KAISER_BETA = 8;
/** Where the pass band ends, as a part of the lower rate's Nyquist frequency. */
const PASS_BAND = 0.92;

export class Resampler {
  #up;
  #down;
  #taps;
  #kernels;
  #pending = new Float32Array(0);
  #length = 0;
  #phase = 0;
  #output = new Float32Array(0);

  /**
   * @param {number} fromHz
   * @param {number} toHz
   */
  constructor(fromHz, toHz) {
    const divisor = greatestCommonDivisor(fromHz, toHz);
    this.#up = toHz / divisor;
    this.#down = fromHz / divisor;
    const half = Math.ceil(ZERO_CROSSINGS * Math.max(1, fromHz / toHz));
    this.#taps = 2 * half;
    this.#kernels = makeKernels(this.#up, half, PASS_BAND * Math.min(1, toHz / fromHz));
    this.reset();
  }

  /** Forget the past: the next output sample stands at the next input sample. */
  reset() {
    this.#length = this.#taps / 2 - 1;
    this.#pending.fill(0);
    this.#phase = 0;
  }

  /**
   * Convert the next part of the stream.
   * @param {Float32Array} input
   * @returns {Float32Array} valid until the next call; its length varies by one from call to call
   */
  process(input) {
    if (this.#up === this.#down) return input;
    this.#append(input);
    const taps = this.#taps;
    const output = this.#roomFor(Math.ceil((this.#length * this.#up) / this.#down) + 1);
    let count = 0;
    let start = 0;
    while (start + taps <= this.#length) {
      let sum = 0;
      const kernel = this.#phase * taps;
      for (let tap = 0; tap < taps; tap += 1) sum += this.#pending[start + tap] * this.#kernels[kernel + tap];
      output[count] = sum;
      count += 1;
      this.#phase += this.#down;
      start += Math.floor(this.#phase / this.#up);
      this.#phase %= this.#up;
    }
    this.#pending.copyWithin(0, start, this.#length);
    this.#length -= start;
    return output.subarray(0, count);
  }

  /** @param {Float32Array} input */
  #append(input) {
    const needed = this.#length + input.length;
    if (needed > this.#pending.length) {
      const larger = new Float32Array(2 * needed);
      larger.set(this.#pending.subarray(0, this.#length));
      this.#pending = larger;
    }
    this.#pending.set(input, this.#length);
    this.#length = needed;
  }

  /** @param {number} count */
  #roomFor(count) {
    if (this.#output.length < count) this.#output = new Float32Array(2 * count);
    return this.#output;
  }
}

/**
 * One kernel for each position of an output sample between two input samples.
 * @param {number} phases
 * @param {number} half taps on each side
 * @param {number} cutoff as a part of the input's Nyquist frequency
 */
function makeKernels(phases, half, cutoff) {
  const taps = 2 * half;
  const kernels = new Float32Array(phases * taps);
  for (let phase = 0; phase < phases; phase += 1) {
    const kernel = kernels.subarray(phase * taps, (phase + 1) * taps);
    let sum = 0;
    for (let tap = 0; tap < taps; tap += 1) {
      const distance = tap - (half - 1) - phase / phases;
      kernel[tap] = sinc(cutoff * distance) * kaiser(distance / half);
      sum += kernel[tap];
    }
    for (let tap = 0; tap < taps; tap += 1) kernel[tap] /= sum;
  }
  return kernels;
}

/** @param {number} x */
function sinc(x) {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** @param {number} x -1 to 1 over the window */
function kaiser(x) {
  return besselI0(KAISER_BETA * Math.sqrt(Math.max(0, 1 - x * x))) / besselI0(KAISER_BETA);
}

/**
 * Modified Bessel function of order zero, by its power series.
 * @param {number} x
 */
function besselI0(x) {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/**
 * @param {number} a
 * @param {number} b
 * @returns {number}
 */
function greatestCommonDivisor(a, b) {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
