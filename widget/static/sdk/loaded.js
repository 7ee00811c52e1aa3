/** A transport that is loaded while the microphone is asked for; a WebSocket where it cannot be. */

import { openWebSocket } from './websocket.js';

/**
 * @typedef {import('./session.js').OpenTransport} OpenTransport
 * @typedef {import('./session.js').Transport} Transport
 */

/**
 * @param {Promise<{open: OpenTransport}>} module
 * @returns {OpenTransport}
 */
export function loaded(module) {
  const opening = module.then(({ open }) => open, () => openWebSocket);
  return (url, events, initiate, call) => {
    /** @type {Transport | undefined} */
    let transport;
    /** @type {CloseEventInit | undefined} */
    let closed;
    void opening.then((open) => {
      if (closed) events.onClose(new CloseEvent('close', closed));
      else transport = open(url, events, initiate, call);
    });
    return {
      send: (data) => transport?.send(data),
      close(code, reason) {
        closed = { code, reason };
        transport?.close(code, reason);
      },
    };
  };
}
