/** What waits to be played, in its order, with a little of what was played. Pure. */

import { toFloat } from './pcm.js';
import { MAX_PERIOD } from './stretch.js';

/** What was played and can still be read, and what can be read ahead. */
const REACH = 2 * MAX_PERIOD;
const LENGTH = 4 * REACH;

export class Tape {
  /** @type {Int16Array[]} */
  #queue = [];
  #offset = 0;
  #end = REACH;
  /** Samples around the head: REACH before it, and `ahead` after it. */
  samples = new Float32Array(LENGTH);
  /** The head. */
  at = REACH;
  /** Samples that wait. */
  buffered = 0;

  /** @param {Int16Array} samples */
  push(samples) {
    this.#queue.push(samples);
    this.buffered += samples.length;
  }

  /** What can be read from the head on: REACH, if so much waits. */
  ahead() {
    if (this.at + REACH > LENGTH) this.#rewind();
    while (this.#end < this.at + REACH && this.#queue.length > 0) this.#load();
    return Math.min(REACH, this.#end - this.at);
  }

  /** @param {number} count of what is ahead */
  advance(count) {
    this.at += count;
    this.buffered -= count;
  }

  /** Nothing waits, and nothing was played. */
  clear() {
    this.#queue = [];
    this.#offset = 0;
    this.samples.fill(0);
    this.at = REACH;
    this.#end = REACH;
    this.buffered = 0;
  }

  #rewind() {
    this.samples.copyWithin(0, this.at - REACH, this.#end);
    this.#end -= this.at - REACH;
    this.at = REACH;
  }

  #load() {
    const [head] = this.#queue;
    const count = Math.min(head.length - this.#offset, this.at + REACH - this.#end);
    for (let index = 0; index < count; index += 1) this.samples[this.#end + index] = toFloat(head[this.#offset + index]);
    this.#end += count;
    this.#offset += count;
    if (this.#offset < head.length) return;
    this.#queue.shift();
    this.#offset = 0;
  }
}
