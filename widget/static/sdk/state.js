/**
 * The life of one call as the client sees it. Pure: `reduce(state, event)`; time is in the event.
 *
 * idle ─► asking (for the microphone) ─► connecting ─► ready ─► ending (the last words play) ─► idle
 * Every live phase goes back to idle when the user stops the call or something fails.
 */

import { withClosedLine, withText } from './transcript.js';

/** @typedef {typeof Phase[keyof typeof Phase]} Phase */
export const Phase = Object.freeze(/** @type {const} */ ({
  IDLE: 'idle',
  ASKING: 'asking',
  CONNECTING: 'connecting',
  READY: 'ready',
  ENDING: 'ending',
}));

/**
 * Who speaks; the agent states of protocol.md 2.3.
 * @typedef {typeof Floor[keyof typeof Floor]} Floor
 */
export const Floor = Object.freeze(/** @type {const} */ ({
  LISTENING: 'listening',
  ANSWERING: 'answering',
  SPEAKING: 'speaking',
  PAUSED: 'paused',
}));

/**
 * @typedef {import('./transcript.js').Line} Line
 * @typedef {import('./transcript.js').Speaker} Speaker
 * @typedef {import('./problems.js').Problem} Problem
 * @typedef {import('./protocol.js').WebForm} WebForm
 *
 * @typedef {object} CallState
 * @property {Phase} phase
 * @property {Floor} floor
 * @property {string | undefined} sessionId
 * @property {readonly Line[]} lines
 * @property {number | undefined} answeringAtMs when the agent decided to answer
 * @property {number | undefined} latencyMs from that decision to the first audio of the answer
 * @property {string | undefined} endReason what the server said
 * @property {{readonly problem: Problem, readonly detail: string} | undefined} failure
 *
 * @typedef {{type: 'started'}
 *   | {type: 'microphone-opened'}
 *   | {type: 'ready', sessionId: string | undefined}
 *   | {type: 'answering', atMs: number}
 *   | {type: 'audio', atMs: number}
 *   | {type: 'paused'} | {type: 'unpaused'} | {type: 'cleared'} | {type: 'silent'}
 *   | {type: 'said', speaker: Speaker, text: string, isFinal: boolean}
 *   | {type: 'function', name: string, params: Readonly<Record<string, unknown>>, callId?: string, form?: WebForm}
 *   | {type: 'function-ended', callId: string}
 *   | {type: 'ended', reason: string | undefined}
 *   | {type: 'failed', problem: Problem, detail: string}
 *   | {type: 'stopped'}
 *   | {type: 'finished'}} CallEvent
 */

/** @type {CallState} */
export const INITIAL = Object.freeze({
  phase: Phase.IDLE,
  floor: Floor.LISTENING,
  sessionId: undefined,
  lines: Object.freeze([]),
  answeringAtMs: undefined,
  latencyMs: undefined,
  endReason: undefined,
  failure: undefined,
});

/**
 * What a conversation brings leaves the phase as it is.
 * @param {Phase} phase
 * @returns {Partial<Record<CallEvent['type'], Phase>>}
 */
const talking = (phase) => ({
  answering: phase,
  audio: phase,
  paused: phase,
  unpaused: phase,
  cleared: phase,
  silent: phase,
  said: phase,
  function: phase,
  'function-ended': phase,
});

/**
 * The phase that follows; an event without an entry came too late and changes nothing.
 * @type {Readonly<Record<Phase, Partial<Record<CallEvent['type'], Phase>>>>}
 */
export const TRANSITIONS = Object.freeze({
  [Phase.IDLE]: { started: Phase.ASKING },
  [Phase.ASKING]: { 'microphone-opened': Phase.CONNECTING, failed: Phase.IDLE, stopped: Phase.IDLE },
  [Phase.CONNECTING]: {
    ...talking(Phase.CONNECTING),
    ready: Phase.READY,
    ended: Phase.ENDING,
    failed: Phase.IDLE,
    stopped: Phase.IDLE,
  },
  [Phase.READY]: { ...talking(Phase.READY), ended: Phase.ENDING, failed: Phase.IDLE, stopped: Phase.IDLE },
  [Phase.ENDING]: { ...talking(Phase.ENDING), failed: Phase.IDLE, stopped: Phase.IDLE, finished: Phase.IDLE },
});

/**
 * @param {CallState} state
 * @param {CallEvent} event
 * @returns {CallState} the same object when nothing changed
 */
export function reduce(state, event) {
  const phase = TRANSITIONS[state.phase][event.type];
  if (phase === undefined) return state;
  const changed = update(state, event);
  return changed === state && phase === state.phase ? state : { ...changed, phase };
}

/**
 * Everything but the phase.
 * @param {CallState} state
 * @param {CallEvent} event
 * @returns {CallState}
 */
function update(state, event) {
  switch (event.type) {
    case 'started':
      return INITIAL;
    case 'ready':
      return { ...state, sessionId: event.sessionId };
    case 'said':
      return { ...state, lines: withText(state.lines, event.speaker, event.text, event.isFinal) };
    case 'answering':
      return {
        ...state,
        floor: Floor.ANSWERING,
        answeringAtMs: event.atMs,
        lines: withClosedLine(state.lines, 'agent'),
      };
    case 'audio':
      return heard(state, event.atMs);
    case 'paused':
      return withFloor(state, Floor.PAUSED);
    case 'unpaused':
      return withFloor(state, Floor.SPEAKING);
    case 'cleared':
      return withFloor(state, Floor.LISTENING);
    case 'silent':
      return state.floor === Floor.SPEAKING ? withFloor(state, Floor.LISTENING) : state;
    case 'ended':
      return { ...state, endReason: event.reason };
    case 'failed':
      return { ...state, failure: { problem: event.problem, detail: event.detail } };
    default:
      return state;
  }
}

/**
 * Audio of the agent has come. While playback is paused it only waits.
 * @param {CallState} state
 * @param {number} atMs
 * @returns {CallState}
 */
function heard(state, atMs) {
  if (state.floor === Floor.PAUSED || state.floor === Floor.SPEAKING) return state;
  const latencyMs = state.answeringAtMs === undefined ? state.latencyMs : atMs - state.answeringAtMs;
  return { ...state, floor: Floor.SPEAKING, answeringAtMs: undefined, latencyMs };
}

/**
 * @param {CallState} state
 * @param {Floor} floor
 * @returns {CallState}
 */
function withFloor(state, floor) {
  return state.floor === floor ? state : { ...state, floor };
}
