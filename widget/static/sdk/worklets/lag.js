/**
 * How much later than it could be a reply is heard, and how much later it has to be: the decisions of an adaptive
 * jitter buffer. Pure; everything is counted in samples of the wire.
 *
 * A server that sends ahead, as ours does by 200 ms, needs no lag: what it sent in advance covers a late packet. For one
 * that sends in real time, or a network that stalls for longer, the seconds before tell what lag is needed. More than
 * that is taken back by speaking faster. Once a stall has torn a reply, the next late packets are bridged: what is left is
 * spoken the more slowly the less it is, so that there is something to say until they come.
 */

const MS = 16;
/** A longer gap is no jitter: the server thinks, or the network is down. Nothing is learnt from it. */
const MAX_LATE = 700 * MS;
/** What arrives after so long a silence is another reply, whatever the server says. */
const REPLY_IS_OVER = 1_000 * MS;
/** A shorter stall is bridged by speaking slowly; of a longer one this part is covered by lag. */
const SHORT = 50 * MS;
const COVERED = 0.7;
/** What happened once in the time that is remembered is feared so much less. */
const ONCE = 150 * MS;
const WINDOW = 1_000 * MS;
const WINDOWS = 6;
/** Beyond the length of what came last, which is when the next of it is due. */
const LATE = 15 * MS;
/** A silence that is longer was no jitter of the machine. */
const TORN = 30 * MS;
/** So long after a reply was torn, it may be torn again. */
const ALARM = 10_000 * MS;
/** With less in hand we do not hurry, whatever the network: a packet and a half. */
const SOME = 30 * MS;
/** With more in hand a reply begins, and may be hurried, whatever the network. */
const ENOUGH = 120 * MS;
/** With so much in hand every period of the voice is spoken twice; with more, fewer of them. */
const HALF_SPEED = 50 * MS;
/** For so long the last period of the voice is repeated, and fades. */
const FADING = 80 * MS;

/** What the loudspeaker does: nothing; waits for the beginning of a reply; plays it; has nothing to play in the midst of it. */
const IDLE = 0;
const STARTING = 1;
const PLAYING = 2;
const DRY = 3;

/** What is to be played: silence; the speech; without a period, or with one again; its last period; the speech after that. */
export const SILENCE = 0;
export const SPEECH = 1;
export const SHORTER = 2;
export const LONGER = 3;
export const ECHO = 4;
export const AGAIN = 5;

export class Lag {
  #state = IDLE;
  /** The lag that this reply has. */
  #lag = 0;
  /** The lag without which this window, and each one before it, would have been torn. The newest first. */
  #needs = [-Infinity];
  #inWindow = 0;
  /** The lag that is worth having. */
  #target = 0;
  /** With less in hand we do not hurry. */
  #enough = SOME;
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
    if (this.#state === DRY) return this.#goOn();
    if (this.#state !== PLAYING && !this.#mayStart(buffered)) return SILENCE;
    const isLate = this.#silent > this.#packet + LATE;
    if (isLate) return this.#mustSlow(buffered) ? LONGER : SPEECH;
    const isTooLate = this.#lag > this.#target && buffered > this.#enough;
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
    if (Math.max(buffered, this.#waited) < Math.min(ENOUGH, this.#target)) return false;
    this.#state = PLAYING;
    this.#lag = this.#waited;
    return true;
  }

  /** @param {number} buffered */
  #mustSlow(buffered) {
    return this.#alarm > 0 && this.#untouched >= (this.#period * buffered) / HALF_SPEED;
  }

  #starve() {
    if (this.#state === PLAYING) {
      this.#state = DRY;
      this.#waited = 0;
    }
    if (this.#waited > REPLY_IS_OVER) this.end();
    return this.#state === DRY && this.#waited < FADING ? ECHO : SILENCE;
  }

  /** What came was late. */
  #goOn() {
    this.#state = PLAYING;
    this.#lag += this.#waited;
    if (this.#waited <= MAX_LATE) {
      this.#need(this.#lag);
      if (this.#waited > TORN) this.#alarm = ALARM;
    }
    return AGAIN;
  }

  /** @param {number} lag */
  #need(lag) {
    this.#needs[0] = Math.max(this.#needs[0], lag);
    const [most, second] = [...this.#needs, -Infinity].sort((one, other) => other - one);
    this.#target = Math.max(worth(second), worth(most) - ONCE);
    this.#enough = Math.max(SOME, Math.min(ENOUGH, most));
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
  return need > SHORT ? COVERED * need : 0;
}
