/**
 * The life of one call as the client sees it. Pure: `reduce(state, event)`; time is in the event.
 *
 * idle ─► asking (for the microphone, unless the call begins in text) ─► connecting ─► ready ─► ending (the last words
 * play) ─► idle. A lost connection: ready ─► reconnecting ─► ready.
 * Every live phase goes back to idle when the user stops the call or something fails.
 */

import { withClosedLine, withText } from './transcript.js';

/** @typedef {typeof Phase[keyof typeof Phase]} Phase */
export const Phase = Object.freeze(/** @type {const} */ ({
  IDLE: 'idle',
  ASKING: 'asking',
  CONNECTING: 'connecting',
  READY: 'ready',
  RECONNECTING: 'reconnecting',
  ENDING: 'ending',
}));

/**
 * What the agent does (protocol.md 2.3).
 * @typedef {typeof AgentState[keyof typeof AgentState]} AgentState
 */
export const AgentState = Object.freeze(/** @type {const} */ ({
  IDLE: 'idle',
  PREPARE_ANSWER: 'prepare_answer',
  ANSWER: 'answer',
  PAUSE: 'pause',
}));

/**
 * @typedef {import('./transcript.js').Line} Line
 * @typedef {import('./transcript.js').Speaker} Speaker
 * @typedef {import('./problems.js').Problem} Problem
 * @typedef {import('./protocol.js').WebForm} WebForm
 *
 * @typedef {object} CallState
 * @property {Phase} phase
 * @property {AgentState} agent
 * @property {boolean} voice whether microphone and loudspeaker are in use; else the conversation is typed
 * @property {string | undefined} sessionId
 * @property {readonly Line[]} lines
 * @property {number | undefined} answeringAtMs when the agent decided to answer
 * @property {number | undefined} latencyMs from that decision to the first audio of the answer
 * @property {string | undefined} endReason what the server said
 * @property {{readonly problem: Problem, readonly detail: string} | undefined} failure
 *
 * @typedef {{type: 'started'}
 *   | {type: 'voice', on: boolean}
 *   | {type: 'connecting'}
 *   | {type: 'ready', sessionId: string | undefined, resumed?: boolean}
 *   | {type: 'answering', atMs: number}
 *   | {type: 'audio', atMs: number}
 *   | {type: 'paused'} | {type: 'unpaused'} | {type: 'cleared'} | {type: 'silent'}
 *   | {type: 'said', speaker: Speaker, text: string, isFinal: boolean}
 *   | {type: 'function', name: string, params: Readonly<Record<string, unknown>>, callId?: string, form?: WebForm}
 *   | {type: 'function-ended', callId: string}
 *   | {type: 'lost'}
 *   | {type: 'ended', reason: string | undefined}
 *   | {type: 'failed', problem: Problem, detail: string}
 *   | {type: 'stopped'}
 *   | {type: 'finished'}} CallEvent
 */

/** @type {CallState} */
export const INITIAL = Object.freeze({
  phase: Phase.IDLE,
  agent: AgentState.IDLE,
  voice: false,
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
  voice: phase,
});

/**
 * The phase that follows; an event without an entry came too late and changes nothing.
 * @type {Readonly<Record<Phase, Partial<Record<CallEvent['type'], Phase>>>>}
 */
export const TRANSITIONS = Object.freeze({
  [Phase.IDLE]: { started: Phase.ASKING },
  [Phase.ASKING]: { voice: Phase.ASKING, connecting: Phase.CONNECTING, failed: Phase.IDLE, stopped: Phase.IDLE },
  [Phase.CONNECTING]: {
    ...talking(Phase.CONNECTING),
    ready: Phase.READY,
    ended: Phase.ENDING,
    failed: Phase.IDLE,
    stopped: Phase.IDLE,
  },
  [Phase.READY]: {
    ...talking(Phase.READY),
    lost: Phase.RECONNECTING,
    ended: Phase.ENDING,
    failed: Phase.IDLE,
    stopped: Phase.IDLE,
  },
  [Phase.RECONNECTING]: {
    ...talking(Phase.RECONNECTING),
    ready: Phase.READY,
    ended: Phase.ENDING,
    failed: Phase.IDLE,
    stopped: Phase.IDLE,
  },
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
  if (changed === state && phase === state.phase) return state;
  return phase === Phase.IDLE ? { ...changed, phase, agent: AgentState.IDLE, voice: false } : { ...changed, phase };
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
    case 'voice':
      return state.voice === event.on ? state : { ...state, voice: event.on };
    case 'ready':
      return { ...state, sessionId: event.sessionId };
    case 'said':
      return withWords(state, event.speaker, event.text, event.isFinal);
    case 'answering':
      return {
        ...state,
        agent: AgentState.PREPARE_ANSWER,
        answeringAtMs: event.atMs,
        lines: withClosedLine(state.lines, 'agent'),
      };
    case 'audio':
      return heard(state, event.atMs);
    case 'paused':
      return withAgent(state, AgentState.PAUSE);
    case 'unpaused':
      return withAgent(state, AgentState.ANSWER);
    case 'cleared':
      return withAgent(state, AgentState.IDLE);
    case 'lost':
      return { ...withAgent(state, AgentState.IDLE), answeringAtMs: undefined, lines: withClosedLine(state.lines, 'agent') };
    case 'silent':
      return state.agent === AgentState.ANSWER ? withAgent(state, AgentState.IDLE) : state;
    case 'ended':
      return { ...state, endReason: event.reason };
    case 'failed':
      return { ...state, failure: { problem: event.problem, detail: event.detail } };
    default:
      return state;
  }
}

/**
 * In a typed conversation the agent's words are its answer; in a spoken one its audio is.
 * @param {CallState} state
 * @param {Speaker} speaker
 * @param {string} text
 * @param {boolean} isFinal
 * @returns {CallState}
 */
function withWords(state, speaker, text, isFinal) {
  const lines = withText(state.lines, speaker, text, isFinal);
  if (state.voice || speaker === 'user') return { ...state, lines };
  return { ...state, lines, agent: isFinal ? AgentState.IDLE : AgentState.ANSWER };
}

/**
 * Audio of the agent has come. While playback is paused it only waits.
 * @param {CallState} state
 * @param {number} atMs
 * @returns {CallState}
 */
function heard(state, atMs) {
  if (state.agent === AgentState.PAUSE || state.agent === AgentState.ANSWER) return state;
  const latencyMs = state.answeringAtMs === undefined ? state.latencyMs : atMs - state.answeringAtMs;
  return { ...state, agent: AgentState.ANSWER, answeringAtMs: undefined, latencyMs };
}

/**
 * @param {CallState} state
 * @param {AgentState} agent
 * @returns {CallState}
 */
function withAgent(state, agent) {
  return state.agent === agent ? state : { ...state, agent };
}
