/** The devices that a visitor has chosen, for all calls from this origin; in a sandbox, for those of this page. */

import { jsonOf } from './read.js';

const NAME = 'parley-devices';

/** Ids of `enumerateDevices`; empty: the default device. @typedef {{audioinput: string, audiooutput: string}} Chosen */

/** @returns {Chosen} */
export function chosenDevices() {
  const none = { audioinput: '', audiooutput: '' };
  try {
    return { ...none, ...jsonOf(localStorage.getItem(NAME) ?? undefined) };
  } catch {
    return none;
  }
}

/** @param {Chosen} chosen */
export function rememberDevices(chosen) {
  try {
    localStorage.setItem(NAME, JSON.stringify(chosen));
  } catch {}
}
