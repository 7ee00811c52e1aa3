/** Icons of a look, found under the Iconify names that embed codes carry (protocol.md 3); loaded when there are any. */

import { OUTLINES } from './outlines.js';

/** @type {Readonly<Record<string, string>>} beside those that the widget draws anyway */
const MORE = Object.freeze({
  phone: 'M6 3h3l2 5-2.5 1.8a13 13 0 0 0 5.7 5.7L16 13l5 2v3a3 3 0 0 1-3.2 3A16 16 0 0 1 3 6.2 3 3 0 0 1 6 3z',
  'phone-off':
    'M3 15.5c-.4-1.7.3-3 1.5-3.8a13.5 13.5 0 0 1 15 0c1.2.8 1.9 2.1 1.5 3.8l-.3 1-4.7-1-.3-2.5a11 11 0 0 0-7.4 0L8 15.5l-4.7 1z',
  play: 'M8 5l11 7-11 7z',
  chat: 'M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z',
  ...OUTLINES,
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
 * @param {string} name
 * @returns {string | undefined} the path to draw
 */
export function pathOf(name) {
  const outline = outlineOf(name);
  return outline && MORE[outline];
}
