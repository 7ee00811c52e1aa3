/** The attributes of `<parley-call>`, all of them, as widget/README.md documents them. Pure. */

import { jsonOf } from './read.js';

/**
 * The default also says the type: a text, a flag, a JSON object, or one of a list of words, whose first is the default.
 * A flag is on when the attribute is there and is not "false".
 */
export const ATTRIBUTES = Object.freeze({
  // identity
  'agent-id': '',
  'public-key': '',
  token: '',
  region: '',
  'base-url': '',
  'media-url': '',
  transport: /** @type {const} */ (['websocket', 'webrtc']),
  // metadata
  metadata: {},
  // layout
  variant: /** @type {const} */ (['button', 'compact', 'full']),
  placement: /** @type {const} */ (['inline', 'bottom-right', 'bottom-left', 'top-right', 'top-left']),
  expanded: false,
  dismissible: false,
  // look
  theme: /** @type {const} */ (['auto', 'light', 'dark']),
  look: {},
  titles: {},
  icons: {},
  // text
  language: '',
  strings: {},
  // behaviour
  transcript: true,
  'text-input': false,
  'consent-text': '',
  'consent-version': '',
  mute: true,
  devices: true,
});

/**
 * @typedef {keyof typeof ATTRIBUTES} Name
 * @typedef {Record<string, unknown>} JsonObject
 */

/**
 * @template T
 * @typedef {T extends readonly (infer Word)[] ? Word : T extends boolean ? boolean : T extends string ? string
 *   : JsonObject} ValueOf
 */

/** @typedef {{[N in Name]: ValueOf<typeof ATTRIBUTES[N]>}} Settings */

/**
 * @param {Element} element
 * @param {(warning: string) => void} warn
 * @returns {Settings}
 */
export function settingsOf(element, warn) {
  /** @type {Record<string, unknown>} */
  const settings = {};
  for (const [name, preset] of Object.entries(ATTRIBUTES)) {
    const text = element.getAttribute(name) ?? element.getAttribute(`data-${name}`);
    const value = text === null ? undefined : read(text, preset);
    if (text !== null && value === undefined) warn(`${name}="${text}" is not understood`);
    settings[name] = value ?? (Array.isArray(preset) ? preset[0] : preset);
  }
  return /** @type {Settings} */ (settings);
}

/**
 * @param {string} text
 * @param {unknown} preset
 * @returns {unknown} undefined when it is not of the type
 */
function read(text, preset) {
  if (typeof preset === 'string') return text;
  if (typeof preset === 'boolean') return text !== 'false';
  if (Array.isArray(preset)) return preset.includes(text) ? text : undefined;
  return jsonOf(text);
}
