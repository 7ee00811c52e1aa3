/** What the page is told, as DOM events `parley:…` that bubble. */

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
 * The events of a call, and what of each the page is told; `function` and `start` are told where they are decided.
 * @type {Readonly<Record<string, readonly [name: string, detail: (...given: any) => object]>>}
 */
const TOLD = Object.freeze({
  onopen: ['open', () => ({})],
  onready: ['ready', (payload) => ({ sessionId: payload?.session_id })],
  onreconnecting: ['reconnecting', (retry) => retry],
  onfallback: ['fallback', (why) => why],
  onreconnected: ['reconnected', (payload) => ({ sessionId: payload?.session_id })],
  ontranscript: ['transcript', (text, payload) => ({ speaker: 'user', text, isFinal: payload?.is_final === true })],
  onresponsetext: ['transcript', (text, payload) => ({ speaker: 'agent', text, isFinal: payload?.is_final === true })],
  onaudio: ['audio', (audio) => ({ audio })],
  onagentstate: ['agentstate', (state) => ({ state })],
  onlatency: ['latency', (latencyMs) => ({ latencyMs })],
  onmetrics: ['metrics', (metrics) => ({ ...metrics })],
  onfunctionended: ['function-ended', (data) => ({ callId: data?.call_id })],
  ai_action: ['action', (action) => ({ action })],
  onproblem: ['error', ({ problem, detail, sessionId }) => ({ problem, detail, sessionId })],
  onclose: ['close', ({ code, reason }) => ({ code, reason })],
});

/** Every event, without its prefix. */
export const EVENTS = Object.freeze([
  ...new Set([...Object.values(TOLD).map(([name]) => name), 'start', 'function', 'mute', 'ended', 'dismiss']),
]);

/**
 * Tell the page what happens in a call.
 * @param {HTMLElement} host
 * @param {string} event of the SDK's client
 * @param {readonly any[]} given with it
 */
export function tellOf(host, event, given) {
  const told = TOLD[event];
  if (told) tell(host, told[0], told[1](...given));
}
