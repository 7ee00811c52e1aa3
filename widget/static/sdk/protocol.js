/** The text frames of /millis (PROTOCOL.md; types from callcore.wire). Pure. */

/**
 * @typedef {import('../../wire/messages.d.ts').ServerMessage} ServerMessage
 * @typedef {import('../../wire/messages.d.ts').Initiate} Initiate
 * @typedef {import('./state.js').CallEvent} CallEvent
 * @typedef {NonNullable<Extract<ServerMessage, {method: 'onfunction'}>['payload']['form']>} WebForm
 *
 * @typedef {object} AgentChoice
 * @property {string} [agent_id]
 * @property {Readonly<Record<string, any>>} [agent_config] alone: a temporary agent; with an id: overrides for this session
 *
 * @typedef {object} StartPayload what a client says about the call it wants
 * @property {AgentChoice} [agent] needed unless there is a `call_id`
 * @property {string} [call_id] of a registered call
 * @property {Readonly<Record<string, unknown>>} [metadata]
 * @property {boolean} [include_metadata_in_prompt]
 * @property {{session_id?: string, resume?: boolean}} [session_continuation]
 * @property {string} [token] signed metadata
 * @property {boolean} [voice] false: the call begins without microphone and loudspeaker, in text
 */

const MAX_TYPED_CHARS = 4_000;
const KEYS = /^[0-9*#]{1,32}$/;

/**
 * @param {string} method
 * @param {unknown} data
 */
const frame = (method, data) => JSON.stringify({ method, data });

/**
 * The forms in which a call may be asked for.
 * @param {StartPayload | Readonly<Record<string, any>> | string} what a payload with `agent` or `call_id`, the configuration
 *   of a temporary agent, or the id of an agent
 * @param {Readonly<Record<string, unknown>>} [metadata] unless the payload has its own
 * @param {boolean} [includeMetadataInPrompt]
 * @returns {StartPayload}
 */
export function startPayload(what, metadata, includeMetadataInPrompt) {
  const rest = { ...(metadata && { metadata }), ...(includeMetadataInPrompt && { include_metadata_in_prompt: true }) };
  if (typeof what === 'string') return { agent: { agent_id: what }, ...rest };
  return 'agent' in what || 'call_id' in what ? { ...rest, ...what } : { agent: { agent_config: what }, ...rest };
}

/**
 * @param {string} publicKey
 * @param {StartPayload & {web_forms?: boolean}} payload
 * @returns {string} the first text frame
 */
export function initiateFrame(publicKey, payload) {
  const { metadata, token, voice, ...rest } = payload;
  /** @type {Initiate} */
  const data = { public_key: publicKey, ...rest };
  if (metadata && Object.keys(metadata).length > 0) data.metadata = metadata;
  if (token) data.token = token;
  if (voice === false) data.voice = false;
  return frame('initiate', data);
}

/**
 * @param {number} nowMs
 * @returns {string}
 */
export function pingFrame(nowMs) {
  return frame('ping', String(Math.round(nowMs)));
}

/**
 * @param {string} callId of an `onfunction` with a form
 * @param {Readonly<Record<string, unknown>> | null} values null: the form was closed
 * @returns {string}
 */
export function functionResultFrame(callId, values) {
  return frame('function_result', { call_id: callId, values });
}

/**
 * Throws a RangeError when the text is blank or too long.
 * @param {string} text what the user typed
 * @returns {string}
 */
export function userTextFrame(text) {
  if (!text.trim() || text.length > MAX_TYPED_CHARS) throw new RangeError(`not 1 to ${MAX_TYPED_CHARS} characters`);
  return frame('user_text', text);
}

/**
 * Throws a RangeError for what are no keys.
 * @param {string} keys of a telephone, one after the other
 * @returns {string}
 */
export function dtmfFrame(keys) {
  if (!KEYS.test(keys)) throw new RangeError('not 1 to 32 keys of 0-9, * and #');
  return frame('dtmf', keys);
}

/**
 * @param {boolean} on whether the agent is to be heard
 * @returns {string}
 */
export function voiceFrame(on) {
  return frame('voice', on);
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
      return {
        type: 'ready',
        sessionId: message.payload?.session_id ?? message.data?.session_id,
        resumed: message.payload?.resumed,
      };
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
