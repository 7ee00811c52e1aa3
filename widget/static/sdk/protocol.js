/** The text frames of /millis (protocol.md 2; types from callcore.wire). Pure. */

/**
 * @typedef {import('../../wire/messages.d.ts').ServerMessage} ServerMessage
 * @typedef {import('../../wire/messages.d.ts').Initiate} Initiate
 * @typedef {NonNullable<Extract<ServerMessage, {method: 'onfunction'}>['payload']['form']>} WebForm
 * @typedef {import('./state.js').CallEvent} CallEvent
 */

/**
 * What a client says about the call it wants.
 * @typedef {object} CallRequest
 * @property {string} agentId
 * @property {string} publicKey
 * @property {Readonly<Record<string, unknown>>} [metadata]
 * @property {string} [token] signed metadata
 */

/**
 * @param {CallRequest} request
 * @returns {string} the first text frame
 */
export function initiateFrame({ agentId, publicKey, metadata, token }) {
  /** @type {Initiate} */
  const data = { public_key: publicKey, agent: { agent_id: agentId }, web_forms: true };
  if (metadata && Object.keys(metadata).length > 0) data.metadata = metadata;
  if (token) data.token = token;
  return JSON.stringify({ method: 'initiate', data });
}

/**
 * @param {number} nowMs
 * @returns {string}
 */
export function pingFrame(nowMs) {
  return JSON.stringify({ method: 'ping', data: String(Math.round(nowMs)) });
}

/**
 * @param {string} callId of an `onfunction` with a form
 * @param {Readonly<Record<string, unknown>> | null} values null: the form was closed
 * @returns {string}
 */
export function functionResultFrame(callId, values) {
  return JSON.stringify({ method: 'function_result', data: { call_id: callId, values } });
}

/**
 * @param {string} text
 * @returns {ServerMessage | undefined} undefined when it is no message; unknown methods pass
 */
export function parseFrame(text) {
  try {
    const frame = JSON.parse(text);
    return typeof frame?.method === 'string' ? frame : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What a message means for the call. Reads only what any server of this protocol sends, so fields that ours
 * always has may be absent.
 * @param {ServerMessage} message
 * @param {number} atMs
 * @returns {CallEvent | undefined} undefined for what changes nothing
 */
export function eventOf(message, atMs) {
  switch (message.method) {
    case 'onready':
      return { type: 'ready', sessionId: message.payload?.session_id ?? message.data?.session_id };
    case 'start_answering':
      return { type: 'answering', atMs };
    case 'pause':
      return { type: 'paused' };
    case 'unpause':
      return { type: 'unpaused' };
    case 'clear':
      return { type: 'cleared' };
    case 'ontranscript':
      return said('user', message);
    case 'onresponsetext':
      return said('agent', message);
    case 'onfunction':
      return called(message.payload);
    case 'onfunctionended':
      return { type: 'function-ended', callId: String(message.data?.call_id) };
    case 'onsessionended':
      return { type: 'ended', reason: message.data?.reason };
    default:
      return undefined;
  }
}

/**
 * @param {Partial<Extract<ServerMessage, {method: 'onfunction'}>['payload']> | undefined} payload
 * @returns {CallEvent}
 */
function called(payload) {
  const { name, params, call_id: callId, form } = payload ?? {};
  return { type: 'function', name: String(name), params: params ?? {}, callId, form };
}

/**
 * @param {import('./transcript.js').Speaker} speaker
 * @param {{data: string, payload?: {is_final?: boolean}}} message
 * @returns {CallEvent}
 */
function said(speaker, { data, payload }) {
  return { type: 'said', speaker, text: String(data), isFinal: payload?.is_final === true };
}
