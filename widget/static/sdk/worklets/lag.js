/**
 * How much later than it could be a reply is heard, and how much later it has to be: the decisions of an adaptive
 * jitter buffer. Pure; everything is counted in samples of the wire.
 *
 * A server that sends ahead, as ours does by 200 ms, needs no lag: what it sent in advance covers a late packet. For one
 * that sends in real time, or a network that stalls for longer, the seconds before tell what lag is needed. More than
 * that is taken back by speaking faster; and while a packet is late on a network of which that is known, what is left is
 * spoken the more slowly the less it is, so that there is something to say until it comes.
 */

const MS = 16;
/** What has to wait before speech begins; for a shorter utterance the same time is waited at most. */
const START = 40 * MS;
/** Nobody waits longer for the beginning of a reply. */
const MAX_START = 120 * MS;
/** A longer gap is no jitter: the server thinks, or the network is down. Nothing is learnt from it. */
const MAX_LATE = 700 * MS;
const MAX_NEED = 400 * MS;
/** What arrives after so long a silence is another reply, whatever the server says. */
const REPLY_IS_OVER = 1_000 * MS;
const SAFETY = 20 * MS;
/** What speaking slowly makes up for, of a long stall; of a short one half. */
const COVERED = 100 * MS;
/** What happened once in the time that is remembered is feared so much less. */
const ONCE = 100 * MS;
const WINDOW = 1_000 * MS;
const WINDOWS = 6;
/** Beyond the length of what came last, which is when the next of it is due. */
const LATE = 15 * MS;
/** So long after something was late, something may be late again. */
const ALARM = 10_000 * MS;
/** With less in hand we do not hurry. */
const ENOUGH = 120 * MS;
/** More lag than is needed, before it is taken back. */
const SPARE = 5 * MS;
/** With more in hand we do not slow down. */
const LITTLE = 120 * MS;
/** With so much in hand every period of the voice is spoken twice; with more, fewer of them. */
const HALF_SPEED = 50 * MS;
/** For so long the last period of the voice is repeated, and fades. */
const FADING = 100 * MS;

/** What the loudspeaker does: nothing; waits for the beginning of a reply; plays it; has nothing to play in the midst of it. */
const IDLE = 0;
const STARTING = 1;
const PLAYING = 2;
const DRY = 3;

/** What is to be played: silence; the speech; the speech without a period, or with one again; its last period. */
export const SILENCE = 0;
export const SPEECH = 1;
export const SHORTER = 2;
export const LONGER = 3;
export const ECHO = 4;

export class Lag {
  #state = IDLE;
  /** The lag that this reply has. */
  #lag = 0;
  /** The lag without which this window, and each one before it, would have been torn. The newest first. */
  #needs = [-Infinity];
  #inWindow = 0;
  /** The lag that is worth having. */
  #target = 0;
  /** Since the first sample of the reply came, or since nothing waits. */
  #waited = 0;
  /** Since something arrived, and how much that was. */
  #silent = 0;
  #packet = 0;
  #alarm = 0;
  /** Since a period was left out or repeated, and its length. */
  #untouched = 0;
  #period = 0;

  /**
   * So much audio arrives while `buffered` samples still wait: the moment when the least does.
   * @param {number} count
   * @param {number} buffered
   */
  arrived(count, buffered) {
    if (this.#state === PLAYING || this.#state === DRY) {
      // With plenty in hand it is the server that took its time.
      if (this.#silent > this.#packet + 2 * LATE && buffered < LITTLE) this.#alarm = ALARM;
    }
    if (this.#state === PLAYING) {
      this.#need(this.#lag - buffered);
      this.#inWindow += count;
      if (this.#inWindow > WINDOW) this.#closeWindow();
    }
    this.#packet = count;
    this.#silent = 0;
  }

  /** Another reply begins: what comes next is not late. */
  begin() {
    if (this.#state === DRY) this.end();
  }

  /**
   * What the loudspeaker is to play next, with `buffered` samples in hand.
   * @param {number} buffered
   */
  next(buffered) {
    if (buffered === 0) return this.#starve();
    if (this.#state === DRY) this.#goOn();
    if (this.#state !== PLAYING && !this.#mayStart(buffered)) return SILENCE;
    const isLate = this.#silent > this.#packet + LATE;
    if (isLate) return this.#mustSlow(buffered) ? LONGER : SPEECH;
    const isTooLate = this.#lag > this.#target + SPARE && buffered > ENOUGH;
    return isTooLate && this.#untouched >= 2 * this.#period ? SHORTER : SPEECH;
  }

  /**
   * The loudspeaker was given `count` samples, and `taken` of those in hand are gone.
   * @param {number} count
   * @param {number} taken
   */
  heard(count, taken) {
    this.#silent += count;
    this.#alarm -= count;
    if (this.#state !== PLAYING) {
      this.#waited += count;
      return;
    }
    this.#lag += count - taken;
    this.#untouched += count;
    if (count === taken) return;
    this.#untouched = 0;
    this.#period = Math.abs(count - taken);
  }

  /**
   * The longer nothing has come, the quieter is what is heard.
   * @param {Float32Array} echo
   */
  fadeOut(echo) {
    return echo.map((sample, index) => sample * Math.max(0, 1 - (this.#waited + index) / FADING));
  }

  /** The reply is over, or what waited of it is dropped; what it needed is remembered. */
  end() {
    if (this.#state === IDLE) return;
    this.#closeWindow();
    this.#lag = 0;
    this.#state = IDLE;
  }

  /** @param {number} buffered */
  #mayStart(buffered) {
    if (this.#state === IDLE) {
      this.#state = STARTING;
      this.#waited = 0;
    }
    const need = Math.max(START, Math.min(MAX_START, this.#target));
    if (buffered < need && this.#waited < need) return false;
    this.#state = PLAYING;
    this.#lag = this.#waited;
    return true;
  }

  /** @param {number} buffered */
  #mustSlow(buffered) {
    const often = (this.#period * buffered) / HALF_SPEED;
    return this.#alarm > 0 && buffered < LITTLE && this.#untouched >= often;
  }

  #starve() {
    if (this.#state === PLAYING) {
      this.#state = DRY;
      this.#waited = 0;
    }
    if (this.#waited > REPLY_IS_OVER) this.end();
    return this.#state === DRY && this.#alarm > 0 && this.#waited < FADING ? ECHO : SILENCE;
  }

  /** What came was late. */
  #goOn() {
    this.#state = PLAYING;
    this.#lag += this.#waited;
    if (this.#waited <= MAX_LATE) this.#need(this.#lag);
  }

  /** @param {number} lag */
  #need(lag) {
    this.#needs[0] = Math.max(this.#needs[0], lag);
    const [most, second] = [...this.#needs, -Infinity].sort((one, other) => other - one);
    this.#target = Math.max(worth(second), worth(most) - ONCE);
  }

  #closeWindow() {
    this.#needs = [-Infinity, ...this.#needs.slice(0, WINDOWS)];
    this.#inWindow = 0;
  }
}

/**
 * The lag to have so that `need` tears nothing, when one may speak slowly.
 * @param {number} need
 */
function worth(need) {
  return need > COVERED / 2 ? Math.min(MAX_NEED, Math.max(need - COVERED, need / 2) + SAFETY) : 0;
}
