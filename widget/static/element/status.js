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

/** @type {Readonly<Record<AgentState, keyof Strings | undefined>>} */
const AGENT = Object.freeze({
  [AgentState.IDLE]: undefined,
  [AgentState.PREPARE_ANSWER]: 'thinking',
  [AgentState.ANSWER]: 'speaking',
  [AgentState.PAUSE]: 'listening',
});

/** What the server says of when a call may be tried again. */
const TRY_AGAIN = /; try again in (\d+) s$/;

/**
 * For everybody, and read out: changes a few times in a call.
 * @param {CallState} state
 * @param {Strings} strings
 * @returns {string}
 */
export function phaseText({ phase, sessionId, failure, voice }, strings) {
  if (phase === Phase.READY && !voice) return strings.connectedTyping;
  const key = phase === Phase.IDLE && sessionId && !failure ? 'ended' : PHASES[phase];
  return key ? String(strings[key]) : '';
}

/**
 * For the eyes only: what the agent does changes with every turn.
 * @param {CallState} state
 * @param {boolean} muted
 * @param {Strings} strings
 * @returns {string}
 */
export function agentText(state, muted, strings) {
  const { phase, agent, voice } = state;
  if (phase !== Phase.READY) return phaseText(state, strings);
  const mine = muted ? strings.muted : strings.listening;
  const key = AGENT[agent];
  if (!voice) return agent === AgentState.IDLE ? strings.typing : strings.thinking;
  return key ? String(strings[key]) : mine;
}

/**
 * @param {CallState} state
 * @param {Strings} strings
 * @param {(inS: number) => string} timeOf how people read the time so many seconds from now
 * @returns {string[]} title, advice and what to quote when asking for help; empty when nothing went wrong
 */
export function problemTexts({ failure, sessionId }, strings, timeOf) {
  if (!failure) return [];
  const again = TRY_AGAIN.exec(failure.detail);
  const [title, advice] = strings.problems[failure.problem];
  const quoted = sessionId && fill(strings.session, { id: sessionId });
  const detail = [failure.detail.replace(TRY_AGAIN, ''), quoted].filter(Boolean).join(' · ');
  return [title, again ? fill(strings.again, { time: timeOf(Number(again[1])) }) : advice, detail].filter(Boolean);
}
