/** One session on one connection: initiated, kept alive, and the news that it closed. */

import { parseFrame, pingFrame } from './protocol.js';

/**
 * What carries a session; a WebSocket is one.
 * @typedef {object} Transport
 * @property {(data: string | ArrayBuffer | Uint8Array) => void} send text is a message, bytes are audio of the wire
 * @property {(code: number, reason: string) => void} close
 *
 * @typedef {object} TransportEvents
 * @property {() => void} onOpen
 * @property {(frame: string) => void} onText
 * @property {(audio: ArrayBuffer) => void} onAudio
 * @property {() => void} onStuck it takes nothing any more
 * @property {(event: Event) => void} onError `onClose` follows
 * @property {(event: CloseEvent) => void} onClose
 *
 * @typedef {(url: string, events: TransportEvents, initiate: string, call: import('./call.js').Call) => Transport} OpenTransport
 *   `initiate` is what `send` is given first, when it is open; one that carries voices by itself finds them in the call
 *
 * @typedef {object} SessionEvents none is called after `close`, but `onClose`
 * @property {() => void} onOpen
 * @property {(message: import('./protocol.js').ServerMessage) => void} onMessage
 * @property {(audio: ArrayBuffer) => void} onAudio gets an even number of bytes, never none
 * @property {(event: Event) => void} onError
 * @property {(event: CloseEvent, opened: boolean) => void} onClose once
 */

const PING_EVERY_MS = 5_000;
/** Pings in a row that nothing answered. One may be the page's own fault: it slept, and what has come waits behind the timer. */
const MAX_UNANSWERED = 2;
const ABNORMAL_CLOSURE = 1006;

export class Session {
  #transport;
  #events;
  #opened = false;
  #over = false;
  #unanswered = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #pings;

  /**
   * Connects, and initiates the session as soon as the connection is open.
   * @param {OpenTransport} open
   * @param {string} url
   * @param {string} initiate the first text frame
   * @param {SessionEvents} events
   * @param {import('./call.js').Call} call whose session it is
   */
  constructor(open, url, initiate, events, call) {
    this.#events = events;
    this.#transport = open(url, {
      onOpen: () => this.#onOpen(initiate),
      onText: (frame) => this.#onText(frame),
      onAudio: (audio) => this.#onAudio(audio),
      onStuck: () => this.#lose('the network takes no audio'),
      onError: (event) => this.#over || events.onError(event),
      onClose: (event) => this.#finish(event),
    }, initiate, call);
  }

  /** @param {string | ArrayBuffer | Uint8Array} data dropped while the connection is not open */
  send(data) {
    this.#transport.send(data);
  }

  /** Watch from now on that the server is there. */
  keepAlive() {
    this.#pings ??= setInterval(() => this.#ping(), PING_EVERY_MS);
  }

  /**
   * End the session from this side.
   * @param {string} reason
   */
  close(reason) {
    this.#rest();
    this.#transport.close(1000, reason);
  }

  /** @param {string} initiate */
  #onOpen(initiate) {
    if (this.#over) return;
    this.#opened = true;
    this.#events.onOpen();
    this.#transport.send(initiate);
  }

  /** @param {string} frame */
  #onText(frame) {
    const message = parseFrame(frame);
    this.#unanswered = 0;
    if (message && !this.#over) this.#events.onMessage(message);
  }

  /** @param {ArrayBuffer} audio */
  #onAudio(audio) {
    this.#unanswered = 0;
    const bytes = audio.byteLength - (audio.byteLength % 2);
    if (bytes > 0 && !this.#over) this.#events.onAudio(bytes === audio.byteLength ? audio : audio.slice(0, bytes));
  }

  #ping() {
    if (this.#unanswered === MAX_UNANSWERED) {
      this.#lose('the server is silent');
      return;
    }
    this.#unanswered += 1;
    this.#transport.send(pingFrame(Date.now()));
  }

  /** @param {string} reason */
  #lose(reason) {
    this.#transport.close(1000, reason);
    this.#finish(new CloseEvent('close', { code: ABNORMAL_CLOSURE, reason }));
  }

  /** @param {CloseEvent} event */
  #finish(event) {
    this.#rest();
    const { onClose } = this.#events;
    this.#events = { ...this.#events, onClose: () => {} };
    onClose(event, this.#opened);
  }

  #rest() {
    this.#over = true;
    clearInterval(this.#pings);
  }
}
