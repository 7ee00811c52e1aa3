/** Icons drawn for this widget, found under the Iconify names that embed codes carry (protocol.md 3). */

import { MICROPHONE } from './first.js';

/**
 * Outlines on a grid of 24, drawn with a round pen of 2.
 * @type {Readonly<Record<string, string>>}
 */
const OUTLINES = Object.freeze({
  mic: MICROPHONE,
  'mic-off':
    'M9 9v3a3 3 0 0 0 5 2.2M15 11V6a3 3 0 0 0-5.7-1.3M5 11v1a7 7 0 0 0 11.5 5.4M19 11v1a7 7 0 0 1-.4 2.3M12 19v3M3 3l18 18',
  phone: 'M6 3h3l2 5-2.5 1.8a13 13 0 0 0 5.7 5.7L16 13l5 2v3a3 3 0 0 1-3.2 3A16 16 0 0 1 3 6.2 3 3 0 0 1 6 3z',
  'phone-off':
    'M3 15.5c-.4-1.7.3-3 1.5-3.8a13.5 13.5 0 0 1 15 0c1.2.8 1.9 2.1 1.5 3.8l-.3 1-4.7-1-.3-2.5a11 11 0 0 0-7.4 0L8 15.5l-4.7 1z',
  dots: 'M5 12h.01M12 12h.01M19 12h.01',
  stop: 'M7 5h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2z',
  play: 'M8 5l11 7-11 7z',
  chat: 'M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z',
  wave: 'M4 10v4M8 7v10M12 4v16M16 7v10M20 10v4',
  close: 'M6 6l12 12M18 6L6 18',
  down: 'M6 9l6 6 6-6',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4',
  send: 'M5 12h14M13 6l6 6-6 6',
});

/**
 * What the words of an icon's name stand for, in any icon set; the first that fits counts.
 * @type {ReadonlyArray<readonly [RegExp, string]>}
 */
const NAMES = [
  [/mic.*(off|slash|mute)|mute/, 'mic-off'],
  [/mic|voice/, 'mic'],
  [/(phone|call).*(off|slash|down|end|hang|x)|hang-?up/, 'phone-off'],
  [/phone|call/, 'phone'],
  [/dots|ellipsis|more|load|spin|progress/, 'dots'],
  [/stop|square|close|cancel|xmark|:x$/, 'stop'],
  [/play|start/, 'play'],
  [/chat|message|bubble|comment/, 'chat'],
  [/wave|audio|sound/, 'wave'],
];

/**
 * @param {string} name for example `f7:mic`
 * @returns {string | undefined} the outline of that name; undefined when we have none like it
 */
export function outlineOf(name) {
  return NAMES.find(([words]) => words.test(name.toLowerCase()))?.[1];
}

/**
 * @param {string} outline one of ours
 * @returns {string} the path to draw
 */
export function pathOf(outline) {
  return OUTLINES[outline];
}
