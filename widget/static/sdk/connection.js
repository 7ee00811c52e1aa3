/** The connection of a call: one session, and after a loss the next one that goes on where it stood. */

import { Problem, problemOfClose } from './problems.js';
import { RETRY_WITHIN_MS, retryDelayMs } from './retry.js';
import { Session } from './session.js';

/**
 * @typedef {import('./protocol.js').ServerMessage} ServerMessage
 *
 * @typedef {object} ConnectionOptions
 * @property {string} url of /millis
 * @property {boolean} reconnect
 * @property {import('./session.js').OpenTransport} transport
 *
 * @typedef {{readonly session_id: string, readonly resume: true}} Continuation
 *
 * @typedef {object} ConnectionEvents
 * @property {() => void} onOpen
 * @property {(message: ServerMessage, resumed: boolean) => void} onMessage
 * @property {(audio: ArrayBuffer) => void} onAudio
 * @property {(event: Event) => void} onError
 * @property {(retry: {attempt: number, delayMs: number}) => void} onLost it is tried again so often already, and in so long
 * @property {() => void} onUnanswered the server does not accept the session; close
 * @property {(event: CloseEvent, problem: Problem | undefined) => void} onClosed once, the last of all
 */

/** From connecting to `onready`, with a prefetch of the server's (3 s). */
const READY_DEADLINE_MS = 20_000;
/** The same after a loss, when nothing is prefetched. */
const RESUME_DEADLINE_MS = 8_000;
/** A session that is lost earlier does not count as taken up again. */
const STABLE_MS = 10_000;

/**
 * Ends after which the session can be taken up again; a refusal would only be repeated.
 * @type {ReadonlySet<Problem | undefined>}
 */
const RESUMABLE = new Set([Problem.LOST, Problem.RESTARTING, Problem.UNREACHABLE, Problem.BUSY]);

export class Connection {
  #options;
  #initiate;
  #events;
  #call;
  /** @type {Session | undefined} */
  #session;
  /** @type {string | undefined} */
  #sessionId;
  /** @type {ReturnType<typeof setTimeout> | undefined} the deadline of an attempt, or the wait for the next one */
  #timer;
  #attempt = 0;
  #lostAtMs = 0;
  #readyAtMs = 0;
  #resuming = false;
  #ending = false;
  #closed = false;
  /** @type {CloseEvent | undefined} */
  #lastClose;

  /**
   * @param {ConnectionOptions} options
   * @param {(continuation: Continuation | undefined) => string} initiate makes the first text frame
   * @param {ConnectionEvents} events
   * @param {import('./call.js').Call} call
   */
  constructor(options, initiate, events, call) {
    this.#call = call;
    this.#options = options;
    this.#initiate = initiate;
    this.#events = events;
  }

  /** Begin. Throws what the transport throws for an address that is none. */
  connect() {
    const { transport, url } = this.#options;
    const resumed = this.#sessionId;
    /** @type {Session} */
    const session = new Session(transport, url, this.#initiate(resumed ? { session_id: resumed, resume: true } : undefined), {
      onOpen: () => resumed || this.#events.onOpen(),
      onMessage: (message) => this.#onMessage(session, message),
      onAudio: this.#events.onAudio,
      onError: (event) => resumed || this.#events.onError(event),
      onClose: (event, opened) => this.#onClose(session, event, opened),
    }, this.#call);
    this.#session = session;
    this.#after(resumed ? RESUME_DEADLINE_MS : READY_DEADLINE_MS, () => this.#unanswered(session));
  }

  /** @param {string | ArrayBuffer | Uint8Array} data dropped while there is no open connection */
  send(data) {
    this.#session?.send(data);
  }

  /**
   * End it from this side; `onClosed` follows.
   * @param {string} reason
   */
  close(reason) {
    this.#ending = true;
    clearTimeout(this.#timer);
    if (this.#session) this.#session.close(reason);
    else if (this.#lastClose) this.#finish(this.#lastClose, undefined);
  }

  /**
   * @param {Session} session
   * @param {ServerMessage} message
   */
  #onMessage(session, message) {
    const resumed = this.#resuming;
    if (message.method === 'onsessionended') {
      // Before it is ready, this is the refusal of an attempt; the close code says whether another one makes sense.
      if (resumed) return;
      this.#ending = true;
    }
    if (message.method === 'onready') {
      clearTimeout(this.#timer);
      session.keepAlive();
      this.#sessionId = message.payload?.session_id ?? message.data?.session_id;
      this.#readyAtMs = performance.now();
      this.#resuming = false;
    }
    this.#events.onMessage(message, resumed);
  }

  /**
   * @param {Session} session
   * @param {CloseEvent} event
   * @param {boolean} opened
   */
  #onClose(session, event, opened) {
    if (session !== this.#session) return;
    this.#session = undefined;
    this.#lastClose = event;
    clearTimeout(this.#timer);
    const problem = problemOfClose({ code: event.code, opened });
    if (this.#mayResume(problem)) this.#retry();
    else this.#finish(event, this.#resuming && problem === Problem.UNREACHABLE ? Problem.LOST : problem);
  }

  /**
   * @param {CloseEvent} event
   * @param {Problem | undefined} problem
   */
  #finish(event, problem) {
    if (this.#closed) return;
    this.#closed = true;
    this.#events.onClosed(event, problem);
  }

  /** @param {Session} session */
  #unanswered(session) {
    if (!this.#resuming) {
      this.#events.onUnanswered();
      return;
    }
    session.close('');
    this.#onClose(session, new CloseEvent('close', { code: 1006 }), false);
  }

  /** @param {Problem | undefined} problem */
  #mayResume(problem) {
    if (this.#ending || !this.#options.reconnect || !this.#sessionId) return false;
    const noRoomYet = this.#resuming && problem === Problem.SERVER_ERROR;
    if (!RESUMABLE.has(problem) && !noRoomYet) return false;
    const nowMs = performance.now();
    if (!this.#resuming && nowMs - this.#readyAtMs > STABLE_MS) this.#attempt = 0;
    if (this.#attempt === 0) this.#lostAtMs = nowMs;
    return nowMs - this.#lostAtMs < RETRY_WITHIN_MS;
  }

  #retry() {
    const attempt = this.#attempt;
    const delayMs = retryDelayMs(attempt, Math.random());
    this.#attempt += 1;
    this.#resuming = true;
    this.#after(delayMs, () => this.connect());
    this.#events.onLost({ attempt, delayMs });
  }

  /**
   * @param {number} delayMs
   * @param {() => void} act
   */
  #after(delayMs, act) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, delayMs);
  }
}
