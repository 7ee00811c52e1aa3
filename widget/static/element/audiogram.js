/**
 * The levels of both voices, as they were in the last seconds, beside the button: the agent above the middle line,
 * the user below, the newest next to the button. Where motion is to be reduced, two steady meters instead.
 */

/** Width of a bar and of the gap after it, in px. */
const PITCH = 6;
const BAR = 3;
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

/** @typedef {{agent: number, user: number}} Levels */

export class Audiogram {
  #canvas;
  #paint;
  #reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');
  #samples = new Float32Array(1024);
  /** @type {Levels[]} the newest first */
  #history = [];
  #stepAtMs = 0;
  #frame = 0;
  /** @type {() => {agent: AnalyserNode | undefined, user: AnalyserNode | undefined}} */
  #analysers = () => ({ agent: undefined, user: undefined });

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
    this.#paint = canvas.getContext('2d');
  }

  /**
   * Draw until `stop`.
   * @param {() => {agent: AnalyserNode | undefined, user: AnalyserNode | undefined}} analysers
   */
  start(analysers) {
    this.stop();
    this.#analysers = analysers;
    const tick = (/** @type {number} */ nowMs) => {
      this.#frame = requestAnimationFrame(tick);
      this.#step(nowMs);
    };
    this.#frame = requestAnimationFrame(tick);
  }

  /** Leave the line at rest. */
  stop() {
    cancelAnimationFrame(this.#frame);
    this.#history = [];
    this.#draw(0);
  }

  /** The canvas has another size. */
  resized() {
    this.#draw(0);
  }

  /** @param {number} nowMs */
  #step(nowMs) {
    const steady = this.#reducedMotion.matches;
    const stepMs = steady ? STEADY_STEP_MS : STEP_MS;
    if (nowMs - this.#stepAtMs >= stepMs) {
      this.#stepAtMs = nowMs;
      this.#history.unshift(this.#measure());
      this.#history.length = Math.min(this.#history.length, Math.ceil(this.#canvas.clientWidth / PITCH));
    } else if (steady) {
      return;
    }
    this.#draw(steady ? 0 : (nowMs - this.#stepAtMs) / stepMs);
  }

  /** @returns {Levels} */
  #measure() {
    const { agent, user } = this.#analysers();
    return { agent: this.#level(agent), user: this.#level(user) };
  }

  /** @param {AnalyserNode | undefined} analyser */
  #level(analyser) {
    if (!analyser) return 0;
    analyser.getFloatTimeDomainData(this.#samples);
    return levelOf(this.#samples);
  }

  /** @param {number} progress of the newest bar, 0 to 1 */
  #draw(progress) {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const paint = this.#paint;
    if (!paint || width === 0) return;
    this.#resize(width, height);
    paint.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    paint.clearRect(0, 0, width, height);
    const { color, borderTopColor } = getComputedStyle(this.#canvas);
    const colors = { agent: color, user: borderTopColor };
    const steady = this.#reducedMotion.matches && this.#history[0];
    const count = Math.ceil(width / 2 / PITCH);
    for (let index = 0; index <= count; index += 1) {
      const levels = steady || this.#history[index] || { agent: 0, user: 0 };
      const distance = (index + progress) * PITCH;
      paint.globalAlpha = Math.max(0, 1 - distance / (width / 2));
      for (const x of [width / 2 - distance, width / 2 + distance]) this.#bar(paint, x, height / 2, levels, colors);
    }
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  #resize(width, height) {
    const [columns, rows] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
    if (this.#canvas.width !== columns) this.#canvas.width = columns;
    if (this.#canvas.height !== rows) this.#canvas.height = rows;
  }

  /**
   * @param {CanvasRenderingContext2D} paint
   * @param {number} x
   * @param {number} middle
   * @param {Levels} levels
   * @param {{agent: string, user: string}} colors
   */
  #bar(paint, x, middle, levels, colors) {
    const reach = (/** @type {number} */ level) => 1.5 + level * (middle - 2);
    paint.fillStyle = colors.agent;
    paint.fillRect(x - BAR / 2, middle - reach(levels.agent), BAR, reach(levels.agent));
    paint.fillStyle = colors.user;
    paint.fillRect(x - BAR / 2, middle, BAR, reach(levels.user));
  }
}
