/** What the page is told, as DOM events `parley:…` that bubble. */

import { Phase } from '../sdk/state.js';

/**
 * @param {HTMLElement} host
 * @param {string} name without the prefix
 * @param {object} detail
 * @returns {boolean} false when the page has prevented what would follow
 */
export function tell(host, name, detail) {
  const event = new CustomEvent(`parley:${name}`, { detail, bubbles: true, composed: true, cancelable: true });
  return host.dispatchEvent(event);
}

/**
 * What of a call's life the page is told.
 * @param {HTMLElement} host
 * @param {import('../sdk/state.js').CallState} state
 * @param {import('../sdk/state.js').CallEvent} event
 */
export function report(host, state, event) {
  const { sessionId, endReason, failure, phase } = state;
  if (event.type === 'ready') tell(host, 'ready', { sessionId });
  if (event.type === 'said') {
    const { speaker, text, isFinal } = event;
    tell(host, 'transcript', { speaker, text, isFinal });
  }
  if (event.type === 'function-ended') tell(host, 'function-ended', { callId: event.callId });
  if (phase === Phase.IDLE) {
    const reason = event.type === 'stopped' ? 'user-ended' : endReason;
    tell(host, 'ended', { sessionId, reason, problem: failure?.problem });
  }
}
