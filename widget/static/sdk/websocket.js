/** A WebSocket of /millis as a transport. */

/** Audio that the network did not take for five seconds: nobody is listening any more. */
const MAX_UNSENT_BYTES = 160_000;

/**
 * @param {string} url
 * @param {TransportEvents} events
 * @returns {Transport}
 */
export const openWebSocket = (url, events) => new WebSocketTransport(url, events);

/** @implements {Transport} */
class WebSocketTransport {
  #socket;
  #events;

  /**
   * Connects. Throws a DOMException for a malformed address, and for ws: from an https: page.
   * @param {string} url
   * @param {TransportEvents} events
   *
   * @typedef {import('./session.js').Transport} Transport
   * @typedef {import('./session.js').TransportEvents} TransportEvents
   */
  constructor(url, events) {
    this.#events = events;
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => events.onOpen();
    socket.onmessage = ({ data }) => (typeof data === 'string' ? events.onText(data) : events.onAudio(data));
    socket.onerror = (event) => events.onError(event);
    socket.onclose = (event) => events.onClose(event);
    this.#socket = socket;
  }

  /** @param {string | ArrayBuffer | Uint8Array} data dropped while the socket is not open */
  send(data) {
    const socket = this.#socket;
    if (socket.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount > MAX_UNSENT_BYTES) this.#events.onStuck();
    else socket.send(/** @type {string | ArrayBuffer} */ (data));
  }

  /**
   * `onClose` follows.
   * @param {number} code
   * @param {string} reason
   */
  close(code, reason) {
    this.#socket.close(code, reason);
  }
}
