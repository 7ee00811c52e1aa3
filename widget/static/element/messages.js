/** What the widget tells people. Pure: every word of it stands here. */

import { Problem } from '../sdk/problems.js';
import { Floor, Phase } from '../sdk/state.js';

/**
 * What went wrong, and what to do about it.
 * @typedef {{readonly title: string, readonly advice: string}} Message
 */

/** @type {Readonly<Record<Problem, Message>>} */
const PROBLEMS = Object.freeze({
  [Problem.MISCONFIGURED]: {
    title: 'This call button is not set up.',
    advice: 'For the site owner: the embed code needs an agent id and a public key.',
  },
  [Problem.INSECURE]: {
    title: 'Calls need a secure page.',
    advice: 'Browsers give the microphone to pages opened with https:// only.',
  },
  [Problem.SANDBOXED]: {
    title: 'Calls cannot work in this sandboxed frame.',
    advice: 'For the site owner: add allow-same-origin to the sandbox attribute of the iframe.',
  },
  [Problem.FRAME_WITHOUT_MICROPHONE]: {
    title: 'This frame may not use the microphone.',
    advice: 'For the site owner: add allow="microphone" to the iframe.',
  },
  [Problem.PAGE_WITHOUT_MICROPHONE]: {
    title: 'This page may not use the microphone.',
    advice: 'For the site owner: the Permissions-Policy header of the page forbids it.',
  },
  [Problem.UNSUPPORTED]: {
    title: 'This browser cannot make calls.',
    advice: 'Please use a current version of Chrome, Edge, Firefox or Safari.',
  },
  [Problem.MICROPHONE_DENIED]: {
    title: 'The microphone is blocked.',
    advice: 'Allow it for this site in the address bar of your browser, then start again.',
  },
  [Problem.MICROPHONE_DENIED_IN_FRAME]: {
    title: 'The microphone is blocked.',
    advice:
      'Allow it for this site in your browser, then start again. ' +
      'If the browser did not ask, the site owner has to add allow="microphone" to the iframe.',
  },
  [Problem.MICROPHONE_MISSING]: {
    title: 'No microphone was found.',
    advice: 'Connect one, then start again.',
  },
  [Problem.MICROPHONE_BUSY]: {
    title: 'The microphone does not respond.',
    advice: 'Another program may be using it. Close that program, then start again.',
  },
  [Problem.MICROPHONE_LOST]: {
    title: 'The microphone was disconnected.',
    advice: 'The call has ended. Connect a microphone, then start again.',
  },
  [Problem.AUDIO_BLOCKED]: {
    title: 'This page does not let the call use sound.',
    advice: 'For the site owner: the browser console says what was blocked.',
  },
  [Problem.UNREACHABLE]: {
    title: 'The agent cannot be reached.',
    advice: 'Check your internet connection, then start again.',
  },
  [Problem.NO_ANSWER]: {
    title: 'The agent did not answer.',
    advice: 'Please start again in a moment.',
  },
  [Problem.REFUSED]: {
    title: 'The call was refused.',
    advice: 'For the site owner: the agent may not exist, or the key may not open it.',
  },
  [Problem.BUSY]: {
    title: 'All lines are busy.',
    advice: 'Please start again in a few minutes.',
  },
  [Problem.RESTARTING]: {
    title: 'The service is restarting.',
    advice: 'Please start again in a moment.',
  },
  [Problem.SERVER_ERROR]: {
    title: 'The agent had a problem.',
    advice: 'The call has ended. Please start again in a moment.',
  },
  [Problem.LOST]: {
    title: 'The connection was lost.',
    advice: 'Check your internet connection, then start again.',
  },
});

/**
 * @param {Problem} problem
 * @returns {Message}
 */
export function problemMessage(problem) {
  return PROBLEMS[problem];
}

/** @type {Readonly<Record<Phase, string>>} */
const PHASES = Object.freeze({
  [Phase.IDLE]: '',
  [Phase.ASKING]: 'Waiting for the microphone',
  [Phase.CONNECTING]: 'Calling the agent',
  [Phase.READY]: 'Connected, you can speak',
  [Phase.ENDING]: 'The call has ended',
});

/** @type {Readonly<Record<Floor, string>>} */
const FLOORS = Object.freeze({
  [Floor.LISTENING]: 'Listening',
  [Floor.ANSWERING]: 'Thinking',
  [Floor.SPEAKING]: 'Agent speaking',
  [Floor.PAUSED]: 'Listening',
});

/**
 * For everybody, and read out: changes a few times in a call.
 * @param {import('../sdk/state.js').CallState} state
 * @returns {string}
 */
export function phaseText(state) {
  if (state.phase === Phase.IDLE && state.sessionId && !state.failure) return PHASES[Phase.ENDING];
  return PHASES[state.phase];
}

/**
 * For the eyes only: what the agent does changes with every turn.
 * @param {import('../sdk/state.js').CallState} state
 * @returns {string}
 */
export function floorText(state) {
  return state.phase === Phase.READY ? FLOORS[state.floor] : phaseText(state);
}

/**
 * Of the forms that an agent shows.
 * @type {import('./web-form.js').FormWords}
 */
export const FORM_WORDS = Object.freeze({
  send: 'Send',
  close: 'Close',
  title: 'Please fill this in',
  optional: '(optional)',
  missing: 'Please fill this in.',
  notANumber: 'Please enter a number.',
  notWhole: 'Please enter a whole number.',
  notAnAddress: 'Please enter an e-mail address, such as ann@example.com.',
});
