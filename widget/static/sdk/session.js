/** One WebSocket of /millis: frames out, frames in, and the news that it closed. */

import { functionResultFrame, initiateFrame, parseFrame, pingFrame } from './protocol.js';

/**
 * @typedef {object} SessionHandlers
 * @property {(message: import('./protocol.js').ServerMessage) => void} onMessage
 * @property {(audio: ArrayBuffer) => void} onAudio gets an even number of bytes, never none
 * @property {(closed: {code: number, reason: string, opened: boolean}) => void} onClosed once, unless we closed
 */

/** protocol.md 2.2: a ping every 1000 audio packets, 20 s. */
const PACKETS_PER_PING = 1000;
/** Ten seconds of audio that the network did not take: nobody is listening any more. */
const MAX_UNSENT_BYTES = 320_000;
const ABNORMAL_CLOSURE = 1006;
const USER_ENDED = 'user-ended';

export class Session {
  #socket;
  #handlers;
  #opened = false;
  #packets = 0;
  #heard = true;

  /**
   * Opens the socket and initiates the session as soon as it is open.
   * @param {string} url
   * @param {import('./protocol.js').CallRequest} request
   * @param {SessionHandlers} handlers
   */
  constructor(url, request, handlers) {
    this.#handlers = handlers;
    this.#socket = new WebSocket(url);
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.onopen = () => {
      this.#opened = true;
      this.#socket.send(initiateFrame(request));
    };
    this.#socket.onmessage = ({ data }) => this.#receive(data);
    this.#socket.onclose = ({ code, reason }) => this.#closed(code, reason);
  }

  /**
   * Send one packet of microphone audio; dropped while the socket is not open.
   * @param {ArrayBuffer} packet
   */
  send(packet) {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    if (this.#socket.bufferedAmount > MAX_UNSENT_BYTES) {
      this.#lose('the network takes no audio');
      return;
    }
    this.#socket.send(packet);
    this.#packets += 1;
    if (this.#packets % PACKETS_PER_PING === 0) this.#ping();
  }

  /**
   * Answer a form; dropped while the socket is not open.
   * @param {string} callId
   * @param {Readonly<Record<string, unknown>> | null} values null: it was closed
   */
  answerForm(callId, values) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(functionResultFrame(callId, values));
  }

  /** End the session from this side. No handler is called any more. */
  close() {
    this.#silence();
    this.#socket.close(1000, USER_ENDED);
  }

  /** A server that said nothing between two pings, not even pong, is gone. */
  #ping() {
    if (!this.#heard) {
      this.#lose('the server is silent');
      return;
    }
    this.#heard = false;
    this.#socket.send(pingFrame(Date.now()));
  }

  /** @param {string | ArrayBuffer} data */
  #receive(data) {
    this.#heard = true;
    if (typeof data === 'string') {
      const message = parseFrame(data);
      if (message) this.#handlers.onMessage(message);
      return;
    }
    const bytes = data.byteLength - (data.byteLength % 2);
    if (bytes > 0) this.#handlers.onAudio(bytes === data.byteLength ? data : data.slice(0, bytes));
  }

  /** @param {string} reason */
  #lose(reason) {
    this.#socket.close();
    this.#closed(ABNORMAL_CLOSURE, reason);
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #closed(code, reason) {
    this.#silence();
    this.#handlers.onClosed({ code, reason, opened: this.#opened });
  }

  #silence() {
    this.#socket.onopen = null;
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
  }
}
