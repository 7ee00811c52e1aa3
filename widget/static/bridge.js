/**
 * How the page around the iframe talks with the widget in it: by messages, of which widget/README.md has the list.
 *
 * Nothing is told before the page around has said `connect`, and then to its origin alone; the words of a conversation
 * must not reach a page that is not meant to hear them.
 */

import { EVENTS } from './element/events.js';

/** What a page may ask for. */
const REQUESTS = Object.freeze({
  start: (/** @type {Call} */ call, /** @type {any} */ { metadata, voice }) => call.start({ metadata, voice }),
  stop: (/** @type {Call} */ call) => call.stop(),
  mute: (/** @type {Call} */ call) => call.mute(),
  unmute: (/** @type {Call} */ call) => call.unmute(),
  sendText: (/** @type {Call} */ call, /** @type {any} */ { text }) => call.sendText(String(text)),
});

/**
 * @typedef {import('./call-widget.js').ParleyCall} Call
 */

/**
 * Whether pages of that origin may embed, and so talk with, the widget; as frame-ancestors has it (CSP Level 3, 6.7.2).
 * @param {string} origin as a browser tells it
 * @param {readonly string[] | null} origins `https://*.example.com` for all its subdomains; null: any
 * @returns {boolean}
 */
export function mayTalk(origin, origins) {
  if (!/^[a-z-]+:\/\/./.test(origin)) return false;
  if (!origins) return true;
  return origins.some((pattern) => {
    const escaped = pattern.toLowerCase().replace(/[.+?^${}()|[\]\\]/g, '\\$&');
    const source = escaped.replace('//*\\.', '//([^/:]+\\.)').replace(':*', '(:\\d+)?');
    return new RegExp(`^${source}$`).test(origin);
  });
}

/**
 * Take requests from the page around, and tell it what happens. Does nothing on a page of its own.
 * @param {Call} call
 * @param {readonly string[] | null} origins
 */
export function connectWithParent(call, origins) {
  const { parent } = window;
  if (parent === window) return;
  let heard = '';
  const tell = (/** @type {string} */ name, /** @type {object} */ detail) => {
    if (heard) parent.postMessage({ parley: name, detail }, heard);
  };
  addEventListener('message', ({ source, origin, data }) => {
    if (source !== parent || typeof data?.parley !== 'string' || !mayTalk(origin, origins)) return;
    if (data.parley === 'connect') {
      heard = origin;
      tell('connected', {});
    } else if (origin === heard && Object.hasOwn(REQUESTS, data.parley)) {
      REQUESTS[/** @type {keyof typeof REQUESTS} */ (data.parley)](call, data);
    }
  });
  for (const name of EVENTS) {
    // The bytes of a voice are nothing to send around fifty times a second.
    if (name !== 'audio') call.addEventListener(`parley:${name}`, (event) => tell(name, /** @type {CustomEvent} */ (event).detail));
  }
}
