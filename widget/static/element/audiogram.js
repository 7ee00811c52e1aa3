/**
 * The levels of both voices, as they were in the last seconds, beside the button: the agent above the middle line,
 * the user below, the newest next to the button. Where motion is to be reduced, two steady meters instead.
 *
 * It draws while it is seen and something moves: nothing at all without a call, in a closed panel or a hidden tab.
 */

import { build } from './dom.js';

/** Width of a bar and of the gap after it, in px. */
const PITCH = 6;
const BAR = 3;
/** Of a bar that stands for silence, to each side of the middle. */
const DOT = 2;
/** One bar. */
const STEP_MS = 60;
/** How often the steady meters change. */
const STEADY_STEP_MS = 250;
/** Full scale of the picture is -50 to -8 dB: quiet speech is seen, and loud speech fits. */
const FLOOR_DB = -50;
const CEILING_DB = -8;

/**
 * @param {Float32Array} samples
 * @returns {number} 0 to 1
 */
export function levelOf(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const db = 10 * Math.log10(sum / samples.length + 1e-12);
  return Math.min(1, Math.max(0, (db - FLOOR_DB) / (CEILING_DB - FLOOR_DB)));
}

/**
 * @typedef {readonly [agent: number, user: number]} Levels
 * @typedef {() => {agent: AnalyserNode | undefined, user: AnalyserNode | undefined}} Analysers
 */

/** @type {Levels} */
const SILENCE = [0, 0];

export class Audiogram {
  canvas = /** @type {HTMLCanvasElement} */ (build('canvas', { 'aria-hidden': 'true' }));
  #paint = this.canvas.getContext('2d');
  #reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');
  #samples = new Float32Array(1024);
  /** @type {Levels[]} the newest first */
  #history = [];
  #stepAtMs = 0;
  #frame = 0;
  #seen = false;
  #colors = ['', ''];
  /** @type {Analysers | undefined} while there is a call */
  #analysers;

  constructor() {
    new ResizeObserver(() => this.#rest()).observe(this.canvas);
    new IntersectionObserver(([{ isIntersecting }]) => {
      this.#seen = isIntersecting;
      this.#run();
    }).observe(this.canvas);
  }

  /**
   * Show these voices until `stop`.
   * @param {Analysers} analysers
   */
  start(analysers) {
    this.#analysers = analysers;
    this.#run();
  }

  /** Leave the line at rest. */
  stop() {
    this.#analysers = undefined;
    this.#history = [];
    this.#run();
    this.#rest();
  }

  #run() {
    cancelAnimationFrame(this.#frame);
    if (!this.#analysers || !this.#seen) return;
    const tick = (/** @type {number} */ nowMs) => {
      this.#frame = requestAnimationFrame(tick);
      this.#step(nowMs);
    };
    this.#frame = requestAnimationFrame(tick);
  }

  /** @param {number} nowMs */
  #step(nowMs) {
    const steady = this.#reducedMotion.matches;
    const stepMs = steady ? STEADY_STEP_MS : STEP_MS;
    const due = nowMs - this.#stepAtMs >= stepMs;
    if (due) {
      this.#stepAtMs = nowMs;
      this.#history.unshift(this.#measure());
      this.#history.length = Math.min(this.#history.length, Math.ceil(this.canvas.clientWidth / PITCH / 2) + 1);
    }
    const moves = this.#history.some(([agent, user]) => agent > 0 || user > 0);
    if (due && (steady || !moves)) this.#rest();
    else if (moves && !steady) this.#draw((nowMs - this.#stepAtMs) / stepMs);
  }

  /** @returns {Levels} */
  #measure() {
    const { agent, user } = this.#analysers?.() ?? {};
    return [this.#level(agent), this.#level(user)];
  }

  /** @param {AnalyserNode | undefined} analyser */
  #level(analyser) {
    if (!analyser) return 0;
    analyser.getFloatTimeDomainData(this.#samples);
    return levelOf(this.#samples);
  }

  /** Draw once, in the colours and the size that the canvas has now. */
  #rest() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const { color, borderTopColor } = getComputedStyle(this.canvas);
    const [columns, rows] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
    this.#colors = [color, borderTopColor];
    if (this.canvas.width !== columns) this.canvas.width = columns;
    if (this.canvas.height !== rows) this.canvas.height = rows;
    this.#draw(0);
  }

  /** @param {number} progress of the newest bar, 0 to 1 */
  #draw(progress) {
    const paint = this.#paint;
    const [width, height] = [this.canvas.width / devicePixelRatio, this.canvas.height / devicePixelRatio];
    if (!paint || width === 0) return;
    paint.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    paint.clearRect(0, 0, width, height);
    const steady = this.#reducedMotion.matches && this.#history[0];
    const middle = Math.round(height / 2);
    for (const voice of [0, 1]) {
      paint.fillStyle = this.#colors[voice];
      for (let index = 0; (index - 1) * PITCH < width / 2; index += 1) {
        const levels = steady || this.#history[index] || SILENCE;
        const reach = Math.round(DOT + levels[voice] * (middle - DOT));
        const top = voice === 0 ? middle - reach : middle;
        // Whole pixels need no blending.
        const distance = Math.round((index + progress) * PITCH);
        const centre = Math.round((width - BAR) / 2);
        paint.fillRect(centre - distance, top, BAR, reach);
        paint.fillRect(centre + distance, top, BAR, reach);
      }
    }
  }
}
