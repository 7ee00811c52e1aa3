/**
 * How much later than it could be a reply is heard, and how much later it has to be: the decisions of an adaptive
 * jitter buffer. Pure; everything is counted in samples of the wire.
 *
 * A server that sends ahead, as ours does by 200 ms, needs no lag: what it sent in advance covers a late packet. For one
 * that sends in real time, or a network that stalls for longer, each reply learns what the ones before it needed. Lag
 * that nothing needs, as after a single long stall, is taken back in the pauses of speech.
 */

const MS = 16;
/** What has to wait before speech begins; for a shorter utterance the same time is waited at most. */
const START = 40 * MS;
/** A longer gap is no jitter: the server thinks, or the network is down. Nothing is learnt from it. */
const MAX_LATE = 300 * MS;
/** Nobody waits longer for the beginning of a reply. */
const MAX_NEED = 240 * MS;
/** What arrives after so long a silence is another reply, whatever the server says. */
const REPLY_IS_OVER = 1_000 * MS;
const SAFETY = 20 * MS;
const WINDOW = 1_000 * MS;
/** What has to wait, at the least moment of this window and the last, for lag to be taken back. */
const KEEP = 100 * MS;
/** Of the need that the last reply did not have. */
const FORGET = 0.75;

/** What the loudspeaker does: nothing; waits for the beginning of a reply; plays it; has nothing to play in the midst of it. */
const IDLE = 0;
const STARTING = 1;
const PLAYING = 2;
const DRY = 3;

export class Lag {
  #state = IDLE;
  /** The lag that this reply has. */
  #lag = 0;
  /** The lag without which replies would be torn. */
  #need = 0;
  /** The same of this window alone. */
  #needed = -Infinity;
  /** The most that two windows of this reply needed, the larger first: what happened once teaches nothing. */
  #most = [-Infinity, -Infinity];
  /** Since the first sample of the reply came, or since nothing waits. */
  #waited = 0;
  /** The least that waited, in this window and in the one before. */
  #least = [Infinity, Infinity];
  #inWindow = 0;

  /**
   * So much audio arrives while `buffered` samples still wait: the moment when the least does.
   * @param {number} count
   * @param {number} buffered
   */
  arrived(count, buffered) {
    if (this.#state !== PLAYING) return;
    this.#needed = Math.max(this.#needed, this.#lag - buffered);
    this.#least[0] = Math.min(this.#least[0], buffered);
    this.#inWindow += count;
    if (this.#inWindow > WINDOW) this.#closeWindow();
  }

  /** Another reply begins: what comes next is not late. */
  begin() {
    if (this.#state === DRY) this.end();
  }

  /**
   * The loudspeaker wants the next samples.
   * @param {number} count
   * @param {number} buffered
   * @returns {boolean} whether they are to be played; otherwise it is silent for so long
   */
  play(count, buffered) {
    if (buffered === 0) return this.#starve(count);
    if (this.#state === DRY) this.#late();
    if (this.#state === IDLE) {
      this.#state = STARTING;
      this.#waited = 0;
    }
    return this.#state === PLAYING || this.#mayStart(count, buffered);
  }

  /** Whether silence in the speech may be passed over. */
  get isTooMuch() {
    return this.#lag > this.#need + SAFETY && Math.min(...this.#least) > KEEP;
  }

  /** So much silence was passed over. @param {number} count */
  skipped(count) {
    this.#lag -= count;
  }

  /**
   * @param {number} count
   * @param {number} buffered
   */
  #mayStart(count, buffered) {
    if (this.#waited < this.#need || (buffered < START && this.#waited < START)) {
      this.#waited += count;
      return false;
    }
    this.#state = PLAYING;
    this.#lag = this.#waited;
    return true;
  }

  /** @param {number} count */
  #starve(count) {
    if (this.#state === PLAYING) {
      this.#state = DRY;
      this.#waited = 0;
    }
    this.#waited += count;
    if (this.#waited > REPLY_IS_OVER) this.end();
    return false;
  }

  /** It goes on: what came was late. */
  #late() {
    this.#state = PLAYING;
    this.#lag += this.#waited;
    this.#least[0] = 0;
    if (this.#waited <= MAX_LATE) this.#needed = Math.max(this.#needed, this.#lag);
  }

  /** The reply is over, or what waited of it is dropped: the next one knows what this one needed. */
  end() {
    if (this.#state === IDLE) return;
    this.#closeWindow();
    this.#need = Math.min(MAX_NEED, Math.max(0, this.#most[1] + SAFETY, this.#need * FORGET));
    this.#most.fill(-Infinity);
    this.#lag = 0;
    this.#state = IDLE;
  }

  #closeWindow() {
    this.#most = [this.#needed, ...this.#most].sort((one, other) => other - one).slice(0, 2);
    this.#needed = -Infinity;
    this.#least = [Infinity, this.#least[0]];
    this.#inWindow = 0;
  }
}
