/** Why a call cannot begin or cannot go on. Pure: facts in, a problem out; words for people are the element's. */

/** @typedef {typeof Problem[keyof typeof Problem]} Problem */
export const Problem = Object.freeze(/** @type {const} */ ({
  MISCONFIGURED: 'misconfigured',
  INSECURE: 'insecure',
  SANDBOXED: 'sandboxed',
  FRAME_WITHOUT_MICROPHONE: 'frame-without-microphone',
  PAGE_WITHOUT_MICROPHONE: 'page-without-microphone',
  UNSUPPORTED: 'unsupported',
  MICROPHONE_DENIED: 'microphone-denied',
  MICROPHONE_DENIED_IN_FRAME: 'microphone-denied-in-frame',
  MICROPHONE_MISSING: 'microphone-missing',
  MICROPHONE_BUSY: 'microphone-busy',
  MICROPHONE_LOST: 'microphone-lost',
  AUDIO_BLOCKED: 'audio-blocked',
  UNREACHABLE: 'unreachable',
  NO_ANSWER: 'no-answer',
  REFUSED: 'refused',
  BUSY: 'busy',
  RESTARTING: 'restarting',
  SERVER_ERROR: 'server-error',
  LOST: 'lost',
}));

/**
 * What the browser says about the page before the microphone is asked for.
 * @typedef {object} Surroundings
 * @property {boolean} secure
 * @property {boolean} opaque the page has no origin, as in a sandbox without allow-same-origin
 * @property {boolean} framed
 * @property {boolean | undefined} allowed what the permissions policy says of the microphone; undefined where no
 *   script may ask, as in Firefox and Safari
 * @property {boolean} supported
 */

/**
 * Why asking for the microphone would be in vain.
 * @param {Surroundings} surroundings
 * @returns {Problem | undefined}
 */
export function obstacle({ secure, opaque, framed, allowed, supported }) {
  if (opaque) return Problem.SANDBOXED;
  if (!secure) return Problem.INSECURE;
  if (allowed === false) return framed ? Problem.FRAME_WITHOUT_MICROPHONE : Problem.PAGE_WITHOUT_MICROPHONE;
  return supported ? undefined : Problem.UNSUPPORTED;
}

/**
 * Names of the exceptions of getUserMedia (Media Capture and Streams, 10.2).
 * @type {ReadonlyMap<string, Problem>}
 */
const MICROPHONE_PROBLEMS = new Map([
  ['NotAllowedError', Problem.MICROPHONE_DENIED],
  ['SecurityError', Problem.MICROPHONE_DENIED],
  ['NotFoundError', Problem.MICROPHONE_MISSING],
  ['OverconstrainedError', Problem.MICROPHONE_MISSING],
  ['NotReadableError', Problem.MICROPHONE_BUSY],
  ['AbortError', Problem.MICROPHONE_BUSY],
]);

/**
 * @param {unknown} error what getUserMedia threw
 * @param {Surroundings} surroundings
 * @returns {Problem}
 */
export function problemOfMicrophone(error, { framed, allowed }) {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  const problem = MICROPHONE_PROBLEMS.get(name) ?? Problem.MICROPHONE_BUSY;
  const frameMayForbid = framed && allowed === undefined;
  return problem === Problem.MICROPHONE_DENIED && frameMayForbid ? Problem.MICROPHONE_DENIED_IN_FRAME : problem;
}

/**
 * Close codes of protocol.md 15 row 4, and those that servers and proxies add (IANA WebSocket Close Code registry).
 * @type {ReadonlyMap<number, Problem>}
 */
const CLOSE_PROBLEMS = new Map([
  [1001, Problem.RESTARTING],
  [1008, Problem.REFUSED],
  [1009, Problem.REFUSED],
  [1011, Problem.SERVER_ERROR],
  [1012, Problem.RESTARTING],
  [1013, Problem.BUSY],
]);
const NORMAL_CLOSURE = 1000;

/**
 * @param {{code: number, opened: boolean}} closed
 * @returns {Problem | undefined} undefined when the socket was closed as it should
 */
export function problemOfClose({ code, opened }) {
  if (code === NORMAL_CLOSURE) return undefined;
  return CLOSE_PROBLEMS.get(code) ?? (opened ? Problem.LOST : Problem.UNREACHABLE);
}
