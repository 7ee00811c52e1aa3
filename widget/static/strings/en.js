/** What the widget tells people. Every other language has the same keys; what stands in braces is filled in. */

import { FIRST_WORDS } from '../element/first.js';

export default {
  ...FIRST_WORDS,
  connecting: 'Connecting…',
  stop: 'Stop',
  running: 'In a call',
  widget: 'Voice call',
  transcript: 'Transcript',
  user: 'You',
  agent: 'Agent',
  asking: 'Waiting for the microphone',
  calling: 'Calling the agent',
  connected: 'Connected, you can speak',
  connectedTyping: 'Connected, you can type',
  reconnecting: 'Connection lost, trying again',
  ended: 'The call has ended',
  listening: 'Listening',
  muted: 'Microphone muted',
  thinking: 'Thinking',
  speaking: 'Agent speaking',
  typing: 'You can type',
  mute: 'Mute microphone',
  devices: 'Choose the microphone',
  microphone: 'Microphone',
  standard: 'Default',
  type: 'Type a message',
  send: 'Send',
  speak: 'Speak',
  consent: 'Before you start',
  agree: 'Agree and start',
  decline: 'Not now',
  close: 'Close',
  dismiss: 'Remove',
  session: 'Call {id}',
  again: 'You can try again at {time}.',
  /** Of the forms that an agent shows. */
  form: {
    send: 'Send',
    close: 'Close',
    title: 'Please fill this in',
    optional: '(optional)',
    missing: 'Please fill this in.',
    notANumber: 'Please enter a number.',
    notWhole: 'Please enter a whole number.',
    notAnAddress: 'Please enter an e-mail address, such as ann@example.com.',
  },
  /** What went wrong, and what to do about it. */
  problems: {
    misconfigured: [
      'This call button is not set up.',
      'For the site owner: the embed code needs an agent id and a public key.',
    ],
    insecure: ['Calls need a secure page.', 'Browsers give the microphone to pages opened with https:// only.'],
    sandboxed: [
      'Calls cannot work in this sandboxed frame.',
      'For the site owner: add allow-same-origin to the sandbox attribute of the iframe.',
    ],
    'frame-without-microphone': [
      'This frame may not use the microphone.',
      'For the site owner: add allow="microphone" to the iframe.',
    ],
    'page-without-microphone': [
      'This page may not use the microphone.',
      'For the site owner: the Permissions-Policy header of the page forbids it.',
    ],
    unsupported: [
      'This browser cannot make calls.',
      'Please use a current version of Chrome, Edge, Firefox or Safari.',
    ],
    'microphone-denied': [
      'The microphone is blocked.',
      'Allow it for this site in the address bar of your browser, then start again.',
    ],
    'microphone-denied-in-frame': [
      'The microphone is blocked.',
      'Allow it for this site in your browser, then start again. If the browser did not ask, the site owner has to add allow="microphone" to the iframe.',
    ],
    'microphone-missing': ['No microphone was found.', 'Connect one, then start again.'],
    'microphone-busy': [
      'The microphone does not respond.',
      'Another program may be using it. Close that program, then start again.',
    ],
    'microphone-lost': ['The microphone was disconnected.', 'The call has ended. Connect a microphone, then start again.'],
    'audio-blocked': [
      'This page does not let the call use sound.',
      'For the site owner: the browser console says what was blocked.',
    ],
    unreachable: ['The agent cannot be reached.', 'Check your internet connection, then start again.'],
    'no-answer': ['The agent did not answer.', 'Please start again in a moment.'],
    refused: ['The call was refused.', 'For the site owner: the agent may not exist, or the key may not open it.'],
    busy: ['All lines are busy.', 'Please start again in a few minutes.'],
    restarting: ['The service is restarting.', 'Please start again in a moment.'],
    'server-error': ['The agent had a problem.', 'The call has ended. Please start again in a moment.'],
    lost: ['The connection was lost.', 'Check your internet connection, then start again.'],
  },
};
