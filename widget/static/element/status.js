/** What the widget says of a call's state. Pure: a state and strings in, words out. */

import { fill } from './strings.js';
import { AgentState, Phase } from '../sdk/state.js';

/**
 * @typedef {import('./strings.js').Strings} Strings
 * @typedef {import('../sdk/state.js').CallState} CallState
 */

/** @type {Readonly<Record<Phase, keyof Strings | undefined>>} */
const PHASES = Object.freeze({
  [Phase.IDLE]: undefined,
  [Phase.ASKING]: 'asking',
  [Phase.CONNECTING]: 'calling',
  [Phase.READY]: 'connected',
  [Phase.RECONNECTING]: 'reconnecting',
  [Phase.ENDING]: 'ended',
});

/** @type {Readonly<Record<AgentState, keyof Strings>>} */
const AGENT = Object.freeze({
  [AgentState.IDLE]: 'listening',
  [AgentState.PREPARE_ANSWER]: 'thinking',
  [AgentState.ANSWER]: 'speaking',
  [AgentState.PAUSE]: 'listening',
});

/**
 * For everybody, and read out: changes a few times in a call.
 * @param {CallState} state
 * @param {Strings} strings
 * @returns {string}
 */
export function phaseText({ phase, sessionId, failure }, strings) {
  const key = phase === Phase.IDLE && sessionId && !failure ? 'ended' : PHASES[phase];
  return key ? String(strings[key]) : '';
}

/**
 * For the eyes only: what the agent does changes with every turn.
 * @param {CallState} state
 * @param {Strings} strings
 * @returns {string}
 */
export function agentText(state, strings) {
  return state.phase === Phase.READY ? String(strings[AGENT[state.agent]]) : phaseText(state, strings);
}

/**
 * @param {CallState} state
 * @param {Strings} strings
 * @returns {string[]} title, advice and what to quote when asking for help; empty when nothing went wrong
 */
export function problemTexts({ failure, sessionId }, strings) {
  if (!failure) return [];
  const quoted = sessionId && fill(strings.session, { id: sessionId });
  const detail = [failure.detail, quoted].filter(Boolean).join(' · ');
  return [...strings.problems[failure.problem], detail].filter(Boolean);
}
